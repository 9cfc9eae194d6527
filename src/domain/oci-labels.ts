/**
 * The labels that say of an image where it is from, in the names of the OCI. A fact that is not known gives no label,
 * so that an empty one does not stand for it. In the order of their names.
 *
 * Source: https://github.com/opencontainers/image-spec/blob/main/annotations.md
 */

import type { BuildSubject } from './build-subject.ts'

/** `version`: what the tags call this version; empty: not known. */
export function ociLabels(subject: BuildSubject, version: string, now: Date): Record<string, string> {
  const { name, description, url, license } = subject.repository
  const facts: Record<string, string> = {
    created: now.toISOString(),
    description,
    licenses: license,
    revision: subject.sha,
    source: url,
    title: name,
    url,
    version,
  }
  const known = Object.entries(facts).filter(([, value]) => value !== '')
  return Object.fromEntries(known.map(([key, value]) => [`org.opencontainers.image.${key}`, value]))
}

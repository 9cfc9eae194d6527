/**
 * Whose images a configuration may clean up. Whoever may push to a repository writes its configuration, and the credentials that
 * images are deleted with are those of the whole server: so they reach the repository's own images alone.
 */
import { parseReference } from './image-reference.ts'

/**
 * @param linkedTo `owner/name` of the repository that GitHub has the images belong to; null: nobody tells, and their name decides.
 * @returns why they may not be cleaned up for this repository, as a part of a sentence; null: they may.
 */
export function whyNotOurs(
  images: { readonly name: string; readonly isShared: boolean },
  linkedTo: string | null,
  repo: { readonly owner: string; readonly name: string },
): string | null {
  if (images.isShared) return null
  const full = `${repo.owner}/${repo.name}`
  const remedy = `who runs Signalbox can allow it: add ${images.name} to SIGNALBOX_SHARED_IMAGES`
  if (linkedTo !== null)
    return isSame(linkedTo, full) ? null : `${images.name} belongs to ${linkedTo}, and not to ${full}; ${remedy}`
  const parsed = parseReference(images.name)
  const owner = parsed.ok ? parsed.reference.path.split('/', 1)[0] : undefined
  return owner !== undefined && isSame(owner, repo.owner)
    ? null
    : `${images.name} is not below ${repo.owner}, as images of ${full} are; ${remedy}`
}

/** GitHub minds no case in names, and registries have none. */
function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

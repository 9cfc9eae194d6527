/**
 * The build of an image whose tags are decided: they get their suffix and the repository's name, and everything that the
 * configuration leaves open is filled in. What untrusted code made is never pushed, and never written to a cache that
 * others read. How tags are decided is elsewhere, since the rules for it are more than most commands need.
 */
import type { BuildSubject } from './build-subject.ts'
import type { ImageConfig } from './config.ts'
import { dashedRef } from './default-tags.ts'
import { UsageError } from './errors.ts'
import type { ImageBuild } from './image-build.ts'
import { parseReference } from './image-reference.ts'
import { type ImageValues, type InterpolationValues, interpolate, versionOf } from './interpolate.ts'
import { ociLabels } from './oci-labels.ts'
import { type FinishedTags, finishTags } from './tag-suffix.ts'
import type { TriggerKind } from './trigger.ts'

export interface PlanOptions {
  readonly now: Date
  /** Replaces everything between the registry and the last part of the repository; null: as configured. */
  readonly org: string | null
  /** Replaces the configured suffix; null: as configured. */
  readonly suffix: string | null
  /** Replace the configured platforms; null: as configured. */
  readonly platforms: readonly string[] | null
  readonly push: boolean
  /** Without a suffix, after all others. */
  readonly extraTags: readonly string[]
  /** Whether the image gets the labels of the OCI beside its own. Default: true. */
  readonly ociLabels?: boolean
}

/** What was decided for an image by its policy, before suffix and repository. */
export interface DecidedTags {
  readonly version: string
  readonly tags: readonly string[]
  readonly warnings: readonly string[]
}

/** @throws {UsageError} when the repository, filled in, is the name of none. */
export function planTaggedBuild(
  image: ImageConfig,
  subject: BuildSubject,
  decided: DecidedTags,
  options: PlanOptions,
): ImageBuild {
  const early = valuesOfSubject(subject, { name: image.name, repository: '', version: '' })
  const repository = repositoryOf(image, early, options.org)
  const suffix = options.suffix ?? interpolate(image.suffix, early)
  const { version } = decided
  const { tags, warnings } = tagsOf(decided, suffix, options.extraTags)
  const empty = image.suffix !== '' && suffix === '' && options.suffix === null ? [noSuffix(image)] : []
  const values = valuesOfSubject(subject, { name: image.name, repository, version })
  const fill = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, interpolate(text, values)]))
  const push = options.push && subject.trusted
  const oci = options.ociLabels === false ? {} : ociLabels(subject, version, options.now)
  return {
    image: image.name,
    repository,
    version,
    tags: tags.map((tag) => `${repository}:${tag}`),
    dockerfile: image.dockerfile,
    context: image.context,
    target: image.target,
    platforms: options.platforms ?? image.platforms,
    buildArgs: fill(image.buildArgs),
    labels: { ...oci, ...fill(image.labels) },
    ...cacheOf(image, subject, { repository, suffix, push, values: early }),
    push,
    warnings: [...warnings, ...empty, ...(options.push && !push ? [NOT_PUSHED] : [])],
  }
}

/** True of a fork's code, and of code of which nobody said where it is from. */
export const NOT_PUSHED =
  'Nothing is pushed: this code is not known to be the own code of the repository (that of a fork is not), and what it makes must not be found under its names.'

/** What `${{ … }}` stands for in an image's configuration. */
export function valuesOfSubject(subject: BuildSubject, image: ImageValues | null): InterpolationValues {
  const event = triggerKind(subject)
  const { owner, name } = subject.repository
  return {
    sha: subject.sha,
    refName: subject.refName,
    event,
    version: versionOf({ kind: event, refName: subject.refName, sha: subject.sha }),
    pullRequest: subject.pullRequest,
    repo: { owner, name },
    matrix: subject.matrix,
    image,
  }
}

function triggerKind({ event, ref }: BuildSubject): TriggerKind {
  if (ref.startsWith('refs/tags/')) return 'tag'
  if (event === 'push' || event === 'merge_group') return event
  return event.startsWith('pull_request') ? 'pull_request' : 'manual'
}

function tagsOf(decided: DecidedTags, suffix: string, extraTags: readonly string[]): FinishedTags {
  const own = finishTags(decided.tags, suffix)
  const extra = finishTags(extraTags, '')
  return {
    tags: [...new Set([...own.tags, ...extra.tags])],
    warnings: [...decided.warnings, ...own.warnings, ...extra.warnings],
  }
}

function repositoryOf(image: ImageConfig, values: InterpolationValues, org: string | null): string {
  const written = fillRepository(image.repository, values)
  const repository = org === null ? written : withOrg(written, org).toLowerCase()
  const parsed = parseReference(repository)
  if (!parsed.ok) {
    throw new UsageError(
      `The image ${image.name} has the repository ${JSON.stringify(repository)}, which ${parsed.reason}`,
    )
  }
  if (parsed.reference.tag !== null || parsed.reference.digest !== null) {
    throw new UsageError(
      `The image ${image.name} has the repository ${JSON.stringify(repository)}; leave out what follows its last part: the tags are decided by "tags"`,
    )
  }
  return repository
}

function noSuffix({ name, suffix }: ImageConfig): string {
  return `The suffix ${JSON.stringify(suffix)} of the image ${name} came out empty; give one with -t, or hand over SIGNALBOX.`
}

/** A value becomes a part of the path that is one. */
function fillRepository(text: string, values: InterpolationValues): string {
  const asPart = (value: string) => {
    if (value === '') {
      throw new UsageError(
        `The repository ${JSON.stringify(text)} needs the repository's owner and name, which are not known here. Set GITHUB_REPOSITORY to owner/name.`,
      )
    }
    const part = value.toLowerCase().replaceAll(/[^a-z0-9]+/g, (run) => (/^(?:[._]|__|-+)$/.test(run) ? run : '-'))
    return part.replaceAll(/^[._-]+|[._-]+$/g, '') || 'x'
  }
  return interpolate(text, values, asPart).toLowerCase()
}

function withOrg(repository: string, org: string): string {
  const parts = repository.split('/')
  const first = parts.length > 1 ? (parts[0] ?? '') : ''
  const registry = /[.:]/.test(first) || first === 'localhost' ? [first] : []
  return [...registry, org, parts.at(-1)].join('/')
}

interface CacheFacts {
  readonly repository: string
  readonly suffix: string
  readonly push: boolean
  readonly values: InterpolationValues
}

/** Each ref has a cache of its own, and reads those of the default branch too, of the same suffix first. */
function cacheOf(
  image: ImageConfig,
  subject: BuildSubject,
  { repository, suffix, push, values }: CacheFacts,
): Pick<ImageBuild, 'cacheFrom' | 'cacheTo'> {
  if (image.cache === null) return { cacheFrom: [], cacheTo: [] }
  const place = image.cache.repository === null ? repository : fillRepository(image.cache.repository, values)
  const named = (ref: string, ending: string) => {
    const { tags } = finishTags([ref === '' ? 'buildcache' : `buildcache-${dashedRef(ref).toLowerCase()}`], ending)
    return `type=registry,ref=${place}:${tags[0]}`
  }
  const own = named(subject.refName, suffix)
  const shared = subject.defaultBranch === '' ? 'main' : subject.defaultBranch
  return {
    cacheFrom: [...new Set([own, named(shared, suffix), named(shared, '')])],
    cacheTo: push ? [`${own},mode=${image.cache.mode}`] : [],
  }
}

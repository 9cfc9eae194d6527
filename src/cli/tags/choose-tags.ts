/** The tags that a `tags` command means: those of an image of the configuration, or those of rules that flags give. */
import type { BuildSubject } from '../../domain/build-subject.ts'
import { UsageError } from '../../domain/errors.ts'
import type { ImageBuild } from '../../domain/image-build.ts'
import type { ToldImage } from '../../domain/told-image.ts'

export interface NamedTags {
  readonly version: string
  /** Full names, in order. */
  readonly tags: readonly string[]
  /** Without the image's name, in order. */
  readonly names: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
}

interface RuleWishes {
  readonly images: readonly string[]
  readonly rules: readonly string[]
  readonly flavor: readonly string[]
  readonly now: Date
}

export async function tagsByRules(subject: BuildSubject, { images, now, ...policy }: RuleWishes): Promise<NamedTags> {
  const [{ decideTags, nameTags }, { ociLabels }] = await Promise.all([
    import('../../domain/image-tags.ts'),
    import('../../domain/oci-labels.ts'),
  ])
  const decided = decideTags(policy, subject, now)
  const { version, tags: names, warnings } = decided
  return { version, tags: nameTags(images, decided), names, labels: ociLabels(subject, version, now), warnings }
}

interface ImageWishes {
  /** As `planImageBuild` takes them. */
  readonly org: string | null
  readonly suffix: string | null
  readonly now: Date
  /** What the leg was told of the image; null: nothing, or flags say otherwise. */
  readonly told: ToldImage | null
}

export async function tagsOfImage(
  directory: string,
  name: string,
  subject: BuildSubject,
  wishes: ImageWishes,
): Promise<NamedTags> {
  const { told } = wishes
  if (told !== null) {
    const { buildToldImage } = await import('../../domain/told-image.ts')
    return namesOf(buildToldImage(told, subject, { ...wishes, push: false, extraTags: [] }))
  }
  const [{ loadImages }, { planImageBuild }] = await Promise.all([
    import('../images/load-images.ts'),
    import('../../domain/image-build.ts'),
  ])
  const images = await loadImages(directory)
  const image = images.find((each) => each.name === name)
  if (image === undefined)
    throw await unknownImage(
      name,
      images.map((each) => each.name),
    )
  return namesOf(planImageBuild(image, subject, { ...wishes, push: false, platforms: null, extraTags: [] }))
}

function namesOf(build: ImageBuild): NamedTags {
  const { version, tags, labels, warnings } = build
  return { version, tags, names: tags.map((tag) => tag.slice(build.repository.length + 1)), labels, warnings }
}

async function unknownImage(name: string, known: readonly string[]): Promise<UsageError> {
  const { didYouMean, quote } = await import('../../domain/config/problem-wording.ts')
  if (known.length === 0)
    return new UsageError(
      `There is no image ${quote(name)}: the configuration here has no "images". Choose the repository with -C, or name images with --images.`,
    )
  return new UsageError(
    `There is no image ${quote(name)} in the configuration; ${didYouMean(name, known, 'there are')}`,
  )
}

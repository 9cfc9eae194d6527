/**
 * The images of a repository: one for each Dockerfile, and one for each `containers/<dir>/config.sh` of the older layout,
 * which is read as text. What a Dockerfile copies says which directory it is built in. A `config.sh` without a
 * Dockerfile beside it is of an image whose Dockerfile is rendered: a runtime image.
 */
import { readConfigSh } from '../config-sh.ts'
import { parseReference } from '../image-reference.ts'
import { directoryOf, inside, isDockerfile, isOldLayout, isPlain, nameOf, type Survey, slug } from './survey.ts'

export interface FoundImage {
  readonly name: string
  /** As `images.<name>.repository` has it. */
  readonly repository: string
  readonly dockerfile: string
  readonly context: string
  /** Whether its Dockerfile is rendered from a base image, into its context. */
  readonly isRuntime: boolean
  /** Whether a `config.sh` says how it is built: then the script that read those gave it its build arguments and platforms. */
  readonly isOldLayout: boolean
}

export function findImages(survey: Survey): { images: FoundImage[]; notes: string[] } {
  const images = new Map<string, FoundImage>()
  const notes: string[] = []
  for (const path of [...survey.files].sort()) {
    const image = readOldLayout(survey, path) ?? readDockerfile(survey, path)
    if (image === null) continue
    if (!isPlain(image.dockerfile) || !isPlain(image.context))
      notes.push(`The image of ${path} is left out: its path has unusual characters, or leads out of the repository.`)
    else if (![...images.values()].some(({ dockerfile }) => dockerfile === image.dockerfile)) {
      const name = unusedName(image.name, images)
      images.set(name, { ...image, name })
    }
  }
  const isOnly = images.size === 1
  const named = [...images.values()].map((image) => ({
    ...image,
    repository: image.repository || defaultRepository(image.name, isOnly),
  }))
  return { images: named, notes }
}

/** Below the repository's own name, since all repositories of an owner share the owner's names. */
function defaultRepository(name: string, isOnly: boolean): string {
  const own = 'ghcr.io/${{ repo.owner }}/${{ repo.name }}'
  return isOnly ? own : `${own}/${name}`
}

function unusedName(wanted: string, taken: ReadonlyMap<string, unknown>): string {
  const candidates = [wanted, ...Array.from({ length: 99 }, (_, n) => `${wanted}-${n + 2}`)]
  return candidates.find((name) => !taken.has(name)) ?? wanted
}

function readDockerfile(survey: Survey, path: string): FoundImage | null {
  if (!isDockerfile(path) || survey.files.has(inside(directoryOf(path), 'config.sh'))) return null
  const directory = directoryOf(path)
  const variant = /^Dockerfile\.(.+)$|^(.+)\.Dockerfile$/.exec(nameOf(path))
  const place = directory === '.' ? (survey.repository?.name ?? 'app') : nameOf(directory)
  const name = slug([place, variant?.[1] ?? variant?.[2] ?? ''].filter((part) => part !== '').join('-')) || 'app'
  const context = contextOf(survey, directory, survey.texts.get(path) ?? '')
  return { name, repository: '', dockerfile: path, context, isRuntime: false, isOldLayout: false }
}

/** The directory in which more of what it copies exists. */
function contextOf(survey: Survey, directory: string, text: string): string {
  if (directory === '.') return '.'
  const sources = [...text.matchAll(/^\s*(?:COPY|ADD)\s+(?!--from)((?:--\S+\s+)*)(\S+)\s/gim)].map(
    ([, , source = '']) => source.replace(/^\.?\//, '').replace(/\/+$/, ''),
  )
  const count = (root: string) =>
    sources.filter((source) => source !== '' && exists(survey, inside(root, source))).length
  return count('.') > count(directory) ? '.' : directory
}

function exists(survey: Survey, path: string): boolean {
  return survey.files.has(path) || [...survey.files].some((file) => file.startsWith(`${path}/`))
}

function readOldLayout(survey: Survey, path: string): FoundImage | null {
  if (!isOldLayout(path)) return null
  const directory = directoryOf(path)
  const read = readConfigSh(survey.texts.get(path) ?? '')
  const value = (key: string) => (read.ok ? read.values.get(key) : undefined) || null
  const image = value('DOCKER_IMAGE') ?? nameOf(directory)
  const dockerfile = inside(directory, 'Dockerfile')
  const context = (value('DOCKER_BASE_DIR') ?? directory).replaceAll(/^\.\/(?=.)|\/+$/g, '')
  const repository = oldRepository(value('DOCKER_REGISTRY') ?? 'ghcr.io', value('DOCKER_ORG'), image)
  const isRuntime = !survey.files.has(dockerfile)
  return { name: slug(image) || 'app', repository, dockerfile, context, isRuntime, isOldLayout: true }
}

/** At GitHub's registry an image belongs to whoever owns the repository; empty: what is written is no name of a repository. */
function oldRepository(registry: string, org: string | null, image: string): string {
  const owner = registry === 'ghcr.io' || org === null ? '${{ repo.owner }}' : org
  const written = `${registry}/${owner}/${image}`
  const parsed = parseReference(written.replace('${{ repo.owner }}', 'owner').toLowerCase())
  return parsed.ok && parsed.reference.tag === null && parsed.reference.digest === null ? written : ''
}

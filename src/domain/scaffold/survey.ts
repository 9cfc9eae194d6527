/**
 * What was found in a repository, before anything is made of it: the names of its files and the text of the few that say
 * what they belong to. Names are chosen by whoever wrote the repository, so only plain ones are ever written into a
 * workflow. Nothing of it is run or followed.
 */

export interface Survey {
  /** Files, relative to the repository, with `/` between their parts; those of hidden and installed directories left out. */
  readonly files: ReadonlySet<string>
  /** The text of the files that `isTelling`. */
  readonly texts: ReadonlyMap<string, string>
  /** Null: git does not know. */
  readonly defaultBranch: string | null
  /** Where `origin` lies at GitHub; null: not known. */
  readonly repository: { readonly owner: string; readonly name: string } | null
  /** What was left out, each a sentence. */
  readonly notes: readonly string[]
}

/** Directories in which nothing is looked for. */
export const SKIPPED_DIRECTORIES: ReadonlySet<string> = new Set([
  'node_modules',
  'vendor',
  'target',
  'dist',
  'venv',
  '__pycache__',
])

/** Deepest directory that is looked into; 0: only the root. */
export const MAX_DEPTH = 3

const DOCKERFILE = /^(?:Dockerfile|Containerfile)$|^Dockerfile\.[A-Za-z0-9_-]{1,50}$|^[A-Za-z0-9_-]{1,50}\.Dockerfile$/
const NOT_A_DOCKERFILE = /\.(?:j2|njk|tmpl|template|dockerignore|md)$/

export function isDockerfile(path: string): boolean {
  const file = nameOf(path)
  return DOCKERFILE.test(file) && !NOT_A_DOCKERFILE.test(file)
}

/** `containers/<dir>/config.sh`, which said how an image is built before Signalbox. */
export function isOldLayout(path: string): boolean {
  return /^containers\/[^/]+\/config\.sh$/.test(path)
}

export const PRE_COMMIT_FILE = '.pre-commit-config.yaml'

/** Whether a file's text says something that its name does not. */
export function isTelling(path: string): boolean {
  const isManifest = ['package.json', 'pyproject.toml', PRE_COMMIT_FILE].includes(nameOf(path))
  return isManifest || isDockerfile(path) || isOldLayout(path)
}

/** A path that needs no quotes anywhere: not in YAML, not in a shell. */
const PLAIN_PATH = /^(?:\.|[A-Za-z0-9_][A-Za-z0-9._-]{0,60}(?:\/[A-Za-z0-9_][A-Za-z0-9._-]{0,60}){0,5})$/

export function isPlain(path: string): boolean {
  return PLAIN_PATH.test(path)
}

/** `.` for a file of the root. */
export function directoryOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.'
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function inside(directory: string, file: string): string {
  return directory === '.' ? file : `${directory}/${file}`
}

/** Which of the files of a directory is there; null: none. */
export function firstFile(survey: Survey, directory: string, names: readonly string[]): string | null {
  return names.map((file) => inside(directory, file)).find((path) => survey.files.has(path)) ?? null
}

/** Lower case letters, digits and hyphens, as job and image names have them; empty: nothing of it is left. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 50)
}

/**
 * Where in the repository a test failed. The line in the failure's own text counts before the one that the report gives
 * for the test, which is where the test begins, and which some tools count from 0. Only what can be a file of the
 * repository is a place: what lies outside the runner's checkout, or among installed packages, is passed over.
 */

interface Place {
  /** Relative to the repository, or to a directory of it: some tools print base names only. */
  readonly file: string
  readonly line: number
}

interface FailureFacts {
  readonly classname: string
  /** As the report has it; null: it does not say. */
  readonly file: string | null
  readonly line: number | null
  /** Message and traceback, already cut to a length that can be searched. */
  readonly text: string
}

export function locateFailure(test: FailureFacts): { file: string | null; line: number | null } {
  const file = test.file === null ? null : repositoryPath(test.file)
  const places = placesIn(test.text)
  if (file !== null) return { file, line: places.find((place) => isSame(place.file, file))?.line ?? test.line }
  // A traceback may begin in the library that compares; the test's own file is named like its class or module.
  const parts = test.classname.split(/[.$/:]/)
  return places.find((place) => parts.includes(stemOf(place.file))) ?? places[0] ?? { file: null, line: null }
}

/** `a/b.py` and `b.py` are the same file, as far as tools tell. */
function isSame(one: string, other: string): boolean {
  return one === other || one.endsWith(`/${other}`) || other.endsWith(`/${one}`)
}

function stemOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\..*$/, '')
}

const MAX_PATH = 300

/** Where runners check repositories out: GitHub's on Linux, macOS and Windows, containers, and self-hosted ones. */
const WORKSPACE =
  /^(?:\/github\/workspace|(?:\/home\/runner\/work|\/Users\/runner\/work|\/__w|[A-Za-z]:\/a|(?:[A-Za-z]:)?\/(?:[^/]+\/)*?_work)\/[^/]+\/[^/]+)\//

/** The path as the repository has it; null: it is not one of the repository's. */
export function repositoryPath(written: string): string | null {
  const path = written
    .trim()
    .slice(0, MAX_PATH + 1)
    .replace(/^file:\/\//, '')
    // In front of the drive's letter, in a URL.
    .replace(/^\/(?=[A-Za-z]:)/, '')
    .replaceAll('\\', '/')
    .replace(WORKSPACE, '')
    .replace(/^(?:\.\/+)+/, '')
  if (path === '' || path.length > MAX_PATH || path.startsWith('/') || path.includes(':')) return null
  const parts = path.split('/')
  return parts.some((part) => ['', '.', '..', 'node_modules', 'site-packages'].includes(part)) ? null : path
}

/** Of sources and test files; `db.internal:5432` and `12.30:45` are not meant. */
const EXTENSIONS =
  'bats|c|cc|clj|cljs|cpp|cs|css|cts|cxx|dart|erl|ex|exs|feature|fs|go|groovy|h|hpp|hs|java|jl|js|json|jsx|kt|kts|lua|m|md|mjs|cjs|ml|mm|mts|nim|php|pl|py|pyi|pyx|r|rb|rs|rst|scala|sh|sol|sql|svelte|swift|t|tf|toml|ts|tsx|txt|vb|vue|xml|yaml|yml|zig'
const PLACE = new RegExp(`^(.+?\\.(?:${EXTENSIONS})):(\\d{1,7})(?!\\d)`, 'i')

/** Every `file:line` of the text, in order. Words are matched one by one, each of bounded length, so that time is too. */
function placesIn(text: string): Place[] {
  const words = text
    .replace(/\bFile "([^"\n]{1,300})", line (\d{1,7})/g, ' $1:$2 ')
    .replace(/:line (\d{1,7})/g, ':$1')
    .split(/[\s()[\]{}<>"'`,;=|]+/)
  return words.flatMap((word): Place[] => {
    const found = word.length > MAX_PATH ? null : PLACE.exec(word)
    const file = found === null ? null : repositoryPath(found[1] ?? '')
    const line = Number(found?.[2])
    return file === null || line === 0 ? [] : [{ file, line }]
  })
}

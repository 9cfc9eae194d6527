/**
 * Which tags and digests of an image repository texts name: workflows, compose files, Kubernetes manifests, the values of Helm
 * charts, Dockerfiles, notes of releases. To find one too many only keeps an image; so what may be meant counts. Texts belong to
 * strangers: they are walked through once, nothing of them is compiled, and a file that is no YAML is a text all the same.
 */

import { DOCKER_HUB, formatRepository, isTag, parseReference, splitTag } from './image-reference.ts'
import { resolveVariables } from './image-uses/variables.ts'
import { mapsOf, textEntries } from './image-uses/yaml-maps.ts'

/** Files that are larger are looked at as texts only. */
const MAX_YAML_LENGTH = 1_000_000

/** @param repository `registry/path`. */
export function findImageUses(files: ReadonlyMap<string, string>, repository: string): ReadonlySet<string> {
  const names = namesOf(repository)
  const uses = new Set<string>()
  const environment = [...files].flatMap(([path, text]) => (ENVIRONMENT.test(path) ? [text] : []))
  for (const [path, text] of files) {
    // Whatever it is said to be of: nothing else is called so.
    for (const [digest] of text.matchAll(ANY_DIGEST)) uses.add(digest)
    for (const resolved of resolveVariables(text, names.path, environment)) {
      scanText(resolved, names, uses)
      if (mayHoldMap(resolved, names)) readMaps(resolved, names, uses)
    }
    if (CHART.test(path)) readChart(text, uses)
  }
  return uses
}

const ENVIRONMENT = /(?:^|\/)\.env[^/]*$/

/** Of a text that is nothing but a text. */
export function usesInText(text: string, repository: string): ReadonlySet<string> {
  const names = namesOf(repository)
  const uses = new Set<string>()
  // Sums of files stand in notes, too, but none after such a sign.
  for (const [reference] of text.matchAll(REFERRED_DIGEST)) uses.add(reference.slice(1))
  scanText(text, names, uses)
  return uses
}

interface Names {
  /** Whatever a text may call it; the first is whole. All in lower case. */
  readonly whole: readonly string[]
  /** What may stand after a variable, from its slash: `/acme/app`, `/app`. */
  readonly ends: readonly string[]
  readonly registry: string
  readonly path: string
}

function namesOf(repository: string): Names {
  const parsed = parseReference(repository.toLowerCase())
  const { registry, path } = parsed.ok ? parsed.reference : { registry: '', path: repository.toLowerCase() }
  const short = parsed.ok ? formatRepository(parsed.reference) : path
  const hub =
    registry === DOCKER_HUB
      ? [`${DOCKER_HUB}/${path}`, `index.${DOCKER_HUB}/${path}`, path, `${DOCKER_HUB}/${short}`]
      : []
  const parts = path.split('/')
  const ends = parts.map((_, at) => `/${parts.slice(at).join('/')}`)
  return { whole: [...new Set([short, ...hub])], ends, registry, path }
}

const ANY_DIGEST = /\bsha256:[0-9a-f]{64}(?![0-9a-f])/g
const REFERRED_DIGEST = /@sha256:[0-9a-f]{64}(?![0-9a-f])/g
const TAGGED = /:([A-Za-z0-9_][A-Za-z0-9._-]{0,127})/y
/** A variable with a default, as compose files and shells have it. */
const DEFAULTED = /:\$\{\w{1,100}:?-([A-Za-z0-9_][A-Za-z0-9._-]{0,127})\}/y
const DIGEST = /@(sha256:[0-9a-f]{64})(?![0-9a-f])/y
const NAME_CHARACTER = /[A-Za-z0-9._-]/
/** Of `${REGISTRY}`, `${{ vars.REGISTRY }}`, `$(REGISTRY)`. */
const VARIABLE_END = /[})]/

function scanText(text: string, { whole, ends }: Names, uses: Set<string>): void {
  const lower = lowerCase(text)
  for (const name of whole)
    scanFor(
      lower,
      name,
      (before) => !NAME_CHARACTER.test(before),
      (end) => readEnding(text, end, uses),
    )
  for (const end of ends)
    scanFor(
      lower,
      end,
      (before) => VARIABLE_END.test(before),
      (at) => readEnding(text, at, uses),
    )
}

/** Not of letters that take another length: places are the same in both. */
function lowerCase(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function scanFor(
  text: string,
  name: string,
  mayFollow: (before: string) => boolean,
  found: (end: number) => void,
): void {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + name.length))
    if (mayFollow(at === 0 ? '' : (text[at - 1] ?? ''))) found(at + name.length)
}

function readEnding(text: string, end: number, uses: Set<string>): void {
  const tagged = matchAt(TAGGED, text, end) ?? matchAt(DEFAULTED, text, end)
  const digest = matchAt(DIGEST, text, end + (tagged?.length ?? 0))
  if (digest !== null) uses.add(digest.value)
  if (tagged !== null) {
    uses.add(tagged.value)
    // The end of a sentence is no part of it.
    uses.add(tagged.value.replace(/[.-]+$/, ''))
  } else if (digest === null && !/[A-Za-z0-9._/:@-]/.test(text[end] ?? ' ')) uses.add('latest')
}

function matchAt(
  pattern: RegExp,
  text: string,
  at: number,
): { readonly value: string; readonly length: number } | null {
  pattern.lastIndex = at
  const match = pattern.exec(text)
  return match?.[1] === undefined ? null : { value: match[1], length: match[0].length }
}

const NAMED = /(?:repository|image|name)["']?[ \t]{0,9}:[ \t]{0,9}["']?([\w./:@-]{1,300})/gi

/** Whether it is worth parsing: a map may have the name in one value and the tag in another. */
function mayHoldMap(text: string, { path, ends }: Names): boolean {
  if (text.length > MAX_YAML_LENGTH || !/(?:tag|digest|version)["']?\s{0,9}:/i.test(text)) return false
  const last = ends.at(-1) ?? path
  for (const [, value = ''] of text.matchAll(NAMED))
    if (`/${splitTag(value.toLowerCase()).name}`.endsWith(last)) return true
  return false
}

/** Ends of keys: `image`, `newName`, `imageRepository`; `tag`, `imageTag`, `newTag`. */
const NAME_KEY = /(?:repository|image|name)$/
/** What has only a `name` is rarely an image. */
const IMAGE_KEY = /(?:repository|image|imagename|newname)$/
const TAG_KEY = /(?:tag|version|digest)$/

function readMaps(text: string, names: Names, uses: Set<string>): void {
  for (const map of mapsOf(text)) {
    const entries = map.items.flatMap(textEntries)
    const registry = entries.find(([key]) => key.endsWith('registry'))?.[1].toLowerCase()
    if (!entries.some(([key, value]) => NAME_KEY.test(key) && isName(key, value.toLowerCase(), registry, names)))
      continue
    for (const [key, value] of entries) {
      const [tag = ''] = value.split('@', 1)
      if (TAG_KEY.test(key) && isTag(tag)) uses.add(tag)
    }
  }
}

/** A path alone, or the end of one, is enough: charts keep the registry of all their images elsewhere. */
function isName(key: string, value: string, registry: string | undefined, names: Names): boolean {
  const { name } = splitTag(value)
  if (names.whole.includes(name)) return true
  const isGiven = registry !== undefined && registry !== '' && !/[{$]/.test(registry)
  if (isGiven) return `${registry}/${name}` === `${names.registry}/${names.path}`
  return name === names.path || (IMAGE_KEY.test(key) && names.ends.includes(`/${name}`))
}

const CHART = /(?:^|\/)chart\.ya?ml$/i
const APP_VERSION = /^appVersion:[ \t]{0,9}["']?([\w.+-]{1,128})/m

/** The tag of the images of a chart whose values name none. */
function readChart(text: string, uses: Set<string>): void {
  const version = APP_VERSION.exec(text)?.[1]?.replaceAll('+', '-')
  if (version === undefined) return
  const bare = version.replace(/^v/, '')
  for (const tag of [bare, `v${bare}`]) if (isTag(tag)) uses.add(tag)
}

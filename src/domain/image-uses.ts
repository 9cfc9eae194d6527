/**
 * Which tags and digests of an image repository texts name: workflows, compose files, Kubernetes manifests, the values of Helm
 * charts, notes of releases. To find one too many only keeps an image; so what may be meant counts, and nothing is resolved. Texts
 * belong to strangers: they are walked through once, nothing of them is compiled, and a file that is no YAML is a text all the same.
 */
import { isPair, isScalar, parseAllDocuments, visit, type YAMLMap } from 'yaml'
import { DOCKER_HUB, formatRepository, isTag, parseReference } from './image-reference.ts'

/** Files that are larger are looked at as texts only. */
const MAX_YAML_LENGTH = 1_000_000

/** @param repository `registry/path`. */
export function findImageUses(files: ReadonlyMap<string, string>, repository: string): ReadonlySet<string> {
  const names = namesOf(repository)
  const uses = new Set<string>()
  for (const text of files.values()) {
    const resolved = resolveOwner(text, names)
    scanText(resolved, names, uses)
    if (mayHoldMap(resolved, names)) readMaps(resolved, names, uses)
  }
  return uses
}

/** Of a text that is nothing but a text. */
export function usesInText(text: string, repository: string): ReadonlySet<string> {
  const names = namesOf(repository)
  const uses = new Set<string>()
  scanText(text, names, uses)
  return uses
}

interface Names {
  /** Whatever a text may call it; the first is whole. */
  readonly whole: readonly string[]
  readonly registry: string
  readonly path: string
}

function namesOf(repository: string): Names {
  const parsed = parseReference(repository)
  if (!parsed.ok) return { whole: [repository], registry: '', path: repository }
  const { registry, path } = parsed.reference
  const short = formatRepository(parsed.reference)
  const hub =
    registry === DOCKER_HUB
      ? [`${DOCKER_HUB}/${path}`, `index.${DOCKER_HUB}/${path}`, path, `${DOCKER_HUB}/${short}`]
      : []
  return { whole: [...new Set([short, ...hub])], registry, path }
}

/** Workflows name the owner by an expression; another repository's is rarely meant. */
function resolveOwner(text: string, { path }: Names): string {
  const [owner = '', name = ''] = path.split('/')
  return text
    .replaceAll(/\$\{\{\s{0,9}github\.repository_owner\s{0,9}\}\}/g, () => owner)
    .replaceAll(/\$\{\{\s{0,9}github\.repository\s{0,9}\}\}/g, () => (name === '' ? owner : `${owner}/${name}`))
}

const TAGGED = /:([A-Za-z0-9_][A-Za-z0-9._-]{0,127})/y
/** A variable with a default, as compose files and shells have it. */
const DEFAULTED = /:\$\{\w{1,100}:?-([A-Za-z0-9_][A-Za-z0-9._-]{0,127})\}/y
const DIGEST = /@(sha256:[0-9a-f]{64})(?![0-9a-f])/y
const NAME_CHARACTER = /[A-Za-z0-9._-]/

function scanText(text: string, { whole }: Names, uses: Set<string>): void {
  for (const name of whole)
    for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + name.length)) {
      if (at > 0 && NAME_CHARACTER.test(text[at - 1] ?? '')) continue
      readEnding(text, at + name.length, uses)
    }
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

/** Whether it is worth parsing: a map may have the name in one value and the tag in another. */
function mayHoldMap(text: string, { path }: Names): boolean {
  return text.length <= MAX_YAML_LENGTH && text.includes(path) && /(?:tag|digest|version)["']?\s*:/i.test(text)
}

const NAME_KEYS = new Set(['repository', 'image', 'name', 'newname', 'imagerepository', 'imagename'])
const TAG_KEYS = new Set(['tag', 'newtag', 'imagetag', 'version', 'digest', 'imagedigest'])

function readMaps(text: string, names: Names, uses: Set<string>): void {
  for (const map of mapsOf(text)) {
    const entries = map.items.flatMap(textEntries)
    const registry = entries.find(([key]) => key.endsWith('registry'))?.[1]
    const isNamed = entries.some(([key, value]) => NAME_KEYS.has(key) && isName(value, registry, names))
    if (!isNamed) continue
    for (const [key, value] of entries)
      if (TAG_KEYS.has(key) && (isTag(value) || value.startsWith('sha256:'))) uses.add(value)
  }
}

/** A path alone is enough: charts keep the registry of all their images elsewhere. */
function isName(value: string, registry: string | undefined, { whole, path, registry: own }: Names): boolean {
  if (whole.includes(value)) return true
  return value === path && (registry === undefined || registry === '' || registry === own)
}

function mapsOf(text: string): YAMLMap[] {
  const maps: YAMLMap[] = []
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent', prettyErrors: false, uniqueKeys: false })
    for (const document of 'empty' in documents ? [] : documents)
      visit(document, {
        Map: (_, map) => {
          maps.push(map)
        },
      })
  } catch {
    // A template, or nested without end: what it names in one piece was found in the text.
  }
  return maps
}

/** Key in lower case, value as it is written: the tag 1.10 is no number. None: it is no text. */
function textEntries(pair: unknown): [string, string][] {
  if (!isPair(pair) || !isScalar(pair.key) || !isScalar(pair.value)) return []
  const { value, source } = pair.value
  const text = typeof value === 'string' ? value : (source ?? String(value))
  return [[String(pair.key.value).toLowerCase(), text]]
}

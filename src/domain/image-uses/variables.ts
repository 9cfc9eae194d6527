/**
 * Puts the values of variables where they are used: those that GitHub gives to a workflow, and those that the same file sets, as in
 * `env` of a workflow, in a Dockerfile or in a Makefile, or that an environment file sets. It is not a language that is understood: whatever looks like a setting is one.
 */

const GITHUB = /\$\{\{\s{0,9}github\.(repository_owner|repository|event\.repository\.name)\s{0,9}\}\}/g
const SETTING =
  /^[ \t]{0,99}(?:- |ARG |ENV |export )?([A-Za-z_]\w{0,99})[ \t]{0,9}(?:\?=|:=|[:=])[ \t]{0,9}["']?([^\s"'#][^\n"'#]{0,299})/gm
const USE =
  /\$\{\{\s{0,9}(?:env\.)?([A-Za-z_]\w{0,99})\s{0,9}\}\}|\$\{([A-Za-z_]\w{0,99})\}|\$\(([A-Za-z_]\w{0,99})\)|\$([A-Za-z_]\w{0,99})/g

/** Forms of `USE`. */
const USES = 4
/** Of one name, as different jobs have it. */
const MOST_VALUES = 4
/** Values that name variables themselves: so deep. */
const DEPTH = 3
const MAX_LENGTH = 1_000_000
/** All values together: a text that would grow further is left as it is. */
const MAX_GROWTH = 1_000_000

/**
 * @param environment texts of environment files, `TAG=1.2`.
 * @param path of the images: another repository is rarely meant by an expression.
 * @returns the text with each of the values, one of each variable at a time.
 */
export function resolveVariables(text: string, path: string, environment: readonly string[]): string[] {
  const own = resolveGitHub(text, path)
  if (own.length > MAX_LENGTH) return [own]
  const settings = settingsOf(own, environment)
  if (settings.size === 0) return [own]
  const most = Math.min(MOST_VALUES, Math.max(...[...settings.values()].map((values) => values.length)))
  const texts = Array.from({ length: most }, (_, at) => resolveSettings(own, settings, at))
  return [...new Set(texts)]
}

function resolveGitHub(text: string, path: string): string {
  const [owner = '', name = ''] = path.split('/')
  const values: Readonly<Record<string, string>> = {
    repository_owner: owner,
    repository: name === '' ? owner : `${owner}/${name}`,
    'event.repository.name': name === '' ? owner : name,
  }
  return text.replaceAll(GITHUB, (whole, key: string) => values[key] ?? whole)
}

function settingsOf(text: string, environment: readonly string[]): Map<string, string[]> {
  const used = new Set([...text.matchAll(USE)].map(([, ...names]) => names.find((name) => name !== undefined) ?? ''))
  const settings = new Map<string, string[]>()
  if (used.size === 0) return settings
  for (const setting of [text, ...environment])
    for (const [, name = '', written = ''] of setting.matchAll(SETTING)) {
      if (!used.has(name)) continue
      const value = written.trimEnd()
      const values = settings.get(name) ?? []
      if (!values.includes(value) && values.length < MOST_VALUES) settings.set(name, [...values, value])
    }
  return settings
}

function resolveSettings(text: string, settings: ReadonlyMap<string, readonly string[]>, at: number): string {
  let room = MAX_GROWTH
  let resolved = text
  for (let depth = 0; depth < DEPTH && room > 0; depth++)
    resolved = resolved.replaceAll(USE, (whole, ...names: (string | undefined)[]) => {
      const values = settings.get(names.slice(0, USES).find((name) => name !== undefined) ?? '')
      const value = values?.[Math.min(at, values.length - 1)]
      if (value === undefined || room < value.length) return whole
      room -= value.length
      return value
    })
  return resolved
}

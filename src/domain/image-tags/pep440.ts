/**
 * Versions of Python packages, read and written in their normal form: `v1.2beta3` is `1.2b3`. Every spelling that the
 * specification allows is read. Numbers stay text, so that none is too large.
 *
 * Source: https://packaging.python.org/en/latest/specifications/version-specifiers/
 */

export interface PythonVersion {
  /** In the normal form. */
  readonly normal: string
  /** Major, minor, patch and what follows; at least one. */
  readonly release: readonly string[]
  /** Neither a pre-release nor a post-release nor one of development. */
  readonly final: boolean
}

const VERSION = new RegExp(
  [
    '^v?',
    '(?:(?<epoch>\\d+)!)?',
    '(?<release>\\d+(?:\\.\\d+)*)',
    '(?:[-_.]?(?<pre>alpha|a|beta|b|preview|pre|rc|c)[-_.]?(?<preNumber>\\d*))?',
    '(?:-(?<bare>\\d+)|[-_.]?(?<post>post|rev|r)[-_.]?(?<postNumber>\\d*))?',
    '(?:[-_.]?(?<dev>dev)[-_.]?(?<devNumber>\\d*))?',
    '(?:\\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$',
  ].join(''),
  'i',
)
const MAX_LENGTH = 256

const PRE_RELEASES: Readonly<Record<string, string>> = {
  alpha: 'a',
  a: 'a',
  beta: 'b',
  b: 'b',
  preview: 'rc',
  pre: 'rc',
  rc: 'rc',
  c: 'rc',
}

/** Null: it is no version. */
export function readPythonVersion(text: string): PythonVersion | null {
  const groups = text.length > MAX_LENGTH ? undefined : VERSION.exec(text)?.groups
  if (groups?.release === undefined) return null
  const release = groups.release.split('.').map(asNumber)
  const epoch = asNumber(groups.epoch ?? '')
  const pre =
    groups.pre === undefined ? '' : `${PRE_RELEASES[groups.pre.toLowerCase()]}${asNumber(groups.preNumber ?? '')}`
  const isPost = groups.post !== undefined || groups.bare !== undefined
  const post = isPost ? `.post${asNumber(groups.bare ?? groups.postNumber ?? '')}` : ''
  const dev = groups.dev === undefined ? '' : `.dev${asNumber(groups.devNumber ?? '')}`
  const local = groups.local === undefined ? '' : `+${groups.local.toLowerCase().split(/[-_.]/).map(asPart).join('.')}`
  const normal = `${epoch === '0' ? '' : `${epoch}!`}${release.join('.')}${pre}${post}${dev}${local}`
  return { normal, release, final: `${pre}${post}${dev}` === '' }
}

/** Without leading zeros; `0` for nothing, as a pre-release without a number is its first. */
function asNumber(digits: string): string {
  return digits.replace(/^0+/, '') || '0'
}

function asPart(part: string): string {
  return /^\d+$/.test(part) ? asNumber(part) : part
}

/**
 * `${{ path }}` in a text of the configuration is replaced by one of a closed list of values: there is no expression language, and
 * nothing that a repository or a user wrote is ever run. Every path is checked when the configuration is loaded, so
 * that a typo is a problem on a line and not an empty input. A value that was put in is never looked at again, since
 * branch names are chosen by strangers.
 */

import validVersion from 'semver/functions/valid.js'
import { didYouMean, quote } from './config/problem-wording.ts'
import type { MatrixCombination, MatrixValue } from './config.ts'
import { InvariantError } from './errors.ts'
import { valueLabel } from './matrix.ts'
import { pullRequestOf, type Trigger, type TriggerKind } from './trigger.ts'
import { shortSha } from './wording.ts'

/** What `${{ … }}` can name apart from the matrix, each with what it stands for. */
export const VALUE_PATHS = {
  sha: 'The commit that is built: 40 hexadecimal digits.',
  short_sha: 'Its first 7 digits.',
  ref_name: 'The branch or the tag; `<number>/merge` for a pull request.',
  event: 'What started the run: `push`, `tag`, `pull_request`, `merge_group`, `manual` or `label`.',
  version: 'The tag without its leading `v` when it is a semantic version; otherwise the short commit.',
  'pr.number': 'The number of the pull request; empty when there is none.',
  'pr.head_ref': 'The branch that the pull request comes from; empty when there is none.',
  'pr.base_ref': 'The branch that the pull request goes to; empty when there is none.',
  'repo.owner': 'The owner of the repository.',
  'repo.name': 'The name of the repository, without its owner.',
  'image.name': "The job's `image`; empty when it has none.",
  'image.repository': 'Registry and path of that image: `ghcr.io/acme/app`; empty when `images` does not have it.',
  'image.version':
    'What its tags call this version: of `tags: default` the branch or the tag with `-` for what no tag can hold; empty when `images` does not have it.',
} as const

export type ValuePath = keyof typeof VALUE_PATHS

export interface InterpolationValues {
  readonly sha: string
  readonly refName: string
  readonly event: TriggerKind
  /** See `versionOf`. */
  readonly version: string
  /** Null: the run is not for a pull request, and `pr.*` is empty. */
  readonly pullRequest: { readonly number: number; readonly headRef: string; readonly baseRef: string } | null
  readonly repo: { readonly owner: string; readonly name: string }
  readonly matrix: MatrixCombination
  /** The job's image; null: none, and `image.*` is empty. */
  readonly image: ImageValues | null
}

/** What a text can know of an image. */
export interface ImageValues {
  readonly name: string
  /** Empty: not known, or not decided yet. */
  readonly repository: string
  /** Empty: not known, or not decided yet. */
  readonly version: string
}

/** The values of one leg of a run that this trigger started. */
export function interpolationValues(
  trigger: Trigger,
  leg: Pick<InterpolationValues, 'matrix' | 'image'>,
): InterpolationValues {
  return {
    sha: trigger.sha,
    refName: trigger.refName,
    event: trigger.kind,
    version: versionOf(trigger),
    pullRequest: pullRequestOf(trigger),
    repo: { owner: trigger.repo.owner, name: trigger.repo.name },
    matrix: leg.matrix,
    image: leg.image,
  }
}

/** A tag that is a semantic version, without its leading `v`; for everything else the first 7 digits of the commit. */
export function versionOf(trigger: Pick<Trigger, 'kind' | 'refName' | 'sha'>): string {
  const name = trigger.refName.replace(/^v/, '')
  return trigger.kind === 'tag' && /^\d/.test(name) && validVersion(name) !== null ? name : shortSha(trigger.sha)
}

/** What stands between `${{` and `}}`, in order, without the spaces around it. */
export function findPaths(text: string): string[] {
  return [...scan(text)].flatMap((piece) => (piece.path === undefined ? [] : [piece.path]))
}

/** The text with every `${{ … }}` replaced by the same, to judge what is around them. */
export function replacePaths(text: string, by: string): string {
  return [...scan(text)].map((piece) => piece.text ?? by).join('')
}

/**
 * Puts the values in, each as `show` makes it. The text has passed `checkText`; a path that it would have refused is a
 * defect.
 */
export function interpolate(
  text: string,
  values: InterpolationValues,
  show: (value: string) => string = (value) => value,
): string {
  let result = ''
  for (const piece of scan(text)) result += piece.path === undefined ? piece.text : show(valueAt(piece.path, values))
  return result
}

/** The axes that a path may name, with their values; null: not known, because the matrix itself is wrong. */
export interface PathContext {
  readonly axes: Readonly<Record<string, readonly MatrixValue[]>> | null
  /** Why the text cannot name this path where it stands: `which …`; null: it can. Default: it can name all. */
  readonly refuse?: (path: string) => string | null
}

/** Everything that is wrong with the paths of a text, each as the end of a sentence about the text. */
export function checkText(text: string, context: PathContext): string[] {
  const problems = [...new Set(findPaths(text))].flatMap((path) => checkPath(path, context) ?? [])
  const lastOpen = text.lastIndexOf('${{')
  if (lastOpen !== -1 && !text.includes('}}', lastOpen)) problems.push(`has a "\${{" without the "}}" that ends it`)
  return problems
}

/** Why this path cannot be filled in, as the end of a sentence about the text that holds it; null: it can. */
export function checkPath(path: string, context: PathContext): string | null {
  const reason = context.refuse?.(path) ?? null
  if (reason !== null) return `names ${quote(path)}, ${reason}`
  if (Object.hasOwn(VALUE_PATHS, path)) return null
  const [root, axis, field, ...rest] = path.split('.')
  if (root !== 'matrix' || axis === undefined || rest.length > 0) return unknownPath(path, context)
  if (context.axes === null) return null
  const values = Object.hasOwn(context.axes, axis) ? context.axes[axis] : undefined
  if (values === undefined) return unknownAxis(path, axis, Object.keys(context.axes))
  const fields = new Set(values.flatMap((value) => (typeof value === 'object' ? Object.keys(value) : [])))
  if (field === undefined) {
    if (fields.size === 0) return null
    return `names ${quote(path)}, which is a map; name one of its fields: ${[...fields].map((name) => `${path}.${name}`).join(', ')}`
  }
  if (fields.has(field)) return null
  if (fields.size === 0) return `names ${quote(path)}, but the values of "${axis}" have no fields; write matrix.${axis}`
  return `names ${quote(path)}, but no value of "${axis}" has a field "${field}"; ${suggest(field, [...fields], 'they have')}`
}

function unknownPath(path: string, context: PathContext): string {
  const known = [...Object.keys(VALUE_PATHS), ...Object.keys(context.axes ?? {}).map((axis) => `matrix.${axis}`)]
  return `names ${quote(path)}, which is not a value that Signalbox fills in; ${suggest(path, known, 'there are')}`
}

function unknownAxis(path: string, axis: string, axes: readonly string[]): string {
  if (axes.length === 0) return `names ${quote(path)}, but the job has no matrix`
  return `names ${quote(path)}, but the matrix has no axis "${axis}"; ${suggest(axis, axes, 'it has')}`
}

function suggest(name: string, candidates: readonly string[], otherwise: string): string {
  return didYouMean(name, candidates, otherwise, candidates.length)
}

type Piece = { readonly text: string; readonly path?: undefined } | { readonly path: string; readonly text?: undefined }

function* scan(text: string): Generator<Piece> {
  let at = 0
  for (;;) {
    const open = text.indexOf('${{', at)
    const close = open === -1 ? -1 : text.indexOf('}}', open + 3)
    if (close === -1) {
      yield { text: text.slice(at) }
      return
    }
    yield { text: text.slice(at, open) }
    yield { path: text.slice(open + 3, close).trim() }
    at = close + 2
  }
}

function valueAt(path: string, values: InterpolationValues): string {
  const [root, axis, field] = path.split('.')
  if (root === 'matrix' && axis !== undefined) return matrixValueAt(values.matrix, axis, field)
  if (!Object.hasOwn(VALUE_PATHS, path)) throw new InvariantError(`No value for \${{ ${path} }}: it was never checked`)
  return FILL[path as ValuePath](values)
}

const FILL: Record<ValuePath, (values: InterpolationValues) => string> = {
  sha: (values) => values.sha,
  short_sha: (values) => shortSha(values.sha),
  ref_name: (values) => values.refName,
  event: (values) => values.event,
  version: (values) => values.version,
  'pr.number': (values) => String(values.pullRequest?.number ?? ''),
  'pr.head_ref': (values) => values.pullRequest?.headRef ?? '',
  'pr.base_ref': (values) => values.pullRequest?.baseRef ?? '',
  'repo.owner': (values) => values.repo.owner,
  'repo.name': (values) => values.repo.name,
  'image.name': (values) => values.image?.name ?? '',
  'image.repository': (values) => values.image?.repository ?? '',
  'image.version': (values) => values.image?.version ?? '',
}

/** An axis or a field that this combination lacks is empty: `include` may have given it to others only. */
function matrixValueAt(matrix: MatrixCombination, axis: string, field: string | undefined): string {
  const value = Object.hasOwn(matrix, axis) ? matrix[axis] : undefined
  if (value === undefined) return ''
  if (field === undefined) return valueLabel(value)
  return typeof value === 'object' && Object.hasOwn(value, field) ? String(value[field]) : ''
}

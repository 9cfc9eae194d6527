/**
 * What an executor builds, from the JSON that its leg was told. Its workflow is dispatched on the default branch, so that
 * what GitHub Actions says of ref and commit is about that branch; what Signalbox told is about the change. The ref is
 * made of it by the same table that the app plans with.
 */

import { type BuildSubject, EVENT_NAMES, isSha, refOf } from './build-subject.ts'
import { didYouMean, quote } from './config/problem-wording.ts'
import type { MatrixCombination, MatrixValue } from './config.ts'
import type { TriggerKind } from './trigger.ts'

/** All that it says of what is built; nothing of it is about the repository but the default branch. */
export type ToldSubject = Omit<BuildSubject, 'repository' | 'commitDate'>

export type ReadTold =
  | { readonly ok: true; readonly subject: ToldSubject }
  /** As the end of a sentence about the JSON. */
  | { readonly ok: false; readonly reason: string }

/** Reads the input `signalbox` of an executor workflow. What it does not have may be missing; what it has must fit. */
export function readToldSubject(json: string): ReadTold {
  let told: unknown
  try {
    told = JSON.parse(json)
  } catch (error) {
    return { ok: false, reason: `is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
  if (!isMap(told)) return { ok: false, reason: 'is not a map' }
  const text = (key: string): string => (typeof told[key] === 'string' ? told[key] : '')
  const wrong = TEXTS.find((key) => ![undefined, null].includes(told[key] as null) && typeof told[key] !== 'string')
  if (wrong !== undefined) return { ok: false, reason: `has "${wrong}" that is no text` }
  const kind = text('event')
  if (!isKind(kind))
    return {
      ok: false,
      reason: `has the event ${quote(kind)}; ${didYouMean(kind, Object.keys(EVENT_NAMES), 'there are')}`,
    }
  const sha = text('sha')
  if (sha !== '' && !isSha(sha)) return { ok: false, reason: `has the sha ${quote(sha)}, which is no commit` }
  const number = told.pull_request ?? null
  if (number !== null && !(typeof number === 'number' && Number.isInteger(number) && number > 0))
    return { ok: false, reason: 'has "pull_request" that is no number of a pull request' }
  const matrix = told.matrix ?? {}
  if (!isMatrix(matrix)) return { ok: false, reason: 'has "matrix" that is no map of axes' }
  const pullRequest = number === null ? null : { number, headRef: text('head_ref'), baseRef: text('base_ref') }
  const subject = {
    event: EVENT_NAMES[kind],
    ref: refOf(kind, text('ref_name'), number),
    refName: text('ref_name'),
    sha,
    baseRef: text('base_ref'),
    pullRequest,
    defaultBranch: text('default_branch'),
    matrix,
    trusted: told.trusted === true,
  }
  return { ok: true, subject }
}

const TEXTS = ['event', 'ref_name', 'sha', 'head_ref', 'base_ref', 'default_branch']

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isKind(text: string): text is TriggerKind {
  return Object.hasOwn(EVENT_NAMES, text)
}

function isMatrix(value: unknown): value is MatrixCombination {
  return isMap(value) && Object.values(value).every((axis) => isScalar(axis) || isMatrixMap(axis))
}

function isMatrixMap(value: unknown): value is MatrixValue {
  return isMap(value) && Object.values(value).every(isScalar)
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/**
 * What a workflow file says about how it is started. It belongs to the repository, so it may be anything: what is no
 * workflow is told from one that is, and nothing of it is ever run.
 */
import { parse } from 'yaml'

export interface WorkflowFile {
  /** The events under `on`. */
  readonly events: ReadonlySet<string>
  /** Events that start it for some changes or branches only. */
  readonly filtered: ReadonlySet<string>
  /** Of `workflow_dispatch`; null: it cannot be dispatched. */
  readonly inputs: ReadonlyMap<string, { readonly required: boolean }> | null
  /** Whether its runs are called by the attempt's id first. */
  readonly startsWithAttempt: boolean
}

type Fields = Readonly<Record<string, unknown>>

const FILTERS = ['paths', 'paths-ignore', 'branches', 'branches-ignore']
/** The first expression of `run-name`, when it begins with one. */
const FIRST_EXPRESSION = /^\s*\$\{\{(.*?)\}\}/s
const ATTEMPT = /\bfromJSON\(\s*(?:github\.event\.)?inputs\.signalbox\s*\)\.attempt\b/i

/** Null: it is no workflow. */
export function readWorkflowFile(bytes: Uint8Array): WorkflowFile | null {
  const document = parseFields(new TextDecoder().decode(bytes))
  if (document === null) return null
  const triggers = readTriggers(document.on)
  const dispatch = triggers.get('workflow_dispatch')
  const runName = document['run-name']
  return {
    events: new Set(triggers.keys()),
    filtered: new Set(
      [...triggers].filter(([, trigger]) => FILTERS.some((key) => key in trigger)).map(([name]) => name),
    ),
    inputs: dispatch === undefined ? null : readInputs(dispatch.inputs),
    startsWithAttempt: typeof runName === 'string' && ATTEMPT.test(FIRST_EXPRESSION.exec(runName)?.[1] ?? ''),
  }
}

function parseFields(text: string): Fields | null {
  try {
    const value: unknown = parse(text)
    return isFields(value) ? value : null
  } catch {
    return null
  }
}

/** `on: push`, `on: [push]` and `on: { push: … }`. */
function readTriggers(on: unknown): Map<string, Fields> {
  if (typeof on === 'string') return new Map([[on, {}]])
  if (Array.isArray(on)) return new Map(on.map((event) => [String(event), {}]))
  if (!isFields(on)) return new Map()
  return new Map(Object.entries(on).map(([event, trigger]) => [event, isFields(trigger) ? trigger : {}]))
}

function readInputs(inputs: unknown): Map<string, { required: boolean }> {
  if (!isFields(inputs)) return new Map()
  return new Map(
    Object.entries(inputs).map(([name, input]) => {
      const fields = isFields(input) ? input : {}
      return [name, { required: fields.required === true && (fields.default ?? null) === null }]
    }),
  )
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

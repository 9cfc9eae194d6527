/**
 * Reads what a job starts: a workflow that is dispatched, or something that another event starts on the commit and that
 * the job follows. A job that follows has one leg and tells nobody anything, so the keys that are about dispatching are
 * refused there, each with its reason, rather than silently without effect.
 */

import type { z } from 'zod'
import type { JobStart } from '../config.ts'
import type { ConfigDocument } from './config-document.ts'
import { jobSchema } from './job-schema.ts'
import type { KeyPath } from './key-path.ts'
import { quote } from './problem-wording.ts'
import { workflowName } from './workflow-schema.ts'

/** `path` is that of the job. */
export function readStart(document: ConfigDocument, path: KeyPath): JobStart {
  const { shape } = jobSchema
  const written = document.keysOf(path)
  const observed = written.includes('observe') ? document.valid(shape.observe, [...path, 'observe']) : undefined
  if (observed === undefined) {
    const workflow = document.valid(shape.workflow, [...path, 'workflow']) ?? ''
    return {
      kind: 'dispatch',
      workflow: workflowName(workflow),
      ref: document.valid(shape.ref, [...path, 'ref']) ?? null,
    }
  }
  for (const key of written) {
    const reason = NOT_OBSERVED[key]
    if (reason === undefined) continue
    const message = `${quote(key)} is not for a job with "observe", ${reason}; remove it`
    document.report([...path, key], message, true)
  }
  reportChoices(document, path)
  return readObserved(observed)
}

/** Why a key means nothing for a job that dispatches nothing: `a job with "observe", which …`. */
const NOT_OBSERVED: Readonly<Record<string, string>> = {
  ref: 'which dispatches the workflow file of no branch',
  inputs: 'which has no workflow that it could tell them',
  matrix: 'which is one leg: there is one run to follow',
  max_parallel: 'which is one leg: there is one run to follow',
  retries: 'which cannot start again what it did not start',
  image: 'which has no workflow that it could tell what to build',
  reuse: 'which starts nothing, so that nothing could be saved',
}

/** Keys of which only some values are not for a job that follows something. */
function reportChoices(document: ConfigDocument, path: KeyPath): void {
  const { shape } = jobSchema
  if (document.valid(shape.forks, [...path, 'forks']) === 'build-only') {
    const message = '"forks" cannot be build-only for a job with "observe", which builds nothing; write run or skip'
    document.report([...path, 'forks'], message)
  }
  const check = document.valid(shape.observe, [...path, 'observe'])?.check
  if (check !== undefined && document.keysOf(path).includes('report')) {
    const message = '"report" is not for a job that observes a check, which has no artifacts; observe its workflow'
    document.report([...path, 'report'], message, true)
  }
}

/** Of wrong shape it is a problem already. */
function readObserved(observed: z.output<typeof jobSchema>['observe'] | null): JobStart {
  const { workflow = '', check, app = '' } = observed ?? {}
  return check === undefined
    ? { kind: 'observe_workflow', workflow: workflowName(workflow) }
    : { kind: 'observe_check', name: check, app }
}

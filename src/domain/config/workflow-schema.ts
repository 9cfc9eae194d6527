/**
 * The shape of what is dispatched: the file of a workflow, the branch or tag that it is taken from, and its inputs. Jobs,
 * labels and previews all dispatch, and all by the same rules. What an input may name depends on who dispatches.
 */

import { z } from 'zod'
import { MAX_INPUTS, MAX_PREVIEW_INPUTS } from '../config.ts'
import { replacePaths } from '../interpolate.ts'
import { identifier, judged } from './value-schemas.ts'

const WORKFLOW_RULE = 'must be the file name of a workflow in .github/workflows, such as "build.yml"'
const WORKFLOW_FILE = /^(?:\.github\/workflows\/)?[^/\s][^/\r\n\t]{0,199}\.ya?ml$/

export const workflowFile = z.string(WORKFLOW_RULE).regex(WORKFLOW_FILE, WORKFLOW_RULE)

/** The file's name alone: its directory may be written, and is always the same. */
export function workflowName(file: string): string {
  return file.replace('.github/workflows/', '')
}

const REF_RULE = 'is not a branch or a tag, which has 1 to 255 characters and no spaces'

export const filledRef = judged(z.string(), (ref) => (/^\S{1,255}$/.test(replacePaths(ref, 'x')) ? null : REF_RULE))

/** Whose workflow files are run is nothing that a pull request chooses. */
export const fixedRef = judged(z.string(), (ref) => {
  if (ref.includes('${{')) return 'must name one branch or tag, so it cannot hold "${{"'
  return /^\S{1,255}$/.test(ref) ? null : REF_RULE
})

const inputValues = z.record(
  identifier,
  z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false'),
)

/** Inputs beside the one that Signalbox fills in. */
export const toldInputs = inputValues.check((context) => {
  const names = Object.keys(context.value)
  if (names.length > MAX_INPUTS) {
    const message = `has ${names.length} inputs; GitHub takes ${MAX_INPUTS + 1}, and one of them is "signalbox"`
    context.issues.push({ code: 'custom', message, input: context.value })
  }
  for (const input of names.filter((candidate) => candidate.toLowerCase() === 'signalbox')) {
    const message = 'is the input that Signalbox itself fills in; choose another name'
    context.issues.push({ code: 'custom', message, path: [input], input })
  }
})

/** Inputs of a workflow that is told nothing else. */
export const onlyInputs = judged(inputValues, (inputs) => {
  const { length } = Object.keys(inputs)
  return length > MAX_PREVIEW_INPUTS ? `has ${length} inputs; GitHub takes ${MAX_PREVIEW_INPUTS}` : null
})

/** All inputs arrive as text. */
export function inputTexts(inputs: z.output<typeof inputValues> | null | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs ?? {}).map(([input, value]) => [input, String(value)]))
}

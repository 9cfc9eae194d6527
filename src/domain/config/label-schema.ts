/**
 * Labels of GitHub, as a configuration names them: any text in one line, bounded as GitHub bounds it. A label that
 * starts a workflow is the key of what it starts. Whether two of them are the same label is judged in `check-labels.ts`.
 */

import { z } from 'zod'
import { duration, judged } from './value-schemas.ts'
import { fixedRef, toldInputs, workflowFile } from './workflow-schema.ts'

const LABEL_RULE =
  'must be the name of a label: 1 to 50 characters in one line, without commas and without spaces around it'

export const label = judged(z.string(LABEL_RULE), (text) => {
  const isLabel = !/[\p{Cc}\p{Zl}\p{Zp},]/u.test(text) && text.trim() === text && text !== ''
  return isLabel && [...text].length <= 50 ? null : LABEL_RULE
})

/** One entry of `label_actions`. */
export const labelActionSchema = z.strictObject(
  {
    workflow: workflowFile.describe(
      'File name of the workflow in `.github/workflows`, which has a `workflow_dispatch` trigger: ends in `.yml` or `.yaml`. Required.',
    ),
    ref: fixedRef.optional().describe('Branch or tag whose workflow file is dispatched. Default: the default branch.'),
    inputs: toldInputs
      .optional()
      .describe(
        'Inputs of the workflow, which may hold `${{ … }}`, but nothing of a matrix or an image; Signalbox adds `signalbox`. Default: none.',
      ),
    pushes: z
      .boolean()
      .default(true)
      .describe(
        'Whether the workflow pushes to the head branch of the pull request, which for a fork takes "Allow edits by maintainers". Default: true.',
      ),
    timeout: duration({ least: '1s', most: '35d' })
      .default('1h')
      .describe('How long it may take before it is cancelled. A duration from 1s to 35d. Default: 1h.'),
  },
  'must be a map, such as { workflow: lint-fix.yml }',
)

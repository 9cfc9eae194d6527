/**
 * The shape of one preview: the label that asks for it, what has to be built first, and the workflow of which repository
 * deploys it and takes it down. What strangers choose can be told to that workflow, and can be part of no name and no
 * link. Whether the jobs in `needs` exist is judged in `read-preview.ts`.
 */

import { z } from 'zod'
import { replacePaths } from '../interpolate.ts'
import { label } from './label-schema.ts'
import { duration, judged } from './value-schemas.ts'
import { fixedRef, onlyInputs, workflowFile } from './workflow-schema.ts'

const REPOSITORY_RULE = 'must be a repository as owner/name, such as "acme/deploy"'
const repository = judged(z.string(REPOSITORY_RULE), (text) => {
  const [, name] = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\/([\w.-]{1,100})$/.exec(text) ?? []
  return name === undefined || name === '.' || name === '..' ? REPOSITORY_RULE : null
})

/** Longest value that a name or a link is filled in with. */
const LONGEST_VALUE = 'x'.repeat(100)

const environment = judged(z.string(), (text) => {
  if (/\p{Cc}/u.test(text) || text.trim() !== text || text === '') return 'must be a name in one line'
  return replacePaths(text, LONGEST_VALUE).length > 255 ? 'could have more than the 255 characters of a name' : null
})

const url = judged(z.string(), (text) => {
  if (!/^https?:\/\//.test(text)) return 'must begin with "https://" or "http://"'
  const filled = replacePaths(text, 'x')
  if (/[\s\p{Cc}]/u.test(filled) || !URL.canParse(filled)) return 'is not a URL'
  return replacePaths(text, LONGEST_VALUE).length > 2000 ? 'could have more than 2000 characters' : null
})

const JOB_RULE = 'must be a job with its pipeline, as pipeline.job'
const MAX_NEEDS = 100
const job = z.string(JOB_RULE).regex(/^[A-Za-z0-9_][\w.-]*\.[\w.-]+$/, JOB_RULE)
const neededJobs = judged(
  z.union([job, z.array(job)], 'must be a job with its pipeline or a list of them, such as [docker.app]'),
  (jobs) => (typeof jobs !== 'string' && jobs.length > MAX_NEEDS ? `names more than ${MAX_NEEDS} jobs` : null),
)

const teardown = z.strictObject(
  {
    workflow: workflowFile.describe('File name of the workflow that takes it down. Required.'),
    ref: fixedRef.optional().describe("Branch or tag whose workflow file is dispatched. Default: the preview's `ref`."),
    inputs: onlyInputs.optional().describe('Its inputs, by the same rules as those of the preview. Default: none.'),
  },
  'must be a map, such as { workflow: teardown.yml }',
)

/** One entry of `previews`, apart from what other entries say. */
export const previewSchema = z.strictObject(
  {
    label: label.describe('Label that asks for it, as `/deploy` does: 1 to 50 characters. Required.'),
    needs: neededJobs
      .optional()
      .describe(
        "Jobs, as `pipeline.job`, that must have succeeded with all their legs on the pull request's newest commit. Default: none.",
      ),
    repository: repository.describe(
      'Repository whose workflow is dispatched, as `owner/name`: of the same owner, or one that the installation allows. Required.',
    ),
    workflow: workflowFile.describe('File name of the workflow that deploys it. Required.'),
    ref: fixedRef
      .default('main')
      .describe('Branch or tag of that repository whose workflow file is dispatched. Default: main.'),
    inputs: onlyInputs
      .optional()
      .describe(
        'Inputs of the workflow, which may hold `${{ … }}`, but nothing of a matrix or an image; at most 25. Default: none.',
      ),
    redeploy: z.boolean().default(true).describe('Whether a new commit is deployed again. Default: true.'),
    teardown: teardown
      .optional()
      .describe(
        'What takes it down once the label is removed, or the pull request is closed. Default: nothing, and the deployment only becomes inactive.',
      ),
    environment: environment
      .optional()
      .describe(
        "Name of GitHub's environment; may hold `pr.number`, `sha`, `short_sha` and `repo.*`. Default: preview/<preview>/pr-${{ pr.number }}.",
      ),
    url: url
      .optional()
      .describe(
        'Where it can be seen; begins with `https://` or `http://`, and may hold the same values. Default: not known.',
      ),
    timeout: duration({ least: '1s', most: '35d' })
      .default('1h')
      .describe('How long its workflow may take. A duration from 1s to 35d. Default: 1h.'),
  },
  'must be a map, such as { label: deploy, repository: acme/deploy, workflow: deploy.yml }',
)

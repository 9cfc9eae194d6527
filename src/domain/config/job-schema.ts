/**
 * The shape of one job: the workflow that it dispatches or what it follows, what it needs, its matrix, its bounds and
 * its inputs. Every other key has a default. What other jobs and the matrix have to say about it is judged in `read-job.ts`.
 */

import { z } from 'zod'
import { FORK_RULES, MAX_INPUTS, MAX_LEGS_PER_JOB, RETRIED_LEGS } from '../config.ts'
import { replacePaths } from '../interpolate.ts'
import { matrixSchema } from './matrix-schema.ts'
import { checkName, duration, judged, name, needs, orderedGlobs } from './value-schemas.ts'
import { filledRef, toldInputs, workflowFile } from './workflow-schema.ts'

const retryCount = z.int('must be a whole number').min(0, 'must be from 0 to 10').max(10, 'must be from 0 to 10')
const retries = z.union(
  [
    retryCount,
    z.strictObject({
      max: retryCount
        .default(0)
        .describe('How many more attempts a leg has after one that failed: 0 to 10. Default: 0.'),
      delay: duration({ least: '0s', most: '1d' })
        .default('0s')
        .describe('How long to wait before each of them. A duration from 0s to 1d. Default: 0s.'),
      only: z
        .enum(RETRIED_LEGS)
        .default('any')
        .describe(
          'Which failed legs are tried again: `any`, or those that were `flaky` before, because they failed and then passed on the same commit. Default: any.',
        ),
    }),
  ],
  'must be a whole number from 0 to 10, or a map such as { max: 2, delay: 5s }',
)

const observe = judged(
  z.strictObject(
    {
      workflow: workflowFile
        .optional()
        .describe(
          'File name of a workflow in `.github/workflows`, whose newest run that GitHub started on the commit is followed. Default: none; then there is `check`.',
        ),
      check: checkName(255)
        .optional()
        .describe(
          'Name of a check run: the newest one on the commit is followed. Default: none; then there is `workflow`.',
        ),
      app: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,99}$/, 'must be the slug of a GitHub App, such as "github-actions"')
        .optional()
        .describe(
          'Slug of the app that posts the check, which goes with `check`: no other app can pass for it. Default: none; then there is `workflow`.',
        ),
    },
    'must be a map, such as { workflow: lint.yml } or { check: CodeQL, app: github-advanced-security }',
  ),
  ({ workflow, check, app }) => {
    if (workflow !== undefined && (check ?? app) !== undefined)
      return 'follows one thing: a "workflow", or a "check" of an "app"'
    if (workflow === undefined && check === undefined)
      return 'names nothing to follow; give it a "workflow", or a "check" and its "app"'
    if (check !== undefined && app === undefined)
      return 'has a "check" without its "app", and any app could post one of that name'
    return null
  },
)

const ARTIFACT_RULE = 'must be the name of an artifact: 1 to 200 characters, none of them one of " : < > | * ? / \\'
const artifact = judged(z.string(ARTIFACT_RULE), (text) =>
  /^[^\p{Cc}":<>|*?/\\]{1,200}$/u.test(replacePaths(text, 'x')) ? null : ARTIFACT_RULE,
)

const reuse = z.strictObject(
  {
    inputs: judged(orderedGlobs('["src/**", "!src/**/*.md"]'), (patterns) =>
      patterns.length > 0 ? null : 'names no files; the result depends on some',
    ).describe('Files that decide the result. Globs; a `!` takes away from those before it. Required.'),
    max_age: duration({ least: '1m', most: '30d' })
      .default('7d')
      .describe('How old a result may be. A duration from 1m to 30d. Default: 7d.'),
  },
  'must be a map, such as { inputs: ["src/**"] }',
)

/** One entry of `jobs`, apart from what other entries say. */
export const jobSchema = judged(
  z.strictObject(
    {
      workflow: workflowFile
        .optional()
        .describe(
          'File name of the executor workflow in `.github/workflows`, which has a `workflow_dispatch` trigger: ends in `.yml` or `.yaml`. Default: none; then there is `observe`.',
        ),
      observe: observe
        .optional()
        .describe(
          'What the job follows instead of dispatching a workflow: something that another event starts on the commit. Such a job has no `ref`, `inputs`, `matrix`, `max_parallel`, `retries`, `image` or `reuse`. Default: none; then there is `workflow`.',
        ),
      ref: filledRef
        .optional()
        .describe(
          `Branch or tag whose workflow file is dispatched; may hold \`\${{ … }}\`. Default: the default branch, whose workflow files are trusted.`,
        ),
      needs: needs('[build, lint]')
        .optional()
        .describe(
          'Jobs of this pipeline that must have succeeded, with all their legs, before this one starts. Default: none.',
        ),
      matrix: matrixSchema
        .optional()
        .describe(
          'Axes whose combinations are the legs of the job: 1 to 256 legs. Default: none, and the job is one leg.',
        ),
      fail_fast: z
        .boolean()
        .default(true)
        .describe('Whether one failed leg cancels the other legs of the job. Default: true.'),
      max_parallel: z
        .int('must be a whole number')
        .min(1, 'must be from 1 to 256')
        .max(MAX_LEGS_PER_JOB, 'must be from 1 to 256')
        .optional()
        .describe('Most legs of the job that work at once: 1 to 256. Default: no bound.'),
      retries: retries
        .default(0)
        .describe('More attempts for a leg that failed: their number, or a map with a delay. Default: 0.'),
      timeout: duration({ least: '1s', most: '35d' })
        .default('6h')
        .describe('How long one attempt may take before it is cancelled. A duration from 1s to 35d. Default: 6h.'),
      inputs: toldInputs
        .optional()
        .describe(
          `Inputs of the workflow: text, numbers, true or false, which may hold \`\${{ … }}\`; at most ${MAX_INPUTS}. All arrive as text. Default: none.`,
        ),
      image: name.optional().describe('Name of the image that the job builds or uses. Default: none.'),
      forks: z
        .enum(FORK_RULES)
        .default('run')
        .describe(
          'What the job does for a pull request from a fork, once the policy of `forks` allows it. `run`: the same as for others. `build-only`: it is told to build its image and do nothing else. `skip`: it is left out of the plan, and its gates pass without it. Default: run.',
        ),
      report: z
        .enum(['junit'])
        .optional()
        .describe('Format of the test results that it uploads: `junit`. Goes with `artifact`. Default: none.'),
      artifact: artifact
        .optional()
        .describe('Name of the artifact that has them; may hold `${{ … }}`. Goes with `report`. Default: none.'),
      reuse: reuse
        .optional()
        .describe(
          'When a leg is not run, because one with the same files, definition and matrix succeeded before. Default: none, and every leg is run.',
        ),
    },
    'must be a map, such as { workflow: build.yml }',
  ),
  ({ workflow, observe, report, artifact }) => {
    if (workflow !== undefined && observe !== undefined)
      return 'has "workflow" and "observe"; a job dispatches a workflow or follows one'
    if (workflow === undefined && observe === undefined)
      return 'has no "workflow", which is the file name of a workflow in .github/workflows, such as "build.yml", and no "observe" instead'
    if ((report === undefined) === (artifact === undefined)) return null
    return report === undefined
      ? 'has an "artifact" without "report"; add report: junit'
      : 'has a "report" without the "artifact" that holds it'
  },
)

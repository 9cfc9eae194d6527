/**
 * The shape of one job: the workflow that it dispatches, what it needs, its matrix, its bounds and its inputs. Every
 * key but `workflow` has a default. What other jobs and the matrix have to say about it is judged in `read-job.ts`.
 */

import { z } from 'zod'
import { FORK_RULES, MAX_INPUTS, MAX_LEGS_PER_JOB } from '../config.ts'
import { replacePaths } from '../interpolate.ts'
import { matrixSchema } from './matrix-schema.ts'
import { duration, identifier, judged, name, needs } from './value-schemas.ts'

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
    }),
  ],
  'must be a whole number from 0 to 10, or a map such as { max: 2, delay: 5s }',
)

const inputs = z
  .record(identifier, z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false'))
  .check((context) => {
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

const WORKFLOW_RULE = 'must be the file name of a workflow in .github/workflows, such as "build.yml"'
/** One entry of `jobs`, apart from what other entries say. */
export const jobSchema = z.strictObject(
  {
    workflow: z
      .string(WORKFLOW_RULE)
      .regex(/^(?:\.github\/workflows\/)?[^/\s][^/\r\n\t]{0,199}\.ya?ml$/, WORKFLOW_RULE)
      .describe(
        'File name of the executor workflow in `.github/workflows`, which has a `workflow_dispatch` trigger: ends in `.yml` or `.yaml`. Required.',
      ),
    ref: judged(z.string(), (ref) =>
      /^\S{1,255}$/.test(replacePaths(ref, 'x'))
        ? null
        : 'is not a branch or a tag, which has 1 to 255 characters and no spaces',
    )
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
    inputs: inputs
      .optional()
      .describe(
        `Inputs of the workflow: text, numbers, true or false, which may hold \`\${{ … }}\`; at most ${MAX_INPUTS}. All arrive as text. Default: none.`,
      ),
    image: name.optional().describe('Name of the image that the job builds or uses. Default: none.'),
    forks: z
      .enum(FORK_RULES)
      .default('run')
      .describe(
        'What the job does for a pull request from a fork. `skip`: it is left out of the plan, and its gates pass without it. `run` and `build-only`: it is held, since nothing is dispatched for forks; kept for when that is approved. Default: run.',
      ),
  },
  'must be a map, such as { workflow: build.yml }',
)

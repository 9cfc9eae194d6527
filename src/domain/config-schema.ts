/**
 * The shape of `.github/signalbox.yml`: its keys, their types, their defaults. This file and the parts that it imports
 * are the only place that knows them; the JSON Schema for editors and the reference in the documentation are made from
 * it. What needs more than one value to judge, such as whether a job in `needs` exists, is `parse-config.ts`'s.
 */

import { z } from 'zod'
import { cleanupSchema, sweepsSchema } from './config/cleanup-schema.ts'
import { forksSchema, overrideSchema } from './config/forks-schema.ts'
import { imageSchema } from './config/image-schema.ts'
import { jobSchema } from './config/job-schema.ts'
import { label, labelActionSchema } from './config/label-schema.ts'
import { axisSchema } from './config/matrix-schema.ts'
import { previewSchema } from './config/preview-schema.ts'
import { staleSchema } from './config/stale-schema.ts'
import { summarySchema } from './config/summary-schema.ts'
import { triggersSchema } from './config/trigger-schema.ts'
import { checkName, identifier, judged, name, needs } from './config/value-schemas.ts'
import { CONCURRENCY_RULES, MAX_IMAGES, MAX_LABEL_ACTIONS, MAX_PREVIEWS } from './config.ts'

/** One entry of `gates`. */
export const gateSchema = z.strictObject(
  {
    name: checkName(100).describe(
      'Name of the check run that branch protection requires: 1 to 100 characters. Required.',
    ),
    needs: judged(needs('[test]'), (jobs) =>
      jobs.length > 0 ? null : 'names no job; a gate waits for at least one',
    ).describe('Jobs of this pipeline whose legs must all succeed. Required.'),
  },
  'must be a map, such as { name: All Tests Passed, needs: [test] }',
)

/** One entry of `pipelines`. */
export const pipelineSchema = z.strictObject(
  {
    on: triggersSchema.describe(
      'What starts the pipeline: at least one trigger. A trigger without settings may be left empty. Required.',
    ),
    concurrency: z
      .enum(CONCURRENCY_RULES)
      .default('cancel')
      .describe(
        'What a new commit of a pull request does to the run of the older one: `cancel` it, or `keep` both. Pushes and tags always stand alone. Default: cancel.',
      ),
    jobs: judged(
      z.record(name, jobSchema, 'must be a map of jobs, such as { build: { workflow: build.yml } }'),
      (jobs) => (Object.keys(jobs).length > 0 ? null : 'is empty; a pipeline has at least one job'),
    ).describe('The jobs of the pipeline, by name. Required.'),
    gates: z
      .record(name, gateSchema)
      .optional()
      .describe('Check runs that aggregate jobs, by an id of your choice: the required checks. Default: none.'),
  },
  'must be a map with "on" and "jobs"',
)

export const EXTENDS_RULE = 'must be "repo", "owner/repo" or "owner/repo:path/to/file.yml"'

function bounded<Value extends z.ZodType<Record<string, unknown>>>(schema: Value, most: number, what: string): Value {
  return judged(schema, (values) => (Object.keys(values).length <= most ? null : `has more than ${most} ${what}`))
}

/** The whole file. */
export const configSchema = z
  .strictObject({
    version: z.literal(1, 'must be 1').describe('Version of this format: 1. Required.'),
    _extends: z
      .string(EXTENDS_RULE)
      .optional()
      .describe(
        'A file that this one adds to: `repo`, `owner/repo` or `owner/repo:path`; the path is `.github/signalbox.yml` unless it says another. Default: none.',
      ),
    matrices: z
      .record(identifier, axisSchema)
      .optional()
      .describe('Lists of values, by name, that several jobs use as an axis with `$name`. Default: none.'),
    pipelines: z.record(name, pipelineSchema).optional().describe('The pipelines, by name. Default: none.'),
    forks: forksSchema
      .optional()
      .describe('What pull requests from forks may do. Default: nothing is dispatched for them without an approval.'),
    label_actions: bounded(z.record(label, labelActionSchema, 'must be a map of labels'), MAX_LABEL_ACTIONS, 'labels')
      .optional()
      .describe(
        'Workflows that a label on a pull request starts, by the label, whose case does not matter. The label is removed when the workflow is done. Default: none.',
      ),
    previews: bounded(z.record(name, previewSchema, 'must be a map of previews'), MAX_PREVIEWS, 'previews')
      .optional()
      .describe('Deployments that a label on a pull request asks for, by name. Default: none.'),
    images: bounded(z.record(name, imageSchema, 'must be a map of images'), MAX_IMAGES, 'images')
      .optional()
      .describe(
        'The images that jobs build, by name. Default: none; then `containers/<image>/config.sh` is read by the command line.',
      ),
    stale: staleSchema
      .optional()
      .describe(
        'How issues and pull requests without activity are closed; see docs/stale.md. Default: nothing becomes stale.',
      ),
    cleanup: cleanupSchema
      .optional()
      .describe('Which old workflow runs, caches and images are deleted; see docs/cleanup.md. Default: none.'),
    sweeps: sweepsSchema.optional().describe('Where sweeps are reported, beside the log. Default: nowhere.'),
    pull_request_summary: summarySchema
      .default('off')
      .describe(
        'Where a pull request shows what its newest commit built, its gates and previews; a map adds commands. Default: off.',
      ),
    override: overrideSchema
      .optional()
      .describe("Who may override a gate, beside the repository's admins. Default: nobody."),
  })
  .meta({ title: 'Signalbox configuration', description: 'The pipelines of a repository: .github/signalbox.yml.' })

/** A JSON Schema, as far as this project reads one. */
export interface JsonSchema {
  readonly title?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/** The schema of the file as JSON Schema 2020-12. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' }) as JsonSchema
}

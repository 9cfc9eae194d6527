/**
 * The shape of a pipeline's `on`: which pushes, tags, pull requests and merge groups start it. Each trigger narrows by
 * patterns and lets everything in without them. One without settings may be left empty.
 */

import { z } from 'zod'
import { globs, judged, orderedGlobs } from './value-schemas.ts'

const paths = orderedGlobs('["src/**", "!src/**/*.md"]')
  .optional()
  .describe(
    'Files that count: the pipeline runs when a changed file matches. Globs; a `!` takes away from those before it. ' +
      'Default: every file.',
  )
const pathsIgnore = globs('["docs/**", "**/*.md"]')
  .optional()
  .describe('Files that do not count, even when `paths` has them. Globs. Default: none.')
const branches = (which: string) =>
  orderedGlobs('[main, "release/**"]')
    .optional()
    .describe(`${which}. Globs; a \`!\` takes away from those before it. Default: every branch.`)

const pushTrigger = z
  .strictObject(
    { branches: branches('Branches whose pushes run the pipeline'), paths, paths_ignore: pathsIgnore },
    'must be a map, such as { branches: [main] }',
  )
  .nullable()

const tagTrigger = z
  .strictObject(
    {
      include: orderedGlobs('["v*"]').optional().describe('Tags that run the pipeline. Globs. Default: every tag.'),
      exclude: globs('["ext-v*"]')
        .optional()
        .describe('Tags that do not, even when `include` has them. Globs. Default: none.'),
    },
    'must be a map, such as { include: ["v*"] }',
  )
  .nullable()

const pullRequestTrigger = z
  .strictObject(
    {
      branches: branches('Base branches whose pull requests run the pipeline'),
      paths,
      paths_ignore: pathsIgnore,
      drafts: z.boolean().default(true).describe('Whether draft pull requests run the pipeline. Default: true.'),
    },
    'must be a map, such as { branches: [main] }',
  )
  .nullable()

const mergeGroupTrigger = z
  .strictObject(
    { branches: branches('Base branches whose merge queues run the pipeline') },
    'must be a map, such as { branches: [main] }',
  )
  .nullable()

/** The value of `on`. */
export const triggersSchema = judged(
  z.strictObject(
    {
      push: pushTrigger
        .optional()
        .describe('A push to a branch. Every pushed commit has a run of its own. Default: does not run the pipeline.'),
      tag: tagTrigger.optional().describe('A pushed tag. Default: does not run the pipeline.'),
      pull_request: pullRequestTrigger
        .optional()
        .describe('A pull request that is opened, reopened or has new commits. Default: does not run the pipeline.'),
      merge_group: mergeGroupTrigger
        .optional()
        .describe('A group of pull requests in the merge queue. Default: does not run the pipeline.'),
      manual: z
        .strictObject({}, 'must be left empty')
        .nullable()
        .optional()
        .describe(
          'A `repository_dispatch` event of type `signalbox`, the command line or the dashboard. Default: does not run the pipeline.',
        ),
    },
    'must be a map of triggers, such as { push: { branches: [main] } }',
  ),
  (on) =>
    Object.keys(on).length > 0
      ? null
      : 'starts on nothing; name at least one of push, tag, pull_request, merge_group and manual',
)

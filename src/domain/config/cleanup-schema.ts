/** The shape of `cleanup`: which old workflow runs, caches and images are deleted. Nothing is, where nothing is said. */

import { z } from 'zod'
import { checkGlob, checkGlobList, MAX_GLOB_LENGTH } from '../globs.ts'
import { parseReference } from '../image-reference.ts'
import { replacePaths } from '../interpolate.ts'
import { schedule } from './schedule-schema.ts'
import { duration, judged, orderedGlobs } from './value-schemas.ts'
import { workflowFile } from './workflow-schema.ts'

/** Most rules, each of which every tag is held against. */
export const MAX_IMAGE_RULES = 50

const number = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`
  return z.int(rule).min(least, rule).max(most, rule)
}
const days = number(0, 36_500)

/** Perhaps with a `!`, which takes away from those before it. A workflow may also be called what is no pattern. */
const workflow = judged(z.string(), (text) => {
  if (text.trim() === '') return 'is empty'
  return text.length > MAX_GLOB_LENGTH ? `has more than ${MAX_GLOB_LENGTH} characters` : null
}).meta({ title: 'pattern' })

const branch = judged(z.string(), (text) =>
  text.startsWith('!') ? 'begins with "!", but the first pattern that matches counts' : checkGlob(text),
)

/** GitHub's words. */
const WORKFLOW_STATES = ['active', 'deleted', 'disabled_fork', 'disabled_inactivity', 'disabled_manually'] as const
const CONCLUSIONS = [
  'success',
  'failure',
  'cancelled',
  'skipped',
  'timed_out',
  'action_required',
  'neutral',
  'stale',
  'startup_failure',
] as const

/** The value of `cleanup.workflow_runs`. */
export const workflowRunsSchema = z.strictObject(
  {
    schedule: schedule
      .optional()
      .describe('When old runs are looked for: cron, five fields, UTC. Default: never by itself.'),
    days: days.default(30).describe('Runs younger than so many days are kept. Default: 30.'),
    minimum_runs: number(0, 10_000)
      .default(10)
      .describe('The newest runs of each workflow that are kept, whatever their age. Default: 10.'),
    workflows: judged(z.array(workflow, 'must be a list, such as [test.yml, "Build*"]'), checkGlobList)
      .optional()
      .describe(
        'Only runs of these workflows go: names, file names or patterns of them; a `!` takes away from those before it. Default: all.',
      ),
    states: z
      .array(z.enum(WORKFLOW_STATES), 'must be a list, such as [disabled_manually, deleted]')
      .optional()
      .describe('Only runs of workflows in these states, as GitHub calls them. Default: all.'),
    conclusions: z
      .array(z.enum(CONCLUSIONS), 'must be a list, such as [cancelled, skipped]')
      .optional()
      .describe('Only runs with these conclusions. Default: all.'),
    branches: z
      .record(
        branch,
        z.strictObject(
          {
            days: days
              .optional()
              .describe('Runs of the branch that are younger are kept. Default: as of all branches.'),
            minimum_runs: number(0, 10_000)
              .optional()
              .describe('The newest runs of each workflow on the branch that are kept. Default: as of all branches.'),
          },
          'must be a map, such as { days: 90, minimum_runs: 50 }',
        ),
        'must be a map of patterns, such as { main: { days: 90 } }',
      )
      .optional()
      .describe(
        'What is kept of branches in their own right, by a pattern of their names; the first that matches counts. Default: none.',
      ),
    deleted_workflows: z
      .boolean()
      .default(true)
      .describe('Whether all older runs of workflows that do not exist any more go, however few. Default: true.'),
    closed_pull_request_caches: z
      .boolean()
      .default(true)
      .describe('Whether Actions caches of closed pull requests go. Default: true.'),
    operations_per_run: number(1, 100_000)
      .default(500)
      .describe('Most runs and caches that one sweep deletes; the rest are the next one’s. Default: 500.'),
  },
  'must be a map, such as { schedule: "0 0 1 * *", days: 30, minimum_runs: 10 }',
)

/** What a rule has to say at least one of: `keep_latest: 0` is how to say that everything goes. */
const CRITERIA = [
  'keep_latest',
  'keep_semver',
  'older_than',
  'pull_requests',
  'branches',
  'untagged',
  'buildcache',
] as const

const ruleSchema = judged(
  z.strictObject(
    {
      tags: orderedGlobs('["pr-*"]')
        .optional()
        .describe('The tags that the rule is about. Default: all, or those that name a pull request or branch.'),
      keep_latest: number(0, 100_000).optional().describe('So many of the newest of them are kept. Default: none.'),
      keep_semver: judged(
        z.strictObject(
          {
            major: number(1, 10_000).optional().describe('The newest major versions. Default: all.'),
            minor: number(1, 10_000).optional().describe('Of each of these the newest minor versions. Default: all.'),
            patch: number(1, 10_000).optional().describe('Of each of these the newest patches. Default: all.'),
          },
          'must be a map, such as { major: 3, minor: 2 }',
        ),
        (keep) => (Object.keys(keep).length > 0 ? null : 'is empty; name at least one of major, minor and patch'),
      )
        .optional()
        .describe('Which versions are kept. Default: none.'),
      older_than: duration({ least: '0s', most: '36500d' })
        .optional()
        .describe('What is younger is kept. Default: whatever its age.'),
      pull_requests: z
        .enum(['closed'])
        .optional()
        .describe('Tags of pull requests that are `closed`: `pr-N`, and their commits. Default: none.'),
      branches: z
        .enum(['deleted'])
        .optional()
        .describe(
          'Tags of branches that are `deleted`; without `tags` whatever has the form of nothing else counts as a branch. Default: none.',
        ),
      untagged: z.boolean().optional().describe('Versions without a tag that nothing needs. Default: false.'),
      buildcache: z.boolean().optional().describe('Tags `buildcache` and `buildcache-…`. Default: false.'),
    },
    'must be a map, such as { pull_requests: closed }',
  ),
  (rule) =>
    Object.entries(rule).some(([key, value]) => key !== 'tags' && value !== undefined && value !== false)
      ? null
      : `would delete whatever it is about; name at least one of ${CRITERIA.join(', ')}`,
)

const REPOSITORY_RULE = 'must be registry and path, such as "ghcr.io/acme/app", without a tag'
/** A registry is the same for all: nothing is filled in for it. */
const repository = judged(z.string(REPOSITORY_RULE), (text) => {
  const parsed = parseReference(replacePaths(text, 'x').toLowerCase())
  if (!parsed.ok) return parsed.reason
  const { tag, digest } = parsed.reference
  const [registry = '', path] = text.split('/')
  const isRegistry = !registry.includes('${{') && (/[.:]/.test(registry) || registry === 'localhost')
  return path !== undefined && isRegistry && tag === null && digest === null ? null : REPOSITORY_RULE
})

/** The value of `cleanup.images`. */
export const imageRetentionSchema = z.strictObject(
  {
    schedule: schedule
      .optional()
      .describe('When images are looked at: cron, five fields, UTC. Default: only when pull requests close.'),
    repositories: z
      .array(repository, 'must be a list of repositories, such as [ghcr.io/acme/app]')
      .max(100, 'names more than 100 repositories')
      .optional()
      .describe(
        'Registry and path of what is cleaned; may hold `repo.owner` and `repo.name`. Default: the repositories of `images`.',
      ),
    rules: judged(z.array(ruleSchema, 'must be a list of rules'), (rules) =>
      rules.length > MAX_IMAGE_RULES ? `has more than ${MAX_IMAGE_RULES} rules` : null,
    )
      .optional()
      .describe(
        'What goes, in order: for each tag the first rule that is about it decides. Default: none, so that everything stays.',
      ),
    keep: orderedGlobs('[latest, "v*"]').optional().describe('Tags that always stay. Default: none.'),
    confirmed: z
      .boolean()
      .default(false)
      .describe('Whether anything is deleted; until then sweeps only report. Default: false.'),
    max_delete_percent: number(1, 100)
      .default(50)
      .describe('A sweep that would delete a larger share of the versions does nothing. Default: 50.'),
    operations_per_run: number(1, 100_000)
      .default(200)
      .describe('Most versions that one sweep deletes; the rest are the next one’s. Default: 200.'),
    workflow: workflowFile
      .optional()
      .describe(
        'File name of the workflow that deletes where Signalbox has no PACKAGES_TOKEN. Default: signalbox-cleanup.yml.',
      ),
  },
  'must be a map, such as { rules: [{ pull_requests: closed }], confirmed: true }',
)

/** The value of `cleanup`. */
export const cleanupSchema = z.strictObject(
  {
    workflow_runs: workflowRunsSchema.optional().describe('Which workflow runs and caches are deleted. Default: none.'),
    images: imageRetentionSchema.optional().describe('Which images are deleted. Default: none.'),
  },
  'must be a map, such as { workflow_runs: { days: 30 } }',
)

const ISSUE_RULE = 'must be true or the number of an issue'

/** The value of `sweeps`. */
export const sweepsSchema = z.strictObject(
  {
    tracking_issue: z
      .union(
        [
          z.boolean(),
          z
            .int(ISSUE_RULE)
            .min(1, ISSUE_RULE)
            .max(2 ** 31, ISSUE_RULE),
        ],
        ISSUE_RULE,
      )
      .optional()
      .describe(
        'An issue that shows the newest report of each sweep: one that Signalbox opens, or the one with this number. Default: false.',
      ),
  },
  'must be a map, such as { tracking_issue: true }',
)

/**
 * The shape of `stale`: the options of actions/stale, by the same names with `_` for `-`, so that the block of a workflow can be
 * pasted, and what they lack. Numbers and booleans may be in quotes, and lists texts with commas, as they are there. An empty text
 * is an option that is not given.
 */

import { z } from 'zod'
import { STALE_ACTIVITIES, STALE_SORTS } from '../stale.ts'
import { schedule } from './schedule-schema.ts'
import { judged, name, orderedGlobs } from './value-schemas.ts'

/** Most rule sets, each of which every item is held against. */
export const MAX_STALE_RULES = 50
/** Most characters of a message: GitHub takes 65,536, of which some are ours. */
const MAX_STALE_MESSAGE = 60_000

const LIST_RULE = 'must be a list, or a text with commas between its parts'
const list = z.union([z.array(z.string()), z.string()], LIST_RULE).meta({ title: 'list' })
const NUMBER_RULE = 'must be a number of days, such as 60; -1 means never'
const days = z
  .union(
    [
      z.number().min(-1_000_000, NUMBER_RULE).max(1_000_000, NUMBER_RULE),
      z.string().regex(/^(?:-?\d{1,6}(?:\.\d{1,6})?)?$/, NUMBER_RULE),
    ],
    NUMBER_RULE,
  )
  .meta({ title: 'number' })
const FLAG_RULE = 'must be true or false'
const flag = z
  .union([z.boolean(), z.enum(['true', 'false', ''], FLAG_RULE)], FLAG_RULE)
  .meta({ title: '`true` or `false`' })
const text = judged(z.string('must be text'), (value) =>
  value.length > MAX_STALE_MESSAGE ? `has more than ${MAX_STALE_MESSAGE} characters` : null,
)
const label = judged(z.string('must be the name of a label'), (value) => {
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)) return 'is a label of more than one line, which GitHub does not take'
  return [...value].length > 50 ? 'is a label of more than 50 characters, which GitHub does not take' : null
})

const OPERATIONS_RULE = 'must be a whole number from 1 to 999999'
const operationsText = z.string().regex(/^(?:[1-9]\d{0,5})?$/, OPERATIONS_RULE)

/** Issues and pull requests may each have their own. */
const own = (kind: string) => `The same for ${kind} alone. Default: as for both.`
const ISSUES = 'issues'
const PULLS = 'pull requests'

/** What a rule set may say for itself. */
const policyShape = {
  days_before_stale: days
    .optional()
    .describe('Days without activity after which an item becomes stale; -1: never. Default: 60.'),
  days_before_issue_stale: days.optional().describe(own(ISSUES)),
  days_before_pr_stale: days.optional().describe(own(PULLS)),
  days_before_close: days
    .optional()
    .describe('Days that a stale item stays open without activity; -1: for ever. Default: 7.'),
  days_before_issue_close: days.optional().describe(own(ISSUES)),
  days_before_pr_close: days.optional().describe(own(PULLS)),
  stale_issue_message: text.optional().describe('The comment when an issue becomes stale. Default: none.'),
  stale_pr_message: text.optional().describe('The comment when a pull request becomes stale. Default: none.'),
  close_issue_message: text.optional().describe('The comment when an issue is closed. Default: none.'),
  close_pr_message: text.optional().describe('The comment when a pull request is closed. Default: none.'),
  stale_issue_label: label
    .optional()
    .describe('The label of stale issues; one that does not exist is created. Default: Stale.'),
  stale_pr_label: label.optional().describe('The label of stale pull requests. Default: Stale.'),
  close_issue_label: label.optional().describe('A label that issues get when they are closed. Default: none.'),
  close_pr_label: label.optional().describe('A label that pull requests get when they are closed. Default: none.'),
  close_issue_reason: z
    .enum(['not_planned', 'completed', 'duplicate', ''])
    .optional()
    .describe(
      'What closed issues are closed as. `duplicate` needs a line `Duplicate of #N` by a maintainer. Default: not_planned.',
    ),
  exempt_labels: list
    .optional()
    .describe('Labels that keep issues and pull requests from becoming stale. Default: none.'),
  exempt_issue_labels: list.optional().describe('More such labels, of issues. Default: none.'),
  exempt_pr_labels: list.optional().describe('More such labels, of pull requests. Default: none.'),
  only_labels: list.optional().describe('Only what has all these labels is looked at. Default: none.'),
  only_issue_labels: list.optional().describe(own(ISSUES)),
  only_pr_labels: list.optional().describe(own(PULLS)),
  any_of_labels: list.optional().describe('Only what has one of these labels is looked at. Default: none.'),
  any_of_issue_labels: list.optional().describe(own(ISSUES)),
  any_of_pr_labels: list.optional().describe(own(PULLS)),
  only_issue_types: list.optional().describe('Only issues of these types are looked at. Default: all types.'),
  exempt_milestones: list.optional().describe('Milestones whose items never become stale. Default: none.'),
  exempt_issue_milestones: list.optional().describe(own(ISSUES)),
  exempt_pr_milestones: list.optional().describe(own(PULLS)),
  exempt_all_milestones: flag.optional().describe('Whether no item in a milestone becomes stale. Default: false.'),
  exempt_all_issue_milestones: flag.optional().describe(own(ISSUES)),
  exempt_all_pr_milestones: flag.optional().describe(own(PULLS)),
  exempt_assignees: list.optional().describe('Logins; what is assigned to them never becomes stale. Default: none.'),
  exempt_issue_assignees: list.optional().describe(own(ISSUES)),
  exempt_pr_assignees: list.optional().describe(own(PULLS)),
  exempt_all_assignees: flag.optional().describe('Whether nothing that is assigned becomes stale. Default: false.'),
  exempt_all_issue_assignees: flag.optional().describe(own(ISSUES)),
  exempt_all_pr_assignees: flag.optional().describe(own(PULLS)),
  exempt_authors: list.optional().describe('Logins; what they opened never becomes stale. Default: none.'),
  exempt_draft_pr: flag.optional().describe('Whether drafts never become stale. Default: false.'),
  include_only_assigned: flag.optional().describe('Whether only what is assigned is looked at. Default: false.'),
  start_date: z
    .string()
    .optional()
    .describe('A date, as 2026-01-31: only what was opened later is looked at. Default: none.'),
  remove_stale_when_updated: flag.optional().describe('Whether activity takes the stale label away. Default: true.'),
  remove_issue_stale_when_updated: flag.optional().describe(own(ISSUES)),
  remove_pr_stale_when_updated: flag.optional().describe(own(PULLS)),
  ignore_updates: flag
    .optional()
    .describe('Whether the clock counts from the opening, whatever happened since. Default: false.'),
  ignore_issue_updates: flag.optional().describe(own(ISSUES)),
  ignore_pr_updates: flag.optional().describe(own(PULLS)),
  labels_to_add_when_unstale: list
    .optional()
    .describe('Labels that are put on when an item is not stale any more. Default: none.'),
  labels_to_remove_when_stale: list
    .optional()
    .describe('Labels that are taken away when an item becomes stale. Default: none.'),
  labels_to_remove_when_unstale: list
    .optional()
    .describe('Labels that are taken away when it is not stale any more. Default: none.'),
  delete_branch: flag
    .optional()
    .describe(
      'Whether the head branch of a pull request that is closed is deleted, if nothing else needs it. Default: false.',
    ),
  activity: z
    .enum(STALE_ACTIVITIES)
    .optional()
    .describe(
      'What counts as activity: what people do (`human`), or every update, as in actions/stale (`any`). Default: human.',
    ),
  bots: list.optional().describe('Logins of users whose activity counts as that of bots. Default: none.'),
  only_waiting_for: z
    .enum(['author'])
    .optional()
    .describe(
      'Whose turn it has to be: `author` lets the clock run only while the last word of a person is a maintainer’s. Default: whoever it is.',
    ),
  count_reactions: flag.optional().describe('Whether reactions of people are activity. Default: false.'),
  count_mentions: flag.optional().describe('Whether it is activity that people mention it elsewhere. Default: false.'),
}

const ruleSchema = z.strictObject(
  {
    name: name.describe('What reports call the rule. Required.'),
    labels: list.optional().describe('The rule is about items that have one of these labels. Default: all.'),
    paths: orderedGlobs('["docs/**"]')
      .optional()
      .describe(
        'The rule is about pull requests that change a file which one of these patterns matches. Default: all.',
      ),
    ...policyShape,
  },
  'must be a map, such as { name: questions, labels: [question], days_before_stale: 14 }',
)

/** One of `rules`. */
export type StaleRuleSpec = z.output<typeof ruleSchema>

/** The value of `stale`. */
export const staleSchema = z.strictObject(
  {
    schedule: schedule
      .optional()
      .describe('When everything is looked at: cron, five fields, UTC. Default: never by itself.'),
    operations_per_run: z
      .union(
        [z.int(OPERATIONS_RULE).min(1, OPERATIONS_RULE).max(999_999, OPERATIONS_RULE), operationsText],
        OPERATIONS_RULE,
      )
      .meta({ title: 'whole number' })
      .optional()
      .describe('Most that one sweep writes: each comment, label, closing and deletion counts. Default: 30.'),
    sort_by: z.enum(STALE_SORTS).optional().describe('In which order that is spent. Default: activity.'),
    ascending: flag.optional().describe('Whether what is oldest comes first. Default: true.'),
    debug_only: flag
      .optional()
      .describe('Whether everything is decided and reported, and nothing done. Default: false.'),
    keep_label: label.optional().describe('The label that `/keep` puts on, which keeps an item open. Default: keep.'),
    repo_token: z.string().optional().describe('Of actions/stale; nothing here. Default: none.'),
    enable_statistics: flag.optional().describe('Of actions/stale; every sweep is reported here. Default: true.'),
    ...policyShape,
    rules: judged(z.array(ruleSchema, 'must be a list of rules'), (rules) =>
      rules.length > MAX_STALE_RULES ? `has more than ${MAX_STALE_RULES} rules` : null,
    )
      .optional()
      .describe(
        'Rule sets for some of the items; the first that is about an item counts, and the rest of `stale` for all others. Default: none.',
      ),
  },
  'must be a map, such as { schedule: "30 1 * * *", days_before_stale: 60 }',
)

export type StaleSpec = z.output<typeof staleSchema>
export type PolicySpec = Omit<StaleRuleSpec, 'name' | 'labels' | 'paths'>

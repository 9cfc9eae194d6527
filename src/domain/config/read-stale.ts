/**
 * Reads `stale` into rule sets. An option for issues or for pull requests alone replaces the general one as actions/stale has it: a
 * list where it is not empty, anything else where it is given. A rule set begins with the section's options: what it says of both
 * kinds replaces also what the section says of one.
 */

import { isSameLabel } from '../stale/match-policy.ts'
import type { CloseReason, KindPolicy, StaleConfig, StalePolicy } from '../stale.ts'
import type { ConfigDocument } from './config-document.ts'
import type { ReportSection } from './parse-section.ts'
import { quote } from './problem-wording.ts'
import { type PolicySpec, type StaleSpec, staleSchema } from './stale-schema.ts'

export function readStale(document: ConfigDocument): StaleConfig | null {
  const spec = document.valid(staleSchema.optional(), ['stale'])
  if (spec === null || spec === undefined) return null
  return toStaleConfig(spec, (path, message) => document.report(['stale', ...path], message))
}

export function toStaleConfig(spec: StaleSpec, report: ReportSection): StaleConfig {
  const { rules = [], schedule, operations_per_run, sort_by, ascending, debug_only, keep_label, ...general } = spec
  reportDate(general, [], report)
  const sets = rules.map(({ name, labels, paths, ...own }, index): StalePolicy => {
    const match = { labels: toList(labels), paths: paths ?? [] }
    const path = ['rules', index]
    if (match.labels.length + match.paths.length === 0)
      report(
        path,
        `item ${index + 1} of "rules" names neither "labels" nor "paths"; what is about everything belongs above`,
      )
    if (rules.findIndex((other) => other.name === name) < index)
      report(
        [...path, 'name'],
        `"name" is ${quote(name)}, as of a rule before; choose another, so that reports tell them apart`,
      )
    reportDate(own, path, report)
    return toPolicy(inherit(general, own), name, match)
  })
  const rest = toPolicy(general, null, null)
  const keepLabel = keep_label?.trim() || 'keep'
  reportContradictions([...sets, rest], keepLabel, report)
  return {
    schedule: schedule ?? null,
    operationsPerRun: toNumber(operations_per_run) ?? 30,
    sortBy: sort_by ?? 'activity',
    ascending: toFlag(ascending, true),
    debugOnly: toFlag(debug_only, false),
    keepLabel,
    policies: [...sets, rest],
  }
}

/** General options, each with those that may replace it for one kind. `exempt_labels` is not among them: these add up. */
const OF_ONE_KIND = [
  ['days_before_stale', 'days_before_issue_stale', 'days_before_pr_stale'],
  ['days_before_close', 'days_before_issue_close', 'days_before_pr_close'],
  ['only_labels', 'only_issue_labels', 'only_pr_labels'],
  ['any_of_labels', 'any_of_issue_labels', 'any_of_pr_labels'],
  ['exempt_milestones', 'exempt_issue_milestones', 'exempt_pr_milestones'],
  ['exempt_all_milestones', 'exempt_all_issue_milestones', 'exempt_all_pr_milestones'],
  ['exempt_assignees', 'exempt_issue_assignees', 'exempt_pr_assignees'],
  ['exempt_all_assignees', 'exempt_all_issue_assignees', 'exempt_all_pr_assignees'],
  ['remove_stale_when_updated', 'remove_issue_stale_when_updated', 'remove_pr_stale_when_updated'],
  ['ignore_updates', 'ignore_issue_updates', 'ignore_pr_updates'],
] as const

function inherit(section: PolicySpec, own: PolicySpec): PolicySpec {
  const inherited = { ...section }
  for (const [general, ...special] of OF_ONE_KIND)
    if (own[general] !== undefined) for (const key of special) delete inherited[key]
  return { ...inherited, ...own }
}

function reportDate({ start_date: date }: PolicySpec, path: readonly (string | number)[], report: ReportSection): void {
  if (date !== undefined && date !== '' && Number.isNaN(Date.parse(date)))
    report([...path, 'start_date'], '"start_date" must be a date, such as 2026-01-31')
}

/** What a stale label cannot be besides. A rule set is not blamed for what it has from the section. */
function reportContradictions(policies: readonly StalePolicy[], keepLabel: string, report: ReportSection): void {
  const rest = policies.at(-1)
  const known = new Set(rest === undefined ? [] : contradictionsOf(rest, keepLabel))
  for (const problem of known) report([], problem)
  for (const [index, policy] of policies.slice(0, -1).entries())
    for (const problem of new Set(contradictionsOf(policy, keepLabel)))
      if (!known.has(problem)) report(['rules', index], problem)
}

function contradictionsOf({ issue, pullRequest, ...policy }: StalePolicy, keepLabel: string): string[] {
  return [issue, pullRequest].flatMap(({ staleLabel, exemptLabels }) => {
    const has = (labels: readonly string[]) => labels.some((one) => isSameLabel(one, staleLabel))
    const what = `the stale label ${quote(staleLabel)}`
    return [
      ...(has([keepLabel])
        ? [`"keep_label" is ${what}, so that nothing would ever be closed; name another label`]
        : []),
      ...(has(exemptLabels)
        ? [`${what} is exempt, too, so that nothing would ever be closed; take it out of the exempt labels`]
        : []),
      ...(has(policy.labelsToAddWhenUnstale)
        ? [`"labels_to_add_when_unstale" has ${what}, which is taken away at the same time; take it out of the list`]
        : []),
    ]
  })
}

function toPolicy(spec: PolicySpec, name: string | null, match: StalePolicy['match']): StalePolicy {
  const start = spec.start_date === undefined || spec.start_date === '' ? Number.NaN : Date.parse(spec.start_date)
  return {
    name,
    match,
    issue: toKind(spec, 'issue'),
    pullRequest: toKind(spec, 'pr'),
    activity: spec.activity ?? 'human',
    bots: toLogins(spec.bots),
    onlyWaitingFor: spec.only_waiting_for ?? null,
    countReactions: toFlag(spec.count_reactions, false),
    countMentions: toFlag(spec.count_mentions, false),
    exemptAuthors: toLogins(spec.exempt_authors),
    startDate: Number.isNaN(start) ? null : new Date(start),
    exemptDraftPr: toFlag(spec.exempt_draft_pr, false),
    includeOnlyAssigned: toFlag(spec.include_only_assigned, false),
    onlyIssueTypes: toList(spec.only_issue_types),
    labelsToAddWhenUnstale: toList(spec.labels_to_add_when_unstale),
    labelsToRemoveWhenStale: toList(spec.labels_to_remove_when_stale),
    labelsToRemoveWhenUnstale: toList(spec.labels_to_remove_when_unstale),
    closeIssueReason: toReason(spec.close_issue_reason),
    deleteBranch: toFlag(spec.delete_branch, false),
  }
}

/** Without a reason GitHub closes an issue as completed. */
function toReason(reason: PolicySpec['close_issue_reason']): CloseReason {
  return reason === undefined ? 'not_planned' : reason || 'completed'
}

function toKind(spec: PolicySpec, kind: 'issue' | 'pr'): KindPolicy {
  const lists = (general: string[] | string | undefined, own: string[] | string | undefined) => {
    const mine = toList(own)
    return mine.length > 0 ? mine : toList(general)
  }
  const flags = (general: FlagSpec, own: FlagSpec, otherwise: boolean) => toFlag(own, toFlag(general, otherwise))
  return {
    daysBeforeStale: toNumber(spec[`days_before_${kind}_stale`]) ?? toNumber(spec.days_before_stale) ?? 60,
    daysBeforeClose: toNumber(spec[`days_before_${kind}_close`]) ?? toNumber(spec.days_before_close) ?? 7,
    staleLabel: spec[`stale_${kind}_label`]?.trim() || 'Stale',
    closeLabel: spec[`close_${kind}_label`]?.trim() || null,
    staleMessage: spec[`stale_${kind}_message`]?.trim() ?? '',
    closeMessage: spec[`close_${kind}_message`]?.trim() ?? '',
    exemptLabels: [...toList(spec.exempt_labels), ...toList(spec[`exempt_${kind}_labels`])],
    onlyLabels: lists(spec.only_labels, spec[`only_${kind}_labels`]),
    anyOfLabels: lists(spec.any_of_labels, spec[`any_of_${kind}_labels`]),
    exemptMilestones: lists(spec.exempt_milestones, spec[`exempt_${kind}_milestones`]),
    exemptAllMilestones: flags(spec.exempt_all_milestones, spec[`exempt_all_${kind}_milestones`], false),
    exemptAssignees: lists(spec.exempt_assignees, spec[`exempt_${kind}_assignees`]),
    exemptAllAssignees: flags(spec.exempt_all_assignees, spec[`exempt_all_${kind}_assignees`], false),
    removeStaleWhenUpdated: flags(spec.remove_stale_when_updated, spec[`remove_${kind}_stale_when_updated`], true),
    ignoreUpdates: flags(spec.ignore_updates, spec[`ignore_${kind}_updates`], false),
  }
}

function toList(value: readonly string[] | string | undefined): string[] {
  if (value === undefined) return []
  const parts = typeof value === 'string' ? value.split(',') : value
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** GitHub writes the login of a bot with `[bot]` in one place and without it in another. */
function toLogins(value: string[] | string | undefined): string[] {
  return toList(value).flatMap((written) => {
    const login = written.toLowerCase().replace(/^@/, '')
    return [...new Set([login, login.replace(/\[bot\]$/, '')])]
  })
}

type FlagSpec = boolean | 'true' | 'false' | '' | undefined

function toFlag(value: FlagSpec, otherwise: boolean): boolean {
  return value === undefined || value === '' ? otherwise : value === true || value === 'true'
}

function toNumber(value: number | string | undefined): number | null {
  return value === undefined || value === '' ? null : Number(value)
}

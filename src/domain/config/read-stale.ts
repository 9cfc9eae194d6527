/**
 * Reads `stale` into rule sets. An option for issues or for pull requests alone replaces the general one as actions/stale has it: a
 * list where it is not empty, anything else where it is given.
 */

import type { CloseReason, KindPolicy, StaleConfig, StalePolicy } from '../stale.ts'
import type { ConfigDocument } from './config-document.ts'
import { type PolicySpec, type StaleSpec, staleSchema } from './stale-schema.ts'

/** Something that only both together can judge, said as a sentence. */
export type ReportStale = (path: readonly (string | number)[], message: string) => void

export function readStale(document: ConfigDocument): StaleConfig | null {
  const spec = document.valid(staleSchema.optional(), ['stale'])
  if (spec === null || spec === undefined) return null
  return toStaleConfig(spec, (path, message) => document.report(['stale', ...path], message))
}

export function toStaleConfig(spec: StaleSpec, report: ReportStale): StaleConfig {
  const { rules = [], schedule, operations_per_run, sort_by, ascending, debug_only, keep_label, ...general } = spec
  reportDate(general, [], report)
  const sets = rules.map(({ name, labels, paths, ...own }, index): StalePolicy => {
    const match = { labels: toList(labels), paths: paths ?? [] }
    if (match.labels.length + match.paths.length === 0)
      report(
        ['rules', index],
        `"rules[${index}]" names neither "labels" nor "paths"; what is about everything belongs above`,
      )
    reportDate(own, ['rules', index], report)
    return toPolicy({ ...general, ...own }, name, match)
  })
  return {
    schedule: schedule ?? null,
    operationsPerRun: Number(operations_per_run ?? 30),
    sortBy: sort_by ?? 'activity',
    ascending: toFlag(ascending, true),
    debugOnly: toFlag(debug_only, false),
    keepLabel: keep_label ?? 'keep',
    policies: [...sets, toPolicy(general, null, null)],
  }
}

function reportDate({ start_date: date }: PolicySpec, path: readonly (string | number)[], report: ReportStale): void {
  if (date !== undefined && date !== '' && Number.isNaN(Date.parse(date)))
    report([...path, 'start_date'], '"start_date" must be a date, such as 2026-01-31')
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

function toReason(reason: PolicySpec['close_issue_reason']): CloseReason {
  return reason === undefined || reason === '' ? 'not_planned' : reason
}

function toKind(spec: PolicySpec, kind: 'issue' | 'pr'): KindPolicy {
  const lists = (general: string[] | string | undefined, own: string[] | string | undefined) => {
    const mine = toList(own)
    return mine.length > 0 ? mine : toList(general)
  }
  return {
    daysBeforeStale: Number(spec[`days_before_${kind}_stale`] ?? spec.days_before_stale ?? 60),
    daysBeforeClose: Number(spec[`days_before_${kind}_close`] ?? spec.days_before_close ?? 7),
    staleLabel: spec[`stale_${kind}_label`] || 'Stale',
    closeLabel: spec[`close_${kind}_label`] || null,
    staleMessage: spec[`stale_${kind}_message`] ?? '',
    closeMessage: spec[`close_${kind}_message`] ?? '',
    exemptLabels: [...toList(spec.exempt_labels), ...toList(spec[`exempt_${kind}_labels`])],
    onlyLabels: lists(spec.only_labels, spec[`only_${kind}_labels`]),
    anyOfLabels: lists(spec.any_of_labels, spec[`any_of_${kind}_labels`]),
    exemptMilestones: lists(spec.exempt_milestones, spec[`exempt_${kind}_milestones`]),
    exemptAllMilestones: toFlag(spec[`exempt_all_${kind}_milestones`] ?? spec.exempt_all_milestones, false),
    exemptAssignees: lists(spec.exempt_assignees, spec[`exempt_${kind}_assignees`]),
    exemptAllAssignees: toFlag(spec[`exempt_all_${kind}_assignees`] ?? spec.exempt_all_assignees, false),
    removeStaleWhenUpdated: toFlag(spec[`remove_${kind}_stale_when_updated`] ?? spec.remove_stale_when_updated, true),
    ignoreUpdates: toFlag(spec[`ignore_${kind}_updates`] ?? spec.ignore_updates, false),
  }
}

function toList(value: readonly string[] | string | undefined): string[] {
  if (value === undefined) return []
  const parts = typeof value === 'string' ? value.split(',') : value
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

function toLogins(value: string[] | string | undefined): string[] {
  return toList(value).map((login) => login.toLowerCase())
}

function toFlag(value: boolean | 'true' | 'false' | undefined, otherwise: boolean): boolean {
  return value === undefined ? otherwise : value === true || value === 'true'
}

/** The title and summary of a check run, in Markdown, each cut to what GitHub takes. */
import type { CheckRow, CheckState } from '../domain/check-state.ts'
import { SHOWN_FAILURES } from '../domain/leg-report.ts'
import { describeFlakiness } from '../domain/wording.ts'
import { renderTemplate, wordFor } from './templates.ts'

/** GitHub's bound on a summary is 65,535 characters. */
const MAX_SUMMARY = 65_000
const MAX_TITLE = 200

export function renderCheck(check: CheckState): { title: string; summary: string } {
  return { title: renderTitle(check.headline), summary: renderSummary(check) }
}

function renderTitle(headline: string): string {
  const line = headline.split('\n', 1)[0] ?? ''
  return line.length <= MAX_TITLE ? line : `${line.slice(0, MAX_TITLE - 1).toWellFormed()}…`
}

/** Fewer rows until it fits; those that passed are the first to go. */
function renderSummary(check: CheckState): string {
  let rows = check.rows
  for (;;) {
    const hidden = check.rows.filter((row) => !rows.includes(row))
    const summary = renderTemplate(`checks/${check.subject}.md`, {
      ...check,
      rows,
      hidden: hidden.length,
      hiddenCounts: countStates(hidden),
      failedTests: failedTests(check),
      moreFailedTests: Math.max(0, (check.tests?.failures ?? 0) - failedTests(check).length),
    })
    if (summary.length <= MAX_SUMMARY || rows.length === 0)
      return `${summary.slice(0, MAX_SUMMARY).trim().toWellFormed()}\n`
    rows = withoutHalf(rows)
  }
}

function failedTests({ tests }: CheckState) {
  return (tests?.failed ?? []).slice(0, SHOWN_FAILURES).map(({ name, flaky }) => ({
    name,
    flakiness: flaky === null ? null : describeFlakiness(flaky),
  }))
}

function withoutHalf(rows: readonly CheckRow[]): CheckRow[] {
  const dull = new Set<CheckRow['state']>(['success', 'skipped', 'waiting'])
  const keep = Math.floor(rows.length / 2)
  const kept = new Set([...rows].sort((a, b) => Number(dull.has(a.state)) - Number(dull.has(b.state))).slice(0, keep))
  return rows.filter((row) => kept.has(row))
}

function countStates(rows: readonly CheckRow[]): string {
  const byState = Map.groupBy(rows, (row) => row.state)
  return [...byState].map(([state, group]) => `${group.length} ${wordFor(state)}`).join(', ')
}

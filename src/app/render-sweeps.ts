/** The newest report of each sweep of a repository, as Markdown of a bounded length: what was done goes before what was not. */
import type { SweepReport } from '../domain/sweep.ts'
import { type SweepView, viewSweep } from '../domain/sweep-view.ts'
import { renderTemplate } from './templates.ts'

/** Rows of one sweep that anybody would read in an issue. */
const MOST_ROWS = 400

/** Null: not even the headlines fit. */
export function renderSweeps(reports: readonly SweepReport[], most: number): string | null {
  const views = reports.map(viewSweep)
  for (let rows = MOST_ROWS; ; rows = Math.floor(rows / 2)) {
    const text = renderTemplate('sweeps/report.md', { sweeps: views.map((view) => shorten(view, rows)) }).trimEnd()
    if (text.length <= most) return text
    if (rows === 0) return null
  }
}

function shorten(view: SweepView, rows: number): SweepView & { readonly hidden: number } {
  const acted = view.acted.slice(0, rows)
  const others = view.others.slice(0, Math.max(0, rows - acted.length))
  const problems = view.problems.slice(0, Math.max(5, rows))
  const all = view.acted.length + view.others.length + view.problems.length
  return { ...view, acted, others, problems, hidden: all - acted.length - others.length - problems.length }
}

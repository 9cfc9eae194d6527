/** A sweep's report as people read it in a terminal, or as JSON. What is in it was partly written by strangers. */
import { countDecisions, type SweepReport } from '../../domain/sweep.ts'
import { type SweepRow, viewSweep } from '../../domain/sweep-view.ts'
import { printable } from '../printable.ts'

export function printReport(report: SweepReport, options: { readonly json?: boolean; readonly all?: boolean }): void {
  if (options.json === true) {
    console.log(JSON.stringify({ ...report, counts: countDecisions(report.decisions) }, null, 2))
    return
  }
  const view = viewSweep(report)
  const rows = options.all === true ? [...view.acted, ...view.others] : view.acted
  const lines = [
    `${view.title}${view.target === null ? '' : `: ${view.target}`}`,
    ...rows.map((row) => `  ${lineOf(row)}`),
    ...view.problems.map((problem) => `  ! ${problem}`),
    ...(view.stopped === null ? [] : [`  Nothing was done: ${view.stopped}.`]),
    view.headline,
  ]
  console.log(printable(lines.join('\n')))
}

/** Whether the command ends with a code that says so: also where something kept it from doing anything. */
export function hasFailed({ state, dryRun, outcomes }: SweepReport): boolean {
  if (state === 'stopped' && !dryRun) return true
  return state === 'failed' || outcomes.some(({ outcome }) => outcome === 'refused' || outcome === 'failed')
}

function lineOf({ subject, doing, outcome, reason }: SweepRow): string {
  const what = doing === '' ? 'left as it is' : doing
  return `${subject}  ${what}${outcome === '' || outcome === 'done' ? '' : ` (${outcome})`}: ${reason}`
}

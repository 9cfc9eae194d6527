/**
 * The words that more than one place says: conclusions, reasons of cancelling, durations, commits. Sentences that
 * stand in one check or comment only are in `templates/`.
 */
import type { ObservedStart } from './config.ts'
import type { CancelReason, LegHistory } from './run.ts'

export function shortSha(sha: string): string {
  return sha.slice(0, 7)
}

export function describeCancel(reason: CancelReason): string {
  switch (reason.kind) {
    case 'superseded':
      return `superseded by the newer commit ${shortSha(reason.newerSha)}`
    case 'base_changed':
      return `the pull request now goes into ${reason.baseRef}`
    case 'closed':
      return 'the pull request was closed'
    case 'requested':
      return `${reason.by} asked for it`
    case 'group_destroyed':
      return 'the merge queue gave the group up'
    case 'replanned':
      return 'the configuration is good again, and the commit was planned anew'
    case 'uninstalled':
      return 'Signalbox was removed from the repository'
  }
}

/** What an observed leg follows. */
export function describeObserved(start: ObservedStart): string {
  return start.kind === 'observe_workflow'
    ? `the workflow ${start.workflow}`
    : `the check ${start.name} of ${start.app}`
}

/** `flaky in 6 of 50 runs`; null: it never was. */
export function describeFlakiness({ flaky, runs }: LegHistory): string | null {
  return flaky === 0 ? null : `flaky in ${flaky} of ${count(runs, 'run')}`
}

/** As the end of «which …»: `failed`, `was cancelled`. */
export function describeConclusion(conclusion: string): string {
  switch (conclusion) {
    case 'success':
      return 'passed'
    case 'failure':
      return 'failed'
    case 'cancelled':
      return 'was cancelled'
    case 'timed_out':
      return 'timed out'
    case 'skipped':
      return 'was skipped'
    default:
      return `ended as ${conclusion}`
  }
}

/** `850 ms`, `42 s`, `3 min 05 s`, `1 h 02 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `1 leg`, `2 legs`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

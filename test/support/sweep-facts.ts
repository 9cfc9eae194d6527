/** Reports of sweeps, each with only what a test names. */
import type { SweepReport } from '../../src/domain/sweep.ts'
import { NOW } from './facts.ts'

/** Of a sweep of issues that took three seconds and found nothing. */
export function makeSweepReport(report: Partial<SweepReport> = {}): SweepReport {
  return {
    id: 's1',
    kind: 'stale',
    repo: { owner: 'acme', name: 'shop' },
    target: null,
    dryRun: false,
    state: 'done',
    stopped: null,
    startedAt: NOW,
    endedAt: new Date(NOW.getTime() + 3_000),
    spent: { requests: 3, points: 4 },
    decisions: [],
    outcomes: [],
    problems: [],
    ...report,
  }
}

import { describe, expect, test } from 'vitest'
import { readReport } from '../../src/app/read-report.ts'
import { makeTurns } from '../../src/app/turns.ts'
import { GitHubError, TransientError } from '../../src/domain/errors.ts'
import type { TestReport } from '../../src/domain/run.ts'
import { makeAttempt, makeLeg, makeRun, NOW } from '../support/facts.ts'

/** What is recorded of a leg that ended so many minutes ago, where GitHub answers with this fault. */
async function recorded(fault: Error, minutesAgo: number): Promise<Partial<TestReport> | string> {
  const completedAt = new Date(NOW.getTime() - minutesAgo * 60_000)
  const attempt = makeAttempt({ status: 'completed', conclusion: 'failure', completedAt })
  const leg = makeLeg({}, { attempts: [attempt] })
  const reports: TestReport[] = []
  const deps = {
    github: {
      listArtifacts: () => Promise.reject(fault),
      downloadArtifact: () => Promise.reject(fault),
    },
    store: {
      runs: {
        recordReport: async (_: string, report: TestReport) => void reports.push(report),
        testHistories: async () => new Map(),
      },
    },
    readReports: () => Promise.reject(fault),
    inTurn: makeTurns(),
  }
  const action = { kind: 'read_report', leg, attemptId: attempt.id, workflowRunId: 1, artifact: 'results' } as const
  try {
    await readReport(deps, makeRun([leg], { now: NOW }), action)
  } catch (error) {
    return String(error)
  }
  return reports[0] ?? 'nothing'
}

const limited = new TransientError('GitHub limits us', { retryAfterMs: 1000 })
const away = new TransientError('The storage of GitHub failed (503)')
const refused = new GitHubError('GitHub refused (403)', { status: 403 })

describe('results that GitHub does not give', () => {
  test.each([
    ['are asked for again', away, 14, 'TransientError: The storage of GitHub failed (503)'],
    ['but not for ever: a run would stay open', away, 15, { problem: 'The storage of GitHub failed (503)' }],
    ['are waited for where GitHub says how long', limited, 99, 'TransientError: GitHub limits us'],
    ['are given up at once where it refuses', refused, 0, { problem: 'GitHub refused (403)' }],
  ])('%s', async (_, fault, minutesAgo, expected) => {
    const result = await recorded(fault, minutesAgo)
    if (typeof expected === 'string') expect(result).toBe(expected)
    else expect(result).toMatchObject(expected)
  })
})

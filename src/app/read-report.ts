/** Reads the test results that a leg's workflow run uploaded, within bounds: strangers choose what is in them. */
import type { RunAction } from '../domain/decide-run.ts'
import { GitHubError, TransientError } from '../domain/errors.ts'
import { parseJunit } from '../domain/junit.ts'
import type { LegFacts, RunFacts, TestReport } from '../domain/run.ts'
import { type GitHub, MAX_REPORT_BYTES, type ReadReports, type RunStore } from '../ports.ts'
import type { InTurn } from './turns.ts'

interface Deps {
  readonly github: Pick<GitHub, 'listArtifacts' | 'downloadArtifact'>
  readonly store: { readonly runs: Pick<RunStore, 'recordReport' | 'testHistories'> }
  readonly readReports: ReadReports
  readonly inTurn: InTurn
}

type ReadReport = Extract<RunAction, { kind: 'read_report' }>

/** One at a time for the whole process: unpacked, a report is many times its size, and parsing it holds everything up. */
export function readReport(deps: Deps, run: RunFacts, action: ReadReport): Promise<void> {
  return deps.inTurn(() => readOne(deps, run, action))
}

async function readOne(deps: Deps, run: RunFacts, action: ReadReport): Promise<void> {
  const { leg, attemptId } = action
  const found = await askForResults(deps, run, action)
  if ('problem' in found) return deps.store.runs.recordReport(leg.id, { ...EMPTY, attemptId, problem: found.problem })
  const result = parseJunit(found.files)
  const names = result.failed.map((test) => test.name)
  const histories = await deps.store.runs.testHistories(run.trigger.repo.id, leg.plan.name, names)
  const failed = result.failed.map((test) => ({ ...test, flaky: histories.get(test.name) ?? null }))
  const { tests, failures, skipped, problem } = result
  await deps.store.runs.recordReport(leg.id, { attemptId, tests, failures, skipped, failed, problem })
}

const EMPTY: Omit<TestReport, 'attemptId' | 'problem'> = { tests: 0, failures: 0, skipped: 0, failed: [] }

/** How long after the leg's end its results are asked for again: they are worth a wait, but no run stays open for them. */
const WAITED_FOR_MS = 15 * 60_000

async function askForResults(deps: Deps, run: RunFacts, action: ReadReport): ReturnType<ReadReports> {
  try {
    return await findResults(deps, run, action)
  } catch (error) {
    if (error instanceof GitHubError) return { problem: error.message }
    const mayPass = error instanceof TransientError && error.retryAfterMs !== null
    const isLate = run.now.getTime() >= endOf(action.leg, run).getTime() + WAITED_FOR_MS
    if (error instanceof TransientError && !mayPass && isLate) return { problem: error.message }
    throw error
  }
}

function endOf({ attempts, observed }: LegFacts, run: RunFacts): Date {
  return attempts.at(-1)?.completedAt ?? observed?.completedAt ?? run.createdAt
}

async function findResults(
  { github, readReports }: Deps,
  run: RunFacts,
  { workflowRunId, artifact }: ReadReport,
): ReturnType<ReadReports> {
  const { repo } = run.trigger
  const [newest] = await github.listArtifacts(repo, workflowRunId, artifact)
  if (newest === undefined) return { problem: `the workflow run uploaded no artifact ${artifact}` }
  if (newest.expired) return { problem: `the artifact ${artifact} has expired` }
  const limit = `the artifact ${artifact} is larger than ${MAX_REPORT_BYTES / 1024 / 1024} MB`
  if (newest.size > MAX_REPORT_BYTES) return { problem: limit }
  const zip = await github.downloadArtifact(repo, newest.id, MAX_REPORT_BYTES)
  return zip === null ? { problem: `the artifact ${artifact} could not be downloaded, or ${limit}` } : readReports(zip)
}

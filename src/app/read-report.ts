/** Reads the test results that a leg's workflow run uploaded, within bounds: strangers choose what is in them. */
import type { RunAction } from '../domain/decide-run.ts'
import { parseJunit } from '../domain/junit.ts'
import type { RunFacts, TestReport } from '../domain/run.ts'
import { type GitHub, MAX_REPORT_BYTES, type ReadReports, type Store } from '../ports.ts'

interface Deps {
  readonly github: GitHub
  readonly store: Store
  readonly readReports: ReadReports
}

type ReadReport = Extract<RunAction, { kind: 'read_report' }>

export async function readReport(deps: Deps, run: RunFacts, action: ReadReport): Promise<void> {
  const { leg, attemptId } = action
  const found = await findResults(deps, run, action)
  if ('problem' in found) return deps.store.runs.recordReport(leg.id, { ...EMPTY, attemptId, problem: found.problem })
  const result = parseJunit(found.files)
  const names = result.failed.map((test) => test.name)
  const histories = await deps.store.runs.testHistories(run.trigger.repo.id, leg.plan.name, names)
  const failed = result.failed.map((test) => ({ ...test, flaky: histories.get(test.name) ?? null }))
  const { tests, failures, skipped, problem } = result
  await deps.store.runs.recordReport(leg.id, { attemptId, tests, failures, skipped, failed, problem })
}

const EMPTY: Omit<TestReport, 'attemptId' | 'problem'> = { tests: 0, failures: 0, skipped: 0, failed: [] }

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

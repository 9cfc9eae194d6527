/** A repository that the commands of sweeps find something to do in, and what they tell of it. */
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { daysAgo } from './stale-project.ts'

const CONFIG = `version: 1
stale:
  days_before_stale: 40
  days_before_close: 10
  stale_issue_message: Is this still true?
cleanup:
  workflow_runs: { days: 30, minimum_runs: 1 }
`

/**
 * `acme/<name>`, with an issue that is stale, #1, and one that is not, #2.
 * @param ages in days, of its workflow runs.
 */
export function makeSweptRepository(github: Sandbox, name: string, ages: readonly number[]): void {
  const repo = `acme/${name}`
  const files = { '.github/signalbox.yml': CONFIG, '.github/workflows/test.yml': 'on: push\njobs: {}\n' }
  github.createRepository({ owner: 'acme', name, ownerType: 'Organization', files, collaborators: { ann: 'write' } })
  github.openIssue(repo, { title: 'Old', author: 'ann', at: daysAgo(60) })
  github.openIssue(repo, { title: 'New', author: 'ann', at: daysAgo(2) })
  github.seedRuns(
    repo,
    ages.map((age) => ({ workflow: 'test.yml', createdAt: daysAgo(age) })),
  )
}

/** What `--json` printed. */
export const reportOf = (out: string): SweepReport => JSON.parse(out)

/** What is to be done about what. */
export function wanted({ decisions }: SweepReport): [string, string][] {
  return decisions.filter((one) => one.do.length > 0).map((one) => [one.subject, one.do.join()])
}

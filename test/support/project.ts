/** A repository of its own for one test, and what people see of it at GitHub. */
import type { CommitContent } from '../../src/sandbox/pushes.ts'
import type { RunnerScript, Sandbox } from '../../src/sandbox/sandbox.ts'
import type { TestApp } from './app.ts'

export const GATE = 'Tests Passed'

/** Two builds, two tests that need them, a gate. */
export const CONFIG = `version: 1
pipelines:
  ci:
    on: { push: { branches: [main] }, tag: { exclude: ["ext-v*"] }, pull_request: {}, merge_group: {}, manual: {} }
    jobs:
      build: { workflow: build.yml, matrix: { os: [debian, alpine] } }
      test: { workflow: test.yml, needs: [build], matrix: { os: [debian, alpine] }, fail_fast: false }
    gates:
      tests: { name: "${GATE}", needs: [test] }
`

export const WORKFLOW = `name: Executor
run-name: "\${{ fromJSON(inputs.signalbox).attempt }} executor"
on:
  workflow_dispatch:
    inputs:
      signalbox: { type: string, required: true }
jobs:
  work: { runs-on: ubuntu-latest, steps: [{ run: "true" }] }
`

export interface Project {
  readonly repo: string
  /** `sha` of the pull request's head, and its number. */
  openPullRequest(branch?: string, files?: CommitContent['files']): { number: number; sha: string }
  /** Waits until the newest check run of that name on the commit has this conclusion. */
  concluded(sha: string, name: string, conclusion: string): Promise<void>
  /** Every check run of the app on the commit as `name: status or conclusion`, sorted. */
  checks(sha: string): string[]
  /** What the check run says. */
  words(sha: string, name: string): { title: string; summary: string }
  checkId(sha: string, name: string): number
  /** Workflow file names of all dispatched runs, in order. */
  dispatched(): string[]
  /** Attempt ids of all dispatched runs; one that stands twice was dispatched twice. */
  attempts(): string[]
}

let numbers = 0

export function makeProject(
  app: Pick<TestApp, 'github' | 'runners'>,
  options: { config?: string | Uint8Array; files?: CommitContent['files']; runner?: RunnerScript; owner?: string } = {},
): Project {
  const { github } = app
  const owner = options.owner ?? 'acme'
  const name = `project-${++numbers}`
  const repo = `${owner}/${name}`
  if (options.runner) app.runners.set(repo, options.runner)
  github.createRepository({
    owner,
    name,
    ownerType: 'Organization',
    collaborators: { ann: 'write', rob: 'read' },
    files: {
      '.github/signalbox.yml': options.config ?? CONFIG,
      '.github/workflows/build.yml': WORKFLOW,
      '.github/workflows/test.yml': WORKFLOW,
      'README.md': 'hello',
      ...options.files,
    },
  })
  return {
    repo,
    openPullRequest(branch = 'feature', files = { 'src/new.txt': `new on ${branch}` }) {
      const sha = github.pushCommit(repo, branch, { files, author: 'ann' })
      return { sha, number: github.openPullRequest(repo, { head: branch, base: 'main', title: 'New', author: 'ann' }) }
    },
    concluded: (sha, check, conclusion) =>
      github.until(`${check} to be ${conclusion}; it is ${describe(github, repo, sha)}`, () => {
        const run = github.state.checkRun(repo, check, sha)
        return run?.status === 'completed' && run.conclusion === conclusion
      }),
    checks: (sha) => describe(github, repo, sha),
    words(sha, check) {
      const run = github.state.checkRun(repo, check, sha)
      return { title: run?.title ?? '', summary: run?.summary ?? '' }
    },
    checkId(sha, check) {
      const run = github.state.checkRun(repo, check, sha)
      if (!run) throw new Error(`no check run ${check}`)
      return run.id
    },
    dispatched: () => github.state.workflowRuns(repo).map((run) => run.workflow.path.split('/').at(-1) ?? ''),
    attempts: () => github.state.workflowRuns(repo).map((run) => JSON.parse(run.inputs.signalbox ?? '{}').attempt),
  }
}

function describe(github: Sandbox, repo: string, sha: string): string[] {
  const latest = new Map(github.state.checkRuns(repo, sha).map((run) => [run.name, run.conclusion ?? run.status]))
  return [...latest].map(([name, state]) => `${name}: ${state}`).sort()
}

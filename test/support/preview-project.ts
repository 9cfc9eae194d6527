/** A repository whose pull requests have a preview, which the workflows of another repository deploy and take down. */
import type { CommitContent } from '../../src/sandbox/pushes.ts'
import type { SeenWorkflowRun } from '../../src/sandbox/sandbox-state.ts'
import type { TestApp } from './app.ts'
import { makeProject, type Project } from './project.ts'

const WORKFLOW = `name: Deploy
on:
  workflow_dispatch:
    inputs:
      number: { type: string, required: true }
      sha: { type: string }
jobs:
  work: { runs-on: ubuntu-latest, steps: [{ run: "true" }] }
`

export interface PreviewProject extends Project {
  /** `owner/name` of what deploys. */
  readonly deploy: string
  /** What ran there: workflow file and its inputs' commit, shortened. */
  deployed(): string[]
  deployRuns(): SeenWorkflowRun[]
  /** State of each of GitHub's deployments, oldest first. */
  shown(): (string | null)[]
  /** Replaces the configuration; these lines are the preview's, and what comes after it. */
  configure(deploy: string, preview?: string): void
  label(number: number, label?: string, by?: string): void
  unlabel(number: number, label?: string): void
  /** Waits until exactly this ran in the deploy repository, and everything is quiet. */
  ran(...expected: string[]): Promise<void>
  /** What the comment that shows the previews says. */
  said(number: number): string
}

export interface PreviewOptions {
  /** Lines of the preview. */
  readonly preview?: string
  readonly files?: CommitContent['files']
  readonly installed?: boolean
  /** Owner of what deploys. */
  readonly deployOwner?: string
  /** Whether it needs the build; default true. */
  readonly needs?: boolean
}

let numbers = 0

export function makePreviewProject(
  app: Pick<TestApp, 'github' | 'runners'>,
  { preview = '', files, installed = true, deployOwner = 'acme', needs = true }: PreviewOptions = {},
): PreviewProject {
  const { github } = app
  const name = `deploy-${++numbers}`
  const deploy = `${deployOwner}/${name}`
  github.createRepository({
    owner: deployOwner,
    name,
    ownerType: 'Organization',
    installed,
    files: files ?? { '.github/workflows/deploy.yml': WORKFLOW, '.github/workflows/teardown.yml': WORKFLOW },
  })
  const project = makeProject(app, {
    config: makeConfig(deploy, `${needs ? '    needs: [ci.build]\n' : ''}${preview}`),
  })
  const { repo } = project
  const deployRuns = () => github.state.workflowRuns(deploy)
  const deployed = () =>
    deployRuns().map((run) => `${run.workflow.path.split('/').at(-1)} ${(run.inputs.sha ?? '').slice(0, 7)}`.trim())
  return {
    ...project,
    deploy,
    deployed,
    deployRuns,
    shown: () => github.state.deployments(repo).map((deployment) => deployment.state),
    configure(to, lines = '') {
      const files = { '.github/signalbox.yml': makeConfig(to, lines) }
      github.pushCommit(repo, 'main', { files, author: 'ann' })
    },
    label: (number, label = 'deploy', by = 'ann') => github.addLabel(repo, number, label, by),
    unlabel: (number, label = 'deploy') => github.removeLabel(repo, number, label, 'ann'),
    async ran(...expected) {
      const isSo = () => deployed().join() === expected.join()
      await github.until(`${expected.join()} to have run; it was ${deployed().join()}`, isSo, { timeoutMs: 40_000 })
      await github.settle()
      if (!isSo()) throw new Error(`More ran than ${expected.join()}: ${deployed().join()}`)
    },
    said: (number) => {
      const bodies = github.state.comments(repo, number).map((comment) => comment.body)
      return (bodies.find((body) => body.startsWith('<!-- signalbox:previews -->')) ?? '').replaceAll(
        /&#(\d+);/g,
        (_, code) => String.fromCodePoint(Number(code)),
      )
    },
  }
}

function makeConfig(deploy: string, preview: string): string {
  return `version: 1
pipelines:
  ci:
    on: { pull_request: {} }
    jobs: { build: { workflow: build.yml } }
    gates: { tests: { name: Tests Passed, needs: [build] } }
previews:
  shop:
    label: deploy
    repository: ${deploy}
    workflow: deploy.yml
    inputs: { number: "\${{ pr.number }}", sha: "\${{ sha }}" }
    teardown: { workflow: teardown.yml, inputs: { number: "\${{ pr.number }}" } }
    url: https://pr-\${{ pr.number }}.example.com
${preview}`
}

/** Facts of a pull request whose labels ask for something. */
import type { DeploymentFacts, Labeling, PullRequestFacts } from '../../src/domain/pull-request.ts'
import { makeCommentFacts } from './comment-facts.ts'
import { makeConfig, makePullRequest, NOW, SHA } from './facts.ts'

const PIPELINE = `pipelines:
  docker:
    on: { pull_request: {} }
    jobs: { app: { workflow: app.yml }, enterprise: { workflow: enterprise.yml, needs: [app] } }
`

/** A preview `shop` in acme/deploy, apart from what is said of it here. */
export function makePreviewConfig(preview = '', rest = '') {
  return makeConfig(`version: 1
${PIPELINE}previews:
  shop:
    label: deploy
    repository: acme/deploy
    workflow: deploy.yml
    inputs: { sha: "\${{ sha }}", number: "\${{ pr.number }}" }
    url: https://pr-\${{ pr.number }}.example.com
    timeout: 30m
${preview}${rest}`)
}

export const TEARDOWN = '    teardown: { workflow: teardown.yml, inputs: { number: "${{ pr.number }}" } }\n'
export const NEEDS = '    needs: [docker.enterprise]\n'

export function makeLabeling(label: string, labeling: Partial<Labeling> = {}): Labeling {
  return { id: 'L1', label, by: 'ann', byUs: false, at: NOW, ...labeling }
}

/** The label `deploy` is on, put there by somebody who may write. */
export function makeLabelled(facts: Partial<PullRequestFacts> = {}): PullRequestFacts {
  return makeCommentFacts({
    config: makePreviewConfig(),
    pullRequest: makePullRequest({ labels: ['deploy'] }),
    labelings: [makeLabeling('deploy')],
    permissions: new Map([['ann', 'write']]),
    previewInstallations: new Map([['acme/deploy', 5]]),
    ...facts,
  })
}

export function makeDeployment(deployment: Partial<DeploymentFacts> = {}): DeploymentFacts {
  const { number = 1, kind = 'deploy' } = deployment
  return {
    id: `d${number}`,
    preview: 'shop',
    number,
    kind,
    sha: SHA,
    request: 'L1',
    target: {
      repository: { owner: 'acme', name: 'deploy' },
      workflow: kind === 'deploy' ? 'deploy.yml' : 'teardown.yml',
      ref: 'main',
      inputs: {},
      environment: 'preview/shop/pr-7',
      previewUrl: 'https://pr-7.example.com',
      timeoutMs: 30 * 60_000,
      teardown: null,
    },
    intendedAt: NOW,
    outcome: 'dispatched',
    refusal: null,
    searchedAt: null,
    workflowRunId: 100 + number,
    url: `https://github.test/runs/${100 + number}`,
    status: null,
    conclusion: null,
    completedAt: null,
    githubId: null,
    told: null,
    ...deployment,
  }
}

/** One that ended, and that GitHub's Deployment shows as such. */
export function makeOver(conclusion: string, deployment: Partial<DeploymentFacts> = {}): DeploymentFacts {
  const isTold = deployment.kind !== 'teardown'
  const told = conclusion === 'success' ? 'success' : 'failure'
  const shown = isTold ? ({ githubId: 40 + (deployment.number ?? 1), told } as const) : {}
  return makeDeployment({ status: 'completed', conclusion, completedAt: NOW, ...shown, ...deployment })
}

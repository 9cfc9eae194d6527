/**
 * Everything that a preview's workflows are told, filled in when the dispatch is decided: what is recorded is what is
 * sent. What a link is filled in with is encoded, so that it stays the same link.
 */
import type { PreviewConfig, PreviewWorkflow } from './config.ts'
import { interpolate, interpolationValues } from './interpolate.ts'
import { pullRequestTrigger } from './payload.ts'
import type { DeploymentTarget, PullRequestFacts } from './pull-request.ts'

/** Of the present head. */
export function makeTarget(facts: PullRequestFacts, config: PreviewConfig): DeploymentTarget {
  const values = valuesAt(facts, facts.pullRequest.headSha)
  return {
    ...fillIn(config.deploy, values),
    repository: config.repository,
    environment: interpolate(config.environment, values),
    previewUrl: config.url === null ? null : interpolate(config.url, values, encodeURIComponent),
    timeoutMs: config.timeoutMs,
    teardown: makeTeardown(facts, config, facts.pullRequest.headSha),
  }
}

/** @param sha the commit that is deployed */
export function makeTeardown(facts: PullRequestFacts, config: PreviewConfig, sha: string): PreviewWorkflow | null {
  return config.teardown === null ? null : fillIn(config.teardown, valuesAt(facts, sha))
}

function valuesAt({ repo, pullRequest }: PullRequestFacts, sha: string) {
  return interpolationValues({ ...pullRequestTrigger(repo, pullRequest), sha }, { matrix: {}, image: null })
}

function fillIn(workflow: PreviewWorkflow, values: ReturnType<typeof valuesAt>): PreviewWorkflow {
  const inputs = Object.entries(workflow.inputs).map(([key, text]) => [key, interpolate(text, values)])
  return { workflow: workflow.workflow, ref: workflow.ref, inputs: Object.fromEntries(inputs) }
}

/**
 * What to do next about the previews of a pull request. A preview is deployed while its label is on an open pull
 * request, once for each commit that may be deployed; it is taken down when the label is off, the pull request is
 * closed, or its head is not trusted any more. One dispatch of a preview is at work at a time, and what failed is not
 * repeated until somebody asks anew.
 */
import type { PreviewConfig, PreviewWorkflow } from './config.ts'
import { type FollowAction, followDeployment } from './follow-deployment.ts'
import {
  describeFailure,
  describePause,
  failed,
  historyOf,
  type PreviewHistory,
  pauseEnds,
  stateToTell,
} from './preview-history.ts'
import { makeTarget, makeTeardown } from './preview-target.ts'
import type { PreviewView } from './preview-view.ts'
import { clearanceFor, distrustOf, installationFor, ofHead, type Wish, wishFor } from './preview-wish.ts'
import {
  type DeploymentFacts,
  type DeploymentState,
  type DeploymentTarget,
  labelOn,
  newestLabeling,
  type PullRequestFacts,
  repositoryKey,
} from './pull-request.ts'
import { shortSha } from './wording.ts'

export type { PreviewState, PreviewView } from './preview-view.ts'

export type PreviewAction =
  | FollowAction
  /**
   * Key: preview and number. Precondition of a deploy: its commit is still the head, and its label still on; of a
   * teardown for a label that is off: that it still is.
   */
  | {
      readonly kind: 'dispatch_deployment'
      readonly installationId: number
      readonly deployment: Pick<DeploymentFacts, 'preview' | 'number' | 'kind' | 'sha' | 'request' | 'target'>
      /** The preview's label; null: it does not matter. */
      readonly label: string | null
    }
  /** Bring GitHub's Deployment to this state, creating it first where there is none. */
  | {
      readonly kind: 'tell_deployment'
      readonly deployment: DeploymentFacts
      readonly state: DeploymentState
      readonly description: string
    }

export interface PreviewDecision {
  readonly actions: readonly PreviewAction[]
  /** One for each preview that there is something to say about, in the configuration's order. */
  readonly views: readonly PreviewView[]
  /** When time alone changes something; null: never. */
  readonly wakeAt: Date | null
}

export function decidePreviews(facts: PullRequestFacts): PreviewDecision {
  const configured = new Map((facts.config?.previews ?? []).map((preview) => [preview.name, preview]))
  const names = new Set([...configured.keys(), ...facts.deployments.map((deployment) => deployment.preview)])
  const decided = [...names].map((name) => decidePreview(facts, name, configured.get(name) ?? null))
  return {
    actions: decided.flatMap((one) => one.actions),
    views: decided.flatMap((one) => one.view ?? []),
    wakeAt: earliest(decided.flatMap((one) => one.wakeAt ?? [])),
  }
}

function earliest(times: readonly Date[]): Date | null {
  return times.reduce<Date | null>((first, time) => (first === null || time < first ? time : first), null)
}

interface Decided {
  readonly actions: readonly PreviewAction[]
  readonly view: PreviewView | null
  readonly wakeAt: Date | null
}

/** A preview, with everything that its decision is made of. */
interface Case {
  readonly facts: PullRequestFacts
  readonly name: string
  /** Null: the configuration does not have it any more. */
  readonly config: PreviewConfig | null
  readonly history: PreviewHistory
  readonly wish: Wish
}

function decidePreview(facts: PullRequestFacts, name: string, config: PreviewConfig | null): Decided {
  const history = historyOf(facts.deployments, name)
  const one: Case = { facts, name, config, history, wish: wishFor(facts, config, history) }
  const next = nextStep(one)
  return { ...next, actions: [...next.actions, ...decideTelling(one)] }
}

function nextStep(one: Case): Decided {
  const { live } = one.history
  if (live !== null) {
    const state = live.kind === 'deploy' ? 'deploying' : 'tearing_down'
    return { ...followDeployment(live, one.facts.now), view: viewOf(live, state) }
  }
  if (one.wish.kind === 'unknown') return still(viewOfLast(one))
  if (isWanted(one)) return one.config === null ? still(null) : decideDeploy(one, one.config)
  return decideTeardown(one)
}

/** Whether what is deployed may stay, and more may come. */
function isWanted({ facts, wish }: Case): boolean {
  return wish.kind === 'wanted' && distrustOf(facts) === null
}

function still(view: PreviewView | null): Decided {
  return { actions: [], view, wakeAt: null }
}

function decideDeploy(one: Case, config: PreviewConfig): Decided {
  const { facts, history } = one
  const { headSha } = facts.pullRequest
  const { request = '', isCommand = false } = one.wish.kind === 'wanted' ? one.wish : {}
  if (!isDue(history, { request, isCommand, headSha, redeploy: config.redeploy })) return still(viewOfLast(one))
  const clearance = clearanceFor(facts, config)
  if (clearance.kind !== 'clear') {
    const last = viewOfLast(one)
    if (last?.state === 'deployed') return still({ ...last, reason: ofHead(headSha, clearance) })
    return still(plainView(one.name, clearance.kind, clearance.reason, headSha))
  }
  // What stands in another repository would be forgotten there.
  if (isElsewhere(one) && teardownOf(one) !== null) return decideTeardown(one)
  const { installationId } = clearance
  const target = makeTarget(facts, config)
  const deployment = { preview: one.name, kind: 'deploy' as const, sha: headSha, request, target }
  return dispatchNext(one, { kind: 'dispatch_deployment', installationId, label: config.label, deployment })
}

/** The same commit is deployed again where a command says so, or where that failed and somebody asked anew. */
function isDue(
  { lastDeploy: last, all }: PreviewHistory,
  now: {
    readonly request: string
    readonly isCommand: boolean
    readonly headSha: string
    readonly redeploy: boolean
  },
): boolean {
  if (last === null) return true
  const wasHeard = all.some(({ request, outcome }) => request === now.request && outcome !== 'lost')
  const askedAnew = now.isCommand ? !wasHeard : last.request !== now.request
  return last.sha === now.headSha ? askedAnew && (now.isCommand || failed(last)) : askedAnew || now.redeploy
}

function decideTeardown(one: Case): Decided {
  const { facts, history, config, wish } = one
  const { standing, lastTeardown } = history
  if (standing === null) return still(viewOfUnwanted(one))
  const workflow = teardownOf(one)
  if (workflow === null) return still(viewOfUnwanted(one) ?? plainView(one.name, 'removed', null, null))
  const labeling = config === null ? undefined : newestLabeling(facts.labelings, config.label)
  const request = wish.kind === 'wanted' ? wish.request : (labeling?.id ?? standing.request)
  const refusedBefore = lastTeardown !== null && lastTeardown.number > standing.number
  if (refusedBefore && lastTeardown.request === request) return still(viewOf(lastTeardown, 'failed', notTornDown))
  const timeoutMs = config === null || isElsewhere(one) ? standing.target.timeoutMs : config.timeoutMs
  const target: DeploymentTarget = { ...standing.target, ...workflow, timeoutMs, teardown: null }
  const installationId = installationFor(facts, target.repository)
  if (typeof installationId === 'string')
    return still({ ...viewOf(standing, 'failed'), reason: `it is not taken down: ${installationId}` })
  const deployment = { preview: one.name, kind: 'teardown' as const, sha: standing.sha, request, target }
  const isOff = config !== null && labelOn(facts.pullRequest, config.label) === undefined
  const label = isOff ? config.label : null
  return dispatchNext(one, { kind: 'dispatch_deployment', installationId, label, deployment })
}

function notTornDown(teardown: DeploymentFacts): string {
  return `it is not taken down: ${describeFailure(teardown)}`
}

type Dispatch = Extract<PreviewAction, { kind: 'dispatch_deployment' }>
type Unnumbered = Omit<Dispatch, 'deployment'> & { readonly deployment: Omit<Dispatch['deployment'], 'number'> }

function dispatchNext(one: Case, dispatch: Unnumbered): Decided {
  const { deployment } = dispatch
  const state = deployment.kind === 'deploy' ? 'deploying' : 'tearing_down'
  const pause = pauseEnds(one.history)
  if (pause !== null && one.facts.now < pause) {
    const view = plainView(one.name, state, describePause(one.history), deployment.sha)
    return { actions: [], view, wakeAt: pause }
  }
  const number = (one.history.all.at(-1)?.number ?? 0) + 1
  const view = plainView(one.name, state, null, deployment.sha)
  return { actions: [{ ...dispatch, deployment: { ...deployment, number } }], view, wakeAt: null }
}

/** Whether what stands is in a repository that the configuration does not name any more. */
function isElsewhere({ history: { standing }, config }: Case): boolean {
  if (standing === null || config === null) return false
  return repositoryKey(standing.target.repository) !== repositoryKey(config.repository)
}

/**
 * What takes down what stands, where it stands: the configuration's word for as long as it still means that place.
 * Null: nothing stands, or nothing takes it down.
 */
function teardownOf(one: Case): PreviewWorkflow | null {
  const { facts, config, history } = one
  const { standing } = history
  if (standing === null) return null
  if (config === null || isElsewhere(one)) return standing.target.teardown
  return makeTeardown(facts, config, standing.sha)
}

function decideTelling(one: Case): PreviewAction[] {
  const { history, wish } = one
  const removed = wish.kind !== 'unknown' && !isWanted(one) && history.live === null && teardownOf(one) === null
  return history.all.flatMap((deployment): PreviewAction[] => {
    const state = stateToTell(deployment, history, removed)
    if (state === null || state === deployment.told) return []
    if (state === 'inactive' && deployment.githubId === null) return []
    return [{ kind: 'tell_deployment', deployment, state, description: describeState(deployment, state) }]
  })
}

/** GitHub shows 140 characters. */
function describeState({ preview, sha }: DeploymentFacts, state: DeploymentState): string {
  const what = `${preview.slice(0, 60)} at ${shortSha(sha)}`
  switch (state) {
    case 'queued':
    case 'in_progress':
      return `Deploying ${what}`
    case 'success':
      return `Deployed ${what}`
    case 'failure':
      return `Could not deploy ${what}`
    case 'inactive':
      return `Taken down or replaced: ${what}`
  }
}

/** What there is of a preview that nothing is to be done about now; null: nothing. */
function viewOfLast({ facts, name, config, history }: Case): PreviewView | null {
  const { lastDeploy: last, succeeded: before, lastTeardown } = history
  if (last === null) return lastTeardown === null ? null : plainView(name, 'removed', null, null)
  if (!failed(last)) {
    const stays = last.sha !== facts.pullRequest.headSha && config?.redeploy === false
    const reason = stays ? 'newer commits are deployed when somebody asks for it again' : null
    return { ...viewOf(last, 'deployed'), reason }
  }
  const earlier = before === null ? '' : `; ${shortSha(before.sha)} was deployed before`
  const view = viewOf(last, 'failed', (deployment) => `${describeFailure(deployment)}${earlier}`)
  return { ...view, url: before?.target.previewUrl ?? null }
}

/** What there is of a preview that is not to be there. */
function viewOfUnwanted({ facts, name, history, wish }: Case): PreviewView | null {
  const { lastTeardown } = history
  const { headSha } = facts.pullRequest
  if (lastTeardown !== null && failed(lastTeardown)) return viewOf(lastTeardown, 'failed', notTornDown)
  if (wish.kind === 'refused') return plainView(name, 'refused', wish.reason, null)
  const distrust = wish.kind === 'wanted' ? distrustOf(facts) : null
  if (distrust !== null) return plainView(name, 'blocked', distrust, headSha)
  return history.all.length === 0 ? null : plainView(name, 'removed', null, null)
}

function plainView(name: string, state: PreviewView['state'], reason: string | null, sha: string | null): PreviewView {
  return { name, state, reason, sha, url: null, logUrl: null }
}

function viewOf(
  deployment: DeploymentFacts,
  state: PreviewView['state'],
  explain: (deployment: DeploymentFacts) => string | null = () => null,
): PreviewView {
  return {
    name: deployment.preview,
    state,
    reason: explain(deployment),
    sha: deployment.sha,
    url: state === 'deployed' ? deployment.target.previewUrl : null,
    logUrl: deployment.url,
  }
}

/**
 * Whether a preview of a pull request is wanted, and whether its newest commit may be deployed now. Its label is the
 * wish, of somebody who may write. A commit from a fork is deployed only after a maintainer approved that very commit,
 * and every commit only after the jobs that the preview needs have succeeded on it.
 */
import type { PreviewConfig } from './config.ts'
import { deriveLegStates, type LegState } from './leg-state.ts'
import type { PreviewHistory } from './preview-history.ts'
import {
  type Labeling,
  labelOn,
  mayWrite,
  newestLabeling,
  type PreviewRequest,
  type PullRequestFacts,
  repositoryKey,
} from './pull-request.ts'
import type { RunFacts } from './run.ts'
import { isFromRepo } from './trigger.ts'
import { describeConclusion, shortSha } from './wording.ts'

export type Wish =
  /** `request`: id of the labelling, or of the command's comment; `isCommand`: it is a command's. */
  | { readonly kind: 'wanted'; readonly request: string; readonly isCommand: boolean }
  | { readonly kind: 'unwanted' }
  /** Its label is on, and does not count. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** What the label is, is not known now: what there is stays. */
  | { readonly kind: 'unknown' }

export function wishFor(facts: PullRequestFacts, preview: PreviewConfig | null, history: PreviewHistory): Wish {
  const { pullRequest, config } = facts
  if (pullRequest.state === 'closed') return { kind: 'unwanted' }
  if (config === null) return { kind: 'unknown' }
  const label = preview === null ? undefined : labelOn(pullRequest, preview.label)
  if (preview === null || label === undefined) return { kind: 'unwanted' }
  const labeling = newestLabeling(facts.labelings, label)
  const command = facts.previewRequests.find((request) => request.preview === preview.name)
  if (command !== undefined && isNewer(command, labeling))
    return { kind: 'wanted', request: command.request, isCommand: true }
  return wishOfLabel(facts, label, labeling, history)
}

/** A command that found the label off put it on: its labelling is the wish. Times are in whole seconds. */
function isNewer(command: PreviewRequest, labeling: Labeling | undefined): boolean {
  if (labeling === undefined) return true
  return labeling.byUs ? command.at > labeling.at : command.at >= labeling.at
}

function wishOfLabel(
  facts: PullRequestFacts,
  label: string,
  labeling: Labeling | undefined,
  history: PreviewHistory,
): Wish {
  if (labeling === undefined) {
    const before = history.lastDeploy?.request
    if (before !== undefined) return { kind: 'wanted', request: before, isCommand: false }
    return refused(`who put the label ${label} on is not known any more; take it off and put it on again`)
  }
  const wanted: Wish = { kind: 'wanted', request: labeling.id, isCommand: false }
  // Who was asked for once is not asked for again: people leave, and what they deployed stays.
  if (labeling.byUs || history.all.some((deployment) => deployment.request === labeling.id)) return wanted
  const { by } = labeling
  if (by !== null && mayWrite(facts.permissions.get(by))) return wanted
  const who =
    by === null ? 'an app, or by somebody whom GitHub does not know any more' : `${by}, who may not write here`
  return refused(
    `the label ${label} was put on by ${who}; somebody with write permission can take it off and put it on again`,
  )
}

function refused(reason: string): Wish {
  return { kind: 'refused', reason }
}

export type Clearance =
  | { readonly kind: 'clear'; readonly installationId: number }
  | { readonly kind: 'waiting' | 'blocked' | 'refused'; readonly reason: string }

/** Whether the present head may be deployed now. */
export function clearanceFor(facts: PullRequestFacts, preview: PreviewConfig): Clearance {
  const distrust = distrustOf(facts)
  if (distrust !== null) return { kind: 'blocked', reason: distrust }
  const repository = installationFor(facts, preview.repository)
  if (typeof repository === 'string') return { kind: 'refused', reason: repository }
  for (const need of preview.needs) {
    const unmet = unmetNeed(facts, need)
    if (unmet !== null) return unmet
  }
  return { kind: 'clear', installationId: repository }
}

/** Why the present head is not trusted, and what to do; null: it is. */
export function distrustOf({ repo, pullRequest, approval, config }: PullRequestFacts): string | null {
  if (isFromRepo(repo, pullRequest)) return null
  if (config?.forks.policy === 'never') return 'it comes from a fork, and commits from forks are never run here'
  if (approval !== null) return null
  return `it comes from a fork: once you have read its changes, comment /ok-to-test ${pullRequest.headSha}`
}

/** The installation to dispatch with; a string: why there is none, and what to do. */
export function installationFor(
  facts: PullRequestFacts,
  repository: { readonly owner: string; readonly name: string },
): number | string {
  const name = `${repository.owner}/${repository.name}`
  const installation = facts.previewInstallations.get(repositoryKey(repository))
  if (installation === undefined)
    return `${name} is not of this repository's owner; who runs Signalbox can allow it in SIGNALBOX_PREVIEW_REPOSITORIES`
  return installation ?? `Signalbox is not installed on ${name}; install it there`
}

function unmetNeed(
  facts: PullRequestFacts,
  need: { readonly pipeline: string; readonly job: string },
): Clearance | null {
  const what = `${need.pipeline}.${need.job}`
  const run = facts.runs.find((candidate) => candidate.pipeline === need.pipeline)
  if (run === undefined) {
    // The runs of a commit are written together.
    if (facts.runs.length === 0) return waiting(`waits for ${what}`)
    return blocked(`needs ${what}, but ${need.pipeline} does not run for this pull request`)
  }
  if (run.skipped !== null) return blocked(`needs ${what}, which is not run for this commit: ${run.skipped}`)
  const legs = run.legs.filter((leg) => leg.plan.job === need.job)
  if (legs.length === 0) return blocked(`needs ${what}, which was not planned for this commit`)
  return unmetLegs(run, legs)
}

function unmetLegs(run: RunFacts, legs: RunFacts['legs']): Clearance | null {
  const states = deriveLegStates(run)
  const unmet = legs.flatMap(({ plan }) => {
    const state = states.get(plan.name)
    return state === undefined || isSuccess(state) ? [] : [{ name: plan.name, state }]
  })
  for (const { name, state } of unmet) {
    if (state.kind !== 'concluded') continue
    const why = state.planned && state.reason !== null ? `: ${state.reason}` : ''
    return blocked(`needs ${name}, which ${describeConclusion(state.conclusion)}${why}`)
  }
  const [first] = unmet
  if (first === undefined) return null
  return waiting(`waits for ${first.name}${unmet.length > 1 ? ` and ${unmet.length - 1} more` : ''}`)
}

function isSuccess(state: LegState): boolean {
  return state.kind === 'concluded' && state.conclusion === 'success'
}

function waiting(reason: string): Clearance {
  return { kind: 'waiting', reason }
}

function blocked(reason: string): Clearance {
  return { kind: 'blocked', reason }
}

/** The reason about the head where another commit stands: `bbbbbbb is not deployed yet: it waits for …`. */
export function ofHead(headSha: string, clearance: Exclude<Clearance, { kind: 'clear' }>): string {
  const yet = clearance.kind === 'waiting' ? ' yet' : ''
  return `${shortSha(headSha)} is not deployed${yet}: ${clearance.reason}`
}

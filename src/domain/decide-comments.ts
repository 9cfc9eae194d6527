/**
 * Which of the comments on a pull request, and the block in its description, are to be written. Each is written only
 * when what it shows is not what it showed before, and nothing is begun while there is nothing to say. What a person
 * removed stays away, and the welcome is said once for ever.
 */
import { createHash } from 'node:crypto'
import type { PreviewState, PreviewView } from './decide-previews.ts'
import { deriveLegStates } from './leg-state.ts'
import type { PullRequestFacts, StickyFacts, StickyKind } from './pull-request.ts'
import { type CommitSummary, summariseCommit } from './pull-request-summary.ts'
import type { RunFacts } from './run.ts'
import { clip } from './summary-line.ts'

export type CommentView = SummaryView | PreviewsView | WelcomeView

export interface SummaryView extends CommitSummary {
  readonly kind: 'summary'
  readonly previews: readonly PreviewView[]
}

export interface PreviewsView {
  readonly kind: 'previews'
  readonly headline: string
  readonly previews: readonly PreviewView[]
}

export interface WelcomeView {
  readonly kind: 'welcome'
  /** Names of check runs that say what a maintainer types. */
  readonly checks: readonly string[]
}

interface Write {
  /** Of what is shown. */
  readonly digest: string
  /** What is known of an earlier writing; null: there was none. */
  readonly sticky: StickyFacts | null
}

export type CommentAction =
  | (Write & { readonly kind: 'write_comment'; readonly view: CommentView })
  | (Write & { readonly kind: 'write_description'; readonly view: SummaryView })

/** @param previews as they are now, of this pull request. */
export function decideComments(facts: PullRequestFacts, previews: readonly PreviewView[]): CommentAction[] {
  const actions = [summary(facts, previews), previewsComment(facts, previews), welcome(facts)]
  return actions.filter((action) => action !== null)
}

function summary(facts: PullRequestFacts, previews: readonly PreviewView[]): CommentAction | null {
  const config = facts.config?.summary
  if (config === undefined || config.place === 'off') return null
  if (facts.runs.length === 0 && previews.length === 0) return null
  const view: SummaryView = {
    kind: 'summary',
    ...summariseCommit(facts.pullRequest.headSha, facts.runs, config),
    previews: previews.map(clipped),
  }
  return config.place === 'comment'
    ? writeIfNew(facts, 'summary', { kind: 'write_comment', view })
    : writeIfNew(facts, 'description', { kind: 'write_description', view })
}

/** One that exists is kept up to date, also when the summary shows its table by now, or nothing is left to show. */
function previewsComment(facts: PullRequestFacts, previews: readonly PreviewView[]): CommentAction | null {
  const exists = stickyOf(facts, 'previews') !== null
  const isWanted = previews.length > 0 && facts.config !== null && facts.config.summary.place !== 'comment'
  if (!exists && !isWanted) return null
  const view: PreviewsView = {
    kind: 'previews',
    headline: describePreviews(previews),
    previews: previews.map(clipped),
  }
  return writeIfNew(facts, 'previews', { kind: 'write_comment', view })
}

function describePreviews(previews: readonly PreviewView[]): string {
  const [first, second, ...others] = previews
  if (first === undefined) return 'There is no preview of this pull request any more.'
  const says = (preview: PreviewView) => `${clip(preview.name)} ${PREVIEW_STATES[preview.state]}`
  if (second === undefined) return `The preview ${says(first)}.`
  const more = others.length > 0 ? `, and ${others.length} more` : ''
  return `The preview ${says(first)}, ${says(second)}${more}.`
}

const PREVIEW_STATES: Record<PreviewState, string> = {
  waiting: 'waits to be deployed',
  deploying: 'is being deployed',
  deployed: 'is deployed',
  failed: 'failed',
  tearing_down: 'is being taken down',
  removed: 'was taken down',
  refused: 'is refused',
  blocked: 'is held back',
}

/** As it is shown: in its bounds, and with addresses of the web only. */
function clipped(preview: PreviewView): PreviewView {
  return {
    ...preview,
    name: clip(preview.name),
    reason: preview.reason === null ? null : clip(preview.reason),
    url: webAddress(preview.url),
    logUrl: webAddress(preview.logUrl),
  }
}

function webAddress(url: string | null): string | null {
  return url !== null && url.length <= 2_000 && /^https?:\/\//i.test(url) ? url : null
}

/** GitHub's words for people of whom nothing was merged here yet. */
const NEWCOMERS: readonly string[] = ['FIRST_TIME_CONTRIBUTOR', 'FIRST_TIMER', 'NONE']

function welcome(facts: PullRequestFacts): CommentAction | null {
  const sticky = stickyOf(facts, 'welcome')
  if (sticky !== null && (sticky.commentId !== null || sticky.digest !== null)) return null
  if (facts.approval !== null || !NEWCOMERS.includes(facts.pullRequest.association)) return null
  const held = facts.runs.filter(isHeld)
  if (held.length === 0) return null
  const checks = held.flatMap((run) => run.gates.map((gate) => clip(gate.plan.name)))
  return writeIfNew(facts, 'welcome', { kind: 'write_comment', view: { kind: 'welcome', checks: checks.slice(0, 3) } })
}

function isHeld(run: RunFacts): boolean {
  if (run.trusted || run.approval !== null || run.cancel !== null) return false
  const states = deriveLegStates(run)
  return run.legs.some((leg) => leg.plan.hold === 'approval' && states.get(leg.plan.name)?.kind !== 'concluded')
}

type Undecided =
  | { readonly kind: 'write_comment'; readonly view: CommentView }
  | { readonly kind: 'write_description'; readonly view: SummaryView }

/** A closed pull request gets no new comment: what is there is brought to its end. */
function writeIfNew(facts: PullRequestFacts, kind: StickyKind, action: Undecided): CommentAction | null {
  const sticky = stickyOf(facts, kind)
  if (sticky === null && facts.pullRequest.state === 'closed') return null
  const digest = digestOfView(action.view)
  if (sticky !== null && (sticky.removed || sticky.digest === digest)) return null
  return { ...action, digest, sticky }
}

function stickyOf(facts: PullRequestFacts, kind: StickyKind): StickyFacts | null {
  return facts.stickies.find((sticky) => sticky.kind === kind) ?? null
}

function digestOfView(view: CommentView): string {
  return createHash('sha256').update(JSON.stringify(view)).digest('base64url').slice(0, 22)
}

/**
 * Which of the things that were started on a commit an observed leg follows. Of a workflow only runs that an event of the
 * trigger's own kind started, so that a schedule or a dispatch cannot stand for them; of a check only those of the named
 * app, since any app may post any name. Of checks the newest counts. Of workflow runs the newest of each event, and of these
 * the worst; on a stranger's commit the worst of all, since a second pull request has runs of its own.
 */
import type { ObservedStart } from './config.ts'
import type { Observed } from './run.ts'
import type { TriggerKind } from './trigger.ts'

interface Seen {
  /** Newest first. */
  readonly workflowRuns?: readonly (Observed & { readonly event: string })[]
  /** Newest first. */
  readonly checks?: readonly (Observed & { readonly app: string | null })[]
}

const PULL_REQUEST_EVENTS = ['pull_request', 'pull_request_target']

/** GitHub's events whose runs stand for a trigger. A commit of this repository's own branch may have been tested when it was pushed. */
const EVENTS: Readonly<Record<TriggerKind, readonly string[]>> = {
  push: ['push'],
  tag: ['push', 'release', 'create'],
  pull_request: [...PULL_REQUEST_EVENTS, 'push'],
  merge_group: ['merge_group'],
  manual: ['push', ...PULL_REQUEST_EVENTS],
  label: PULL_REQUEST_EVENTS,
}

/** Of a run that had nothing to do, or gave way to another one. */
const MOOT = ['skipped', 'cancelled']

/** Of each event: what it says of the commit now. */
function newestOfEach<Run extends { readonly event: string }>(runs: readonly Run[]): Run[] {
  return runs.filter((run, at) => runs.findIndex((other) => other.event === run.event) === at)
}

/**
 * A commit that is the head of two pull requests has a run for each, by the workflow as each has it, and each event has
 * one of its own: a green one must not stand for a red one.
 */
function worst<Run extends Observed>(runs: readonly Run[]): Run | undefined {
  const isOpen = (run: Run) => run.status !== 'completed'
  return runs.find((run) => !isOpen(run) && run.conclusion !== 'success') ?? runs.find(isOpen) ?? runs[0]
}

/** Null: nothing of it was started yet. */
export function chooseObserved(
  start: ObservedStart,
  { kind, trusted }: { readonly kind: TriggerKind; readonly trusted: boolean },
  seen: Seen,
): Observed | null {
  if (start.kind === 'observe_check') {
    const found = seen.checks?.find((check) => check.app === start.app)
    return found === undefined ? null : withoutSource(found)
  }
  const runs = (seen.workflowRuns ?? []).filter((run) => EVENTS[kind].includes(run.event))
  const counting = runs.filter((run) => !MOOT.includes(run.conclusion ?? ''))
  const found = worst(trusted ? newestOfEach(counting) : counting) ?? runs[0]
  return found === undefined ? null : withoutSource(found)
}

function withoutSource({ id, runAttempt, status, conclusion, url, startedAt, completedAt }: Observed): Observed {
  return { id, runAttempt, status, conclusion, url, startedAt, completedAt }
}

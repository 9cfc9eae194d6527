/**
 * Which of the things that were started on a commit an observed leg follows. Of a workflow only runs that an event of the
 * trigger's own kind started, so that a schedule or a dispatch cannot stand for them; of a check only those of the named
 * app, since any app may post any name. The newest counts.
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

/** Null: nothing of it was started yet. */
export function chooseObserved(start: ObservedStart, trigger: TriggerKind, seen: Seen): Observed | null {
  if (start.kind === 'observe_check') {
    const found = seen.checks?.find((check) => check.app === start.app)
    return found === undefined ? null : withoutSource(found)
  }
  const runs = (seen.workflowRuns ?? []).filter((run) => EVENTS[trigger].includes(run.event))
  // A commit that is the head of two pull requests has a run for each, and one of them may have had nothing to do.
  const found = runs.find((run) => run.conclusion !== 'skipped') ?? runs[0]
  return found === undefined ? null : withoutSource(found)
}

function withoutSource({ id, runAttempt, status, conclusion, url, startedAt, completedAt }: Observed): Observed {
  return { id, runAttempt, status, conclusion, url, startedAt, completedAt }
}

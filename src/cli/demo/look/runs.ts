/** What runs show at GitHub: the workflow runs that Signalbox dispatched for legs, and its check runs. */
import type { CheckRun } from '../../../sandbox/model.ts'
import type { SeenWorkflowRun } from '../../../sandbox/sandbox-state.ts'
import type { AttemptEvent, CheckEvent } from '../events.ts'
import { REPOSITORY, type Stage } from '../stage.ts'
import type { Sight } from './sight.ts'

export function lookAtRuns(stage: Stage): Sight[] {
  const { state } = stage.github
  return [
    ...state.workflowRuns(REPOSITORY).flatMap((run) => lookAtWorkflowRun(run, stage)),
    ...state.checkRuns(REPOSITORY).map((check) => ({
      key: `check run ${check.id}`,
      content: `${check.status} ${check.conclusion} ${check.title}`,
      event: () => describeCheck(check, stage),
    })),
  ]
}

/** The workflow run's input `signalbox`, as far as it is shown. */
interface Told {
  readonly leg: string
  readonly attempt: string
  readonly trusted: boolean
  readonly push: boolean
  readonly image: { readonly tags?: readonly string[] } | null
}

/** Nothing of those that Signalbox did not dispatch. */
function lookAtWorkflowRun(run: SeenWorkflowRun, stage: Stage): Sight[] {
  const { signalbox } = run.inputs
  if (signalbox === undefined) return []
  const event = () => describeWorkflowRun(run, JSON.parse(signalbox), stage)
  return [{ key: `workflow run ${run.id}`, content: stateOf(run), event }]
}

function describeWorkflowRun(
  run: SeenWorkflowRun,
  { leg, attempt, image, trusted, push }: Told,
  stage: Stage,
): Omit<AttemptEvent, 'name'> {
  return {
    event: 'attempt',
    run: runOf(leg),
    leg,
    attempt,
    workflow: fileOf(run),
    tags: image?.tags ?? [],
    trusted,
    push,
    workflowRun: run.id,
    status: run.status,
    conclusion: run.conclusion,
    durationMs: jobDuration(run),
    url: `${stage.githubUrl}/${REPOSITORY}/actions/runs/${run.id}`,
  }
}

/** Changes when there is something to tell of it. */
export function stateOf({ runAttempt, status, conclusion }: SeenWorkflowRun): string {
  return `${runAttempt} ${status} ${conclusion}`
}

export function fileOf({ workflow: { path } }: SeenWorkflowRun): string {
  return path.split('/').at(-1) ?? path
}

/** Null: it did not start, or is not over. */
export function jobDuration({ attempts }: SeenWorkflowRun): number | null {
  const job = attempts.at(-1)?.jobs.at(-1)
  return job?.startedAt && job.completedAt ? job.completedAt.getTime() - job.startedAt.getTime() : null
}

function describeCheck(check: CheckRun, stage: Stage): CheckEvent {
  const id = check.externalId
  return {
    event: 'check',
    run: runOf(id),
    subject: /-g\d+$/.test(id) ? 'gate' : 'leg',
    id,
    name: check.name,
    sha: check.headSha,
    status: check.status,
    conclusion: check.conclusion,
    title: check.title ?? '',
    url: `${stage.githubUrl}/${REPOSITORY}/runs/${check.id}`,
  }
}

/** Ids of legs and gates begin with that of their run. */
function runOf(id: string): string {
  return id.split('-', 1)[0] ?? id
}

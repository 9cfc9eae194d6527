/**
 * Looks at the sandbox after every change, and tells what is new: deliveries, workflow runs, check runs. Of a run that
 * was not seen before, the plan is read from the store first, so that it is always told before anything else of the run.
 */

import { pullRequestOf } from '../../domain/trigger.ts'
import { describeObserved, shortSha } from '../../domain/wording.ts'
import type { CheckRun } from '../../sandbox/model.ts'
import type { SeenWorkflowRun } from '../../sandbox/sandbox-state.ts'
import type { Delivery } from '../../sandbox/webhooks/deliver.ts'
import type { AttemptEvent, CheckEvent, PlanEvent, TimedEvent, WebhookEvent } from './events.ts'
import { REPOSITORY, type Stage } from './stage.ts'

type Observation = WebhookEvent | Omit<AttemptEvent, 'name'> | CheckEvent

export interface Watch {
  /** Resolves when all that happened so far was told; rejects when the store could not be read. */
  flush(): Promise<void>
  stop(): void
}

export function watchStage(stage: Stage, tell: (event: TimedEvent) => void): Watch {
  const { state } = stage.github
  const plans = new Map<string, PlanEvent>()
  const told = new Map<string, string>()
  let deliveries = state.deliveries.length
  let queue = Promise.resolve()

  const isNews = (key: string, content: string): boolean => {
    if (told.get(key) === content) return false
    told.set(key, content)
    return true
  }
  const look = () => {
    const at = new Date()
    const news: Observation[] = state.deliveries.slice(deliveries).map((one) => describeDelivery(one))
    deliveries = state.deliveries.length
    for (const run of state.workflowRuns(REPOSITORY)) {
      const event = describeWorkflowRun(run, stage)
      if (event && isNews(`${run.id}`, `${run.runAttempt} ${run.status} ${run.conclusion}`)) news.push(event)
    }
    for (const check of state.checkRuns(REPOSITORY))
      if (isNews(`${check.id}`, `${check.status} ${check.conclusion} ${check.title}`))
        news.push(describeCheck(check, stage))
    if (news.length > 0) queue = queue.then(() => tellAll(at, news))
    // Whoever flushes hears of a fault; until then it is no unhandled one.
    queue.catch(() => {})
  }
  const tellAll = async (at: Date, news: readonly Observation[]) => {
    for (const event of news) {
      if (event.event === 'webhook') {
        tell({ at, ...event })
        continue
      }
      const plan = plans.get(event.run) ?? (await readPlan(stage, event.run))
      if (!plans.has(event.run)) tell({ at, ...plan })
      plans.set(event.run, plan)
      if (event.event === 'check') tell({ at, ...event })
      else tell({ at, ...event, name: plan.legs.find((leg) => leg.id === event.leg)?.name ?? event.leg })
    }
  }
  const stop = stage.github.onChange(look)
  return {
    async flush() {
      look()
      await queue
    },
    stop,
  }
}

async function readPlan({ serving }: Stage, runId: string): Promise<PlanEvent> {
  const run = await serving.store.runs.loadRun(runId, new Date())
  if (run === null) throw new Error(`The store knows nothing of the run ${runId}, which GitHub shows.`)
  const { kind, refName, sha } = run.trigger
  const legs = run.legs.map(({ id, plan: { job, name, start, needs } }) => ({
    id,
    job,
    name,
    workflow: start.kind === 'dispatch' ? start.workflow : `observes ${describeObserved(start)}`,
    needs,
  }))
  const gates = run.gates.map(({ id, plan: { name, needs } }) => ({ id, name, needs }))
  const pullRequest = pullRequestOf(run.trigger)?.number ?? null
  return { event: 'plan', run: runId, pipeline: run.pipeline, trigger: kind, refName, pullRequest, sha, legs, gates }
}

function describeDelivery(delivery: Delivery): WebhookEvent {
  const { event: name, action, guid, statusCode, durationSeconds } = delivery
  const about = describePayload(delivery)
  return { event: 'webhook', name, action, delivery: guid, statusCode, durationMs: durationSeconds * 1000, about }
}

function describePayload({ event, body }: Delivery): string | null {
  const payload = JSON.parse(body)
  if (event === 'pull_request') {
    const { number, head, merged } = payload.pull_request
    return `#${number}, ${head.ref} at ${shortSha(head.sha)}${merged ? ', merged' : ''}`
  }
  if (event === 'push') return `${payload.ref.replace(/^refs\//, '')} at ${shortSha(payload.after)}`
  return null
}

/** The workflow run's input `signalbox`, as far as it is shown. */
interface Told {
  readonly leg: string
  readonly attempt: string
  readonly image: { readonly tags?: readonly string[] } | null
}

/** Null: not dispatched by Signalbox. */
function describeWorkflowRun(run: SeenWorkflowRun, stage: Stage): Omit<AttemptEvent, 'name'> | null {
  if (run.inputs.signalbox === undefined) return null
  const { leg, attempt, image }: Told = JSON.parse(run.inputs.signalbox)
  const job = run.attempts.at(-1)?.jobs.at(-1)
  const durationMs = job?.startedAt && job.completedAt ? job.completedAt.getTime() - job.startedAt.getTime() : null
  return {
    event: 'attempt',
    run: runOf(leg),
    leg,
    attempt,
    workflow: run.workflow.path.split('/').at(-1) ?? run.workflow.path,
    tags: image?.tags ?? [],
    workflowRun: run.id,
    status: run.status,
    conclusion: run.conclusion,
    durationMs,
    url: `${stage.githubUrl}/${REPOSITORY}/actions/runs/${run.id}`,
  }
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

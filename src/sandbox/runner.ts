/**
 * The simulated runner. By itself it runs nothing: each attempt is queued, starts and ends after the times, and with the
 * conclusions, that the script gives it, and the app is told of every step as GitHub would tell it.
 */
import { uploadArtifacts } from './artifacts.ts'
import { createCheckRun, updateCheckRun } from './check-runs.ts'
import { isJsonObject } from './json.ts'
import type { CheckConclusion, Repository, WorkflowJob, WorkflowRun, WorkflowRunAttempt } from './model.ts'
import type { RunScript, ScriptedRun } from './options.ts'
import { fullName, repoWeb } from './render/urls.ts'
import { renderJob, renderWorkflow, renderWorkflowRun } from './render/workflow-run.ts'
import { notify } from './webhooks/notify.ts'
import { after, changed, nextId, type World } from './world.ts'

const DEFAULT_QUEUED_MS = 5
const DEFAULT_DURATION_MS = 20

/** What an attempt is waiting for. */
interface Play {
  readonly script: RunScript
  cancelStep: (() => void) | null
}

const plays = new WeakMap<WorkflowRunAttempt, Play>()

function parseSignalbox(text: string | undefined): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

function describe(repository: Repository, run: WorkflowRun, runAttempt: number): ScriptedRun {
  return {
    id: run.id,
    repo: fullName(repository),
    workflow: run.workflow.path.slice('.github/workflows/'.length),
    event: run.event,
    ref: run.headBranch,
    headSha: run.headSha,
    inputs: run.inputs,
    signalbox: parseSignalbox(run.inputs.signalbox),
    runNumber: run.runNumber,
    runAttempt,
  }
}

function notifyRun(
  world: World,
  repository: Repository,
  run: WorkflowRun,
  attempt: WorkflowRunAttempt,
  action: string,
) {
  attempt.updatedAt = world.now()
  notify(world, repository, 'workflow_run', action, run.actor, {
    workflow_run: renderWorkflowRun(world, repository, run, attempt),
    workflow: renderWorkflow(world, repository, run.workflow),
  })
  changed(world)
}

function notifyJob(world: World, repository: Repository, run: WorkflowRun, job: WorkflowJob, action: string): void {
  notify(world, repository, 'workflow_job', action, run.actor, { workflow_job: renderJob(world, repository, run, job) })
}

/** Every job of Actions is also a check run of GitHub's own app, on the head of the dispatched ref. */
function addJob(world: World, repository: Repository, run: WorkflowRun, name: string, runAttempt: number): WorkflowJob {
  const id = nextId(world, 'checkRun')
  const createdAt = world.now()
  const times = { createdAt, startedAt: null, completedAt: null }
  const job: WorkflowJob = { id, name, runAttempt, status: 'queued', conclusion: null, ...times }
  const detailsUrl = repoWeb(world, repository, `/actions/runs/${run.id}/job/${id}`)
  const input = { name, headSha: run.headSha, detailsUrl }
  createCheckRun(world, repository, world.actionsApp, input, { id, suiteId: run.suiteId })
  return job
}

function mirrorJob(world: World, repository: Repository, job: WorkflowJob): void {
  const checkRun = repository.checkRuns.get(job.id)
  if (checkRun === undefined) return
  const { status, conclusion } = job
  const input = { status, conclusion: conclusion ?? undefined, startedAt: job.startedAt ?? undefined }
  updateCheckRun(world, repository, world.actionsApp, checkRun, input)
}

function startJobs(world: World, repository: Repository, run: WorkflowRun, attempt: WorkflowRunAttempt): void {
  attempt.status = 'in_progress'
  notifyRun(world, repository, run, attempt, 'in_progress')
  for (const job of attempt.jobs) {
    if (job.status !== 'queued') continue
    job.status = 'in_progress'
    job.startedAt = world.now()
    mirrorJob(world, repository, job)
    notifyJob(world, repository, run, job, 'in_progress')
  }
}

function finish(
  world: World,
  repository: Repository,
  run: WorkflowRun,
  attempt: WorkflowRunAttempt,
  conclusionOf: (job: WorkflowJob) => CheckConclusion,
  conclusion: CheckConclusion | undefined,
): void {
  for (const job of attempt.jobs) {
    if (job.status === 'completed') continue
    job.status = 'completed'
    job.completedAt = world.now()
    job.conclusion = conclusionOf(job)
    mirrorJob(world, repository, job)
    notifyJob(world, repository, run, job, 'completed')
  }
  const failed = attempt.jobs.some((job) => job.conclusion === 'failure')
  attempt.status = 'completed'
  attempt.conclusion = conclusion ?? (failed ? 'failure' : 'success')
  notifyRun(world, repository, run, attempt, 'completed')
}

/** Makes `step` the next one of the play; the sandbox is not settled before it was taken. */
function schedule(world: World, play: Play, ms: number, step: () => void): void {
  world.busy.steps++
  const done = () => {
    world.busy.steps--
    play.cancelStep = null
  }
  const callOff = after(world, ms, () => {
    done()
    step()
    changed(world)
  })
  play.cancelStep = () => {
    callOff()
    done()
  }
}

/** Does the work of an attempt; whoever cancels the attempt does not wait for it. */
function doWork(
  world: World,
  play: Play,
  work: () => Promise<CheckConclusion>,
  end: (conclusion: CheckConclusion) => void,
): void {
  world.busy.steps++
  let isOver = false
  const stop = () => {
    isOver = true
    world.busy.steps--
    play.cancelStep = null
  }
  play.cancelStep = stop
  Promise.resolve()
    .then(work)
    .catch((error: unknown): CheckConclusion => {
      console.error('The work of a workflow run failed:', error)
      return 'failure'
    })
    .then((conclusion) => {
      if (isOver || world.stopped) return
      stop()
      end(conclusion)
      changed(world)
    })
}

/** Begins the next attempt of a run. `kept` jobs are carried over from the one before, finished as they are. */
export function playAttempt(
  world: World,
  repository: Repository,
  run: WorkflowRun,
  jobNames: readonly string[],
  kept: readonly WorkflowJob[] = [],
): void {
  const number = run.attempts.length + 1
  const script = world.options.runner?.(describe(repository, run, number)) ?? {}
  const now = world.now()
  const attempt: WorkflowRunAttempt = {
    attempt: number,
    status: 'queued',
    conclusion: null,
    startedAt: now,
    updatedAt: now,
    jobs: [],
  }
  run.attempts.push(attempt)
  notifyRun(world, repository, run, attempt, 'requested')
  for (const job of kept) {
    const again = { ...job, id: nextId(world, 'checkRun'), runAttempt: number }
    attempt.jobs.push(again)
    // https://github.com/actions/actions-runner-controller/issues/4315: finished jobs are announced again.
    notifyJob(world, repository, run, again, 'completed')
  }
  for (const name of script.jobs?.map((job) => job.name) ?? (jobNames.length > 0 ? jobNames : ['run'])) {
    const job = addJob(world, repository, run, name, number)
    attempt.jobs.push(job)
    notifyJob(world, repository, run, job, 'queued')
  }
  const play: Play = { script, cancelStep: null }
  plays.set(attempt, play)
  if (script.hang === 'queued') return
  const scripted = (job: WorkflowJob) =>
    script.jobs?.find((one) => one.name === job.name)?.conclusion ?? script.conclusion ?? 'success'
  schedule(world, play, script.queuedMs ?? DEFAULT_QUEUED_MS, () => {
    startJobs(world, repository, run, attempt)
    if (script.hang === true) return
    if (script.work !== undefined) {
      doWork(world, play, script.work, (conclusion) => {
        uploadArtifacts(world, repository, run, script.artifacts ?? [])
        finish(world, repository, run, attempt, () => conclusion, conclusion)
      })
      return
    }
    schedule(world, play, script.durationMs ?? DEFAULT_DURATION_MS, () => {
      uploadArtifacts(world, repository, run, script.artifacts ?? [])
      finish(world, repository, run, attempt, scripted, script.conclusion)
    })
  })
}

/** Ends the current attempt as cancelled, a moment later as GitHub does, unless its script ignores that. */
export function cancelPlay(world: World, repository: Repository, run: WorkflowRun, force: boolean): void {
  const attempt = run.attempts.at(-1)
  const play = attempt && plays.get(attempt)
  if (attempt === undefined || play === undefined || (play.script.ignoresCancel === true && !force)) return
  play.cancelStep?.()
  schedule(world, play, 1, () => finish(world, repository, run, attempt, () => 'cancelled', 'cancelled'))
}

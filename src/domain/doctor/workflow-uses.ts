/**
 * Every workflow file that a configuration names, with what is asked of it. What is dispatched must take the inputs that
 * it is given; what is followed must be started by GitHub's own events. One file may be named in several places.
 */
import type { Config, Job, Pipeline } from '../config.ts'
import { repositoryKey } from '../pull-request.ts'

export interface WorkflowUse {
  /** Whose file it is; null: that of the repository itself. */
  readonly repository: { readonly owner: string; readonly name: string } | null
  /** Under `.github/workflows`. */
  readonly workflow: string
  /** Branch or tag whose file counts; null: the default branch. */
  readonly ref: string | null
  /** Where the configuration names it: `job test of ci`. */
  readonly by: string
  readonly wants: DispatchWants | ObserveWants
}

export interface DispatchWants {
  readonly kind: 'dispatch'
  /** Every input that is given, `signalbox` among them where it is. */
  readonly inputs: readonly string[]
  /** Whether its runs are looked for by the attempt's id. */
  readonly named: boolean
}

export interface ObserveWants {
  readonly kind: 'observe'
  /** GitHub's events that must start it. */
  readonly events: readonly string[]
}

const SIGNALBOX_INPUT = 'signalbox'

/** @param hasPackagesToken whether the app deletes packages at GitHub itself. */
export function workflowUses(config: Config, hasPackagesToken: boolean): WorkflowUse[] {
  const jobs = config.pipelines.flatMap((pipeline) => pipeline.jobs.flatMap((job) => usesOfJob(config, pipeline, job)))
  const labels = config.labelActions.map(
    ({ label, workflow, ref, inputs }): WorkflowUse => ({
      ...{ repository: null, workflow, ref: fixedRef(ref), by: `the label action ${label}` },
      wants: executor(inputs),
    }),
  )
  const cleanup = hasPackagesToken ? [] : usesOfCleanup(config)
  return [...jobs, ...labels, ...usesOfForks(config), ...usesOfPreviews(config), ...cleanup]
}

/** One file is looked at once. */
export function workflowKey({ repository, workflow, ref }: Omit<WorkflowUse, 'by' | 'wants'>): string {
  return `${repository === null ? '' : repositoryKey(repository)}:${workflow}@${ref ?? ''}`
}

function usesOfJob(config: Config, pipeline: Pipeline, job: Job): WorkflowUse[] {
  const by = `the job ${job.name} of ${pipeline.name}`
  const { start } = job
  if (start.kind === 'observe_check') return []
  const { workflow } = start
  const file = { repository: null, workflow }
  if (start.kind === 'observe_workflow')
    return [{ ...file, ref: null, by, wants: { kind: 'observe', events: eventsOf(pipeline) } }]
  const dispatched: WorkflowUse = { ...file, ref: fixedRef(start.ref), by, wants: executor(job.inputs) }
  const forForks = config.forks.start === 'observe' && job.forks !== 'skip' && pipeline.on.pullRequest !== undefined
  if (!forForks) return [dispatched]
  return [
    dispatched,
    { ...file, ref: null, by: `${by} for forks`, wants: { kind: 'observe', events: ['pull_request'] } },
  ]
}

/** The jobs' own inputs are inside of the input `signalbox` there. */
function usesOfForks({ forks }: Config): WorkflowUse[] {
  if (forks.workflow === null) return []
  return [{ repository: null, workflow: forks.workflow, ref: null, by: 'forks.workflow', wants: executor({}) }]
}

/** They get the inputs of the configuration, and nothing else. */
function usesOfPreviews({ previews }: Config): WorkflowUse[] {
  return previews.flatMap(({ name, repository, deploy, teardown }) =>
    [deploy, ...(teardown === null ? [] : [teardown])].map(({ workflow, ref, inputs }) => ({
      ...{ repository, workflow, ref, by: `the preview ${name}` },
      wants: { kind: 'dispatch', inputs: Object.keys(inputs), named: false } as const,
    })),
  )
}

/** Elsewhere than at GitHub images are deleted by the app. */
function usesOfCleanup({ cleanup, images }: Config): WorkflowUse[] {
  if (cleanup.images === null) return []
  const { repositories, workflow } = cleanup.images
  const names = repositories.length > 0 ? repositories : images.map(({ repository }) => repository)
  if (!names.some((name) => /^(?:ghcr\.io|containers\.[^/]+)\//i.test(name))) return []
  const wants = { kind: 'dispatch', inputs: ['plan'], named: false } as const
  return [{ repository: null, workflow, ref: null, by: '`cleanup.images` without PACKAGES_TOKEN', wants }]
}

function executor(inputs: Readonly<Record<string, string>>): DispatchWants {
  return { kind: 'dispatch', inputs: [SIGNALBOX_INPUT, ...Object.keys(inputs)], named: true }
}

/** A ref that differs from leg to leg cannot be looked at: the default branch stands for it. */
function fixedRef(ref: string | null): string | null {
  return ref?.includes('${{') ? null : ref
}

function eventsOf({ on }: Pipeline): string[] {
  return [
    ...(on.pullRequest ? ['pull_request'] : []),
    ...(on.mergeGroup ? ['merge_group'] : []),
    ...(on.push || on.tag ? ['push'] : []),
  ]
}

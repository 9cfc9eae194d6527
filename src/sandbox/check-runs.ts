/** Making and changing check runs, by whichever API: GitHub's rules and limits are the same in both. */
import { notifyCheckRun } from './check-run-events.ts'
import { branchAt, suiteFor } from './check-suites.ts'
import { requireCommit } from './commits.ts'
import { invalidField, Problem } from './http/problem.ts'
import type { App, CheckAction, CheckAnnotation, CheckConclusion, CheckRun, CheckStatus, Repository } from './model.ts'
import { nodeId } from './node-id.ts'
import { botOf, changed, nextId, type World } from './world.ts'

export interface CheckOutput {
  readonly title: string
  readonly summary: string
  readonly text?: string | undefined
  readonly annotations?: readonly CheckAnnotation[] | undefined
}

/** What a request may say about a check run; undefined: it does not. */
export interface CheckRunInput {
  readonly name?: string | undefined
  readonly status?: CheckStatus | undefined
  readonly conclusion?: CheckConclusion | undefined
  readonly externalId?: string | undefined
  readonly detailsUrl?: string | undefined
  readonly startedAt?: Date | undefined
  readonly completedAt?: Date | undefined
  readonly output?: CheckOutput | undefined
  readonly actions?: readonly CheckAction[] | undefined
}

const MAX_TEXT = 65_535
const MAX_ANNOTATIONS = 50
const MAX_ACTIONS = 3
const MAX_LABEL = 20
const MAX_DESCRIPTION = 40
const MAX_IDENTIFIER = 20

function limitText(text: string | undefined, limit: number): void {
  if (text === undefined || text.length <= limit) return
  throw new Problem(422, `Invalid request.\n\nOnly ${limit} characters are allowed; ${text.length} were supplied.`)
}

function limitItems(items: readonly unknown[] | undefined, limit: number): void {
  if (items === undefined || items.length <= limit) return
  throw new Problem(422, `Invalid request.\n\nNo more than ${limit} items are allowed; ${items.length} were supplied.`)
}

function checkLimits(input: CheckRunInput): void {
  if (input.name !== undefined && input.name.trim() === '') {
    throw invalidField('CheckRun', 'name', "name can't be blank")
  }
  limitText(input.output?.summary, MAX_TEXT)
  limitText(input.output?.text, MAX_TEXT)
  limitItems(input.output?.annotations, MAX_ANNOTATIONS)
  limitItems(input.actions, MAX_ACTIONS)
  for (const action of input.actions ?? []) {
    limitText(action.label, MAX_LABEL)
    limitText(action.description, MAX_DESCRIPTION)
    limitText(action.identifier, MAX_IDENTIFIER)
  }
  if (input.status === 'completed' && input.conclusion === undefined) {
    throw invalidField('CheckRun', 'conclusion', "conclusion can't be blank when the status is completed")
  }
}

function applyState(run: CheckRun, input: CheckRunInput, now: Date): void {
  if (input.conclusion !== undefined) {
    run.status = 'completed'
    run.conclusion = input.conclusion
    run.completedAt = input.completedAt ?? now
  } else if (input.status !== undefined) {
    // Setting an open status on a concluded check run opens it again.
    run.status = input.status
    run.conclusion = null
    run.completedAt = null
  }
  if (input.startedAt !== undefined) run.startedAt = input.startedAt
}

function applyInput(run: CheckRun, input: CheckRunInput, now: Date): void {
  if (input.name !== undefined) run.name = input.name
  if (input.externalId !== undefined) run.externalId = input.externalId
  if (input.detailsUrl !== undefined) run.detailsUrl = input.detailsUrl
  if (input.actions !== undefined) run.actions = input.actions
  if (input.output !== undefined) {
    run.title = input.output.title
    run.summary = input.output.summary
    run.text = input.output.text ?? null
    // Each request's annotations are added to those before.
    run.annotations.push(...(input.output.annotations ?? []))
  }
  applyState(run, input, now)
}

export function createCheckRun(
  world: World,
  repository: Repository,
  app: App,
  input: CheckRunInput & { readonly name: string; readonly headSha: string },
  as: { readonly id?: number; readonly suiteId?: number } = {},
): CheckRun {
  checkLimits(input)
  const headSha = requireCommit(repository, input.headSha).sha
  const id = as.id ?? nextId(world, 'checkRun')
  const run: CheckRun = {
    id,
    nodeId: nodeId('checkRun', id),
    app,
    suiteId: as.suiteId ?? suiteFor(world, repository, app, headSha, branchAt(repository, headSha)).id,
    headSha,
    name: input.name,
    status: 'queued',
    conclusion: null,
    externalId: '',
    detailsUrl: null,
    startedAt: world.now(),
    completedAt: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
    actions: [],
  }
  applyInput(run, input, world.now())
  repository.checkRuns.set(id, run)
  const sender = botOf(world, app)
  notifyCheckRun(world, repository, run, 'created', sender)
  if (run.status === 'completed') notifyCheckRun(world, repository, run, 'completed', sender)
  changed(world)
  return run
}

export function updateCheckRun(
  world: World,
  repository: Repository,
  app: App,
  run: CheckRun,
  input: CheckRunInput,
): CheckRun {
  if (run.app.id !== app.id) {
    throw new Problem(
      403,
      `Invalid app_id \`${app.id}\` - check run can only be modified by the GitHub App that created it.`,
    )
  }
  checkLimits(input)
  applyInput(run, input, world.now())
  if (input.conclusion !== undefined) notifyCheckRun(world, repository, run, 'completed', botOf(world, app))
  changed(world)
  return run
}

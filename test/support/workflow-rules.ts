/** What this project asks of a workflow, beyond what actionlint knows: read from the file as it stands. */
import { parse } from 'yaml'

interface Step {
  readonly name?: string
  readonly if?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly if?: string
  readonly needs?: string | readonly string[]
  readonly permissions?: unknown
  readonly 'timeout-minutes'?: number
  readonly steps?: readonly Step[]
}
interface Workflow {
  readonly on: Readonly<Record<string, { inputs?: Record<string, { type?: string; required?: boolean }> } | null>>
  readonly 'run-name'?: string
  readonly permissions?: unknown
  readonly env?: Readonly<Record<string, unknown>>
  readonly jobs: Readonly<Record<string, Job>>
}

export function readWorkflow(text: string): Workflow {
  return parse(text)
}

/** The names of a workflow's inputs, without `signalbox`. */
export function ownInputs(text: string): string[] {
  return Object.keys(readWorkflow(text).on.workflow_dispatch?.inputs ?? {})
    .filter((name) => name !== 'signalbox')
    .sort()
}

const LEG_SHA = '${{ fromJSON(inputs.signalbox).sha }}'

/** What is wrong with any workflow of ours. */
export function breaches(text: string): string[] {
  const workflow = readWorkflow(text)
  const found = [...pins(text), ...topPermissions(workflow)]
  for (const [name, job] of Object.entries(workflow.jobs)) {
    if (!(Number(job['timeout-minutes']) > 0)) found.push(`${name}: no timeout-minutes`)
    for (const step of job.steps ?? []) found.push(...stepBreaches(step).map((problem) => `${name}: ${problem}`))
  }
  return found
}

/** What is wrong with a workflow that Signalbox dispatches. */
export function executorBreaches(text: string): string[] {
  const workflow = readWorkflow(text)
  const input = workflow.on.workflow_dispatch?.inputs?.signalbox
  const found = breaches(text)
  if (Object.keys(workflow.on).join() !== 'workflow_dispatch') found.push('on: more than workflow_dispatch')
  if (input?.type !== 'string' || input.required !== true) found.push('no required input signalbox of type string')
  if (!workflow['run-name']?.startsWith('${{ fromJSON(inputs.signalbox).attempt }} '))
    found.push('run-name does not begin with the attempt')
  for (const [name, job] of Object.entries(workflow.jobs))
    found.push(...executorJobBreaches(job, workflow).map((problem) => `${name}: ${problem}`))
  return found
}

function pins(text: string): string[] {
  const used = [...text.matchAll(/^\s*(?:- )?uses: *(.*)$/gm)].map(([, action = '']) => action)
  return used
    .filter((action) => !/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))
    .map((action) => `not pinned by commit and version: ${action}`)
}

function topPermissions({ permissions }: Workflow): string[] {
  if (permissions === undefined) return ['no permissions']
  return writes(permissions) ? ['permissions to write for every job'] : []
}

function writes(permissions: unknown): boolean {
  if (typeof permissions === 'string') return permissions !== 'read-all'
  return Object.values(permissions ?? {}).includes('write')
}

function stepBreaches({ uses = '', run = '', with: values = {} }: Step): string[] {
  const found: string[] = []
  if (run.includes('${{')) found.push(`an expression in run: ${run.trim()}`)
  if (uses.startsWith('actions/checkout@') && values['persist-credentials'] !== false)
    found.push('checkout keeps its credentials')
  return found
}

function executorJobBreaches(job: Job, workflow: Workflow): string[] {
  const found: string[] = []
  const isTrustedOnly = isForTrustedLegs(job, workflow)
  const steps = job.steps ?? []
  if (job.permissions === undefined) found.push('no permissions of its own')
  if (!isTrustedOnly && writes(job.permissions)) found.push('may write, and runs for forks')
  if (!isTrustedOnly && JSON.stringify(job).includes('secrets.')) found.push('has secrets, and runs for forks')
  if (!isTrustedOnly && steps.some(({ uses }) => uses?.startsWith('docker/login-action@')))
    found.push('logs in to a registry, and runs for forks')
  if (!isTrustedOnly && steps.some(({ run }) => run?.includes('--push'))) found.push('pushes, and runs for forks')
  if (steps.some(({ run }) => run?.includes('npx --yes')) && !isSureOfCommandLine(steps, workflow))
    found.push('runs a command line that is neither named in full nor checked to be set')
  if (steps.some(usesCache)) found.push('uses the cache of Actions, which the legs of forks share')
  steps.forEach((step, index) => {
    if (!step.uses?.startsWith('actions/checkout@')) return
    if (step.with?.ref !== LEG_SHA) found.push("checks out something else than the leg's commit")
    const isChecked = steps
      .slice(0, index)
      .some(({ run, env }) => env?.SHA === LEG_SHA && run?.includes('^[0-9a-f]{40}$'))
    if (!isChecked) found.push('checks out a commit that was not checked to be one')
  })
  return found
}

/** A name without a version is whatever is newest, and one of nobody's is whoever registers it first. */
function isSureOfCommandLine(steps: readonly Step[], { env }: Workflow): boolean {
  const written = String(env?.SIGNALBOX_CLI)
  if (written === '${{ vars.SIGNALBOX_CLI }}') return steps[0]?.run?.startsWith('[[ -n "$SIGNALBOX_CLI" ]] ||') === true
  const [, name = ''] = /^\$\{\{ vars\.SIGNALBOX_CLI \|\| '([^']*)' \}\}$/.exec(written) ?? []
  return /^(?:@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$|^https:\/\/[\w./-]+\.tgz$/.test(name)
}

/** The condition to the letter: anything beside it could let more in. */
function isForTrustedLegs(job: Job, workflow: Workflow): boolean {
  if (job.if === 'fromJSON(inputs.signalbox).trusted == true') return true
  // A job is skipped with those that it needs, unless it asks how they ended.
  const needs = [job.needs ?? []].flat().map((name) => workflow.jobs[name])
  const saysOtherwise = /\b(?:always|cancelled|failure|success)\s*\(/i.test(job.if ?? '')
  return !saysOtherwise && needs.some((needed) => needed !== undefined && isForTrustedLegs(needed, workflow))
}

/** What each of these has to be told, since it caches unless it is. */
const WITHOUT_CACHE: Readonly<Record<string, readonly [input: string, value: boolean]>> = {
  'actions/setup-node': ['package-manager-cache', false],
  'actions/setup-go': ['cache', false],
  'astral-sh/setup-uv': ['enable-cache', false],
  'docker/setup-buildx-action': ['cache-binary', false],
  'docker/setup-qemu-action': ['cache-image', false],
  'oven-sh/setup-bun': ['no-cache', true],
}

function usesCache({ uses = '', run = '', with: values = {} }: Step): boolean {
  const [action = ''] = uses.split('@')
  if (action === 'actions/cache' || action.startsWith('actions/cache/') || run.includes('type=gha')) return true
  if (values.cache !== undefined && values.cache !== false) return true
  const told = Object.hasOwn(WITHOUT_CACHE, action) ? WITHOUT_CACHE[action] : undefined
  return told !== undefined && values[told[0]] !== told[1]
}

/** The workflow files of a repository: which there are, what they take, and what their runs are called. */
import { parse } from 'yaml'
import type { Commit } from './git/object-store.ts'
import { isJsonObject, type Json, type JsonObject } from './json.ts'
import type { Repository, Workflow } from './model.ts'
import { nextId, type World } from './world.ts'

const WORKFLOW_PATH = /^\.github\/workflows\/[^/]+\.ya?ml$/

function readYaml(repository: Repository, commit: Commit, path: string): JsonObject | null {
  const entry = commit.tree.files.get(path)
  const bytes = entry && repository.objects.blobs.get(entry.sha)
  if (bytes === undefined) return null
  try {
    const value: unknown = parse(new TextDecoder().decode(bytes))
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

export function workflowPaths(commit: Commit): string[] {
  return [...commit.tree.files.keys()].filter((path) => WORKFLOW_PATH.test(path))
}

/** The workflow of a file, made when it is new. */
export function registerWorkflow(world: World, repository: Repository, path: string, name: string): Workflow {
  const known = repository.workflows.get(path)
  if (known !== undefined) {
    if (known.state === 'deleted') known.state = 'active'
    return known
  }
  const times = { createdAt: world.now(), updatedAt: world.now() }
  const made: Workflow = { id: nextId(world, 'workflow'), path, name, state: 'active', ...times }
  repository.workflows.set(path, made)
  return made
}

/** GitHub knows the workflows of the default branch; one whose file is gone is kept as deleted. */
export function registerWorkflows(world: World, repository: Repository, commit: Commit): void {
  for (const path of workflowPaths(commit)) {
    const name = readYaml(repository, commit, path)?.name
    const title = typeof name === 'string' ? name : path
    registerWorkflow(world, repository, path, title).name = title
  }
  for (const workflow of repository.workflows.values()) {
    // GitHub's own workflows have no file.
    if (!commit.tree.files.has(workflow.path) && !workflow.path.startsWith('dynamic/')) workflow.state = 'deleted'
  }
}

/** By id or file name, as the API's paths name it. */
export function findWorkflow(repository: Repository, key: string): Workflow | undefined {
  return [...repository.workflows.values()].find(
    (one) => String(one.id) === key || one.path.slice('.github/workflows/'.length) === key,
  )
}

export interface WorkflowInput {
  readonly name: string
  readonly required: boolean
  readonly default: string | null
  /** Null: free text. */
  readonly options: readonly string[] | null
}

export interface WorkflowFile {
  readonly name: string
  readonly runName: string | null
  /** Null: the workflow has no `workflow_dispatch`. */
  readonly dispatchInputs: readonly WorkflowInput[] | null
  /** Event → the actions (`types`) that it is about; null: those that GitHub takes when none are named. */
  readonly events: ReadonlyMap<string, readonly string[] | null>
  readonly jobs: readonly string[]
}

function readInput(name: string, value: Json | undefined): WorkflowInput {
  const input = isJsonObject(value) ? value : {}
  const standard = input.default
  const options = input.type === 'choice' && Array.isArray(input.options) ? input.options.map(String) : null
  const bool = input.type === 'boolean' ? ['true', 'false'] : null
  const fallback = standard === undefined || standard === null ? null : String(standard)
  return { name, required: input.required === true, default: fallback, options: options ?? bool }
}

function readDispatchInputs(on: Json | undefined): WorkflowInput[] | null {
  if (on === 'workflow_dispatch') return []
  if (Array.isArray(on)) return on.includes('workflow_dispatch') ? [] : null
  if (!isJsonObject(on) || !('workflow_dispatch' in on)) return null
  const dispatch = on.workflow_dispatch
  const inputs = isJsonObject(dispatch) && isJsonObject(dispatch.inputs) ? dispatch.inputs : {}
  return Object.entries(inputs).map(([name, value]) => readInput(name, value))
}

function readEvents(on: Json | undefined): Map<string, readonly string[] | null> {
  if (typeof on === 'string') return new Map([[on, null]])
  if (Array.isArray(on)) return new Map(on.map((event) => [String(event), null]))
  const events = isJsonObject(on) ? Object.entries(on) : []
  return new Map(
    events.map(([event, filter]) => {
      const types = isJsonObject(filter) ? filter.types : undefined
      if (typeof types === 'string') return [event, [types]]
      return [event, Array.isArray(types) ? types.map(String) : null]
    }),
  )
}

/** The file as of one commit; null when it is not there or not YAML. */
export function readWorkflowFile(repository: Repository, commit: Commit, path: string): WorkflowFile | null {
  const file = readYaml(repository, commit, path)
  if (file === null) return null
  const jobs = isJsonObject(file.jobs) ? Object.entries(file.jobs) : []
  const jobName = ([key, job]: [string, Json | undefined]) => {
    const name = isJsonObject(job) ? job.name : undefined
    return typeof name === 'string' && !name.includes('${{') ? name : key
  }
  return {
    name: typeof file.name === 'string' ? file.name : path,
    runName: typeof file['run-name'] === 'string' ? file['run-name'] : null,
    dispatchInputs: readDispatchInputs(file.on),
    events: readEvents(file.on),
    jobs: jobs.map(jobName),
  }
}

/** `inputs.x`, `github.event.inputs.x`, `fromJSON(inputs.x).y.z` and `github.ref_name`: what run names are made of. */
function evaluate(expression: string, inputs: Readonly<Record<string, string>>, refName: string): string {
  if (expression === 'github.ref_name') return refName
  const input = /^(?:github\.event\.)?inputs\.([\w-]+)$/.exec(expression)
  if (input !== null) return inputs[input[1] ?? ''] ?? ''
  const inJson = /^fromJSON\(\s*(?:github\.event\.)?inputs\.([\w-]+)\s*\)((?:\.[\w-]+)+)$/i.exec(expression)
  if (inJson === null) return ''
  try {
    let value: unknown = JSON.parse(inputs[inJson[1] ?? ''] ?? '')
    for (const key of (inJson[2] ?? '').slice(1).split('.')) value = isJsonObject(value) ? value[key] : undefined
    return value === undefined || value === null ? '' : String(value)
  } catch {
    return ''
  }
}

/** What a run is called: its `run-name`, or the workflow's name where it has none. */
export function displayTitle(file: WorkflowFile, inputs: Readonly<Record<string, string>>, refName: string): string {
  const title = file.runName?.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) =>
    evaluate(expression, inputs, refName),
  )
  return title === undefined || title.trim() === '' ? file.name : title
}

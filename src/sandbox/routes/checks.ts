/** The Checks API. */
import { notifyCheckRun } from '../check-run-events.ts'
import { type CheckOutput, type CheckRunInput, createCheckRun, updateCheckRun } from '../check-runs.ts'
import { requireCommit } from '../commits.ts'
import { paginate } from '../http/paging.ts'
import { notFound, Problem } from '../http/problem.ts'
import { type Call, idParam, param, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import {
  CHECK_CONCLUSIONS,
  CHECK_STATUSES,
  type CheckAction,
  type CheckAnnotation,
  type CheckRun,
  type Repository,
} from '../model.ts'
import { renderAnnotation, renderCheckRun, renderCheckSuite } from '../render/check-run.ts'
import { botOf } from '../world.ts'

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function time(value: Json | undefined): Date | undefined {
  const read = text(value)
  return read === undefined ? undefined : new Date(read)
}

function oneOf<T extends string>(allowed: readonly T[], value: Json | undefined, field: string): T | undefined {
  if (value === undefined) return undefined
  const found = allowed.find((one) => one === value)
  if (found !== undefined) return found
  const list = allowed.map((one) => `"${one}"`).join(', ')
  throw new Problem(
    422,
    `Invalid request.\n\nInvalid property /${field}: \`${JSON.stringify(value)}\` is not a possible value. Must be one of the following: ${list}.`,
  )
}

function objects(value: Json | undefined): JsonObject[] | undefined {
  return Array.isArray(value) ? value.filter(isJsonObject) : undefined
}

function missing(...fields: string[]): Problem {
  return new Problem(422, `Invalid request.\n\n${fields.map((one) => `"${one}"`).join(', ')} wasn't supplied.`)
}

function readAnnotation(note: JsonObject): CheckAnnotation {
  const [path, message, start] = [text(note.path), text(note.message), note.start_line]
  if (path === undefined || message === undefined || typeof start !== 'number') {
    throw missing('path', 'start_line', 'end_line', 'annotation_level', 'message')
  }
  const number = (value: Json | undefined) => (typeof value === 'number' ? value : null)
  return {
    path,
    message,
    startLine: start,
    endLine: number(note.end_line) ?? start,
    startColumn: number(note.start_column),
    endColumn: number(note.end_column),
    level: oneOf(['notice', 'warning', 'failure'], note.annotation_level, 'annotation_level') ?? 'notice',
    title: text(note.title) ?? null,
    rawDetails: text(note.raw_details) ?? null,
  }
}

function readOutput(value: Json | undefined): CheckOutput | undefined {
  if (!isJsonObject(value)) return undefined
  const [title, summary] = [text(value.title), text(value.summary)]
  if (summary === undefined) throw missing('summary')
  const annotations = objects(value.annotations)?.map(readAnnotation)
  return { title: title ?? '', summary, text: text(value.text), annotations }
}

function readAction(action: JsonObject): CheckAction {
  const [label, description, identifier] = [action.label, action.description, action.identifier].map(text)
  if (label === undefined || description === undefined || identifier === undefined) {
    throw missing('label', 'description', 'identifier')
  }
  return { label, description, identifier }
}

function readInput(body: JsonObject): CheckRunInput {
  return {
    name: text(body.name),
    status: oneOf(CHECK_STATUSES, body.status, 'status'),
    conclusion: oneOf(CHECK_CONCLUSIONS, body.conclusion, 'conclusion'),
    externalId: text(body.external_id),
    detailsUrl: text(body.details_url),
    startedAt: time(body.started_at),
    completedAt: time(body.completed_at),
    output: readOutput(body.output),
    actions: objects(body.actions)?.map(readAction),
  }
}

function findCheckRun(call: Call, repository: Repository): CheckRun {
  const found = repository.checkRuns.get(idParam(call, 'check_run_id'))
  if (found === undefined) throw notFound()
  return found
}

/** Of several check runs of one name in one suite, the newest. */
function onlyLatest(runs: readonly CheckRun[]): CheckRun[] {
  return [...new Map(runs.map((run) => [`${run.suiteId} ${run.name}`, run])).values()]
}

function listForCommit(call: Call, repository: Repository): Reply {
  const { sha } = requireCommit(repository, param(call, 'ref'))
  const { query } = call
  const [name, status, app] = [query.get('check_name'), query.get('status'), query.get('app_id')]
  const all = [...repository.checkRuns.values()].filter((run) => {
    if (run.headSha !== sha) return false
    if (name !== null && run.name !== name) return false
    if (status !== null && run.status !== status) return false
    return app === null || String(run.app.id) === app
  })
  const found = (query.get('filter') === 'all' ? all : onlyLatest(all)).sort((a, b) => b.id - a.id)
  const page = paginate(call, found)
  const check_runs = page.items.map((run) => renderCheckRun(call.world, repository, run))
  return { status: 200, headers: page.headers, body: { total_count: found.length, check_runs } }
}

function create(call: Call, repository: Repository): Reply {
  const input = readInput(call.body)
  const headSha = text(call.body.head_sha)
  if (input.name === undefined || headSha === undefined) throw missing('name', 'head_sha')
  const run = createCheckRun(call.world, repository, call.world.app, { ...input, name: input.name, headSha })
  return { status: 201, body: renderCheckRun(call.world, repository, run) }
}

const READ = { checks: 'read' } as const
const WRITE = { checks: 'write' } as const

export const checkRoutes: readonly Route[] = [
  repositoryRoute('POST', '/check-runs', WRITE, create),
  repositoryRoute('GET', '/check-runs/{check_run_id}', READ, (call, repository) => {
    return { status: 200, body: renderCheckRun(call.world, repository, findCheckRun(call, repository)) }
  }),
  repositoryRoute('PATCH', '/check-runs/{check_run_id}', WRITE, (call, repository) => {
    const known = findCheckRun(call, repository)
    const run = updateCheckRun(call.world, repository, call.world.app, known, readInput(call.body))
    return { status: 200, body: renderCheckRun(call.world, repository, run) }
  }),
  repositoryRoute('POST', '/check-runs/{check_run_id}/rerequest', WRITE, (call, repository) => {
    const run = findCheckRun(call, repository)
    notifyCheckRun(call.world, repository, run, 'rerequested', botOf(call.world, call.world.app))
    return { status: 201, body: {} }
  }),
  repositoryRoute('GET', '/check-runs/{check_run_id}/annotations', READ, (call, repository) => {
    const run = findCheckRun(call, repository)
    const page = paginate(call, run.annotations)
    const body = page.items.map((note) => renderAnnotation(call.world, repository, run, note))
    return { status: 200, headers: page.headers, body }
  }),
  repositoryRoute('GET', '/commits/{ref}/check-runs', READ, listForCommit),
  repositoryRoute('GET', '/commits/{ref}/check-suites', READ, (call, repository) => {
    const { sha } = requireCommit(repository, param(call, 'ref'))
    const found = [...repository.checkSuites.values()].filter((suite) => suite.headSha === sha)
    const page = paginate(call, found)
    const check_suites = page.items.map((suite) => renderCheckSuite(call.world, repository, suite))
    return { status: 200, headers: page.headers, body: { total_count: found.length, check_suites } }
  }),
]

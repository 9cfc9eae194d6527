/**
 * Makes a `Config` from the text of `.github/signalbox.yml`, or says everything that is wrong with it at once, each
 * thing with its file, line and column. A part whose shape is wrong does not keep the others from being checked, but
 * one problem anywhere and there is no configuration at all: half a plan would be a gate that is silently green.
 * Nothing here throws on bad input, and no input takes more than bounded time, since strangers' pull requests are
 * checked too.
 */

import type { z } from 'zod'
import {
  type Config,
  type ConfigProblem,
  type Gate,
  type Job,
  MAX_LEGS_PER_JOB,
  MAX_LEGS_PER_PIPELINE,
  type Matrix,
  type MatrixValue,
  nearestName,
  type PathFilter,
  type Pipeline,
  type PipelineTriggers,
} from './config.ts'
import {
  EXTENDS_RULE,
  gateSchema,
  jobSchema,
  keyName,
  matrixValuesSchema,
  parseDuration,
  pipelineSchema,
  quote,
  shapeProblems,
  show,
  valueAt,
} from './config-schema.ts'
import {
  type Branch,
  type ConfigLayer,
  formatKeyPath,
  type KeyPath,
  mergeLayers,
  parseExtends,
  plainValue,
  readLayer,
  type YamlValue,
} from './extend-config.ts'
import { checkText } from './interpolate.ts'
import { countAxesProduct, expandMatrix, legName, matrixAxes } from './matrix.ts'

export type { ConfigProblem } from './config.ts'

export type ParsedConfig =
  | {
      readonly ok: true
      readonly config: Config /** The merged document, as it was written. */
      readonly source: YamlValue
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

export interface ParseOptions {
  /** What problems call the file. */
  readonly path: string
  /** The files that it extends and an organisation's defaults, nearest first. */
  readonly defaults?: readonly ConfigLayer[]
}

const MAX_PROBLEMS = 100
/** Most combinations of a matrix before `exclude`: more are not even counted out. */
const MAX_AXES_PRODUCT = 1024

export function parseConfig(source: Uint8Array | string, options: ParseOptions): ParsedConfig {
  const layers = [{ path: options.path, source }, ...(options.defaults ?? [])]
  const read = layers.map(readLayer)
  const problems = read.flatMap((layer) => layer.problems)
  const roots = read.flatMap(({ root }) => root ?? [])
  for (const root of roots) problems.push(...layerProblems(root))
  const [nearest, ...others] = roots
  if (nearest === undefined || roots.length < layers.length || roots.some((root) => !isReadable(root))) {
    return { ok: false, problems: arrange(problems, layers) }
  }
  const root = mergeLayers(nearest, ...others)
  const raw = plainValue(root.tree)
  const check = new Check(root, raw)
  for (const { path, message, onKey } of shapeProblems(raw)) check.report(path, message, onKey)
  const config = readConfig(check)
  problems.push(...check.problems)
  return problems.length > 0 ? { ok: false, problems: arrange(problems, layers) } : { ok: true, config, source: raw }
}

/** `path:line:column: message`. */
export function formatProblem(problem: ConfigProblem): string {
  return `${problem.path}:${problem.line}:${problem.column}: ${problem.message}`
}

/** By file and place; what an alias repeats is said once, and no more than anybody would read. */
function arrange(problems: readonly ConfigProblem[], layers: readonly ConfigLayer[]): ConfigProblem[] {
  const order = new Map(layers.map((layer, index) => [layer.path, index]))
  const unique = new Map(problems.toReversed().map((problem) => [formatProblem(problem), problem]))
  const sorted = [...unique.values()].sort(
    (left, right) =>
      (order.get(left.path) ?? 0) - (order.get(right.path) ?? 0) ||
      left.line - right.line ||
      left.column - right.column ||
      (left.at < right.at ? -1 : 1),
  )
  const next = sorted[MAX_PROBLEMS]
  if (next === undefined) return sorted
  const message = `there are ${sorted.length - MAX_PROBLEMS} more problems from here on; mend those above first`
  return [...sorted.slice(0, MAX_PROBLEMS), { ...next, at: '', message }]
}

/** Whether a file is of this format at all; if not, looking closer would only find follow-on problems. */
function isReadable(root: Branch): boolean {
  if (root.tree.kind !== 'map') return false
  const version = root.tree.entries.get('version')?.tree
  return version?.kind !== 'scalar' || typeof version.value !== 'number' || version.value === 1
}

/** What has to be right in each file by itself, before they are merged. */
function layerProblems(root: Branch): ConfigProblem[] {
  const { tree } = root
  if (tree.kind !== 'map') {
    const actual = tree.kind === 'list' ? 'a list' : 'a single value'
    return [
      { ...root.place, at: '', message: `the file must be a map that begins with "version: 1", but it is ${actual}` },
    ]
  }
  const problems: ConfigProblem[] = []
  const version = tree.entries.get('version')
  if (version?.tree.kind === 'scalar' && !isReadable(root)) {
    const message = `version ${version.tree.text} is not one that this Signalbox reads; write "version: 1", or update Signalbox`
    problems.push({ ...version.place, at: 'version', message })
  }
  const reference = tree.entries.get('_extends')
  const written = reference && plainValue(reference.tree)
  if (reference !== undefined && (typeof written !== 'string' || parseExtends(written) === null)) {
    const message = `"_extends" ${EXTENDS_RULE}, but it is ${show(written)}`
    problems.push({ ...reference.place, at: '_extends', message })
  }
  return problems
}

/** The document under examination, and what was found so far. */
class Check {
  readonly problems: ConfigProblem[] = []
  private readonly root: Branch
  private readonly raw: YamlValue

  constructor(root: Branch, raw: YamlValue) {
    this.root = root
    this.raw = raw
  }

  /** Keys of the map at a path, in the order of the file. */
  keysOf(path: KeyPath): string[] {
    const { branch, isExact } = this.find(path)
    return isExact && branch.tree.kind === 'map' ? [...branch.tree.entries.keys()] : []
  }

  /** The value at a path with its defaults; null when its shape is wrong, which has been reported already. */
  valid<Schema extends z.ZodType>(schema: Schema, path: KeyPath): z.output<Schema> | null {
    const result = schema.safeParse(valueAt(this.raw, path))
    return result.success ? result.data : null
  }

  report(path: KeyPath, message: string, onKey = false): void {
    const { branch, isExact } = this.find(path)
    const place = onKey || !isExact ? branch.keyPlace : branch.place
    this.problems.push({ ...place, at: formatKeyPath(path), message })
  }

  /** Numbers that YAML reads as other than they are written: `3.10` would arrive as `3.1`. */
  reportChangedNumbers(path: KeyPath): void {
    const { branch, isExact } = this.find(path)
    if (!isExact) return
    const { tree } = branch
    if (tree.kind === 'list') for (const index of tree.items.keys()) this.reportChangedNumbers([...path, index])
    if (tree.kind === 'map') for (const key of tree.entries.keys()) this.reportChangedNumbers([...path, key])
    if (tree.kind !== 'scalar' || typeof tree.value !== 'number' || String(tree.value) === tree.text) return
    this.report(
      path,
      `${keyName(path)} is the number ${tree.value} to YAML; put ${tree.text} in quotes to keep it as it is written`,
    )
  }

  /** The branch at a path, or the last one on the way there. */
  private find(path: KeyPath): { branch: Branch; isExact: boolean } {
    let branch = this.root
    for (const step of path) {
      const { tree } = branch
      const next =
        tree.kind === 'map'
          ? tree.entries.get(String(step))
          : tree.kind === 'list'
            ? tree.items[Number(step)]
            : undefined
      if (next === undefined) return { branch, isExact: false }
      branch = next
    }
    return { branch, isExact: true }
  }
}

/** Whole only if nothing was reported. */
function readConfig(check: Check): Config {
  for (const name of check.keysOf(['matrices'])) check.reportChangedNumbers(['matrices', name])
  const pipelines = check.keysOf(['pipelines']).map((name) => readPipeline(check, name))
  reportCheckNames(check, pipelines)
  return { pipelines }
}

const NO_TRIGGERS: PipelineTriggers = {}

function readPipeline(check: Check, name: string): Pipeline {
  const path = ['pipelines', name]
  const on = check.valid(pipelineSchema.shape.on, [...path, 'on'])
  const jobNames = check.keysOf([...path, 'jobs'])
  const jobs = jobNames.map((job) => readJob(check, name, job, jobNames))
  const legs = jobs.reduce((total, job) => total + job.legs, 0)
  if (legs > MAX_LEGS_PER_PIPELINE) {
    check.report(path, `${quote(name)} has ${legs} legs; a pipeline may have at most ${MAX_LEGS_PER_PIPELINE}`, true)
  }
  const gates = check.keysOf([...path, 'gates']).map((id) => readGate(check, [...path, 'gates', id], id, jobNames))
  return {
    name,
    on: on === null ? NO_TRIGGERS : readTriggers(on),
    concurrency: check.valid(pipelineSchema.shape.concurrency, [...path, 'concurrency']) ?? 'cancel',
    jobs: orderJobs(
      check,
      [...path, 'jobs'],
      jobs.map(({ job }) => job),
    ),
    gates,
  }
}

function readTriggers(on: z.output<typeof pipelineSchema.shape.on>): PipelineTriggers {
  const { push, tag, pull_request: pullRequest, merge_group: mergeGroup, manual } = on
  return {
    ...(push !== undefined && { push: { branches: push?.branches ?? [], paths: readPaths(push) } }),
    ...(tag !== undefined && { tag: { include: tag?.include ?? [], exclude: tag?.exclude ?? [] } }),
    ...(pullRequest !== undefined && {
      pullRequest: {
        branches: pullRequest?.branches ?? [],
        paths: readPaths(pullRequest),
        drafts: pullRequest?.drafts ?? true,
      },
    }),
    ...(mergeGroup !== undefined && { mergeGroup: { branches: mergeGroup?.branches ?? [] } }),
    ...(manual !== undefined && { manual: {} }),
  }
}

function readPaths(trigger: { paths?: string[] | undefined; paths_ignore?: string[] | undefined } | null): PathFilter {
  return { include: trigger?.paths ?? [], exclude: trigger?.paths_ignore ?? [] }
}

type JobSpec = z.output<typeof jobSchema>

/** Key by key, so that one key of wrong shape does not hide what is wrong with the others. */
function readJob(check: Check, pipeline: string, name: string, jobNames: readonly string[]): JobWithLegs {
  const path = ['pipelines', pipeline, 'jobs', name]
  const { shape } = jobSchema
  const at = (key: keyof JobSpec) => [...path, key]
  check.reportChangedNumbers(at('inputs'))
  check.reportChangedNumbers(at('matrix'))
  const matrix = readMatrix(check, at('matrix'), check.valid(shape.matrix, at('matrix')))
  const job: Job = {
    name,
    workflow: (check.valid(shape.workflow, at('workflow')) ?? '').replace('.github/workflows/', ''),
    ref: check.valid(shape.ref, at('ref')) ?? null,
    needs: readNeeds(check, at('needs'), check.valid(shape.needs, at('needs')) ?? [], jobNames, name),
    matrix: matrix === 'wrong' ? null : matrix,
    failFast: check.valid(shape.fail_fast, at('fail_fast')) ?? true,
    maxParallel: check.valid(shape.max_parallel, at('max_parallel')) ?? null,
    retries: readRetries(check.valid(shape.retries, at('retries')) ?? 0),
    timeoutMs: parseDuration(check.valid(shape.timeout, at('timeout')) ?? '') ?? 0,
    inputs: Object.fromEntries(
      Object.entries(check.valid(shape.inputs, at('inputs')) ?? {}).map(([input, value]) => [input, String(value)]),
    ),
    image: check.valid(shape.image, at('image')) ?? null,
    forks: check.valid(shape.forks, at('forks')) ?? 'run',
  }
  const axes = matrix === 'wrong' ? null : matrixAxes(matrix)
  reportPaths(check, at('ref'), job.ref ?? '', axes)
  for (const [input, text] of Object.entries(job.inputs)) reportPaths(check, [...path, 'inputs', input], text, axes)
  return { job, legs: matrix === 'wrong' ? 0 : countLegs(check, at('matrix'), matrix, { pipeline, job: name }) }
}

interface JobWithLegs {
  readonly job: Job
  readonly legs: number
}

function readRetries(retries: JobSpec['retries']): Job['retries'] {
  if (typeof retries === 'number') return { max: retries, delayMs: 0 }
  return { max: retries.max, delayMs: parseDuration(retries.delay) ?? 0 }
}

function reportPaths(
  check: Check,
  path: KeyPath,
  text: string,
  axes: Record<string, readonly MatrixValue[]> | null,
): void {
  for (const problem of checkText(text, { axes })) check.report(path, `${keyName(path)} ${problem}`)
}

/** Names each once. Those that are no job, or the job itself, are reported and left out. */
function readNeeds(
  check: Check,
  path: KeyPath,
  needs: string | readonly string[],
  jobNames: readonly string[],
  self?: string,
): string[] {
  const known = new Set(jobNames)
  const names = typeof needs === 'string' ? [needs] : needs
  const good = names.filter((name, index) => {
    const at = typeof needs === 'string' ? path : [...path, index]
    if (name === self) check.report(at, `${quote(name)} needs itself, so it could never start; remove it from "needs"`)
    else if (!known.has(name))
      check.report(
        at,
        `"needs" names ${quote(name)}, which is no job of this pipeline; ${didYouMean(name, jobNames, 'its jobs are')}`,
      )
    return name !== self && known.has(name)
  })
  return [...new Set(good)]
}

function didYouMean(name: string, candidates: readonly string[], otherwise: string): string {
  const nearest = nearestName(name, candidates)
  if (nearest !== null) return `did you mean "${nearest}"?`
  return candidates.length === 0 ? 'there are none' : `${otherwise} ${candidates.slice(0, 10).join(', ')}`
}

/** `spec` is undefined for a job without a matrix, and null for one whose matrix has the wrong shape. */
function readMatrix(check: Check, path: KeyPath, spec: JobSpec['matrix'] | null): Matrix | null | 'wrong' {
  if (spec === undefined) return null
  if (spec === null) return 'wrong'
  const { include = [], exclude = [], ...axes } = spec
  const resolved = Object.entries(axes).map(
    ([axis, values]) => [axis, resolveAxis(check, [...path, axis], values)] as const,
  )
  const known = resolved.flatMap(([axis, values]) => (values === null ? [] : [[axis, values] as const]))
  for (const [index, entry] of exclude.entries()) {
    for (const axis of Object.keys(entry).filter((key) => !Object.hasOwn(axes, key))) {
      const at = [...path, 'exclude', index, axis]
      check.report(
        at,
        `"exclude" names an axis ${quote(axis)}, which the matrix does not have; ${didYouMean(axis, Object.keys(axes), 'it has')}`,
        true,
      )
    }
  }
  return known.length < resolved.length ? 'wrong' : { axes: Object.fromEntries(known), include, exclude }
}

function resolveAxis(
  check: Check,
  path: KeyPath,
  values: string | readonly MatrixValue[],
): readonly MatrixValue[] | null {
  if (typeof values !== 'string') return values
  const name = values.slice(1)
  const matrices = check.keysOf(['matrices'])
  if (matrices.includes(name)) return check.valid(matrixValuesSchema, ['matrices', name])
  const others = matrices.map((matrix) => `$${matrix}`)
  check.report(
    path,
    `${keyName(path)} names ${quote(values)}, but "matrices" has no ${quote(name)}; ${didYouMean(values, others, 'it has')}`,
  )
  return null
}

/** Returns how many legs the job has; 0 when it has too many or none. */
function countLegs(
  check: Check,
  path: KeyPath,
  matrix: Matrix | null,
  owner: { pipeline: string; job: string },
): number {
  if (matrix === null) return 1
  const product = countAxesProduct(matrix)
  if (product > MAX_AXES_PRODUCT) {
    check.report(
      path,
      `"matrix" has ${product} combinations before "exclude"; a job may have at most ${MAX_LEGS_PER_JOB} legs`,
    )
    return 0
  }
  const combinations = expandMatrix(matrix)
  if (combinations.length > MAX_LEGS_PER_JOB) {
    check.report(
      path,
      `"matrix" has ${combinations.length} combinations; a job may have at most ${MAX_LEGS_PER_JOB} legs`,
    )
    return 0
  }
  if (combinations.length === 0) {
    const why = product > 0 ? 'loses all its combinations to "exclude"' : 'is empty'
    check.report(path, `"matrix" ${why}, so the job would run nothing; give it an axis with values, or remove it`)
  }
  const names = new Set<string>()
  for (const combination of combinations) {
    const name = legName(owner.pipeline, owner.job, combination)
    if (names.has(name)) {
      check.report(
        path,
        `"matrix" has two combinations whose check runs would both be called ${quote(name)}; make their values differ, or give maps a "name"`,
      )
      break
    }
    names.add(name)
  }
  return combinations.length
}

function readGate(check: Check, path: KeyPath, id: string, jobNames: readonly string[]): Gate {
  const { shape } = gateSchema
  const needs = check.valid(shape.needs, [...path, 'needs']) ?? []
  return {
    id,
    name: check.valid(shape.name, [...path, 'name']) ?? '',
    needs: readNeeds(check, [...path, 'needs'], needs, jobNames),
  }
}

/** Each job after those that it needs; among those that may come next, the first in the file. */
function orderJobs(check: Check, path: KeyPath, jobs: readonly Job[]): Job[] {
  const ordered: Job[] = []
  const placed = new Set<string>()
  const isReady = (job: Job) => job.needs.every((need) => placed.has(need))
  const waiting = [...jobs]
  for (;;) {
    const next = waiting.findIndex(isReady)
    const [job] = next === -1 ? [] : waiting.splice(next, 1)
    if (job === undefined) break
    ordered.push(job)
    placed.add(job.name)
  }
  reportCycles(check, path, waiting)
  return ordered
}

/** Every one of these jobs needs another of them. Each circle is reported once, at the job that is first in the file. */
function reportCycles(check: Check, path: KeyPath, jobs: readonly Job[]): void {
  const byName = new Map(jobs.map((job) => [job.name, job]))
  const seen = new Set<string>()
  for (const start of jobs) {
    const walk: string[] = []
    let name: string | undefined = start.name
    while (name !== undefined && !seen.has(name)) {
      seen.add(name)
      walk.push(name)
      name = byName.get(name)?.needs.find((need) => byName.has(need))
    }
    const circle = name === undefined ? [] : walk.slice(walk.indexOf(name))
    if (name === undefined || !walk.includes(name)) continue
    const first = jobs.findIndex((job) => circle.includes(job.name))
    const begin = circle.indexOf(jobs[first]?.name ?? name)
    const turned = [...circle.slice(begin), ...circle.slice(0, begin)]
    const message = `these jobs wait for one another: ${showCircle(turned)}; remove one of these "needs"`
    check.report([...path, turned[0] ?? name, 'needs'], message)
  }
}

function showCircle(names: readonly string[]): string {
  const shown = names.length <= 10 ? names : [...names.slice(0, 8), `${names.length - 8} more`]
  return [...shown, names[0]].join(' → ')
}

/** A gate's check run must not be mistaken for another gate's, nor for a leg's. */
function reportCheckNames(check: Check, pipelines: readonly Pipeline[]): void {
  const jobs = new Set(
    pipelines.flatMap((pipeline) =>
      check.keysOf(['pipelines', pipeline.name, 'jobs']).map((job) => `${pipeline.name} / ${job}`),
    ),
  )
  const owners = new Map<string, string>()
  for (const pipeline of pipelines) {
    for (const gate of pipeline.gates) {
      const path = ['pipelines', pipeline.name, 'gates', gate.id, 'name']
      const owner = owners.get(gate.name)
      if (owner !== undefined && gate.name !== '') {
        check.report(
          path,
          `the check name ${quote(gate.name)} belongs to ${owner} already; a required check must be one gate, so choose another name`,
        )
      }
      owners.set(gate.name, owner ?? formatKeyPath(path.slice(0, -1)))
      const job = [gate.name, gate.name.replace(/ \(.*\)$/, '')].find((candidate) => jobs.has(candidate))
      if (job !== undefined) {
        check.report(
          path,
          `the check name ${quote(gate.name)} is how legs of the job ${quote(job)} are called; choose another name`,
        )
      }
    }
  }
}

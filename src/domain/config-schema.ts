/**
 * The shape of `.github/signalbox.yml`: its keys, their types, their defaults. This is the only place that knows
 * them; the JSON Schema for editors and the reference in the documentation are made from it. What needs more than one
 * value to judge, such as whether a job in `needs` exists, is `parse-config.ts`'s.
 */

import { z } from 'zod'
import { CONCURRENCY_RULES, FORK_RULES, MAX_INPUTS, MAX_LEGS_PER_JOB, nearestName } from './config.ts'
import type { KeyPath } from './extend-config.ts'
import { checkGlob, checkGlobList } from './globs.ts'

export const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/
const NAME_RULE =
  'must be a name of at most 100 letters, digits, "_", "." and "-" that begins with a letter, a digit or "_"'
/** As GitHub has it for the inputs and the matrix of a workflow; without a dot, which separates an axis from a field. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/
const IDENTIFIER_RULE = 'must be a name of at most 100 letters, digits, "_" and "-" that begins with a letter or "_"'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
export const DURATION = /^(?=\d)(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/
const DURATION_RULE = 'must be a duration with its unit, such as "90s", "60m", "1h30m" or "2d"'

/** Milliseconds of `5s`, `60m`, `1h30m` or `2d`; null: not a duration. */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text)
  if (match === null) return null
  const [days, hours, minutes, seconds] = match.slice(1).map((digits) => Number(digits ?? 0))
  return (days ?? 0) * DAY + (hours ?? 0) * HOUR + (minutes ?? 0) * MINUTE + (seconds ?? 0) * SECOND
}

/** Adds a check whose message ends a sentence about the key that holds the value; null: nothing is wrong. */
function judged<Schema extends z.ZodType>(schema: Schema, judge: (value: z.output<Schema>) => string | null): Schema {
  return schema.check((context) => {
    // What is wrong already would only have follow-on problems.
    const message = context.issues.length > 0 ? null : judge(context.value)
    if (message !== null) context.issues.push({ code: 'custom', message, input: context.value })
  })
}

const name = z.string().regex(NAME, NAME_RULE)
const identifier = z.string().regex(IDENTIFIER, IDENTIFIER_RULE)

function duration(bounds: { least: string; most: string }) {
  const [least, most] = [parseDuration(bounds.least) ?? 0, parseDuration(bounds.most) ?? 0]
  return judged(z.string(DURATION_RULE).regex(DURATION, DURATION_RULE), (text) => {
    const length = parseDuration(text)
    if (length === null || (length >= least && length <= most)) return null
    return `must be from ${bounds.least} to ${bounds.most}, but it is ${text}`
  })
}

const pattern = { title: 'pattern' }
const globs = (what: string) =>
  z.array(judged(z.string(), checkGlob).meta(pattern), `must be a list of patterns, such as ${what}`)

/** Patterns where order matters, because a `!` takes away from those before it. */
const orderedGlobs = (what: string) =>
  judged(
    z.array(
      judged(z.string(), (text) => checkGlob(text.replace(/^!(?!\()/, ''))).meta(pattern),
      `must be a list of patterns, such as ${what}`,
    ),
    checkGlobList,
  )

const paths = orderedGlobs('["src/**", "!src/**/*.md"]')
  .optional()
  .describe(
    'Files that count: the pipeline runs when a changed file matches. Globs; a `!` takes away from those before it. ' +
      'Default: every file.',
  )
const pathsIgnore = globs('["docs/**", "**/*.md"]')
  .optional()
  .describe('Files that do not count, even when `paths` has them. Globs. Default: none.')
const branches = (which: string) =>
  orderedGlobs('[main, "release/**"]')
    .optional()
    .describe(`${which}. Globs; a \`!\` takes away from those before it. Default: every branch.`)

const pushTrigger = z
  .strictObject(
    { branches: branches('Branches whose pushes run the pipeline'), paths, paths_ignore: pathsIgnore },
    'must be a map, such as { branches: [main] }',
  )
  .nullable()

const tagTrigger = z
  .strictObject(
    {
      include: orderedGlobs('["v*"]').optional().describe('Tags that run the pipeline. Globs. Default: every tag.'),
      exclude: globs('["ext-v*"]')
        .optional()
        .describe('Tags that do not, even when `include` has them. Globs. Default: none.'),
    },
    'must be a map, such as { include: ["v*"] }',
  )
  .nullable()

const pullRequestTrigger = z
  .strictObject(
    {
      branches: branches('Base branches whose pull requests run the pipeline'),
      paths,
      paths_ignore: pathsIgnore,
      drafts: z.boolean().default(true).describe('Whether draft pull requests run the pipeline. Default: true.'),
    },
    'must be a map, such as { branches: [main] }',
  )
  .nullable()

const mergeGroupTrigger = z
  .strictObject(
    { branches: branches('Base branches whose merge queues run the pipeline') },
    'must be a map, such as { branches: [main] }',
  )
  .nullable()

const triggers = judged(
  z.strictObject(
    {
      push: pushTrigger
        .optional()
        .describe('A push to a branch. Every pushed commit has a run of its own. Default: does not run the pipeline.'),
      tag: tagTrigger.optional().describe('A pushed tag. Default: does not run the pipeline.'),
      pull_request: pullRequestTrigger
        .optional()
        .describe('A pull request that is opened, reopened or has new commits. Default: does not run the pipeline.'),
      merge_group: mergeGroupTrigger
        .optional()
        .describe('A group of pull requests in the merge queue. Default: does not run the pipeline.'),
      manual: z
        .strictObject({}, 'must be left empty')
        .nullable()
        .optional()
        .describe(
          'A `repository_dispatch` event of type `signalbox`, the command line or the dashboard. Default: does not run the pipeline.',
        ),
    },
    'must be a map of triggers, such as { push: { branches: [main] } }',
  ),
  (on) =>
    Object.keys(on).length > 0
      ? null
      : 'starts on nothing; name at least one of push, tag, pull_request, merge_group and manual',
)

const printable = judged(z.string(), (text) =>
  /\p{Cc}/u.test(text) ? 'holds a control character, which no name can show' : null,
)
const scalar = z.union([printable, z.number(), z.boolean()], 'must be text, a number, true or false')
const fields = judged(z.record(identifier, scalar), (entries) =>
  Object.keys(entries).length > 0 ? null : 'is an empty map; give it a field',
)
const matrixValue = z
  .union([printable, z.number(), z.boolean(), fields], 'must be text, a number, true, false or a map of such')
  .meta({ title: 'value' })
const axisValues = judged(z.array(matrixValue, 'must be a list of values'), (values) =>
  values.length > 0 ? null : 'has no values; a matrix with an empty axis runs nothing',
)
const combination = judged(z.record(identifier, matrixValue), (entry) =>
  Object.keys(entry).length > 0 ? null : 'is an empty map; name an axis and its value',
)
const combinations = judged(
  z.array(combination, 'must be a list of combinations, such as [{ os: ubuntu }]'),
  (entries) =>
    entries.length <= MAX_LEGS_PER_JOB ? null : `has ${entries.length} combinations; at most ${MAX_LEGS_PER_JOB}`,
)

const matrix = z
  .object(
    {
      include: combinations
        .optional()
        .describe(
          'Combinations that are added, or values added to the combinations that they fit, as in GitHub Actions. Default: none.',
        ),
      exclude: combinations
        .optional()
        .describe('Partial combinations; those that match one are removed, as in GitHub Actions. Default: none.'),
    },
    'must be a map of axes, such as { base_image: $base_image }',
  )
  .catchall(
    z
      .union(
        [
          z
            .string()
            .regex(
              /^\$[A-Za-z_][A-Za-z0-9_-]{0,99}$/,
              'must be a list of values, or "$" and the name of a matrix of "matrices"',
            ),
          axisValues,
        ],
        'must be a list of values, or "$" and the name of a matrix of "matrices"',
      )
      .describe('An axis: its values, or `$name` for the values of a matrix of `matrices`. Default: none.'),
  )
  .check((context) => {
    for (const axis of Object.keys(context.value)) {
      if (IDENTIFIER.test(axis)) continue
      context.issues.push({ code: 'custom', message: IDENTIFIER_RULE, path: [axis], input: axis })
    }
  })

const retryCount = z.int('must be a whole number').min(0, 'must be from 0 to 10').max(10, 'must be from 0 to 10')
const retries = z.union(
  [
    retryCount,
    z.strictObject({
      max: retryCount
        .default(0)
        .describe('How many more attempts a leg has after one that failed: 0 to 10. Default: 0.'),
      delay: duration({ least: '0s', most: '1d' })
        .default('0s')
        .describe('How long to wait before each of them. A duration from 0s to 1d. Default: 0s.'),
    }),
  ],
  'must be a whole number from 0 to 10, or a map such as { max: 2, delay: 5s }',
)

const inputs = z
  .record(identifier, z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false'))
  .check((context) => {
    const names = Object.keys(context.value)
    if (names.length > MAX_INPUTS) {
      const message = `has ${names.length} inputs; GitHub takes ${MAX_INPUTS + 1}, and one of them is "signalbox"`
      context.issues.push({ code: 'custom', message, input: context.value })
    }
    for (const input of names.filter((candidate) => candidate.toLowerCase() === 'signalbox')) {
      const message = 'is the input that Signalbox itself fills in; choose another name'
      context.issues.push({ code: 'custom', message, path: [input], input })
    }
  })

export const EXTENDS_RULE = 'must be "repo", "owner/repo" or "owner/repo:path/to/file.yml"'
const WORKFLOW_RULE = 'must be the file name of a workflow in .github/workflows, such as "build.yml"'
const needs = (what: string) =>
  z.union([name, z.array(name)], `must be the name of a job or a list of them, such as ${what}`)

/** One entry of `jobs`, apart from what other entries say. */
export const jobSchema = z.strictObject(
  {
    workflow: z
      .string(WORKFLOW_RULE)
      .regex(/^(?:\.github\/workflows\/)?[^/\s][^/\r\n\t]{0,199}\.ya?ml$/, WORKFLOW_RULE)
      .describe(
        'File name of the executor workflow in `.github/workflows`, which has a `workflow_dispatch` trigger: ends in `.yml` or `.yaml`. Required.',
      ),
    ref: judged(z.string(), (ref) =>
      /^\S{1,255}$/.test(ref.replaceAll(/\$\{\{.*?\}\}/g, 'x'))
        ? null
        : 'is not a branch or a tag, which has 1 to 255 characters and no spaces',
    )
      .optional()
      .describe(
        `Branch or tag whose workflow file is dispatched; may hold \`\${{ … }}\`. Default: the default branch, whose workflow files are trusted.`,
      ),
    needs: needs('[build, lint]')
      .optional()
      .describe(
        'Jobs of this pipeline that must have succeeded, with all their legs, before this one starts. Default: none.',
      ),
    matrix: matrix
      .optional()
      .describe(
        'Axes whose combinations are the legs of the job: 1 to 256 legs. Default: none, and the job is one leg.',
      ),
    fail_fast: z
      .boolean()
      .default(true)
      .describe('Whether one failed leg cancels the other legs of the job. Default: true.'),
    max_parallel: z
      .int('must be a whole number')
      .min(1, 'must be from 1 to 256')
      .max(MAX_LEGS_PER_JOB, 'must be from 1 to 256')
      .optional()
      .describe('Most legs of the job that work at once: 1 to 256. Default: no bound.'),
    retries: retries
      .default(0)
      .describe('More attempts for a leg that failed: their number, or a map with a delay. Default: 0.'),
    timeout: duration({ least: '1s', most: '35d' })
      .default('6h')
      .describe('How long one attempt may take before it is cancelled. A duration from 1s to 35d. Default: 6h.'),
    inputs: inputs
      .optional()
      .describe(
        `Inputs of the workflow: text, numbers, true or false, which may hold \`\${{ … }}\`; at most ${MAX_INPUTS}. All arrive as text. Default: none.`,
      ),
    image: name.optional().describe('Name of the image that the job builds or uses. Default: none.'),
    forks: z
      .enum(FORK_RULES)
      .default('run')
      .describe(
        'What a pull request from a fork does: `run` it, `build-only` without pushing anything, or `skip` it. Default: run.',
      ),
  },
  'must be a map, such as { workflow: build.yml }',
)

/** One entry of `gates`. */
export const gateSchema = z.strictObject(
  {
    name: judged(z.string('must be the name of a check, such as "All Tests Passed"'), (text) => {
      if (!/^\S(?:.{0,98}\S)?$/u.test(text) || /\p{Cc}/u.test(text)) {
        return 'must be 1 to 100 characters in one line, without spaces around them'
      }
      return text.includes('${{') ? 'must be the same for every run, so it cannot hold "${{"' : null
    }).describe('Name of the check run that branch protection requires: 1 to 100 characters. Required.'),
    needs: judged(needs('[test]'), (jobs) =>
      jobs.length > 0 ? null : 'names no job; a gate waits for at least one',
    ).describe('Jobs of this pipeline whose legs must all succeed. Required.'),
  },
  'must be a map, such as { name: All Tests Passed, needs: [test] }',
)

/** One entry of `pipelines`. */
export const pipelineSchema = z.strictObject(
  {
    on: triggers.describe(
      'What starts the pipeline: at least one trigger. A trigger without settings may be left empty. Required.',
    ),
    concurrency: z
      .enum(CONCURRENCY_RULES)
      .default('cancel')
      .describe(
        'What a new commit of a pull request does to the run of the older one: `cancel` it, or `keep` both. Pushes and tags always stand alone. Default: cancel.',
      ),
    jobs: judged(
      z.record(name, jobSchema, 'must be a map of jobs, such as { build: { workflow: build.yml } }'),
      (jobs) => (Object.keys(jobs).length > 0 ? null : 'is empty; a pipeline has at least one job'),
    ).describe('The jobs of the pipeline, by name. Required.'),
    gates: z
      .record(name, gateSchema)
      .optional()
      .describe('Check runs that aggregate jobs, by an id of your choice: the required checks. Default: none.'),
  },
  'must be a map with "on" and "jobs"',
)

/** One entry of `matrices`. */
export const matrixValuesSchema = axisValues

const RESERVED = ' Reserved: accepted, but not looked at yet. Default: none.'

/** The whole file. */
export const configSchema = z
  .strictObject({
    version: z.literal(1, 'must be 1').describe('Version of this format: 1. Required.'),
    _extends: z
      .string(EXTENDS_RULE)
      .optional()
      .describe(
        'A file that this one adds to: `repo`, `owner/repo` or `owner/repo:path`; the path is `.github/signalbox.yml` unless it says another. Default: none.',
      ),
    matrices: z
      .record(identifier, matrixValuesSchema)
      .optional()
      .describe('Lists of values, by name, that several jobs use as an axis with `$name`. Default: none.'),
    pipelines: z.record(name, pipelineSchema).optional().describe('The pipelines, by name. Default: none.'),
    forks: z.unknown().optional().describe(`What pull requests from forks may do.${RESERVED}`),
    label_actions: z.unknown().optional().describe(`Workflows that a label on a pull request starts.${RESERVED}`),
    previews: z.unknown().optional().describe(`Deployments that a label on a pull request asks for.${RESERVED}`),
    images: z.unknown().optional().describe(`The images that jobs build.${RESERVED}`),
    stale: z.unknown().optional().describe(`How issues and pull requests without activity are closed.${RESERVED}`),
    cleanup: z.unknown().optional().describe(`Which old workflow runs and images are deleted.${RESERVED}`),
    pull_request_summary: z
      .unknown()
      .optional()
      .describe(`The block that is kept in a pull request's description.${RESERVED}`),
  })
  .meta({ title: 'Signalbox configuration', description: 'The pipelines of a repository: .github/signalbox.yml.' })

/** A JSON Schema, as far as this project reads one. */
export interface JsonSchema {
  readonly title?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/** The schema of the file as JSON Schema 2020-12. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' }) as JsonSchema
}

/** Something in the shape of a value that is wrong, said as a whole sentence. */
export interface ShapeProblem {
  readonly path: KeyPath
  readonly message: string
  /** Whether the key is what is wrong, rather than its value. */
  readonly onKey: boolean
}

/** All that is wrong with the shape of a configuration. */
export function shapeProblems(value: unknown): ShapeProblem[] {
  const result = configSchema.safeParse(value, { error: expectation })
  return (result.error?.issues ?? []).flatMap((issue) => phrase(issue, value, []))
}

/** What a value must be, where the schema itself does not say it. */
function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${issue.values
        .map((option) => JSON.stringify(option))
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1')}`
    default:
      return 'is not what is expected here'
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
}

function phrase(issue: z.core.$ZodIssue, root: unknown, prefix: KeyPath): ShapeProblem[] {
  const path = [...prefix, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))]
  const onKey = false
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, path), onKey: true }))
    case 'invalid_key':
      return [{ path, message: `the key ${quote(path.at(-1))} ${issue.issues[0]?.message}`, onKey: true }]
    case 'custom':
      return [{ path, message: `${keyName(path)} ${issue.message}`, onKey }]
    case 'invalid_union': {
      const fitting = issue.errors.filter((branch) => !branch.some(isWrongTypeOfItself))
      const [only] = fitting
      if (only !== undefined && fitting.length === 1) return only.flatMap((nested) => phrase(nested, root, path))
    }
  }
  const actual = valueAt(root, path)
  if (actual !== undefined)
    return [{ path, message: `${keyName(path)} ${issue.message}, but it is ${show(actual)}`, onKey }]
  const parent = path.slice(0, -1)
  return [
    { path: parent, message: `${keyName(parent)} has no ${quote(path.at(-1))}, which ${issue.message}`, onKey: true },
  ]
}

function isWrongTypeOfItself(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_union')
}

const JSON_SCHEMA = configJsonSchema()

function unknownKey(key: string, path: KeyPath): string {
  const known = knownKeys(JSON_SCHEMA, path)
  const nearest = nearestName(key, known)
  const remedy = nearest === null ? `it takes ${known.join(', ') || 'no keys'}` : `did you mean "${nearest}"?`
  return `${keyName(path)} has an unknown key ${quote(key)}; ${remedy}`
}

function knownKeys(schema: JsonSchema, path: KeyPath): string[] {
  const [step, ...rest] = path
  const options = [schema, ...(schema.anyOf ?? [])]
  if (step === undefined) return options.flatMap((option) => Object.keys(option.properties ?? {}))
  return options.flatMap((option) => {
    const { additionalProperties: others } = option
    const next =
      typeof step === 'number'
        ? option.items
        : (option.properties?.[step] ?? (typeof others === 'object' ? others : undefined))
    return next === undefined ? [] : knownKeys(next, rest)
  })
}

/** The value at a path; undefined: there is none. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    return (value as Record<string | number, unknown>)[step]
  }, root)
}

/** How a sentence names the value at a path: `"needs"`, `item 2 of "needs"`, `the file`. */
export function keyName(path: KeyPath): string {
  const last = path.at(-1)
  if (last === undefined) return 'the file'
  if (typeof last === 'string') return quote(last)
  return `item ${last + 1} of ${keyName(path.slice(0, -1))}`
}

/** In quotes, cut to a length that a line can hold, without anything that a terminal would obey. */
export function quote(text: string | number | undefined): string {
  const shown = String(text)
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 60)}…` : shown)
}

/** How a sentence says what a value is: `the text "x"`, `the number 5`, `a list`, `empty`. */
export function show(value: unknown): string {
  if (value === null) return 'empty'
  if (typeof value === 'string') return value === '' ? 'an empty text' : `the text ${quote(value)}`
  if (typeof value === 'number') return `the number ${value}`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  return typeof value === 'object' ? 'a map' : String(value)
}

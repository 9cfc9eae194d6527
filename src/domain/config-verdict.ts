/**
 * What is said of a pull request's own version of the configuration, which is judged and not followed. One that is wrong
 * fails, with each problem at its line; one that is right tells what it would change for this very pull request, by
 * planning both versions for it. A gate that goes is told first: where it is a required check, a pull request waits for
 * it for ever.
 */
import { quote } from './config/problem-wording.ts'
import { CONFIG_PATH, type Config, type ConfigProblem, type Job } from './config.ts'
import { formatProblem, type ParsedConfig } from './parse-config.ts'
import { type ChangedFiles, type LegPlan, planRuns } from './plan.ts'
import type { Annotation, ConfigVerdict } from './run.ts'
import type { Trigger } from './trigger.ts'
import { count } from './wording.ts'

interface ConfigChange {
  readonly now: Date
  readonly trigger: Trigger
  readonly changed: ChangedFiles
  /** Of the base branch; null: there is none there, or none that is right. */
  readonly base: Config | null
  readonly head: ParsedConfig
}

type Difference = ConfigVerdict['differences'][number]

/** What GitHub takes in one request. */
export const MAX_ANNOTATIONS = 50
export const MAX_DIFFERENCES = 100
/** Of a check run or an annotation: what GitHub takes, or less. */
const MAX_TITLE = 250
const MAX_MESSAGE = 50_000

export function judgeConfigChange(facts: ConfigChange): ConfigVerdict {
  const { head } = facts
  return head.ok ? judgeDifferences(facts, head.config) : judgeProblems(head.problems)
}

function judgeProblems(problems: readonly ConfigProblem[]): ConfigVerdict {
  const [first] = problems
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  const said = `${count(problems.length, 'problem')}: ${first === undefined ? '' : formatProblem(first)}`
  const headline = `${said.slice(0, MAX_TITLE - more.length).toWellFormed()}${more}`
  return { conclusion: 'failure', headline, differences: [], annotations: annotateProblems(problems) }
}

/** Lines of other files cannot be pointed to: what is wrong there is told at the top of this one. */
function annotateProblems(problems: readonly ConfigProblem[]): Annotation[] {
  const own = problems.filter((problem) => problem.path === CONFIG_PATH)
  const elsewhere = problems.filter((problem) => problem.path !== CONFIG_PATH)
  const annotations = own.map(({ line, at, message }) => annotate(line, 'failure', at || CONFIG_PATH, message))
  if (elsewhere.length > 0) {
    const title = `${count(elsewhere.length, 'problem')} in files that this one extends`
    const listed = elsewhere.slice(0, MAX_ANNOTATIONS).map((problem) => formatProblem(problem))
    if (elsewhere.length > MAX_ANNOTATIONS) listed.push(`… and ${elsewhere.length - MAX_ANNOTATIONS} more`)
    annotations.unshift(annotate(1, 'failure', title, listed.join('\n')))
  }
  return annotations.slice(0, MAX_ANNOTATIONS)
}

function annotate(line: number, level: Annotation['level'], title: string, message: string): Annotation {
  const cut = (text: string, most: number) => text.slice(0, most).toWellFormed()
  return { path: CONFIG_PATH, line, level, title: cut(title, MAX_TITLE), message: cut(message, MAX_MESSAGE) }
}

function judgeDifferences(facts: ConfigChange, head: Config): ConfigVerdict {
  const before = facts.base === null ? EMPTY : planned(facts, facts.base)
  const after = planned(facts, head)
  const gates = compare('gate', before.gates, after.gates, (was, is) => (same(was, is) ? [] : ['needs']))
  const legs = compare('leg', before.legs, after.legs, changedSettings)
  // What is removed hurts most, and stands where the list is not cut off.
  const all = [...gates, ...legs]
  const sorted = [...all.filter(isRemoved), ...all.filter((difference) => !isRemoved(difference))]
  return {
    conclusion: 'success',
    headline: describeDifferences(sorted),
    differences: sorted.slice(0, MAX_DIFFERENCES),
    annotations: gates.filter(isRemoved).slice(0, MAX_ANNOTATIONS).map(warnOfGate),
  }
}

function isRemoved({ what }: Difference): boolean {
  return what === 'removed'
}

function warnOfGate({ name }: Difference): Annotation {
  const message = `With this configuration the gate ${quote(name)} is not posted on this pull request. Where it is a required check, the pull request waits for it for ever: change the branch protection or the ruleset first.`
  return annotate(1, 'warning', `Gate ${quote(name)} removed`, message)
}

interface PlannedLeg {
  readonly leg: LegPlan
  readonly job: Job | undefined
}

interface Planned {
  readonly legs: ReadonlyMap<string, PlannedLeg>
  /** By the name of the check run: the needs. */
  readonly gates: ReadonlyMap<string, readonly string[]>
}

const EMPTY: Planned = { legs: new Map(), gates: new Map() }

function planned({ trigger, changed, now }: ConfigChange, config: Config): Planned {
  const legs = new Map<string, PlannedLeg>()
  const gates = new Map<string, readonly string[]>()
  for (const run of planRuns(trigger, config, changed, now).runs) {
    const jobs = config.pipelines.find((pipeline) => pipeline.name === run.pipeline)?.jobs ?? []
    for (const leg of run.legs) legs.set(leg.name, { leg, job: jobs.find((job) => job.name === leg.job) })
    for (const gate of run.gates) gates.set(gate.name, gate.needs.toSorted())
  }
  return { legs, gates }
}

/** Of what is in both, only what differs. */
function compare<T>(
  subject: Difference['subject'],
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  details: (was: T, is: T) => string[],
): Difference[] {
  const removed = [...before.keys()].filter((name) => !after.has(name))
  const rest = [...after].flatMap(([name, is]): Difference[] => {
    const was = before.get(name)
    if (was === undefined) return [{ what: 'added', subject, name, details: [] }]
    const changed = details(was, is)
    return changed.length === 0 ? [] : [{ what: 'changed', subject, name, details: changed }]
  })
  return [...removed.map((name): Difference => ({ what: 'removed', subject, name, details: [] })), ...rest]
}

/** What people call the settings of a leg, each with what of it is compared. */
const SETTINGS: Readonly<Record<string, (planned: PlannedLeg) => unknown>> = {
  workflow: ({ leg: { start } }) => (start.kind === 'observe_check' ? null : start.workflow),
  ref: ({ leg: { start } }) => (start.kind === 'dispatch' ? start.ref : null),
  observe: ({ leg: { start } }) => (start.kind === 'dispatch' ? null : start),
  inputs: ({ leg }) => leg.toldInputs ?? leg.inputs,
  needs: ({ leg }) => leg.needs.toSorted(),
  matrix: ({ leg }) => leg.matrix,
  image: ({ leg }) => leg.image,
  'whether it is skipped': ({ leg }) => leg.skip,
  'what forks may do': ({ leg }) => [leg.hold, leg.buildOnly],
  fail_fast: ({ leg }) => leg.failFast,
  max_parallel: ({ leg }) => leg.maxParallel,
  retries: ({ leg }) => leg.retries,
  'time-out': ({ leg }) => leg.timeoutMs,
  report: ({ leg }) => leg.report,
  // The plan has it only where the files of the commit are known.
  reuse: ({ job }) => job?.reuse ?? null,
}

function changedSettings(was: PlannedLeg, is: PlannedLeg): string[] {
  return Object.entries(SETTINGS).flatMap(([name, settingOf]) => (same(settingOf(was), settingOf(is)) ? [] : [name]))
}

/** Whatever the order of their keys. */
function same(left: unknown, right: unknown): boolean {
  if (!isContainer(left) || !isContainer(right)) return left === right
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => same(valueAt(left, key), valueAt(right, key)))
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function valueAt(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value
}

function describeDifferences(differences: readonly Difference[]): string {
  if (differences.length === 0) return 'Valid. No leg and no gate changes for this pull request.'
  const gone = differences.find(({ what, subject }) => what === 'removed' && subject === 'gate')
  const listed = [describeCounts('gate', differences), describeCounts('leg', differences)].filter((part) => part !== '')
  const named = gone === undefined ? '' : ` Gate ${quote(gone.name)} is removed: is it a required check?`
  const hidden = differences.length - MAX_DIFFERENCES
  const more = hidden > 0 ? ` The first ${MAX_DIFFERENCES} are listed; ${hidden} more are not.` : ''
  return `Valid.${named} For this pull request: ${listed.join('; ')}.${more}`
}

/** `2 legs added, 1 removed, 1 changed`; empty: none of them differ. */
function describeCounts(subject: Difference['subject'], differences: readonly Difference[]): string {
  const order =
    subject === 'gate' ? (['removed', 'added', 'changed'] as const) : (['added', 'removed', 'changed'] as const)
  const counted = order
    .map((what) => ({ what, number: differences.filter((one) => one.subject === subject && one.what === what).length }))
    .filter(({ number }) => number > 0)
  return counted.map(({ what, number }, index) => `${index === 0 ? count(number, subject) : number} ${what}`).join(', ')
}

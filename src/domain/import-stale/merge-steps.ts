/**
 * Makes one section of the steps of a workflow, which actions/stale runs one after the other over everything, while here exactly
 * one set of rules decides about an item. Steps about issues alone and pull requests alone become one; a step about a label
 * becomes a rule. Whatever else would change what happens, and is refused.
 */

import { quote } from '../config/problem-wording.ts'
import type { Options, OptionValue, StaleStep } from './read-steps.ts'

export type MergedSteps =
  | { readonly ok: true; readonly section: Options; readonly rules: readonly Options[] }
  /** Why they cannot become one section, as a whole sentence. */
  | { readonly ok: false; readonly problem: string }

/** What belongs to the sweep, and not to a rule. */
const OF_SWEEP = ['operations_per_run', 'sort_by', 'ascending', 'debug_only'] as const

/** Options that are there for both kinds, and how the one for issues is called. */
const FOR_BOTH: readonly (readonly [general: string, special: (kind: 'issue' | 'pr') => string])[] = [
  ['days_before_stale', (kind) => `days_before_${kind}_stale`],
  ['days_before_close', (kind) => `days_before_${kind}_close`],
  ['only_labels', (kind) => `only_${kind}_labels`],
  ['any_of_labels', (kind) => `any_of_${kind}_labels`],
  ['exempt_milestones', (kind) => `exempt_${kind}_milestones`],
  ['exempt_all_milestones', (kind) => `exempt_all_${kind}_milestones`],
  ['exempt_assignees', (kind) => `exempt_${kind}_assignees`],
  ['exempt_all_assignees', (kind) => `exempt_all_${kind}_assignees`],
  ['remove_stale_when_updated', (kind) => `remove_${kind}_stale_when_updated`],
  ['ignore_updates', (kind) => `ignore_${kind}_updates`],
]

/** What both kinds share that have no form for one: only these matter to issues alone or to pull requests alone. */
const ONLY_OF: Readonly<Record<string, 'issue' | 'pr'>> = {
  close_issue_reason: 'issue',
  only_issue_types: 'issue',
  exempt_draft_pr: 'pr',
  delete_branch: 'pr',
}

/** What actions/stale does where nothing is said. */
const DEFAULTS: Options = {
  days_before_stale: 60,
  days_before_close: 7,
  close_issue_reason: 'not_planned',
  operations_per_run: 30,
  ascending: false,
  sort_by: 'created',
  debug_only: false,
}

export function mergeSteps(all: readonly StaleStep[], note: (sentence: string) => void): MergedSteps {
  const steps = mergeKinds(all, note)
  if ('problem' in steps) return { ok: false, problem: steps.problem }
  const sweep = mergeSweeps(all, note)
  if (!sweep.ok) return sweep
  const [first, ...more] = steps
  if (first !== undefined && more.length === 0)
    return { ok: true, section: { ...withoutSweep(first.options), ...sweep.options }, rules: [] }
  const general = steps.filter(({ options }) => labelsOf(options) === null)
  if (general.length > 1) return { ok: false, problem: tooGeneral(general) }
  const section = withoutSweep(general[0]?.options ?? { days_before_stale: -1, days_before_close: -1 })
  const names = new Set<string>()
  const rules = steps.flatMap(({ title, options }, index): Options[] => {
    const labels = labelsOf(options)
    if (labels === null) return []
    const name = unused(title, index, names)
    return [{ name, labels, ...complete(withoutSweep(options), section) }]
  })
  note(
    `${steps.map(({ title }) => title).join(', ')} become rules: the first that is about an issue or a pull request decides, where actions/stale let every step look at it.`,
  )
  return { ok: true, section: { ...section, ...sweep.options }, rules }
}

/** One step for each pair of which one leaves the pull requests alone, and the other the issues. */
function mergeKinds(
  steps: readonly StaleStep[],
  note: (sentence: string) => void,
): StaleStep[] | { readonly problem: string } {
  const [issues, pulls] = (['issue', 'pr'] as const).map((kind) =>
    steps.filter(
      ({ options }) => labelsOf(options) === null && handles(options, kind) && !handles(options, other(kind)),
    ),
  )
  const [forIssues, ...moreIssues] = issues ?? []
  const [forPulls, ...morePulls] = pulls ?? []
  if (!forIssues || !forPulls || moreIssues.length + morePulls.length > 0) return [...steps]
  const merged: Record<string, OptionValue> = {
    ...ofKind(forIssues.options, 'issue'),
    ...ofKind(forPulls.options, 'pr'),
  }
  for (const key of new Set([...Object.keys(forIssues.options), ...Object.keys(forPulls.options)])) {
    if (isOfKind(key) || isSweep(key)) continue
    const [mine, theirs] = [forIssues.options[key], forPulls.options[key]]
    if (JSON.stringify(mine) !== JSON.stringify(theirs))
      return {
        problem: `${forIssues.title} and ${forPulls.title} differ in ${quote(key)}, which is the same for issues and pull requests here; make it the same in both, or leave one step out`,
      }
    if (mine !== undefined) merged[key] = mine
  }
  noteClosing(forIssues, 'pull requests', 'pr', note)
  noteClosing(forPulls, 'issues', 'issue', note)
  const one = { title: `${forIssues.title} and ${forPulls.title}`, options: merged }
  return steps.flatMap((step) => (step === forIssues ? [one] : step === forPulls ? [] : [step]))
}

function noteClosing(
  { title, options }: StaleStep,
  what: string,
  kind: 'issue' | 'pr',
  note: (sentence: string) => void,
): void {
  const days = options[`days_before_${kind}_close`] ?? options.days_before_close ?? DEFAULTS.days_before_close
  if (Number(days) >= 0)
    note(`${title} also closed ${what} that another step had marked; now only that step's days count.`)
}

function other(kind: 'issue' | 'pr'): 'issue' | 'pr' {
  return kind === 'issue' ? 'pr' : 'issue'
}

function handles(options: Options, kind: 'issue' | 'pr'): boolean {
  return Number(options[`days_before_${kind}_stale`] ?? options.days_before_stale ?? DEFAULTS.days_before_stale) >= 0
}

function isOfKind(key: string): boolean {
  return (
    /(?:^|_)(?:issue|pr)_/.test(key) || Object.hasOwn(ONLY_OF, key) || FOR_BOTH.some(([general]) => general === key)
  )
}

function isSweep(key: string): boolean {
  return OF_SWEEP.some((one) => one === key)
}

/** What a step says of one kind, in words for this kind alone. */
function ofKind(options: Options, kind: 'issue' | 'pr'): Options {
  const own: Record<string, OptionValue> = {}
  for (const [general, special] of FOR_BOTH) {
    const value = options[special(kind)] ?? options[general]
    if (value !== undefined) own[special(kind)] = value
  }
  for (const [key, value] of Object.entries(options)) {
    const isTheirs = (ONLY_OF[key] ?? /(?:^|_)(issue|pr)_/.exec(key)?.[1]) === kind
    if (isTheirs && !FOR_BOTH.some(([, special]) => special(kind) === key)) own[key] = value
  }
  return own
}

const FOR_LABELS = [(kind: string) => `any_of_${kind}_labels`, (kind: string) => `only_${kind}_labels`]

/** The labels, one of which an item needs for the step to look at it, whatever it is; null: it looks at everything. */
function labelsOf(options: Options): string[] | null {
  const { any_of_labels: anyOf, only_labels: all } = options
  const isOfKind = FOR_LABELS.some((general) => ['issue', 'pr'].some((kind) => options[general(kind)] !== undefined))
  // What has the one, but not the other, would be nobody's.
  if (isOfKind || (anyOf !== undefined && all !== undefined)) return null
  if (Array.isArray(anyOf)) return anyOf
  return Array.isArray(all) && all.length === 1 ? all : null
}

function tooGeneral(steps: readonly StaleStep[]): string {
  const titles = steps.map(({ title }) => title).join(' and ')
  return `${titles} may all be about the same issues or pull requests, and here one set of rules decides about each; give all but one of them "any-of-labels", or a single label in "only-labels", for both kinds`
}

/** The budget is that of all steps together; an order and a trial are of the whole sweep. */
function mergeSweeps(
  steps: readonly StaleStep[],
  note: (sentence: string) => void,
): { readonly ok: true; readonly options: Options } | { readonly ok: false; readonly problem: string } {
  const merged: Record<string, OptionValue> = {}
  for (const key of OF_SWEEP) {
    const given = steps.map(({ options }) => options[key])
    const values = given.map((value) => value ?? DEFAULTS[key] ?? '')
    if (given.every((value) => value === undefined)) continue
    if (key === 'operations_per_run') merged[key] = values.reduce<number>((sum, value) => sum + Number(value), 0)
    else if (new Set(values).size > 1)
      return {
        ok: false,
        problem: `the steps differ in ${quote(key.replaceAll('_', '-'))}, which is the same for a whole sweep here; make it the same in all of them`,
      }
    else merged[key] = values[0] ?? ''
  }
  if (steps.length > 1 && merged.operations_per_run !== undefined)
    note(`"operations_per_run" is that of all ${steps.length} steps together.`)
  return { ok: true, options: merged }
}

function withoutSweep(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([key]) => !isSweep(key)))
}

/** A rule inherits from the section, which a step of a workflow does not: what only the section says is taken back. */
function complete(options: Options, section: Options): Options {
  const replaced = FOR_BOTH.flatMap(([general, special]) =>
    options[general] === undefined ? [] : [special('issue'), special('pr')],
  )
  const taken = Object.keys(section).filter((key) => options[key] === undefined && !replaced.includes(key))
  return { ...Object.fromEntries(taken.map((key) => [key, DEFAULTS[key] ?? ''])), ...options }
}

/** A name for a rule that no other has. */
function unused(title: string, index: number, names: Set<string>): string {
  const words = title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60)
  const wanted = words === '' ? `step-${index + 1}` : words
  const name = names.has(wanted) ? `${wanted}-${index + 1}` : wanted
  names.add(name)
  return name
}

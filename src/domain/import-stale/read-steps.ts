/**
 * Finds the steps of a workflow that use actions/stale, and reads what each asks for as Signalbox's own options. What cannot be
 * taken over is left out and noted: expressions, which nothing here evaluates, and what actions/stale does not know either.
 */

import { didYouMean, quote } from '../config/problem-wording.ts'
import { staleSchema } from '../config/stale-schema.ts'
import type { YamlValue } from '../config/yaml-tree.ts'

/** A value as the file has it: no text holds more than one thing. */
export type OptionValue = string | number | boolean | string[]
export type Options = Readonly<Record<string, OptionValue>>

export interface StaleStep {
  /** As a sentence names it. */
  readonly title: string
  readonly options: Options
}

/** What actions/stale does not know. */
const OURS: ReadonlySet<string> = new Set([
  'schedule',
  'keep_label',
  'activity',
  'bots',
  'only_waiting_for',
  'count_reactions',
  'count_mentions',
  'exempt_authors',
  'exempt_labels',
  'rules',
])

/** The options of actions/stale, in the order of the configuration. */
export const STALE_OPTIONS: readonly string[] = Object.keys(staleSchema.shape).filter((key) => !OURS.has(key))

/** Those without a meaning here, and why. */
const WITHOUT_MEANING: Readonly<Record<string, string>> = {
  repo_token: 'Signalbox writes with a token of its own',
  enable_statistics: 'every sweep is reported',
}

type Fields = { readonly [key: string]: YamlValue }

export function isMap(value: YamlValue | undefined): value is { [key: string]: YamlValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function readSteps(workflow: Fields, note: (sentence: string) => void): StaleStep[] {
  const jobs = isMap(workflow.jobs) ? Object.entries(workflow.jobs) : []
  return jobs.flatMap(([jobId, job]) => {
    const steps = isMap(job) && Array.isArray(job.steps) ? job.steps : []
    const jobRunsIf = isMap(job) ? job.if : undefined
    return steps.flatMap((step, index): StaleStep[] => {
      if (!isMap(step) || typeof step.uses !== 'string' || !/^actions\/stale@/i.test(step.uses)) return []
      const { name, id } = step
      const called = [name, id].find((text) => typeof text === 'string' && text !== '' && !text.includes('${{'))
      const title = called === undefined ? `step ${index + 1} of ${quote(jobId)}` : quote(String(called))
      for (const condition of [jobRunsIf, step.if])
        if (condition !== undefined)
          note(`${title} runs only if ${quote(String(condition))}, which is left out: a sweep has no condition.`)
      return [{ title, options: readOptions(isMap(step.with) ? step.with : {}, title, note) }]
    })
  })
}

function readOptions(inputs: Fields, title: string, note: (sentence: string) => void): Options {
  const read: Record<string, OptionValue> = {}
  for (const [input, value] of Object.entries(inputs)) {
    // As GitHub has it: the case of an input does not matter, and whatever it is becomes a text.
    const key = input.toLowerCase().replaceAll('-', '_')
    const text = isMap(value) || Array.isArray(value) ? null : String(value ?? '').trim()
    const leave = (why: string) =>
      note(`${quote(input)} of ${title} is left out: ${why.endsWith('?') ? why : `${why}.`}`)
    const reason = Object.hasOwn(WITHOUT_MEANING, key) ? WITHOUT_MEANING[key] : undefined
    if (reason !== undefined) leave(reason)
    else if (!STALE_OPTIONS.includes(key)) leave(`actions/stale has no such option; ${nearest(input)}`)
    else if (text === null) leave('it is a list or a map, where actions/stale takes a text')
    else if (text.includes('${{')) leave(`it holds ${quote(text)}, and nothing here evaluates expressions`)
    else {
      const option = toOption(key, text)
      if ('why' in option) leave(option.why)
      else if (option.value !== null) read[key] = option.value
    }
  }
  return Object.fromEntries(STALE_OPTIONS.flatMap((key) => (read[key] === undefined ? [] : [[key, read[key]]])))
}

function nearest(input: string): string {
  const known = STALE_OPTIONS.map((key) => key.replaceAll('_', '-'))
  return didYouMean(input, known, 'it has', known.length).replace(/^it has .*$/s, 'none is like it')
}

/** A null value: as if it were not given. */
function toOption(key: string, text: string): { readonly value: OptionValue | null } | { readonly why: string } {
  // An empty reason is GitHub's own, which is another than that of actions/stale.
  if (text === '') return { value: key === 'close_issue_reason' ? 'completed' : null }
  const kind = kindOf(key)
  const parsed = staleSchema.partial().safeParse({ [key]: text })
  if (!parsed.success) {
    const message = parsed.error.issues[0]?.message ?? 'is not what it takes'
    return { why: `it ${message}, and is ${quote(text)}` }
  }
  if (key === 'start_date' && Number.isNaN(Date.parse(text))) return { why: `${quote(text)} is no date` }
  if (kind === 'number') return { value: Number(text) }
  if (kind === 'flag') return { value: text === 'true' }
  if (kind === 'text') return { value: text }
  const parts = text.split(',').map((part) => part.trim())
  return { value: parts.filter((part) => part !== '') }
}

/** What a value of the option is, by what its schema takes. */
function kindOf(key: string): 'number' | 'flag' | 'list' | 'text' {
  const takes = (value: unknown) => staleSchema.safeParse({ [key]: value }).success
  if (takes([])) return 'list'
  if (takes(true)) return 'flag'
  return takes(1) ? 'number' : 'text'
}

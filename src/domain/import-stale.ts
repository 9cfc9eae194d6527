/**
 * Makes the `stale` section of a configuration from a workflow that uses actions/stale. What the section says happens as it did
 * before, which is why `activity` is `any`; what had to be left out, or is different, is noted in whole sentences. The workflow
 * is read like any strange file: bounded, and nothing of it is ever evaluated.
 */

import { Document, isSeq, visit } from 'yaml'
import { parseStaleConfig } from './config/parse-stale.ts'
import { quote } from './config/problem-wording.ts'
import { readLayer } from './config/read-layer.ts'
import { cronFields, schedule as scheduleSchema } from './config/schedule-schema.ts'
import { plainValue, type YamlValue } from './config/yaml-tree.ts'
import { MAX_CONFIG_BYTES } from './config.ts'
import { mergeSteps } from './import-stale/merge-steps.ts'
import { isMap, type Options, readSteps } from './import-stale/read-steps.ts'

export type ImportedStale =
  /** `yaml` is the section, for `.github/signalbox.yml`. Each note is a whole sentence. */
  | { readonly ok: true; readonly yaml: string; readonly notes: readonly string[] }
  /** Why there is nothing to import, as a whole sentence. */
  | { readonly ok: false; readonly problem: string }

/** @param path What problems call the file. */
export function importStale(workflowText: string, path: string): ImportedStale {
  const refuse = (problem: string): ImportedStale => ({ ok: false, problem: `${path}: ${problem}` })
  if (new TextEncoder().encode(workflowText).length > MAX_CONFIG_BYTES)
    return refuse(`the file has more than ${MAX_CONFIG_BYTES / 1024} KiB, which no workflow needs`)
  const { root, problems } = readLayer({ path, source: workflowText })
  const [first] = problems
  if (workflowText.trim() === '') return refuse('the file is empty; name the workflow that uses actions/stale')
  if (first !== undefined) return refuse(`line ${first.line}: ${first.message}`)
  const workflow = root === null ? null : plainValue(root.tree)
  if (workflow === null || !isMap(workflow)) return refuse('it is no workflow, which is a map with "on" and "jobs"')
  const notes: string[] = []
  const note = (sentence: string) => notes.push(sentence)
  const steps = readSteps(workflow, note)
  if (steps.length === 0) return refuse('no step of its jobs uses actions/stale; name the workflow that does')
  const merged = mergeSteps(steps, note)
  if (!merged.ok) return refuse(merged.problem)
  const schedule = readSchedule(workflow, note)
  const section = {
    ...(schedule === null ? {} : { schedule }),
    activity: 'any',
    ...merged.section,
    ...(merged.rules.length === 0 ? {} : { rules: merged.rules }),
  }
  const parsed = parseStaleConfig(section)
  if (!parsed.ok) return refuse(`what it says cannot be taken over: ${parsed.problems.join('; ')}`)
  noteDifferences(merged.section, note)
  return { ok: true, yaml: render(section), notes }
}

function readSchedule(
  workflow: { readonly [key: string]: YamlValue },
  note: (sentence: string) => void,
): string | null {
  const { on } = workflow
  const entries = isMap(on) && Array.isArray(on.schedule) ? on.schedule : []
  const crons = entries.flatMap((entry) => (isMap(entry) && typeof entry.cron === 'string' ? [entry.cron] : []))
  const [cron, ...others] = crons
  if (cron === undefined) {
    note('The workflow has no schedule, so nothing happens by itself before you add one: schedule: "30 1 * * *".')
    return null
  }
  for (const other of others)
    note(`The schedule ${quote(other)} is left out: there is one, and ${quote(cron)} is the first.`)
  if (scheduleSchema.safeParse(cron).success) return cron.trim()
  const fields = cronFields(cron)
  if (fields === null) {
    note(`The schedule ${quote(cron)} is left out: it is not cron with five fields.`)
    return null
  }
  const hourly = ['0', ...fields.slice(1)].join(' ')
  note(`The schedule ${quote(cron)} is more often than once an hour, and becomes ${quote(hourly)}.`)
  return hourly
}

function noteDifferences(section: Options, note: (sentence: string) => void): void {
  if (section.operations_per_run !== undefined)
    note('"operations_per_run" counts what is written; actions/stale also counts what it reads.')
  if (section.sort_by === undefined && section.ascending === undefined)
    note(
      'What was quiet for the longest time comes first; actions/stale begins with what is newest: sort_by: created, ascending: false.',
    )
  else if (section.sort_by === undefined || section.ascending === undefined)
    note('Where nothing is said, "sort_by" is activity and "ascending" is true; in actions/stale created and false.')
}

function render(section: object): string {
  const document = new Document({ stale: section }, { version: '1.2', schema: 'core', aliasDuplicateObjects: false })
  visit(document, {
    Seq(_key, node) {
      if (isSeq(node) && node.items.every((item) => !isMapNode(item))) node.flow = true
    },
  })
  return document.toString({ lineWidth: 110, flowCollectionPadding: false, blockQuote: 'literal' })
}

function isMapNode(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'items' in item
}

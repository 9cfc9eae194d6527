/**
 * Makes a `Config` from the text of `.github/signalbox.yml`, or says everything that is wrong with it at once, each
 * thing with its file, line and column. A part whose shape is wrong does not keep the others from being checked, but
 * one problem anywhere and there is no configuration at all: half a plan would be a gate that is silently green.
 * Nothing here throws on bad input, and no input takes more than bounded time, since strangers' pull requests are
 * checked too.
 */

import { reportLabels } from './config/check-labels.ts'
import { reportCheckNames } from './config/check-names.ts'
import { shapeProblems } from './config/check-shape.ts'
import { ConfigDocument } from './config/config-document.ts'
import { describeValue } from './config/problem-wording.ts'
import { readCleanup, readTrackingIssue } from './config/read-cleanup.ts'
import { readForks, readOverrideTeams } from './config/read-forks.ts'
import { readImages } from './config/read-image.ts'
import { readLabelActions } from './config/read-label-action.ts'
import { type ConfigLayer, readLayer } from './config/read-layer.ts'
import { readPipeline } from './config/read-pipeline.ts'
import { readPreviews } from './config/read-preview.ts'
import { readStale } from './config/read-stale.ts'
import { readSummary } from './config/read-summary.ts'
import { type Branch, childOf, plainValue, type YamlValue } from './config/yaml-tree.ts'
import type { Config, ConfigProblem } from './config.ts'
import { EXTENDS_RULE } from './config-schema.ts'
import { mergeLayers, parseExtends } from './extend-config.ts'

export type ParsedConfig =
  /** `source` is the merged document, as it was written. */
  | { readonly ok: true; readonly config: Config; readonly source: YamlValue }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

export interface ParseOptions {
  /** What problems call the file. */
  readonly path: string
  /** The files that it extends and an organisation's defaults, nearest first. */
  readonly defaults?: readonly ConfigLayer[]
}

const MAX_PROBLEMS = 100

export function parseConfig(source: Uint8Array | string, options: ParseOptions): ParsedConfig {
  const layers = [{ path: options.path, source }, ...(options.defaults ?? [])]
  const read = layers.map(readLayer)
  const roots = read.flatMap(({ root }) => root ?? [])
  const strange = roots.flatMap((root) => formatMismatch(root) ?? [])
  const problems = [
    ...read.flatMap((layer) => layer.problems),
    ...strange,
    ...roots.flatMap((root) => badReference(root) ?? []),
  ]
  const [nearest, ...others] = roots
  // To look closer at what is not of this format would only find follow-on problems.
  if (nearest === undefined || roots.length < layers.length || strange.length > 0) {
    return { ok: false, problems: arrange(problems, layers) }
  }
  const document = new ConfigDocument(mergeLayers(nearest, ...others))
  for (const { path, message, onKey } of shapeProblems(document.value)) document.report(path, message, onKey)
  const config = readConfig(document)
  const all = problems.concat(document.problems)
  if (all.length > 0) return { ok: false, problems: arrange(all, layers) }
  return { ok: true, config, source: document.value }
}

/** `path:line:column: message`. */
export function formatProblem(problem: ConfigProblem): string {
  return `${problem.path}:${problem.line}:${problem.column}: ${problem.message}`
}

/** Whole only if nothing was reported. */
function readConfig(document: ConfigDocument): Config {
  for (const name of document.keysOf(['matrices'])) document.reportChangedNumbers(['matrices', name])
  const pipelines = document.keysOf(['pipelines']).map((name) => readPipeline(document, name))
  const labelActions = readLabelActions(document)
  const previews = readPreviews(document, pipelines)
  const images = readImages(document, pipelines)
  reportCheckNames(document, pipelines, labelActions)
  reportLabels(document, labelActions, previews)
  return {
    forks: readForks(document),
    labelActions,
    previews,
    summary: readSummary(document, images),
    overrideTeams: readOverrideTeams(document),
    pipelines,
    images,
    stale: readStale(document),
    cleanup: readCleanup(document),
    trackingIssue: readTrackingIssue(document),
  }
}

/** Why a file, by itself, is not of this format or this version of it; null: it may be. */
function formatMismatch({ place, tree }: Branch): ConfigProblem | null {
  if (tree.kind !== 'map') {
    const actual = tree.kind === 'list' ? 'a list' : 'a single value'
    const message = `the file must be a map that begins with "version: 1", but it is ${actual}`
    return { ...place, at: '', message }
  }
  const version = childOf(tree, 'version')
  if (version?.tree.kind !== 'scalar' || typeof version.tree.value !== 'number' || version.tree.value === 1) return null
  const message = `version ${version.tree.text} is not one that this Signalbox reads; write "version: 1", or update Signalbox`
  return { ...version.place, at: 'version', message }
}

/** What is wrong with a file's `_extends`, which must be right in each file by itself; null: nothing. */
function badReference({ tree }: Branch): ConfigProblem | null {
  const reference = tree.kind === 'map' ? childOf(tree, '_extends') : undefined
  if (reference === undefined) return null
  const written = plainValue(reference.tree)
  if (typeof written === 'string' && parseExtends(written) !== null) return null
  return {
    ...reference.place,
    at: '_extends',
    message: `"_extends" ${EXTENDS_RULE}, but it is ${describeValue(written)}`,
  }
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

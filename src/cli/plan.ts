/** `signalbox plan`: what a trigger would start, before anything is dispatched or the app is even installed. */
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { CONFIG_PATH, type Config } from '../domain/config.ts'
import { formatProblem, parseConfig } from '../domain/parse-config.ts'
import { ALL_FILES, type ChangedFiles, planRuns } from '../domain/plan.ts'
import { readEvent } from '../domain/read-event.ts'
import type { Trigger } from '../domain/trigger.ts'
import { readGitRange } from './git-range.ts'
import { printable } from './printable.ts'
import { readInput } from './read-input.ts'
import { planToJson, renderPlan } from './render-plan.ts'

interface PlanOptions {
  readonly event?: string
  readonly payload?: string
  readonly fromGit?: string
  readonly config?: string
  readonly changedFiles?: string
  readonly json?: boolean
}

export function registerPlan(program: Command): void {
  program
    .command('plan')
    .description('Print what a trigger would start: pipelines, legs with their inputs, gates.')
    .option('--event <name>', 'the event, as in X-GitHub-Event: push, pull_request, …')
    .option('--payload <file>', "the event's payload, as GitHub sends it")
    .option('--from-git <base..head>', 'instead of a payload: plan a pull request of these commits of the local clone')
    .option('--config <file>', `the configuration (default: ${CONFIG_PATH})`)
    .option(
      '--changed-files <file>',
      'the changed files: one a line, or a JSON list (default: every file counts as changed)',
    )
    .option('--json', 'print JSON')
    .action(async (options: PlanOptions, command: Command) => {
      const { directory } = command.optsWithGlobals<{ directory: string }>()
      await plan(options, directory)
    })
}

async function plan(options: PlanOptions, directory: string): Promise<void> {
  const config = await readConfig(options.config ?? join(directory, CONFIG_PATH))
  if (config === null) return
  const subject = await readSubject(options, directory, config)
  if (typeof subject === 'string') {
    console.log(
      options.json
        ? JSON.stringify({ trigger: null, reason: subject, runs: [] }, null, 2)
        : printable(`Nothing is started: ${subject}.`),
    )
    return
  }
  const planned = planRuns(subject.trigger, config, subject.changed, new Date())
  console.log(options.json ? JSON.stringify(planToJson(planned), null, 2) : renderPlan(planned))
}

async function readConfig(file: string): Promise<Config | null> {
  const result = parseConfig(await readInput(file, 'the configuration'), { path: file })
  if (result.ok) return result.config
  for (const problem of result.problems) console.error(printable(formatProblem(problem)))
  process.exitCode = 1
  return null
}

/** A string: why the event starts nothing. */
async function readSubject(
  options: PlanOptions,
  directory: string,
  config: Config,
): Promise<{ trigger: Trigger; changed: ChangedFiles } | string> {
  if (options.fromGit !== undefined) return readGitRange(resolve(directory), options.fromGit)
  if (options.event === undefined || options.payload === undefined)
    throw new Error('plan needs --event NAME with --payload FILE, or --from-git BASE..HEAD.')
  const signal = readEvent(options.event, parseJson(await readInput(options.payload, 'the payload'), options.payload))
  const changed = await readChangedFiles(options.changedFiles)
  switch (signal.kind) {
    case 'trigger':
      return { trigger: signal.trigger, changed }
    case 'manual': {
      const { repo, branch: refName, reason, pipelines } = signal
      return { trigger: { kind: 'manual', repo, sha: '', refName, reason, pipelines, requestId: '' }, changed }
    }
    case 'malformed':
      throw new Error(`${options.payload}: ${signal.reason}`)
    case 'nothing':
      return signal.reason
    case 'pull_request_closed':
      return `pull request #${signal.number} was closed, which cancels its runs`
    case 'labels_changed':
      return describeLabel(signal.added, config)
    default:
      return `${options.event} starts no runs`
  }
}

/** What a label asks for is decided from the pull request, and from who applied it, which nobody is asked for here. */
function describeLabel(label: string | null, { labelActions, previews }: Config): string {
  const isIt = (other: { readonly label: string }) => other.label.toLowerCase() === label?.toLowerCase()
  const action = labelActions.find(isIt)
  const preview = previews.find(isIt)
  if (action !== undefined)
    return `no pipeline runs on labels; ${action.label} asks for ${action.workflow}, from somebody who may write`
  if (preview !== undefined)
    return `no pipeline runs on labels; ${preview.label} asks for the preview ${preview.name}, from somebody who may write`
  return 'no pipeline runs on labels'
}

async function readChangedFiles(file: string | undefined): Promise<ChangedFiles> {
  if (file === undefined) return ALL_FILES
  const text = new TextDecoder().decode(await readInput(file, 'the changed files'))
  if (!text.trimStart().startsWith('['))
    return { kind: 'listed', files: text.split(/\r?\n/).filter((line) => line !== '') }
  const list: unknown = parseJson(text, file)
  if (!Array.isArray(list) || !list.every((entry) => typeof entry === 'string'))
    throw new Error(`${file}: a JSON list of changed files must hold strings only.`)
  return { kind: 'listed', files: list }
}

function parseJson(source: Uint8Array | string, file: string): unknown {
  try {
    return JSON.parse(typeof source === 'string' ? source : new TextDecoder().decode(source))
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}.`, { cause: error })
  }
}

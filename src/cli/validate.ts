/**
 * `signalbox validate [file]`: checks a configuration before it is pushed, with the same parser that the app uses.
 * It reads one file and asks nobody anything.
 */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { CONFIG_PATH, type Config, type ConfigProblem } from '../domain/config.ts'
import { readExtends } from '../domain/extend-config.ts'
import { expandMatrix } from '../domain/matrix.ts'
import { formatProblem, parseConfig } from '../domain/parse-config.ts'
import { count } from '../domain/wording.ts'
import { printable } from './printable.ts'

interface ValidateOptions {
  /** The global `-C`: where relative paths count from. */
  readonly directory?: string
  readonly json?: boolean
}

/** Adds the command to the program. It sets `process.exitCode` to 1 when the configuration is not good. */
export function registerValidate(program: Command): void {
  program
    .command('validate')
    .description('Check a configuration file and show every problem with its place.')
    .argument('[file]', 'the file to check', CONFIG_PATH)
    .option('--json', 'print {"valid", "problems"} as JSON')
    .action(async (file: string, _options: unknown, command: Command) => {
      await validate(file, command.optsWithGlobals<ValidateOptions>())
    })
}

async function validate(file: string, options: ValidateOptions): Promise<void> {
  const path = resolve(options.directory ?? '.', file)
  const source = await readFile(path).catch((error: unknown) => unreadable(error))
  if (typeof source === 'string') {
    const problem = { path: file, line: 1, column: 1, at: '', message: `${source}: ${path}; ${remedyFor(file)}` }
    return options.json === true ? printJson([problem]) : fail(`${file}: ${problem.message}`)
  }
  const parsed = parseConfig(source, { path: file })
  if (options.json === true) return printJson(parsed.ok ? [] : parsed.problems)
  if (readExtends(source) !== null) {
    console.error(`note: "_extends" names another file, which is not read here: ${file} is checked by itself`)
  }
  if (parsed.ok) return console.log(`${file} is good: ${summarize(parsed.config)}`)
  const lines = new TextDecoder().decode(source).split(/\r\n|\r|\n/)
  for (const problem of parsed.problems) console.error(showProblem(problem, lines))
  fail(`${count(parsed.problems.length, 'problem')} in ${file}; nothing would run with this configuration`)
}

/** Why a file could not be read, in words. */
function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'this is a directory'
  return error instanceof Error ? error.message : String(error)
}

function remedyFor(file: string): string {
  return file === CONFIG_PATH
    ? 'name the file to check, or choose the repository with -C'
    : `name an existing file, or leave it out to check ${CONFIG_PATH}`
}

function printJson(problems: readonly ConfigProblem[]): void {
  console.log(JSON.stringify({ valid: problems.length === 0, problems }, null, 2))
  if (problems.length > 0) process.exitCode = 1
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}

/** The problem, the line that it is on, and a caret below its column. */
export function showProblem(problem: ConfigProblem, lines: readonly string[]): string {
  const line = lines[problem.line - 1]
  if (line === undefined || line.length > 200) return printable(formatProblem(problem))
  const number = String(problem.line)
  const indent = line.slice(0, problem.column - 1).replaceAll(/[^\t]/g, ' ')
  return [
    printable(formatProblem(problem)),
    `  ${number} | ${printable(line)}`,
    `  ${' '.repeat(number.length)} | ${indent}^`,
  ].join('\n')
}

function summarize(config: Config): string {
  const jobs = config.pipelines.flatMap((pipeline) => pipeline.jobs)
  const legs = jobs.reduce((total, job) => total + expandMatrix(job.matrix).length, 0)
  const gates = config.pipelines.flatMap((pipeline) => pipeline.gates)
  const total = [
    count(config.pipelines.length, 'pipeline'),
    count(jobs.length, 'job'),
    count(legs, 'leg'),
    count(gates.length, 'gate'),
  ].join(', ')
  return [total, ...config.pipelines.map(summarizePipeline), ...summarizeLabels(config)].join('\n')
}

/** Labels are anybody's words. */
function summarizeLabels({ labelActions, previews }: Config): string[] {
  const actions = labelActions.map(({ label, workflow }) => `  label "${label}" starts ${workflow}`)
  const deployments = previews.map(({ name, label, repository: { owner, name: repository }, deploy }) => {
    return `  label "${label}" asks for the preview ${name}: ${deploy.workflow} of ${owner}/${repository}`
  })
  return [...actions, ...deployments].map(printable)
}

function summarizePipeline(pipeline: Config['pipelines'][number]): string {
  const jobs = pipeline.jobs.map((job) => {
    const legs = expandMatrix(job.matrix).length
    if (job.start.kind !== 'dispatch') return `${job.name} (observed)`
    return legs === 1 ? job.name : `${job.name} (${count(legs, 'leg')})`
  })
  const gates = pipeline.gates.map((gate) => `\n    gate "${gate.name}" waits for ${gate.needs.join(', ')}`)
  return `  ${pipeline.name}: ${jobs.join(', ')}${gates.join('')}`
}

/**
 * `signalbox init`: writes a first configuration and the executor workflows that it names, from what the repository has.
 * It asks only on a terminal, and never replaces a file unless it is told to.
 */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Findings, Scaffold, ScaffoldChoices } from '../domain/scaffold.ts'
import type { NewFile } from './init/place-files.ts'
import { printable } from './printable.ts'

interface InitOptions {
  readonly directory?: string
  readonly yes?: boolean
  readonly force?: boolean
  readonly dryRun?: boolean
  readonly lintFix?: boolean
  readonly gate?: string
  readonly cli?: string
}

export function registerInit(program: Command): void {
  program
    .command('init')
    .description('Write a first .github/signalbox.yml and its executor workflows, from what the repository has.')
    .option('-y, --yes', 'ask nothing and take what was found (so it is without a terminal)')
    .option('--dry-run', 'print the files instead of writing them')
    .option('--force', 'replace files that are there already')
    .option('--lint-fix', 'also write the workflow that repairs what linters complain about')
    .option('--gate <name>', 'name of the check that merging will wait for', 'CI passed')
    .option('--cli <package>', 'what the workflows run with npx: a package with its version, or the URL of a tarball')
    .action(async (_options: unknown, command: Command) => {
      await init(command.optsWithGlobals<InitOptions>())
    })
}

async function init(options: InitOptions): Promise<void> {
  const root = resolve(options.directory ?? '.')
  const { surveyRepository } = await import('./init/survey-repository.ts')
  const { readFindings } = await import('../domain/scaffold.ts')
  const found = readFindings(await surveyRepository(root))
  await refuseNothing(found, root)
  const defaults: ScaffoldChoices = {
    gateName: options.gate ?? 'CI passed',
    lintFix: options.lintFix === true,
    commandLine: await readCommandLine(options.cli),
  }
  const answer = await choose(found, defaults, options)
  if (answer === null) {
    process.exitCode = 1
    return console.error('Nothing was written.')
  }
  const files = await render(answer.findings, answer.choices)
  const { findInTheWay, placeFiles } = await import('./init/place-files.ts')
  const inTheWay = await findInTheWay(root, files)
  if (options.dryRun === true) return show(files, inTheWay, found)
  const { UsageError } = await import('../domain/errors.ts')
  if (inTheWay.length > 0 && options.force !== true)
    throw new UsageError(
      `Nothing was written, because these files are there already: ${inTheWay.join(', ')}. Look at what would be written with --dry-run, or replace them with --force.`,
    )
  await placeFiles(root, files, options.force === true)
  report(files, inTheWay, answer.findings, answer.choices)
}

async function refuseNothing({ images, projects, notes }: Findings, root: string): Promise<void> {
  if (images.length + projects.length > 0) return
  const { UsageError } = await import('../domain/errors.ts')
  throw new UsageError(
    [
      `There is nothing in ${root} to build, lint or test: init looks for Dockerfiles, package.json, pyproject.toml, go.mod and Cargo.toml.`,
      ...notes,
      'Choose another directory with -C, or write .github/signalbox.yml by hand.',
    ].join(' '),
  )
}

/** What npx takes, as far as it needs no quotes in YAML or an expression. */
const PACKAGE = /^[A-Za-z0-9@][A-Za-z0-9@._:/#+~-]{0,199}$/

async function readCommandLine(asked: string | undefined): Promise<string> {
  if (asked !== undefined && !PACKAGE.test(asked)) {
    const { UsageError } = await import('../domain/errors.ts')
    throw new UsageError(
      `--cli takes a package such as signalbox@1.2.3, or the URL of a tarball; «${asked}» is neither.`,
    )
  }
  if (asked !== undefined) return asked
  const manifest: { name: string; version: string } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return `${manifest.name}@${manifest.version}`
}

async function choose(found: Findings, defaults: ScaffoldChoices, options: InitOptions) {
  const canAsk = process.stdin.isTTY === true && process.stdout.isTTY === true
  if (options.yes === true || options.dryRun === true || !canAsk) return { findings: found, choices: defaults }
  const { ask } = await import('./init/ask.ts')
  return ask(found, defaults)
}

async function render(findings: Findings, choices: ScaffoldChoices): Promise<NewFile[]> {
  const { decideScaffold, workflowPath } = await import('../domain/scaffold.ts')
  const { renderWorkflow } = await import('./init/render-workflow.ts')
  const { CONFIG_PATH } = await import('../domain/config.ts')
  const scaffold: Scaffold = decideScaffold(findings, choices)
  await checkConfig(scaffold.config)
  return [
    { path: CONFIG_PATH, text: scaffold.config },
    ...scaffold.workflows.map((plan) => ({ path: workflowPath(plan.file), text: renderWorkflow(plan) })),
  ]
}

/** What a flag or an answer made of it, such as the name of the gate, is judged by the parser itself. */
async function checkConfig(text: string): Promise<void> {
  const { formatProblem, parseConfig } = await import('../domain/parse-config.ts')
  const parsed = parseConfig(text, { path: 'the new .github/signalbox.yml' })
  if (parsed.ok) return
  const { UsageError } = await import('../domain/errors.ts')
  throw new UsageError(
    `Nothing was written, because the configuration would not be good:\n${parsed.problems.map(formatProblem).join('\n')}`,
  )
}

function show(files: readonly NewFile[], inTheWay: readonly string[], { notes }: Findings): void {
  for (const { path, text } of files)
    console.log(printable(`# ${path}${inTheWay.includes(path) ? ' (is there already)' : ''}\n${text}`))
  for (const note of notes) console.error(printable(`note: ${note}`))
}

function report(
  files: readonly NewFile[],
  replaced: readonly string[],
  { notes, repository, defaultBranch }: Findings,
  choices: ScaffoldChoices,
): void {
  for (const { path } of files) console.log(printable(`${replaced.includes(path) ? 'replaced' : 'wrote'} ${path}`))
  for (const note of notes) console.log(printable(`note: ${note}`))
  const base = /^[\w./-]+$/.test(defaultBranch) ? defaultBranch : 'BASE'
  const settings =
    repository === null
      ? 'in the settings of the repository'
      : `at https://github.com/${repository.owner}/${repository.name}/settings/branches`
  console.log(
    printable(
      `
Next:
  1. Look at what was written, change what you like, and check it: signalbox validate
  2. See what a change would start: signalbox plan --from-git ${base}..HEAD
  3. Commit the files and merge them: Signalbox reads its configuration, and dispatches workflows, on the default branch.
  4. Install the GitHub App on the repository.
  5. Require the check «${choices.gateName}», bound to the app, ${settings}.
The workflows run ${choices.commandLine} with npx. If that package is not in your registry, set the repository's Actions
variable SIGNALBOX_CLI to one that is, or to the URL of a tarball.`,
    ),
  )
}

/**
 * `signalbox init`: writes a first configuration and the executor workflows that it names, from what the repository has.
 * It asks only on a terminal, and never replaces a file unless it is told to.
 */
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
  readonly cleanup?: boolean
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
    .option('--cleanup', 'also have old images cleaned up, and write the workflow that deletes them at ghcr.io')
    .option('--gate <name>', 'name of the check that merging will wait for', 'CI passed')
    .option(
      '--cli <package>',
      'what the workflows run with npx: a package with its version, or the https URL of a tarball (else what the variable SIGNALBOX_CLI of the repository names)',
    )
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
    cleanup: options.cleanup === true,
    commandLine: await readCommandLine(options.cli),
  }
  const answer = await choose(found, defaults, options)
  if (answer === null) {
    process.exitCode = 1
    return console.error('Nothing was written.')
  }
  const { files, notes } = await render(answer.findings, answer.choices)
  const { findInTheWay, placeFiles } = await import('./init/place-files.ts')
  const inTheWay = await findInTheWay(root, files)
  if (options.dryRun === true) return show(files, inTheWay, [...found.notes, ...notes])
  const { UsageError } = await import('../domain/errors.ts')
  if (inTheWay.length > 0 && options.force !== true)
    throw new UsageError(
      `Nothing was written, because these files are there already: ${inTheWay.join(', ')}. Look at what would be written with --dry-run, or replace them with --force.`,
    )
  await placeFiles(root, files, options.force === true)
  report(files, inTheWay, { ...answer.findings, notes: [...answer.findings.notes, ...notes] }, answer.choices)
}

async function refuseNothing({ images, projects, notes }: Findings, root: string): Promise<void> {
  if (images.length + projects.length > 0) return
  const [{ UsageError }, { MANIFESTS }] = await Promise.all([
    import('../domain/errors.ts'),
    import('../domain/scaffold/languages.ts'),
  ])
  const names = new Intl.ListFormat('en-GB').format(['Dockerfiles', ...Object.keys(MANIFESTS)])
  throw new UsageError(
    [
      `There is nothing in ${root} to build, lint or test: init looks for ${names}.`,
      ...notes,
      'Choose another directory with -C, or write .github/signalbox.yml by hand.',
    ].join(' '),
  )
}

/** Without a default: jobs that may push images run it, and nobody but the repository says whose it is. */
async function readCommandLine(asked: string | undefined): Promise<string | null> {
  if (asked === undefined) return null
  const { isPinnedCommandLine } = await import('../domain/scaffold/command-line.ts')
  if (isPinnedCommandLine(asked)) return asked
  const { UsageError } = await import('../domain/errors.ts')
  throw new UsageError(
    `--cli takes a package with its exact version, such as @acme/signalbox@1.2.3, or the https URL of a tarball (.tgz); «${asked}» is neither.`,
  )
}

async function choose(found: Findings, defaults: ScaffoldChoices, options: InitOptions) {
  const canAsk = process.stdin.isTTY === true && process.stdout.isTTY === true
  if (options.yes === true || options.dryRun === true || !canAsk) return { findings: found, choices: defaults }
  const { ask } = await import('./init/ask.ts')
  return ask(found, defaults)
}

interface Rendered {
  readonly files: readonly NewFile[]
  readonly notes: readonly string[]
}

async function render(findings: Findings, choices: ScaffoldChoices): Promise<Rendered> {
  const { decideScaffold, workflowPath } = await import('../domain/scaffold.ts')
  const { renderWorkflow } = await import('./init/render-workflow.ts')
  const { CONFIG_PATH } = await import('../domain/config.ts')
  const scaffold: Scaffold = decideScaffold(findings, choices)
  await checkConfig(scaffold.config)
  const workflows = scaffold.workflows.map((plan) => ({ path: workflowPath(plan.file), text: renderWorkflow(plan) }))
  return { files: [{ path: CONFIG_PATH, text: scaffold.config }, ...workflows], notes: scaffold.notes }
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

function show(files: readonly NewFile[], inTheWay: readonly string[], notes: readonly string[]): void {
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
  const settings = (page: string) =>
    repository === null
      ? 'in the settings of the repository'
      : `at https://github.com/${repository.owner}/${repository.name}/settings/${page}`
  console.log(
    printable(
      `
Next:
  1. Look at what was written, change what you like, and check it: signalbox validate
  2. See what a change would start: signalbox plan --from-git ${base}..HEAD
  3. Commit the files and merge them: Signalbox reads its configuration, and dispatches workflows, on the default branch.
  4. Install the GitHub App on the repository.
  5. Require the check «${choices.gateName}», bound to the app, ${settings('branches')}.
${files.some(({ text }) => text.includes('SIGNALBOX_CLI')) ? aboutCommandLine(choices.commandLine, settings('variables/actions')) : ''}${choices.cleanup ? ABOUT_CLEANUP : ''}`.trimEnd(),
    ),
  )
}

const ABOUT_CLEANUP = `

Old images stay until \`confirmed: true\` stands in \`cleanup.images\`: read first what would go. At ghcr.io the repository needs the role admin
in the settings of the package (Manage Actions access), or Signalbox a PACKAGES_TOKEN.`

function aboutCommandLine(commandLine: string | null, settings: string): string {
  if (commandLine !== null)
    return `The workflows that build images run ${commandLine} with npx, or what the repository's Actions variable SIGNALBOX_CLI
names instead.`
  return `  6. Set the Actions variable SIGNALBOX_CLI, ${settings}: the workflows that build
     images run what it names with npx, and fail while it is not set. Run «npm pack» in a clone of Signalbox, upload the
     tarball where your runners reach it, and take its https URL; or publish the package under a scope of your own, and
     take its name with its version, such as @acme/signalbox@0.1.0.`
}

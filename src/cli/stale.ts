/** `signalbox stale`: what would become stale, or is done about it now; the same for items that somebody wrote down. */
import type { Command } from 'commander'
import { UsageError } from '../domain/errors.ts'
import { importStale } from '../domain/import-stale.ts'
import { parseSimulation, type SimulatedActions, simulateStale } from '../domain/stale-simulation.ts'
import { printable, printableLine } from './printable.ts'
import { readInput } from './read-input.ts'
import { readRepositoryName } from './repository-name.ts'
import { hasFailed, printReport } from './sweep/print-report.ts'

interface StaleOptions {
  readonly dryRun?: boolean
  readonly simulate?: string
  readonly json?: boolean
}

export function registerStale(program: Command): void {
  const command = program
    .command('stale')
    .description('Mark, close or un-stale issues and pull requests now, or show what would be done.')
    .argument('[repository]', 'owner/name')
    .option('--dry-run', 'show what would be done, and why, and change nothing')
    .option('--simulate <file>', 'decide about the items in this JSON file; - is standard input')
    .option('--json', 'print JSON')
    .action(stale)
  command
    .command('import')
    .description('Print the section `stale` for a workflow that uses actions/stale.')
    .argument('<workflow>', 'file of the workflow')
    .action(importWorkflow)
}

async function stale(repository: string | undefined, options: StaleOptions): Promise<void> {
  if (options.simulate !== undefined && repository !== undefined)
    throw new UsageError('stale takes the repository, or --simulate FILE, and not both.')
  if (options.simulate !== undefined) return simulate(options.simulate, options.json === true)
  if (repository === undefined) throw new UsageError('stale needs the repository as owner/name, or --simulate FILE.')
  const { runSweep } = await import('./sweep/run-sweep.ts')
  const name = readRepositoryName(repository, 'stale')
  const report = await runSweep({
    kind: 'stale',
    repository: name,
    dryRun: options.dryRun === true,
    json: options.json === true,
  })
  printReport(report, options)
  if (hasFailed(report)) process.exitCode = 1
}

async function simulate(file: string, json: boolean): Promise<void> {
  const parsed = parseSimulation((await readInput(file, 'the items')).toString('utf8'))
  if (!parsed.ok) throw new UsageError(`${file} cannot be simulated: ${parsed.problem}.`)
  const results = parsed.cases.map(simulateStale)
  console.log(
    json ? JSON.stringify(parsed.isArray ? results : results[0], null, 2) : results.map(describe).join('\n\n'),
  )
}

function describe({ actions }: SimulatedActions): string {
  const lines = actions.map((action) => `#${action.number}  ${action.do.join(', ')}: ${action.reason}`)
  return lines.map(printableLine).join('\n')
}

async function importWorkflow(file: string): Promise<void> {
  const imported = importStale((await readInput(file, 'the workflow')).toString('utf8'), file)
  if (!imported.ok) throw new UsageError(imported.problem)
  for (const note of imported.notes) console.error(printable(note))
  process.stdout.write(imported.yaml)
}

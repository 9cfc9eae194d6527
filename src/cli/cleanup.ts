/** `signalbox cleanup`: old workflow runs of a repository, and decisions about images that somebody wrote down. */
import type { Command } from 'commander'
import { UsageError } from '../domain/errors.ts'
import { parseImageSimulation, simulateImages } from '../domain/image-simulation.ts'
import { printable } from './printable.ts'
import { readRepositoryName } from './repository-name.ts'
import { printReport } from './sweep/print-report.ts'
import { readText } from './sweep/read-text.ts'

export function registerCleanup(program: Command): void {
  const cleanup = program.command('cleanup').description('Delete old workflow runs, or show what would be deleted.')
  cleanup
    .command('runs')
    .description('Delete the workflow runs and caches that `cleanup.workflow_runs` does not keep.')
    .argument('<repository>', 'owner/name')
    .option('--dry-run', 'show what would be deleted, and why, and change nothing')
    .option('--json', 'print JSON')
    .action(cleanRuns)
  cleanup
    .command('images')
    .description('Decide about images as `cleanup.images` does.')
    .requiredOption('--simulate <file>', 'decide about the versions in this JSON file; - is standard input')
    .option('--json', 'print JSON')
    .action(simulate)
}

async function cleanRuns(repository: string, options: { dryRun?: boolean; json?: boolean }): Promise<void> {
  const { runSweep } = await import('./sweep/run-sweep.ts')
  const name = readRepositoryName(repository, 'cleanup runs')
  const report = await runSweep({ kind: 'runs', repository: name, dryRun: options.dryRun === true })
  printReport(report, options)
  if (report.outcomes.some(({ outcome }) => outcome === 'refused' || outcome === 'failed')) process.exitCode = 1
}

async function simulate({ simulate: file, json }: { simulate: string; json?: boolean }): Promise<void> {
  const parsed = parseImageSimulation(await readText(file, 'the versions'))
  if (!parsed.ok) throw new UsageError(`${file} cannot be simulated: ${parsed.problem}.`)
  const results = parsed.cases.map(simulateImages)
  if (json === true) console.log(JSON.stringify(parsed.isArray ? results : results[0], null, 2))
  else
    for (const { decisions } of results)
      for (const one of decisions)
        console.log(printable(`${one.digest}  ${one.keep ? 'keep' : 'delete'}: ${one.reason}`))
}

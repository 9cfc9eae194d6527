/** `signalbox cleanup`: old workflow runs and caches of a repository. */
import type { Command } from 'commander'
import { readRepositoryName } from './repository-name.ts'
import { printReport } from './sweep/print-report.ts'

export function registerCleanup(program: Command): void {
  const cleanup = program.command('cleanup').description('Delete old workflow runs, or show what would be deleted.')
  cleanup
    .command('runs')
    .description('Delete the workflow runs and caches that `cleanup.workflow_runs` does not keep.')
    .argument('<repository>', 'owner/name')
    .option('--dry-run', 'show what would be deleted, and why, and change nothing')
    .option('--json', 'print JSON')
    .action(cleanRuns)
}

async function cleanRuns(repository: string, options: { dryRun?: boolean; json?: boolean }): Promise<void> {
  const { runSweep } = await import('./sweep/run-sweep.ts')
  const name = readRepositoryName(repository, 'cleanup runs')
  const report = await runSweep({ kind: 'runs', repository: name, dryRun: options.dryRun === true })
  printReport(report, options)
  if (report.outcomes.some(({ outcome }) => outcome === 'refused' || outcome === 'failed')) process.exitCode = 1
}

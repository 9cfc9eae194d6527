/** `signalbox cleanup`: old workflow runs and caches of a repository, and old images. */
import type { Command } from 'commander'
import { UsageError } from '../domain/errors.ts'
import type { SweepReport } from '../domain/sweep.ts'
import { printable, printableLine } from './printable.ts'
import { readInput } from './read-input.ts'
import { readRepositoryName } from './repository-name.ts'
import { hasFailed, printReport } from './sweep/print-report.ts'

interface RunsOptions {
  readonly dryRun?: boolean
  readonly json?: boolean
}

interface ImagesOptions extends RunsOptions {
  readonly registry?: string
  readonly repository?: string
  readonly simulate?: string
  readonly apply?: string
}

export function registerCleanup(program: Command): void {
  const cleanup = program
    .command('cleanup')
    .description('Delete old workflow runs and images, or show what would be deleted.')
  cleanup
    .command('runs')
    .description('Delete the workflow runs and caches that `cleanup.workflow_runs` does not keep.')
    .argument('<repository>', 'owner/name')
    .option('--dry-run', 'show what would be deleted, and why, and change nothing')
    .option('--json', 'print JSON')
    .action(cleanRuns)
  cleanup
    .command('images')
    .description('Delete the images that `cleanup.images` does not keep.')
    .argument('[package]', 'owner/package')
    .option('--registry <url>', 'where the package is (default: ghcr.io)')
    .option(
      '--repository <name>',
      'owner/name of the repository whose configuration it is (default: GITHUB_REPOSITORY, or as the package is called)',
    )
    .option('--dry-run', 'show what would be deleted, and why, and change nothing')
    .option('--simulate <file>', 'decide about the versions in this JSON file; - is standard input')
    .option('--apply <plan>', 'carry out the plan in this file, which the app made; - is standard input')
    .option('--json', 'print JSON')
    .action(cleanImages)
  cleanup
    .command('restore')
    .description('Bring back the images that a sweep deleted within the last 30 days, where the registry keeps them.')
    .argument('<sweep>', 'its id, as `signalbox sweeps` lists it')
    .option('--json', 'print JSON')
    .action(restore)
}

async function cleanRuns(repository: string, { dryRun = false, json = false }: RunsOptions): Promise<void> {
  const { runSweep } = await import('./sweep/run-sweep.ts')
  const name = readRepositoryName(repository, 'cleanup runs')
  show(await runSweep({ kind: 'runs', repository: name, dryRun, json }), json)
}

async function cleanImages(images: string | undefined, options: ImagesOptions): Promise<void> {
  const { dryRun = false, json = false, simulate, apply, registry } = options
  if ([images, simulate, apply].filter((one) => one !== undefined).length > 1)
    throw new UsageError('cleanup images takes one of these: the package, --simulate FILE, or --apply PLAN.')
  if (simulate !== undefined) return simulateFile(simulate, json)
  if (apply !== undefined) {
    const { applyPlan } = await import('./sweep/apply-plan.ts')
    return show(await applyPlan({ file: apply, dryRun }), json)
  }
  if (images === undefined)
    throw new UsageError('cleanup images needs the package as OWNER/PACKAGE, or --simulate FILE, or --apply PLAN.')
  const { readPackageName } = await import('./sweep/package-name.ts')
  const { name, plainHttp, repository: likely } = readPackageName(images, registry)
  const asked = options.repository ?? process.env.GITHUB_REPOSITORY
  const repository = asked ? readRepositoryName(asked, 'cleanup images') : likely
  if (repository === null) throw new UsageError(`Name the repository that ${name} belongs to with --repository.`)
  const { runSweep } = await import('./sweep/run-sweep.ts')
  show(await runSweep({ kind: 'images', repository, dryRun, json, images: { name, plainHttp } }), json)
}

function show(report: SweepReport, json: boolean): void {
  printReport(report, { json })
  if (hasFailed(report)) process.exitCode = 1
}

async function simulateFile(file: string, json: boolean): Promise<void> {
  const { parseImageSimulation, simulateImages } = await import('../domain/image-simulation.ts')
  const parsed = parseImageSimulation((await readInput(file, 'the versions')).toString('utf8'))
  if (!parsed.ok) throw new UsageError(`${file} cannot be simulated: ${parsed.problem}.`)
  const results = parsed.cases.map(simulateImages)
  if (json) return console.log(JSON.stringify(parsed.isArray ? results : results[0], null, 2))
  const blocks = results.map(({ decisions }) => decisions.map((one) => printableLine(describe(one))).join('\n'))
  console.log(blocks.join('\n\n'))
}

function describe(decision: {
  readonly digest: string
  readonly tags: readonly string[]
  readonly keep: boolean
  readonly untag: readonly string[]
  readonly reason: string
}): string {
  const { digest, tags, keep, untag, reason } = decision
  const what = !keep ? 'delete' : untag.length > 0 ? `untag ${untag.join(', ')}` : 'keep'
  return `${digest}${tags.length === 0 ? '' : ` (${tags.join(', ')})`}  ${what}: ${reason.replace(/^kept: /, '')}`
}

async function restore(id: string, { json = false }: { readonly json?: boolean }): Promise<void> {
  const { restoreSweep } = await import('./sweep/restore.ts')
  const { sweep, repository, restored, untagged } = await restoreSweep(id, ({ subject, outcome, note }) => {
    if (!json) console.log(printable(`${subject}  ${outcome}${note === '' ? '' : `: ${note}`}`))
  })
  if (json) console.log(JSON.stringify({ sweep, repository, restored, untagged }, null, 2))
  else {
    const back = restored.filter(({ outcome }) => outcome === 'restored').length
    console.log(`${back} of ${restored.length} restored. What no rule keeps goes with the next sweep again.`)
    if (untagged.length > 0)
      console.log(`Of ${untagged.length} that lost tags nothing can be brought back: nobody keeps tags.`)
  }
  if (restored.some(({ outcome }) => outcome === 'refused' || outcome === 'failed')) process.exitCode = 1
}

/** `signalbox sweeps`: the records of sweeps, newest first, and one of them with every decision. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { UsageError } from '../domain/errors.ts'
import { SWEEP_KINDS, type SweepKind } from '../domain/sweep.ts'
import { viewSweep } from '../domain/sweep-view.ts'
import { printable } from './printable.ts'
import { readRepositoryName } from './repository-name.ts'
import { printReport } from './sweep/print-report.ts'
import type { SweepAccess } from './sweep/sweep-access.ts'

interface ListOptions {
  readonly kind?: string
  readonly limit: string
  readonly items?: boolean
  readonly json?: boolean
}

export function registerSweeps(program: Command): void {
  const sweeps = program
    .command('sweeps')
    .description('List the sweeps that were carried out.')
    .argument('[repository]', 'owner/name')
    .option('--kind <kind>', SWEEP_KINDS.join(', '))
    .option('--items', 'also looks at single issues and pull requests, between sweeps')
    .option('--limit <number>', 'most that are listed', '20')
    .option('--json', 'print JSON')
    .action(list)
  sweeps
    .command('show')
    .description('Show a sweep with every decision and its reason.')
    .argument('<sweep>', 'its id')
    .option('--json', 'print JSON')
    .action(show)
}

async function list(repository: string | undefined, { kind, limit, items = false, json }: ListOptions): Promise<void> {
  const found = SWEEP_KINDS.find((one) => one === kind)
  if (kind !== undefined && found === undefined)
    throw new UsageError(`--kind is one of ${SWEEP_KINDS.join(', ')}, but it is given «${kind}».`)
  const most = Number(limit)
  if (!Number.isInteger(most) || most < 1)
    throw new UsageError(`--limit is a number from 1 on, but it is given «${limit}».`)
  const name = repository === undefined ? null : readRepositoryName(repository, 'sweeps')
  const filter: { kind?: SweepKind; repository?: string; items: boolean; limit: number } = { items, limit: most }
  if (found !== undefined) filter.kind = found
  if (name !== null) filter.repository = `${name.owner}/${name.name}`
  const reports = await withAccess((access) => access.list(filter))
  if (json === true) console.log(JSON.stringify(reports, null, 2))
  else if (reports.length === 0) console.log('No sweep is on record.')
  else
    for (const report of reports) {
      const { title, target, headline } = viewSweep(report)
      const where = `${report.repo.owner}/${report.repo.name}${target === null ? '' : ` ${target}`}`
      console.log(printable(`${report.id}  ${where}  ${title}, ${report.state}\n  ${headline}`))
    }
}

async function show(id: string, options: { json?: boolean }): Promise<void> {
  const report = await withAccess((access) => access.get(id))
  if (report === null) throw new UsageError(`There is no sweep ${id}; «signalbox sweeps» lists them.`)
  printReport(report, { ...options, all: true })
}

async function withAccess<Result>(use: (access: SweepAccess) => Promise<Result>): Promise<Result> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  const { openSweepAccess } = await import('./sweep/sweep-access.ts')
  const access = await openSweepAccess(process.env, false)
  try {
    return await use(access)
  } finally {
    await access.close()
  }
}

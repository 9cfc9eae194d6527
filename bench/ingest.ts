/**
 * How fast deliveries are taken in, durably, against bare Probot, which keeps nothing. All in one run on one machine:
 * each server and the load are processes of their own, and the servers take turns, so that a noisy machine is noisy
 * for all. Every answer is counted against the rows that are in the database when the servers have stopped.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '../test/support/postgres.ts'
import type { LoadOrder, LoadResult } from './ingest-load.ts'
import type { ServerOrder, ServerWord } from './ingest-server.ts'
import { BODY } from './payload.ts'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const ROUND_MS = Number(process.env.BENCH_ROUND_MS ?? 4_000)
const WARM_UP_MS = 2_000
const CONNECTIONS = 64

interface Contender {
  readonly label: string
  /** Of (a)'s rate; null for the reference itself. */
  readonly aim: number | null
  readonly child: ChildProcess
  readonly port: number
  readonly rounds: LoadResult[]
  accepted: number
}

const directory = await mkdtemp(join(tmpdir(), 'signalbox-bench-'))
const postgres = await startPostgres()
try {
  const databaseUrl = await postgres.createDatabase('ingest')
  await verifyDurable(databaseUrl)
  const contenders = [
    await start('(a) bare Probot, keeps nothing', null, { kind: 'probot' }),
    await start('(b) Signalbox on PGlite', 0.4, { kind: 'signalbox', databaseUrl: null, dataDirectory: directory }),
    await start('(c) Signalbox on PostgreSQL', 0.9, { kind: 'signalbox', databaseUrl, dataDirectory: null }),
  ]
  const load = fork(new URL('ingest-load.ts', import.meta.url))
  for (const contender of contenders) contender.accepted += (await run(load, contender.port, WARM_UP_MS)).accepted
  for (let round = 1; round <= ROUNDS; round++) {
    for (const contender of contenders) {
      const result = await run(load, contender.port, ROUND_MS)
      contender.rounds.push(result)
      contender.accepted += result.accepted
      if (result.refused > 0) throw new Error(`${contender.label} did not accept ${result.refused} of its requests`)
    }
    process.stderr.write(`round ${round} of ${ROUNDS}\n`)
  }
  load.disconnect()
  report(contenders)
  for (const contender of contenders) await verify(contender)
} finally {
  await postgres.stop()
  await rm(directory, { recursive: true, force: true })
}

async function start(label: string, aim: number | null, order: ServerOrder): Promise<Contender> {
  const child = fork(new URL('ingest-server.ts', import.meta.url), {
    execArgv: process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : [],
  })
  child.send(order)
  const [word] = (await once(child, 'message')) as [ServerWord]
  if (word.kind !== 'listening') throw new Error(`${label} did not start`)
  return { label, aim, child, port: word.port, rounds: [], accepted: 0 }
}

async function run(load: ChildProcess, port: number, ms: number): Promise<LoadResult> {
  const order: LoadOrder = { port, ms, connections: CONNECTIONS }
  load.send(order)
  const [result] = (await once(load, 'message')) as [LoadResult]
  return result
}

/** Throws unless a commit of the PostgreSQL server means that it is on the disk. */
async function verifyDurable(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [setting])
    if (rows[0]?.value !== 'on') throw new Error(`PostgreSQL runs with ${setting} = ${rows[0]?.value}, not on`)
  }
  await client.end()
}

/** Throws unless exactly what was accepted is in the database. */
async function verify(contender: Contender): Promise<void> {
  contender.child.send('stop')
  const [word] = (await once(contender.child, 'message')) as [ServerWord]
  const stored = word.kind === 'stopped' ? word.stored : null
  if (stored === null) return
  if (stored !== contender.accepted)
    throw new Error(`${contender.label} accepted ${contender.accepted} deliveries, and ${stored} are stored`)
  console.log(`${contender.label}: accepted ${contender.accepted}, stored ${stored}`)
}

function report(contenders: readonly Contender[]): void {
  console.log(
    `\npull_request payload of ${BODY.length} bytes, ${CONNECTIONS} connections, ${ROUNDS} rounds of ${ROUND_MS / 1000} s each, medians`,
  )
  console.log(`Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}\n`)
  console.log(`${''.padEnd(32)}${'accepted/s'.padStart(12)}${'p99 ms'.padStart(10)}${'of (a)'.padStart(10)}    aim`)
  const reference = contenders[0]?.rounds ?? []
  for (const { label, aim, rounds } of contenders) {
    // Rounds next to one another in time are compared, so that a slow minute of the machine counts for both.
    const ratio = median(rounds.map((round, index) => round.perSecond / (reference[index]?.perSecond ?? Number.NaN)))
    const judged = aim === null ? '' : `≥ ${aim}  ${ratio >= aim ? 'met' : 'missed'}`
    const rate = median(rounds.map((round) => round.perSecond)).toFixed(0)
    const p99 = median(rounds.map((round) => round.p99Ms)).toFixed(0)
    console.log(
      `${label.padEnd(32)}${rate.padStart(12)}${p99.padStart(10)}${ratio.toFixed(2).padStart(10)}    ${judged}`,
    )
  }
  console.log()
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

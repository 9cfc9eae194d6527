/**
 * `npm run bench:sweeps`: what a sweep of 10,000 open issues costs, 1,500 of which are stale, over real HTTP to the sandbox; and how
 * long deciding about 100,000 versions of images takes. The sandbox and each sweep are processes of their own. What comes out
 * is checked, issue by issue, before anything is printed. Exits with 1 when an aim is missed.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../src/adapters/store/open-store.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { benchImageDecisions, reportImageDecisions } from './image-decisions.ts'
import { DOINGS, type IssueKind, isStale, kindOf } from './sweeps-issues.ts'
import { type GitHub, type Measured, type Run, runCommand, runSweep, startGitHub, tell } from './sweeps-processes.ts'
import type { SweepOrder } from './sweeps-run.ts'

const ROUNDS = Number(process.argv[2] ?? 5)
const ISSUES = 10_000
const STALE = 1_500
const AIM_READING = 130
const AIM_SECONDS = 10
const AIM_BYTES = 200 * 1024 * 1024

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-bench-'))
  const postgres = await startPostgres()
  const github = await startGitHub()
  try {
    const databaseUrl = await postgres.createDatabase('sweeps')
    const looks = await lookOften(github, databaseUrl)
    const onPostgres = await carryOutOn(github, 'acme/on-postgresql', { databaseUrl, dataDirectory: null })
    const onPglite = await carryOutOn(github, 'acme/on-pglite', { databaseUrl: null, dataDirectory: directory })
    reportLooks(looks)
    reportCarriedOut([
      ['PostgreSQL', onPostgres],
      ['PGlite', onPglite],
    ])
    reportAgainstStale(looks.dry, onPostgres)
  } finally {
    github.child.disconnect()
    await postgres.stop()
    await rm(directory, { recursive: true, force: true })
  }
  console.log()
  reportImageDecisions(benchImageDecisions())
}

// ── Running ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface Looks {
  readonly dry: readonly Run[]
  readonly commands: readonly Measured[]
}

/** Dry runs: everything is read and decided, and nothing is written. */
async function lookOften(github: GitHub, databaseUrl: string): Promise<Looks> {
  const repo = 'acme/dry'
  await tell(github, { kind: 'seed', repo, issues: ISSUES }, 'seeded')
  // The first one has the sandbox's code compiled, and the tables of the store made.
  checkDecisions(await runCommand(github, repo, databaseUrl))
  const dry: Run[] = []
  const commands: Measured[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    dry.push(await runSweep(github, repo, null))
    commands.push(await runCommand(github, repo, databaseUrl))
    process.stderr.write(`look ${round} of ${ROUNDS}\n`)
  }
  for (const run of [...dry, ...commands]) checkDecisions(run)
  await checkIssues(github, repo, false)
  return { dry, commands }
}

/** And once more, when there is nothing left to do. The database is made first, which takes PGlite more memory than everything after. */
async function carryOutOn(github: GitHub, repo: string, store: NonNullable<SweepOrder['store']>): Promise<Run> {
  await tell(github, { kind: 'seed', repo, issues: ISSUES }, 'seeded')
  await (await openStore({ ...store, onError: (error) => console.error(error) })).close()
  const run = await runSweep(github, repo, store)
  checkDecisions(run)
  await checkIssues(github, repo, true)
  const { outcomes } = run.report
  const undone = outcomes.filter(({ outcome }) => outcome !== 'done')
  if (outcomes.length !== countOf((kind) => DOINGS[kind] !== '') || undone.length > 0)
    throw new Error(`${outcomes.length} outcomes, of which ${undone.length} are not done: ${JSON.stringify(undone[0])}`)
  if (run.stored?.decisions !== ISSUES || run.stored.outcomes !== outcomes.length)
    throw new Error(`The store has ${JSON.stringify(run.stored)} of the sweep`)
  const again = await runSweep(github, repo, null)
  const more = again.report.decisions.filter((decision) => decision.do.length > 0)
  if (more.length > 0) throw new Error(`A second sweep would do ${more.length} more: ${JSON.stringify(more[0])}`)
  await checkIssues(github, repo, true)
  process.stderr.write(`swept ${repo}\n`)
  return run
}

// ── Checking ──────────────────────────────────────────────────────────────────────────────────────────────────────

function countOf(isWanted: (kind: IssueKind) => boolean): number {
  return Array.from({ length: ISSUES }, (_, index) => kindOf(index + 1)).filter(isWanted).length
}

/** Throws unless exactly what should be was decided about every issue. */
function checkDecisions({ report }: Measured): void {
  const { decisions, problems } = report
  const found = new Map(decisions.map((decision) => [decision.subject, decision]))
  let stale = 0
  for (let number = 1; number <= ISSUES; number++) {
    const decision = found.get(`#${number}`)
    const kind = kindOf(number)
    const [doing] = decision?.do ?? []
    if (decision === undefined || decision.do.length > 1 || (doing ?? '') !== DOINGS[kind])
      throw new Error(`#${number} (${kind}) was decided wrongly: ${JSON.stringify(decision)}`)
    if (doing === 'close' || doing === 'unstale' || decision.reason.startsWith('it is stale')) stale++
  }
  if (decisions.length !== ISSUES || problems.length > 0)
    throw new Error(`${decisions.length} decisions instead of ${ISSUES}; ${problems.join('; ')}`)
  if (stale !== STALE || countOf(isStale) !== STALE) throw new Error(`${stale} were found stale instead of ${STALE}`)
}

async function checkIssues(github: GitHub, repo: string, swept: boolean): Promise<void> {
  const { problems } = await tell(github, { kind: 'check', repo, issues: ISSUES, swept }, 'checked')
  if (problems.length > 0) throw new Error(`${problems.length} issues are not as they should be: ${problems[0]}`)
}

// ── Reporting ─────────────────────────────────────────────────────────────────────────────────────────────────────

function judge(isMet: boolean): string {
  if (!isMet) process.exitCode = 1
  return isMet ? 'met' : 'missed'
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MB`
}

/** From many, the median; what is bad must show, so that of memory and requests the most counts. */
function reportLooks({ dry, commands }: Looks): void {
  const whole = dry.map(({ processSeconds }) => processSeconds)
  const reading = Math.max(...dry.map(({ counted }) => counted.reading))
  const peak = Math.max(...dry.map(({ peakBytes }) => peakBytes))
  const other = Math.max(...dry.map(({ counted }) => counted.other))
  const list = whole.map((seconds) => seconds.toFixed(1)).join(' ')
  console.log(`\nNode ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}`)
  console.log(`Load of the machine: ${loadavg()[0]?.toFixed(1)}; ${ROUNDS} rounds, medians\n`)
  console.log(
    `Everything read and decided, nothing written: ${ISSUES} open issues, of which ${STALE} stale ones were found`,
  )
  console.log(`reading requests: ${reading} (aim: at most ${AIM_READING}): ${judge(reading <= AIM_READING)}`)
  console.log(
    `  for the token and the name of the app: ${other}; points: ${medianOf(dry.map(({ report }) => report.spent.points))}`,
  )
  console.log(
    `time: ${medianOf(whole).toFixed(1)} s (${list}; aim: under ${AIM_SECONDS} s): ${judge(medianOf(whole) < AIM_SECONDS)}`,
  )
  console.log('  from the start of the process to its end, with what the sandbox takes to answer on the same cores;')
  console.log(
    `  from the connection to the report ${medianOf(dry.map(({ seconds }) => seconds)).toFixed(1)} s; time on the processor ${medianOf(dry.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1)} s`,
  )
  console.log(`memory, at most: ${megabytes(peak)} (aim: under ${megabytes(AIM_BYTES)}): ${judge(peak < AIM_BYTES)}`)
  console.log(
    `  of the process, without a store; before the sweep ${megabytes(medianOf(dry.map(({ restBytes }) => restBytes)))}`,
  )
  const commandPeak = Math.max(...commands.map(({ peakBytes }) => peakBytes))
  const commandSeconds = medianOf(commands.map(({ processSeconds }) => processSeconds))
  console.log(
    `signalbox stale --dry-run --json, which reads the configuration and opens the store on PostgreSQL: ${commandSeconds.toFixed(1)} s, at most ${megabytes(commandPeak)}`,
  )
}

function reportCarriedOut(runs: readonly (readonly [string, Run])[]): void {
  console.log('\nCarried out, as fast as the sandbox answers, without the pace of sweeps, and written down in a store')
  console.log('(PGlite is in the same process, and is compiled there whatever is done with it):')
  for (const [store, { report, counted, seconds, peakBytes, restBytes, pacedSeconds }] of runs) {
    const writes = report.outcomes.reduce((sum, { operations }) => sum + operations, 0)
    console.log(
      `on ${store}: ${counted.reading} reading requests, and ${counted.writing} that write ${writes} things about ${report.outcomes.length} issues; ${report.spent.points} points`,
    )
    console.log(
      `  ${seconds.toFixed(1)} s, to which the pace of sweeps would add ${(pacedSeconds / 60).toFixed(0)} min; memory, at most ${megabytes(peakBytes)}, before the sweep ${megabytes(restBytes)}`,
    )
  }
}

/**
 * The requests that https://github.com/actions/stale makes: one for each page of 100 and one for the empty page after them; for each
 * issue with the label its events and its comments; for one that it marks a comment, a label, and these two; for one that it closes
 * a comment, a label and the closing; for one that is not stale any more the label. At least: longer lists take more.
 */
function reportAgainstStale([dry]: readonly Run[], real: Run): void {
  const counts = { mark: 0, close: 0, unstale: 0 }
  for (let number = 1; number <= ISSUES; number++) {
    const doing = DOINGS[kindOf(number)]
    if (doing !== '') counts[doing]++
  }
  const pages = Math.ceil(ISSUES / 100) + 1
  const looking = pages + 2 * STALE
  const whole = looking + 4 * counts.mark + 3 * counts.close + counts.unstale
  const ours = real.counted.reading + real.counted.writing
  console.log(
    `\nRequests of actions/stale for the same issues, by its source (⌈N/100⌉ + 1 + 2S + 4M + 3C + U, with N ${ISSUES}, S ${STALE}, M ${counts.mark}, C ${counts.close}, U ${counts.unstale}):`,
  )
  console.log(`  looking at them: ${looking}, ${(looking / (dry?.counted.reading ?? 0)).toFixed(0)} times ours`)
  console.log(`  all of it: ${whole}, ${(whole / ours).toFixed(0)} times ours (${ours})`)
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

await main()
// The PostgreSQL of the tests has a process that has nothing left to do end with 0, whatever its exit code is.
process.exit()

/**
 * `npm run bench:sweeps`: what a sweep of 10,000 open issues costs, 1,500 of which are stale, over real HTTP to the sandbox; and how
 * long deciding about 100,000 versions of images takes. The sandbox and each sweep are processes of their own. What comes out
 * is checked, issue by issue, before anything is printed. Exits with 1 when an aim is missed.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { startPostgres } from '../test/support/postgres.ts'
import { benchImageDecisions, reportImageDecisions } from './image-decisions.ts'
import type { Counted, GitHubOrder, GitHubWord } from './sweeps-github.ts'
import { DOINGS, type IssueKind, isStale, kindOf } from './sweeps-issues.ts'
import type { SweepOrder, SweepResult } from './sweeps-run.ts'

const ROUNDS = Number(process.argv[2] ?? 5)
const ISSUES = 10_000
const STALE = 1_500
const AIM_READING = 130
const AIM_SECONDS = 10
const AIM_BYTES = 200 * 1024 * 1024

interface Run extends SweepResult {
  readonly counted: Counted
  /** From the start of the process to its end. */
  readonly processSeconds: number
}

async function main(): Promise<void> {
  const github = await startGitHub()
  try {
    const dry = await runDry(github)
    reportDry(dry)
    const postgres = await startPostgres()
    try {
      const url = await postgres.createDatabase('sweeps')
      const real = [
        ['PostgreSQL', await runReal(github, 'acme/on-postgresql', url)],
        ['PGlite in memory', await runReal(github, 'acme/on-pglite', null)],
      ] as const
      reportReal(real)
      reportAgainstStale(dry, real[0][1])
    } finally {
      await postgres.stop()
    }
  } finally {
    github.child.disconnect()
  }
  console.log()
  reportImageDecisions(benchImageDecisions())
}

// ── Running ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface GitHub {
  readonly child: ChildProcess
  readonly env: NodeJS.ProcessEnv
}

async function startGitHub(): Promise<GitHub> {
  const child = fork(new URL('sweeps-github.ts', import.meta.url))
  const [word] = (await once(child, 'message')) as [GitHubWord]
  if (word.kind !== 'ready') throw new Error('The sandbox did not start')
  return { child, env: word.env }
}

async function tell<Kind extends GitHubWord['kind']>({ child }: GitHub, order: GitHubOrder, kind: Kind) {
  child.send(order)
  const [word] = (await once(child, 'message')) as [GitHubWord]
  if (word.kind !== kind) throw new Error(`The sandbox said ${word.kind} instead of ${kind}`)
  return word as Extract<GitHubWord, { kind: Kind }>
}

async function runDry(github: GitHub): Promise<Run[]> {
  const repo = 'acme/dry'
  await tell(github, { kind: 'seed', repo, issues: ISSUES }, 'seeded')
  const runs: Run[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    const run = await runProcess(github, repo, null)
    checkDecisions(run)
    runs.push(run)
    process.stderr.write(`look ${round} of ${ROUNDS}\n`)
  }
  await checkIssues(github, repo, false)
  return runs
}

/** And once more, when there is nothing left to do. */
async function runReal(github: GitHub, repo: string, databaseUrl: string | null): Promise<Run> {
  await tell(github, { kind: 'seed', repo, issues: ISSUES }, 'seeded')
  const run = await runProcess(github, repo, { databaseUrl })
  checkDecisions(run)
  await checkIssues(github, repo, true)
  const { outcomes } = run.report
  const undone = outcomes.filter(({ outcome }) => outcome !== 'done')
  if (outcomes.length !== countOf((kind) => DOINGS[kind] !== '') || undone.length > 0)
    throw new Error(`${outcomes.length} outcomes, of which ${undone.length} are not done: ${JSON.stringify(undone[0])}`)
  if (run.stored?.decisions !== ISSUES || run.stored.outcomes !== outcomes.length)
    throw new Error(`The store has ${JSON.stringify(run.stored)} of the sweep`)
  const again = await runProcess(github, repo, null)
  const more = again.report.decisions.filter((decision) => decision.do.length > 0)
  if (more.length > 0) throw new Error(`A second sweep would do ${more.length} more: ${JSON.stringify(more[0])}`)
  await checkIssues(github, repo, true)
  process.stderr.write(`swept ${repo}\n`)
  return run
}

async function runProcess(github: GitHub, repo: string, store: SweepOrder['store']): Promise<Run> {
  await tell(github, { kind: 'count' }, 'counted')
  const [owner = '', name = ''] = repo.split('/')
  const started = performance.now()
  const child = fork(new URL('sweeps-run.ts', import.meta.url), {
    execArgv: process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : [],
    // Dates stay dates.
    serialization: 'advanced',
  })
  child.send({ env: github.env, repo: { owner, name }, store } satisfies SweepOrder)
  const ended = once(child, 'exit')
  const result = await Promise.race([
    once(child, 'message').then(([message]) => message as SweepResult),
    ended.then(([code]) => Promise.reject(new Error(`The process of the sweep ended with ${code}`))),
  ])
  await ended
  const processSeconds = (performance.now() - started) / 1000
  const { counted } = await tell(github, { kind: 'count' }, 'counted')
  return { ...result, counted, processSeconds }
}

// ── Checking ──────────────────────────────────────────────────────────────────────────────────────────────────────

function countOf(isWanted: (kind: IssueKind) => boolean): number {
  return Array.from({ length: ISSUES }, (_, index) => kindOf(index + 1)).filter(isWanted).length
}

/** Throws unless exactly what should be was decided about every issue. */
function checkDecisions({ report }: Run): void {
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

function reportDry(runs: readonly Run[]): void {
  const reading = Math.max(...runs.map(({ counted }) => counted.reading))
  const whole = runs.map(({ processSeconds }) => processSeconds).sort((a, b) => a - b)
  const median = medianOf(whole)
  const peak = Math.max(...runs.map(({ peakBytes }) => peakBytes))
  const { counted, report } = runs[0] as Run
  console.log(`\nNode ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}`)
  console.log(`Load of the machine at the end: ${loadavg()[0]?.toFixed(1)}\n`)
  console.log(`Looked at ${ISSUES} open issues, and decided about each: ${STALE} are stale, all of them were found`)
  console.log(`Reading requests: ${reading} (aim: at most ${AIM_READING}): ${judge(reading <= AIM_READING)}`)
  console.log(`  and ${counted.other} that make the token and ask who the app is; ${report.spent.points} points`)
  console.log(
    `Time of the process, with the start of Node and what the sandbox takes to answer: ${median.toFixed(1)} s (${whole.map((one) => one.toFixed(1)).join(' ')}; aim: median under ${AIM_SECONDS} s): ${judge(median < AIM_SECONDS)}`,
  )
  console.log(
    `  from the connection to the report: ${medianOf(runs.map(({ seconds }) => seconds)).toFixed(1)} s; processor time: ${medianOf(runs.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1)} s`,
  )
  console.log(
    `Most memory of the process: ${megabytes(peak)}, of which ${megabytes(medianOf(runs.map(({ restBytes }) => restBytes)))} before the sweep (aim: under ${megabytes(AIM_BYTES)}): ${judge(peak < AIM_BYTES)}`,
  )
}

function reportReal(runs: readonly (readonly [string, Run])[]): void {
  console.log('\nCarried out, as fast as the sandbox answers, without the pace of sweeps:')
  for (const [store, { report, counted, seconds, peakBytes, restBytes, pacedSeconds }] of runs) {
    const writes = report.outcomes.reduce((sum, { operations }) => sum + operations, 0)
    console.log(
      `On ${store}: ${counted.reading} reading requests, ${counted.writing} writing ones with ${writes} writes for ${report.outcomes.length} issues; ${report.spent.points} points`,
    )
    console.log(
      `  ${seconds.toFixed(1)} s; ${(pacedSeconds / 3600).toFixed(1)} h more at the pace of sweeps; most memory ${megabytes(peakBytes)}, of which ${megabytes(restBytes)} before the sweep`,
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

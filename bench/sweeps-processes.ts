/** The processes of `sweeps.ts`: the sandbox, and what sweeps it. */
import { type ChildProcess, execFile, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import type { SweepReport } from '../src/domain/sweep.ts'
import { builtProgram } from './built-program.ts'
import type { Counted, GitHubOrder, GitHubWord } from './sweeps-github.ts'
import { makeSweepConfig } from './sweeps-issues.ts'
import type { SweepOrder, SweepResult } from './sweeps-run.ts'

export interface GitHub {
  readonly child: ChildProcess
  /** With which the app runs against it. */
  readonly env: NodeJS.ProcessEnv
}

export async function startGitHub(): Promise<GitHub> {
  const child = fork(new URL('sweeps-github.ts', import.meta.url))
  const [word] = (await once(child, 'message')) as [GitHubWord]
  if (word.kind !== 'ready') throw new Error('The sandbox did not start')
  return { child, env: word.env }
}

export async function tell<Kind extends GitHubWord['kind']>({ child }: GitHub, order: GitHubOrder, kind: Kind) {
  child.send(order)
  const [word] = (await once(child, 'message')) as [GitHubWord]
  if (word.kind !== kind) throw new Error(`The sandbox said ${word.kind} instead of ${kind}`)
  return word as Extract<GitHubWord, { kind: Kind }>
}

export interface Measured {
  readonly report: SweepReport
  readonly counted: Counted
  /** From the start of the process to its end. */
  readonly processSeconds: number
  readonly peakBytes: number
}

export type Run = Measured & SweepResult

export async function runSweep(github: GitHub, repo: string, store: SweepOrder['store']): Promise<Run> {
  const [owner = '', name = ''] = repo.split('/')
  const order: SweepOrder = { env: github.env, repo: { owner, name }, config: makeSweepConfig(), store }
  return measure(github, async () => {
    const profile = process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : []
    const child = spawn(process.execPath, [...profile, ...builtProgram('sweeps-run.ts')], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Dates stay dates.
      serialization: 'advanced',
    })
    const ended = once(child, 'exit')
    child.send(order)
    const result = await Promise.race([
      once(child, 'message').then(([message]) => message as SweepResult),
      ended.then(([code]) => Promise.reject(new Error(`The process of the sweep ended with ${code}`))),
    ])
    await ended
    return result
  })
}

/** Tells at the end what the process took. */
const TELL_PEAK = `data:text/javascript,process.on('exit',()=>process.stderr.write('peak '+process.resourceUsage().maxRSS))`

/** `signalbox stale --dry-run`, as somebody types it, with the store on a PostgreSQL server. */
export async function runCommand(github: GitHub, repo: string, databaseUrl: string): Promise<Measured> {
  const cli = new URL('../dist/cli.js', import.meta.url).pathname
  const args = ['--import', TELL_PEAK, cli, 'stale', repo, '--dry-run', '--json']
  const env = { PATH: process.env.PATH, ...github.env, DATABASE_URL: databaseUrl }
  return measure(github, async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 64 * 1024 * 1024 })
    const kilobytes = /peak (\d+)$/.exec(stderr)?.[1]
    if (kilobytes === undefined) throw new Error(`The command did not tell what it took: ${stderr}`)
    return { report: JSON.parse(stdout) as SweepReport, peakBytes: Number(kilobytes) * 1024 }
  })
}

async function measure<Result>(
  github: GitHub,
  run: () => Promise<Result>,
): Promise<Result & Pick<Measured, 'counted' | 'processSeconds'>> {
  await tell(github, { kind: 'count' }, 'counted')
  const started = performance.now()
  const result = await run()
  const processSeconds = (performance.now() - started) / 1000
  const { counted } = await tell(github, { kind: 'count' }, 'counted')
  return { ...result, counted, processSeconds }
}

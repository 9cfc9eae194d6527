/**
 * `npm run bench:dispatch`: how long from an accepted delivery to the last dispatch request of a plan of four legs, and
 * how many API requests a run takes from open to concluded gate. Real HTTP against the sandbox, on PGlite in a directory.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { sandboxEnvironment } from '../src/cli/sandbox-environment.ts'
import { serve } from '../src/cli/serve.ts'
import { startSandbox } from '../src/sandbox/sandbox.ts'

const LEGS = 4
const ROUNDS = Number(process.argv[2] ?? 40)
const AIM_MS = 100
const AIM_REQUESTS = 3 * LEGS + 8
const GATE = 'Tests Passed'

const CONFIG = `version: 1
pipelines:
  ci:
    on: { pull_request: {} }
    jobs:
      test: { workflow: test.yml, matrix: { shard: [1, 2, 3, 4] } }
    gates:
      tests: { name: "${GATE}", needs: [test] }
`
const WORKFLOW = `name: Test
run-name: "\${{ fromJSON(inputs.signalbox).attempt }} test"
on: { workflow_dispatch: { inputs: { signalbox: { type: string, required: true } } } }
jobs: { test: { runs-on: ubuntu-latest, steps: [{ run: "true" }] } }
`

interface Round {
  readonly toLastDispatchMs: number
  readonly requests: number
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-bench-'))
  const github = await startSandbox({ runner: () => ({ queuedMs: 20, durationMs: 100 }) })
  const env = sandboxEnvironment(github, directory, process.env.DATABASE_URL)
  const serving = await serve(env, pino({ level: 'silent' }))
  github.setWebhook({ url: `http://127.0.0.1:${serving.port}/api/github/webhooks` })
  try {
    const rounds: Round[] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push(await playRound(github, `shop-${round}`))
    // The first rounds warm the process up: they are played, and not counted.
    report(rounds.slice(Math.min(5, Math.floor(ROUNDS / 4))))
  } finally {
    await serving.stop()
    await github.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

async function playRound(github: Awaited<ReturnType<typeof startSandbox>>, name: string): Promise<Round> {
  const repo = `acme/${name}`
  github.createRepository({
    owner: 'acme',
    name,
    files: { '.github/signalbox.yml': CONFIG, '.github/workflows/test.yml': WORKFLOW },
  })
  const sha = github.pushCommit(repo, 'feature', { files: { a: name } })
  await github.settle()
  github.state.clearRequests()
  const known = github.state.deliveries.length
  github.openPullRequest(repo, { head: 'feature', base: 'main', title: 'x', author: 'acme' })
  await github.until('the gate', () => github.state.checkRun(repo, GATE, sha)?.conclusion === 'success')
  await github.settle()
  const accepted = github.state.deliveries.slice(known).find((delivery) => delivery.event === 'pull_request')
  const dispatches = github.state.requests.filter((request) => request.path.endsWith('/dispatches'))
  if (!accepted || dispatches.length !== LEGS) throw new Error(`${dispatches.length} dispatches instead of ${LEGS}`)
  const last = Math.max(...dispatches.map((request) => request.at.getTime()))
  const requests = github.state.requests.filter((request) => !request.path.startsWith('/app')).length
  const acceptedAt = accepted.deliveredAt.getTime() + accepted.durationSeconds * 1000
  return { toLastDispatchMs: Math.round(last - acceptedAt), requests }
}

function report(rounds: readonly Round[]): void {
  const times = rounds.map((round) => round.toLastDispatchMs).sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
  const requests = Math.max(...rounds.map((round) => round.requests))
  console.log(
    `${rounds.length} runs of ${LEGS} legs, one after the other, on ${process.env.DATABASE_URL ? 'PostgreSQL' : 'PGlite'}`,
  )
  console.log(
    `from accepted delivery to last dispatch request: median ${at(0.5)} ms, 90% ${at(0.9)} ms, most ${at(1)} ms (aim: median under ${AIM_MS} ms)`,
  )
  console.log(`API requests from open to concluded gate: at most ${requests} (aim: at most ${AIM_REQUESTS})`)
  if (at(0.5) >= AIM_MS || requests > AIM_REQUESTS) process.exitCode = 1
}

await main()

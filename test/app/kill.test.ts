import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { makeEnv } from '../support/app.ts'
import { freePort, startPostgres, type TestPostgres } from '../support/postgres.ts'
import { type AppProcess, startProcess } from '../support/process.ts'
import { GATE, makeProject } from '../support/project.ts'
import { makeRandom, SEED } from '../support/random.ts'

let postgres: TestPostgres
let directory: string

beforeAll(async () => {
  postgres = await startPostgres()
  directory = await mkdtemp(join(tmpdir(), 'signalbox-kill-'))
})
afterAll(async () => {
  await postgres.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Opens a pull request, kills the process at a random moment of its run, starts it again; so many times over. */
async function killAndRestart(github: Sandbox, env: NodeJS.ProcessEnv, kills: number): Promise<void> {
  const random = makeRandom(SEED)
  const port = await freePort()
  github.setWebhook({ url: `http://127.0.0.1:${port}/api/github/webhooks` })
  const app = { github, runners: new Map() }
  let running: AppProcess = await startProcess(env, port)
  try {
    const seen = []
    for (let kill = 0; kill < kills; kill++) {
      const project = makeProject(app)
      const { sha } = project.openPullRequest()
      await new Promise((resolve) => setTimeout(resolve, random.between(0, 899)))
      await running.kill()
      running = await startProcess(env, port)
      seen.push({ project, sha })
    }
    for (const { project, sha } of seen) {
      await github.until(
        `the gate of ${project.repo} (SEED=${SEED})`,
        () => project.checks(sha).includes(`${GATE}: success`),
        {
          timeoutMs: 90_000,
        },
      )
      expect(new Set(project.attempts()).size, `dispatched once each (SEED=${SEED})`).toBe(project.attempts().length)
      expect(project.attempts()).toHaveLength(4)
      expect(github.state.checkRuns(project.repo, sha)).toHaveLength(5)
    }
    expect(await running.terminate()).toBe(0)
  } finally {
    await running.kill()
  }
}

describe('killed in the middle of a run and started again, the run ends right and no leg is dispatched twice', () => {
  const slowRunner = () => ({ queuedMs: 50, durationMs: 200 })

  test('on PGlite, at 20 random points', { timeout: 300_000 }, async () => {
    const github = await startSandbox({ runner: slowRunner, delayMs: 5 })
    await killAndRestart(github, { ...makeEnv(github), SIGNALBOX_DATA_DIR: directory }, 20)
    await github.stop()
  })

  test('on PostgreSQL, at 5 random points', { timeout: 300_000 }, async () => {
    const github = await startSandbox({ runner: slowRunner, delayMs: 5 })
    await killAndRestart(github, makeEnv(github, await postgres.createDatabase('kill')), 5)
    await github.stop()
  })
})

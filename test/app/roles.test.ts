/** One process takes webhooks, others do the work; all of them share nothing but PostgreSQL. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { makeEnv } from '../support/app.ts'
import { freePort, startPostgres, type TestPostgres } from '../support/postgres.ts'
import { type AppProcess, startProcess } from '../support/process.ts'
import { GATE, makeProject } from '../support/project.ts'

let postgres: TestPostgres
let github: Sandbox
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

interface Processes {
  readonly env: NodeJS.ProcessEnv
  readonly web: AppProcess
  readonly workers: readonly AppProcess[]
  readonly workerUrl: string
}

async function startRoles(database: string, workers: number): Promise<Processes> {
  github = await startSandbox({ validateReplies: true })
  const env = makeEnv(github, await postgres.createDatabase(database))
  const [webPort, ...workerPorts] = await Promise.all(Array.from({ length: 1 + workers }, freePort))
  // At the same moment, as compose.yaml starts them: they take turns at the migrations.
  const [web, ...others] = await Promise.all([
    startProcess({ ...env, SIGNALBOX_ROLE: 'web' }, webPort ?? 0),
    ...workerPorts.map((port) => startProcess({ ...env, SIGNALBOX_ROLE: 'worker' }, port)),
  ])
  if (web === undefined) throw new Error('no web process')
  const url = (port = 0) => `http://127.0.0.1:${port}/api/github/webhooks`
  github.setWebhook({ url: url(webPort) })
  return { env, web, workers: others, workerUrl: url(workerPorts[0]) }
}

async function stopRoles({ web, workers }: Processes): Promise<void> {
  const codes = await Promise.all([web, ...workers].map((process) => process.terminate()))
  await github.stop()
  expect(codes).toEqual(codes.map(() => 0))
}

test.for([1, 2])('pull requests end green; workers: %i', async (workers) => {
  const processes = await startRoles(`roles_${workers}`, workers)
  try {
    const projects = [1, 2, 3].map(() => makeProject({ github, runners: new Map() }))
    const opened = projects.map((project) => ({ project, ...project.openPullRequest() }))
    for (const { project, sha } of opened) await project.concluded(sha, GATE, 'success')
    await github.settle()
    for (const { project, sha } of opened) {
      expect(project.attempts()).toHaveLength(4)
      expect(new Set(project.attempts()).size).toBe(4)
      expect(github.state.checkRuns(project.repo, sha)).toHaveLength(5)
    }
    github.assertConforms()
    // A worker is asked for health and metrics only.
    expect((await fetch(processes.workerUrl, { method: 'POST', body: '{}' })).status).toBe(404)
    expect((await fetch(new URL('/', processes.workerUrl), { method: 'POST', body: '{}' })).status).toBe(404)
    expect((await fetch(new URL('/healthz', processes.workerUrl))).status).toBe(200)
  } finally {
    await stopRoles(processes)
  }
})

test('what web took in while no worker was there is done once one comes', async () => {
  const processes = await startRoles('roles_late', 1)
  let late = processes
  try {
    for (const worker of processes.workers) await worker.terminate()
    const project = makeProject({ github, runners: new Map() })
    const { sha } = project.openPullRequest()
    await github.settle()
    expect(project.dispatched()).toEqual([])
    expect(github.state.deliveries.at(-1)?.statusCode).toBe(202)
    const worker = await startProcess({ ...processes.env, SIGNALBOX_ROLE: 'worker' }, await freePort())
    late = { ...processes, workers: [worker] }
    await project.concluded(sha, GATE, 'success')
  } finally {
    await stopRoles(late)
  }
})

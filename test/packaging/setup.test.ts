/** The first start, without credentials: the page, what it asks GitHub for, what it keeps, and the start after it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { freePort } from '../support/postgres.ts'

const CLI = resolve('src/cli.ts')

let directory: string
let github: Server
let port: number
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-setup-'))
  github = await startGithub()
  port = await freePort()
})
afterAll(async () => {
  github.close()
  await rm(directory, { recursive: true, force: true })
})

/** GitHub, as far as it turns a manifest into an app. */
async function startGithub(): Promise<Server> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const server = createServer((request, response) => {
    const isConversion = request.method === 'POST' && request.url === '/api/v3/app-manifests/code-1/conversions'
    response.writeHead(isConversion ? 201 : 404, { 'content-type': 'application/json' })
    const app = {
      id: 42,
      client_id: 'Iv1',
      client_secret: 'cs',
      webhook_secret: 'whs',
      pem,
      html_url: 'http://x.test/app',
    }
    response.end(JSON.stringify(isConversion ? app : { message: 'Not Found' }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function start(): ChildProcess {
  const host = `127.0.0.1:${(github.address() as AddressInfo).port}`
  return spawn(process.execPath, [CLI, 'start'], {
    cwd: directory,
    // As an image or a service manager may set it.
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      GHE_HOST: host,
      GHE_PROTOCOL: 'http',
    },
    stdio: process.env.TEST_LOG ? 'inherit' : 'ignore',
  })
}

async function whenAnswering(path: string): Promise<Response> {
  const deadline = Date.now() + 25_000
  for (;;) {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual' }).catch(() => null)
    if (reply !== null) return reply
    if (Date.now() > deadline) throw new Error(`${path} was not answered in time`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

async function end(child: ChildProcess): Promise<number | null> {
  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

test('creates the app from the manifest, keeps its credentials, and runs with them', async () => {
  const setup = start()
  const page = await (await whenAnswering('/probot')).text()
  const asked = JSON.parse(/name="manifest"[^>]* value='([^']*)'/.exec(page)?.[1] ?? '')
  const { default_events, default_permissions, name } = parse(await readFile('app.yml', 'utf8'))
  expect(asked).toMatchObject({ name, default_events, default_permissions, public: false })
  // The server takes webhooks there too; see app-manifest.test.ts.
  expect(asked.hook_attributes).toEqual({ url: `http://127.0.0.1:${port}/` })

  expect((await whenAnswering('/probot/setup?code=code-1')).status).toBe(302)
  expect((await stat(join(directory, '.env'))).mode & 0o777).toBe(0o600)
  expect(await end(setup)).toBe(0)

  const running = start()
  const reply = await whenAnswering('/healthz')
  expect([reply.status, await reply.text()]).toEqual([200, 'ok\n'])
  expect(await end(running)).toBe(0)
})

/** Dockerfile, .dockerignore, compose.yaml and the CI workflow, as far as they can be wrong without being run. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ENVIRONMENT_VARIABLES } from '../../src/cli/environment.ts'

const dockerfile = await readFile('Dockerfile', 'utf8')
const compose = parse(await readFile('compose.yaml', 'utf8'), { merge: true })
const workflow = parse(await readFile('.github/workflows/ci.yml', 'utf8'))
const manifest = JSON.parse(await readFile('package.json', 'utf8'))

/** What the Dockerfile takes from the build context. */
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '))

test('what the Dockerfile copies is there and not ignored, and nothing else is sent', async () => {
  const allowed = [...(await readFile('.dockerignore', 'utf8')).matchAll(/^!(.+)$/gm)].map(([, path]) => path)
  expect(allowed.sort()).toEqual([...new Set(copied)].sort())
  for (const path of copied) expect(existsSync(path), path).toBe(true)
})

test('the image holds what the npm package holds', () => {
  expect(copied).toEqual(expect.arrayContaining(manifest.files.filter((name: string) => name !== 'dist')))
})

test('compose runs both roles from one image, and sets only known variables', () => {
  const { web, worker, postgres } = compose.services
  expect([web.environment.SIGNALBOX_ROLE, worker.environment.SIGNALBOX_ROLE]).toEqual(['web', 'worker'])
  for (const service of [web, worker]) {
    expect(service).toMatchObject({ image: 'signalbox', build: '.', read_only: true, restart: 'unless-stopped' })
    expect(ENVIRONMENT_VARIABLES).toEqual(expect.arrayContaining(Object.keys(service.environment)))
  }
  expect(worker.ports).toBeUndefined()
  expect(postgres.environment.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?.+\}$/)
})

test('CI may only read, runs the same script, and takes actions by commit', async () => {
  expect(workflow.permissions).toEqual({ contents: 'read' })
  const { steps } = workflow.jobs.check
  expect(steps.at(-1)).toEqual({ run: '.ci/run', env: { TEST_DOCKER_HOST: 'unix:///var/run/docker.sock' } })
  for (const { uses } of steps.slice(0, -1)) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
  expect(steps[0].with['persist-credentials']).toBe(false)
  const script = await readFile('.ci/run', 'utf8')
  for (const command of ['npm ci', 'npm test', 'npm run demo -- --once']) expect(script).toContain(command)
})

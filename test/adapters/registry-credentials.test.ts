/** Where the credentials of a registry are found: the environment, the Docker configuration, helper programs. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCredentials } from '../../src/adapters/registry/credentials.ts'

let directory: string
let file: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-docker-config-'))
  file = join(directory, 'config.json')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const encode = (text: string) => Buffer.from(text).toString('base64')

function find(registry: string, env: NodeJS.ProcessEnv = {}) {
  return readCredentials({ DOCKER_CONFIG: directory, PATH: `${directory}:/usr/bin:/bin`, ...env }).credentialFor(
    registry,
  )
}

async function configure(config: unknown): Promise<void> {
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config))
}

/** A real program, as Docker's protocol for helpers has it. */
async function installHelper(name: string, script: string): Promise<void> {
  const program = join(directory, `docker-credential-${name}`)
  await writeFile(program, `#!/bin/sh\n${script}\n`)
  await chmod(program, 0o755)
}

describe('the environment', () => {
  const own = {
    SIGNALBOX_REGISTRY: 'registry.example:5000',
    SIGNALBOX_REGISTRY_USERNAME: 'porter',
    SIGNALBOX_REGISTRY_PASSWORD: 'correct horse',
  }
  const actions = { GITHUB_ACTOR: 'octocat', GITHUB_TOKEN: 'ghs_x' }

  test.each([
    ['registry.example:5000', own, 'porter'],
    ['registry.example', own, undefined],
    ['ghcr.io', own, undefined],
    ['ghcr.io', actions, 'octocat'],
    ['ghcr.io', { GITHUB_TOKEN: 'ghs_x' }, undefined],
    ['registry.example:5000', actions, undefined],
    ['ghcr.io', { ...actions, ...own, SIGNALBOX_REGISTRY: 'ghcr.io' }, 'porter'],
    ['ghcr.io', {}, undefined],
  ])('for %s of %j: %s', async (registry, env, username) => {
    const credential = await find(registry, env)
    expect(credential?.kind === 'password' ? credential.username : undefined).toBe(username)
  })

  test('a part that is missing is named, and nothing secret', async () => {
    const failing = find('ghcr.io', { SIGNALBOX_REGISTRY_PASSWORD: 'correct horse' })
    await expect(failing).rejects.toThrow('SIGNALBOX_REGISTRY and SIGNALBOX_REGISTRY_USERNAME must be set too')
    await expect(failing).rejects.not.toThrow(/correct horse/)
  })
})

describe('the Docker configuration', () => {
  const auth = encode('porter:correct: horse')
  const expected = { kind: 'password', username: 'porter', password: 'correct: horse' }

  test.each([
    ['ghcr.io', { 'ghcr.io': { auth } }],
    ['ghcr.io', { 'https://ghcr.io/v1/': { auth } }],
    ['localhost:5000', { 'localhost:5000': { auth } }],
    ['docker.io', { 'https://index.docker.io/v1/': { auth } }],
    ['docker.io', { 'docker.io': { auth } }],
    ['docker.io', { 'https://registry-1.docker.io': { auth } }],
    ['ghcr.io', { 'ghcr.io': { username: 'porter', password: 'correct: horse' } }],
  ])('for %s of %j', async (registry, auths) => {
    await configure({ auths })
    expect(await find(registry)).toEqual({ ...expected, source: file })
    expect(await find('other.example')).toBeNull()
  })

  test('tokens for the token service and for the registry', async () => {
    await configure({
      auths: {
        'a.example': { auth, identitytoken: 'refresh' },
        'b.example': { registrytoken: 'bearer' },
        'c.example': {},
      },
    })
    expect(await find('a.example')).toEqual({ kind: 'identity-token', token: 'refresh', source: file })
    expect(await find('b.example')).toEqual({ kind: 'registry-token', token: 'bearer', source: file })
    expect(await find('c.example')).toBeNull()
  })

  test('it comes before what GitHub Actions set', async () => {
    await configure({ auths: { 'ghcr.io': { auth } } })
    const credential = await find('ghcr.io', { GITHUB_ACTOR: 'octocat', GITHUB_TOKEN: 'ghs_x' })
    expect(credential).toMatchObject(expected)
  })

  test('without DOCKER_CONFIG it is below the home directory, and may be missing', async () => {
    const source = readCredentials({ HOME: directory })
    expect(await source.credentialFor('ghcr.io')).toBeNull()
  })

  test.each([
    ['{"auths":{"ghcr.io":{"auth":"c2VjcmV0OnNlY3JldA=="', 'is not a Docker configuration'],
    ['{"auths":["c2VjcmV0OnNlY3JldA=="]}', 'is not a Docker configuration'],
    [{ auths: { 'ghcr.io': { auth: 'c2VjcmV0' } } }, 'The entry for ghcr.io in'],
    [{ credsStore: '../evil c2VjcmV0' }, 'is no name of a program'],
    [{ credsStore: 'not-there' }, 'docker-credential-not-there, which'],
  ])('%j is refused by name, and never quoted', async (config, message) => {
    await configure(config)
    const failing = find('ghcr.io')
    await expect(failing).rejects.toMatchObject({ name: 'UsageError' })
    await expect(failing).rejects.toThrow(message)
    await expect(failing).rejects.toThrow(file)
    await expect(failing).rejects.not.toThrow(/c2VjcmV0/)
  })
})

describe('helper programs', () => {
  test('the one for this registry, told the host by its input', async () => {
    await configure({ credHelpers: { 'ghcr.io': 'mine' }, credsStore: 'not-there' })
    await installHelper(
      'mine',
      'read -r host; echo "{\\"ServerURL\\":\\"x\\",\\"Username\\":\\"$1\\",\\"Secret\\":\\"$host\\"}"',
    )
    expect(await find('ghcr.io')).toEqual({
      kind: 'password',
      username: 'get',
      password: 'ghcr.io',
      source: 'docker-credential-mine',
    })
  })

  test('the store of all, which knows Docker Hub by its old name', async () => {
    await configure({ credsStore: 'store' })
    await installHelper('store', 'read -r host; echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"$host\\"}"')
    expect(await find('docker.io')).toMatchObject({ kind: 'identity-token', token: 'https://index.docker.io/v1/' })
  })

  test('one that has none leaves it to what the file says', async () => {
    await configure({ credsStore: 'empty', auths: { 'ghcr.io': { auth: encode('porter:x') }, 'a.example': {} } })
    await installHelper('empty', 'echo "credentials not found in native keychain"; exit 1')
    expect(await find('ghcr.io')).toMatchObject({ username: 'porter', source: file })
    expect(await find('a.example')).toBeNull()
  })

  test('each registry is asked for once', async () => {
    await configure({ credsStore: 'count' })
    await installHelper('count', `echo >> ${directory}/asked; echo '{"Username":"u","Secret":"s"}'`)
    const source = readCredentials({ DOCKER_CONFIG: directory, PATH: `${directory}:/usr/bin:/bin` })
    await Promise.all([source.credentialFor('a.example'), source.credentialFor('a.example')])
    await rm(join(directory, 'docker-credential-count'))
    expect(await source.credentialFor('a.example')).toMatchObject({ username: 'u' })
  })

  test.each([
    ['echo secret; exit 3', 'failed with exit code 3'],
    ['echo secret', 'answered nothing that is a credential'],
  ])('one that does %j', async (script, message) => {
    await configure({ credsStore: 'broken' })
    await installHelper('broken', script)
    const failing = find('ghcr.io')
    await expect(failing).rejects.toThrow(`docker-credential-broken ${message}`)
    await expect(failing).rejects.not.toThrow(/secret/)
  })
})

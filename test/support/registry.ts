/** A real registry (Debian's `docker-registry`) for one test file, on a free loopback port, gone at its end. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, glob, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const BINARY = '/usr/bin/docker-registry'

/** Why there is no registry to test against, to be printed; null: there is one. */
export const registryMissing: string | null = existsSync(BINARY)
  ? null
  : `${BINARY} is not there; install the package docker-registry (apt-get install docker-registry)`

export interface TestRegistry {
  /** `127.0.0.1:<port>`, as it stands in references. */
  readonly host: string
  /** Frees what no manifest needs, as an administrator does; untagged manifests stay. */
  collectGarbage(): Promise<void>
  /** Digests of all blobs that are stored, manifests among them, whatever repository needs them. */
  storedBlobs(): Promise<ReadonlySet<string>>
  /** Digests of all manifests of a repository, also of those without a tag. */
  storedManifests(path: string): Promise<ReadonlySet<string>>
  /** A repository with the same manifests and tags as another, of which nobody was asked. */
  copyRepository(from: string, to: string): Promise<void>
  stop(): Promise<void>
}

export interface RegistryOptions {
  /** Default: anybody may do anything. */
  readonly auth?: { readonly kind: 'password' } | TokenAuth
  /** Whether manifests can be deleted; default true. */
  readonly deletion?: boolean
}

export interface TokenAuth {
  readonly kind: 'token'
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** File of the certificate whose key signs the tokens. */
  readonly certificate: string
}

/** Who may use a registry with `auth: { kind: 'password' }`. */
export const REGISTRY_USER = { username: 'porter', password: 'correct horse' } as const
/** The password above, as bcrypt makes it: the only kind that the registry takes, and Node has none. */
const PASSWORD_FILE = 'porter:$2y$05$saltsaltsaltsaltsaltsuOBejJV6G674uenOhQVDIennCyuQU7rO\n'

export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  if (registryMissing !== null) throw new Error(registryMissing)
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-registry-'))
  const configuration = join(directory, 'config.json')
  const passwords = join(directory, 'passwords')
  await writeFile(passwords, PASSWORD_FILE)
  // JSON is YAML, and needs no quoting of our own.
  await writeFile(configuration, JSON.stringify(configurationOf(options, join(directory, 'data'), passwords)))
  const environment = { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' }
  const child = spawn(BINARY, ['serve', configuration], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await rm(directory, { recursive: true, force: true })
  }
  try {
    return {
      host: await untilListening(child),
      collectGarbage: async () => {
        await promisify(execFile)(BINARY, ['garbage-collect', configuration], { env: environment })
      },
      storedBlobs: () => readBlobs(join(directory, 'data')),
      copyRepository: (from, to) =>
        cp(join(directory, 'data', REPOSITORIES, from), join(directory, 'data', REPOSITORIES, to), { recursive: true }),
      storedManifests: (path) => readManifests(join(directory, 'data'), path),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function configurationOf(options: RegistryOptions, data: string, passwords: string): unknown {
  const { auth } = options
  return {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: data },
      delete: { enabled: options.deletion ?? true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: '127.0.0.1:0', secret: 'for one test only' },
    ...(auth?.kind === 'password' && { auth: { htpasswd: { realm: 'test', path: passwords } } }),
    ...(auth?.kind === 'token' && {
      auth: {
        token: { realm: auth.realm, service: auth.service, issuer: auth.issuer, rootcertbundle: auth.certificate },
      },
    }),
  }
}

async function readBlobs(data: string): Promise<ReadonlySet<string>> {
  const digests = new Set<string>()
  for await (const file of glob('docker/registry/v2/blobs/sha256/*/*/data', { cwd: data }))
    digests.add(`sha256:${file.split('/').at(-2)}`)
  return digests
}

const REPOSITORIES = 'docker/registry/v2/repositories'

async function readManifests(data: string, path: string): Promise<ReadonlySet<string>> {
  const digests = new Set<string>()
  const revisions = `${REPOSITORIES}/${path}/_manifests/revisions/sha256/*/link`
  for await (const file of glob(revisions, { cwd: data })) digests.add(`sha256:${file.split('/').at(-2)}`)
  return digests
}

/** The system chooses the port, so that no two tests choose the same; the registry's log says which. */
function untilListening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => reject(new Error(`the registry did not start in time:\n${output}`)), 20_000)
    const read = (chunk: Buffer): void => {
      output = `${output}${chunk}`.slice(-20_000)
      const host = /listening on (127\.0\.0\.1:\d+)/.exec(output)?.[1]
      if (host === undefined) return
      clearTimeout(timer)
      resolve(host)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', reject)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the registry ended with ${code}:\n${output}`))
    })
  })
}

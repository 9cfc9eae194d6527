/** The engine's own API: who it is, what images it has, pulling and naming them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Docker from 'dockerode'
import { RegistryError, TransientError, UsageError } from '../../../domain/errors.ts'
import type { Credential } from '../../registry/credentials.ts'

export interface EngineVersion {
  readonly name: 'Docker' | 'Podman'
  /** As the engine says it: `20.10.24+dfsg1`. */
  readonly version: string
  /** `linux/amd64` */
  readonly platform: string
}

export interface EngineApi {
  version(): Promise<EngineVersion>
  exists(image: string): Promise<boolean>
  /** False: the registry has no such image. */
  pull(
    image: string,
    credential: Credential | null,
    options: { readonly onLine: (line: string) => void; readonly signal: AbortSignal },
  ): Promise<boolean>
  tag(image: string, name: string): Promise<void>
}

/**
 * @param endpoint as DOCKER_HOST has it: `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host`.
 * @param answerMs how long a question may take; a pull takes as long as it takes.
 */
export async function connectEngine(endpoint: string, env: NodeJS.ProcessEnv, answerMs: number): Promise<EngineApi> {
  const connection = await connectionOf(endpoint, env)
  const docker = new Docker(connection)
  const patience = { connectionTimeout: answerMs, timeout: answerMs }
  const asked = new Docker({ ...connection, ...patience })
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    const started = performance.now()
    try {
      return await question()
    } catch (error) {
      // The client reports its own timeout as a connection that the engine closed.
      if (statusOf(error) === null && performance.now() - started >= answerMs) throw noAnswer(endpoint, answerMs, error)
      return explain(error, endpoint)
    }
  }
  return {
    async version() {
      const { Version, Os, Arch, Components } = await ask(() => asked.version())
      const podman = (Components ?? []).find((component) => component.Name.startsWith('Podman'))
      return {
        name: podman === undefined ? 'Docker' : 'Podman',
        version: podman?.Version ?? Version,
        platform: `${Os}/${Arch}`,
      }
    },
    exists: (image) =>
      ask(async () => {
        try {
          await asked.getImage(image).inspect()
          return true
        } catch (error) {
          if (statusOf(error) === 404) return false
          throw error
        }
      }),
    async pull(image, credential, { onLine, signal }) {
      try {
        const stream = await docker.pull(image, { abortSignal: signal, ...authOf(credential) })
        await follow(docker, stream, onLine)
        return true
      } catch (error) {
        if (isMissing(error)) return false
        if (signal.aborted) throw new TransientError(`Pulling ${image} was cancelled.`, { cause: error })
        return explain(error, endpoint, `${image} was not pulled`)
      }
    },
    async tag(image, name) {
      const colon = name.lastIndexOf(':')
      const tagged = colon > name.lastIndexOf('/')
      const [repo, tag] = tagged ? [name.slice(0, colon), name.slice(colon + 1)] : [name, 'latest']
      await ask(() => asked.getImage(image).tag({ repo, tag }))
    },
  }
}

async function connectionOf(endpoint: string, env: NodeJS.ProcessEnv): Promise<Docker.DockerOptions> {
  if (endpoint.startsWith('unix://')) return { socketPath: endpoint.slice('unix://'.length) }
  if (endpoint.startsWith('npipe://')) return { socketPath: endpoint.slice('npipe://'.length) }
  if (!URL.canParse(endpoint)) throw new UsageError(`DOCKER_HOST is "${endpoint}", which is no address of an engine.`)
  const { protocol, hostname, port, username } = new URL(endpoint)
  if (protocol === 'ssh:') {
    const agent = env.SSH_AUTH_SOCK === undefined ? {} : { sshOptions: { agent: env.SSH_AUTH_SOCK } }
    return { protocol: 'ssh', host: hostname, port: Number(port || 22), username, ...agent }
  }
  const secure = protocol === 'https:' || Boolean(env.DOCKER_TLS_VERIFY)
  const address = {
    protocol: secure ? 'https' : 'http',
    host: hostname,
    port: Number(port || (secure ? 2376 : 2375)),
  } as const
  const directory = env.DOCKER_CERT_PATH
  if (!secure || !directory) return address
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFile(join(directory, name), 'utf8')),
  )
  return ca === undefined || cert === undefined || key === undefined ? address : { ...address, ca, cert, key }
}

function authOf(credential: Credential | null): { authconfig?: Docker.AuthConfigObject } {
  switch (credential?.kind) {
    case undefined:
      return {}
    case 'password':
      return { authconfig: { username: credential.username, password: credential.password } }
    case 'identity-token':
      return { authconfig: { identitytoken: credential.token } }
    case 'registry-token':
      return { authconfig: { registrytoken: credential.token } }
  }
}

interface PullEvent {
  readonly id?: string
  readonly status?: string
}

/** Progress of bytes comes many times a second and says nothing that a line should. */
const COUNTING = new Set(['Downloading', 'Extracting', 'Waiting'])

function follow(docker: Docker, stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error) => (error ? reject(error) : resolve()),
      ({ id, status }: PullEvent) => {
        if (status !== undefined && !COUNTING.has(status)) onLine(id === undefined ? status : `${id}: ${status}`)
      },
    )
  })
}

function statusOf(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : null
}

/** The engine passes the registry's word on as it is. */
function isMissing(error: unknown): boolean {
  const said = error instanceof Error ? error.message : ''
  return (
    statusOf(error) === 404 ||
    /manifest unknown|manifest for .* not found|repository .* not found|name unknown/.test(said)
  )
}

function noAnswer(endpoint: string, answerMs: number, cause: unknown): TransientError {
  return new TransientError(
    `The Docker engine at ${endpoint} does not answer within ${answerMs / 1000} seconds. Look whether it hangs (systemctl status docker), or set DOCKER_HOST to one that runs.`,
    { cause },
  )
}

function explain(error: unknown, endpoint: string, what = 'The Docker engine refused'): never {
  const code = error instanceof Error && 'code' in error ? error.code : null
  const cause = { cause: error }
  if (code === 'EACCES' || code === 'EPERM') {
    throw new UsageError(
      `This user may not talk to the Docker engine at ${endpoint}. Add it to the group docker ` +
        '(sudo usermod -aG docker "$USER", then log in again), or use rootless Docker.',
      cause,
    )
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'ECONNRESET') {
    throw new TransientError(
      `The Docker engine at ${endpoint} is not running. Start it (systemctl start docker), or set DOCKER_HOST to one that runs.`,
      cause,
    )
  }
  const said = error instanceof Error ? error.message : String(error)
  const status = statusOf(error)
  if (/unauthorized|denied|authentication required|no basic auth/.test(said)) {
    throw new RegistryError(`${what}: ${said}. Log in with docker login, as somebody who may do this.`, {
      status,
      ...cause,
    })
  }
  if (/no space left on device/.test(said)) {
    throw new UsageError(`${what}: the disk is full. Free space, for instance with: docker system prune.`, cause)
  }
  throw new TransientError(`${what}: ${said}`, cause)
}

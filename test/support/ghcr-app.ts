/** The whole app with the images of the sandbox's packages, swept when a test says so. */
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect } from 'vitest'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { CommitContent } from '../../src/sandbox/pushes.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { TestApp } from './app.ts'
import { type GhcrProject, imagesYaml, makeGhcrProject } from './ghcr-project.ts'

/** Where the app finds the sandbox's packages; with the token, it deletes there. */
export function packagesEnvironment(sandbox: Sandbox, token: string | null): NodeJS.ProcessEnv {
  return { SIGNALBOX_PACKAGES_HOSTS: sandbox.host, ...(token !== null && { PACKAGES_TOKEN: token }) }
}

/** Its own repository's package. */
export const OWN = '${{ repo.owner }}/${{ repo.name }}'

/** By which it is seen that the app knows of the sweeps. */
const NEW_YEAR = '0 0 1 1 *'

export interface SweptProject extends GhcrProject {
  /** The reports of a sweep of all targets, once it came to its end; newest first. */
  sweep(): Promise<SweepReport[]>
  /** Of the only target. */
  sweepOne(): Promise<SweepReport>
  /** All, newest first. */
  reports(): Promise<SweepReport[]>
}

export interface SweptOptions {
  readonly owner?: string
  /** Of `cleanup.images`; `repositories` by default its own package, `confirmed` true. */
  readonly images?: object
  /** Other sections of the configuration. */
  readonly more?: (repo: string) => object
  readonly files?: CommitContent['files']
}

/** A repository whose sweeps the app knows of. */
export async function makeSweptProject(app: TestApp, options: SweptOptions = {}): Promise<SweptProject> {
  const { github, serving } = app
  const { owner = 'acme', more = () => ({}), files = {} } = options
  const images = { repositories: [`${github.host}/${OWN}`], confirmed: true, schedule: NEW_YEAR, ...options.images }
  const project = await makeGhcrProject(github, {
    owner,
    files: (repo) => ({ '.github/signalbox.yml': imagesYaml(images, more(repo)), ...files }),
  })
  const { sweeps } = serving.store
  github.pushCommit(project.repo, 'main', { files: { 'more.txt': 'more' }, author: 'ann' })
  const known = async () => (await sweeps.find(project.repoId))?.schedules.length
  await expect.poll(known, { timeout: 20_000 }).toBe(1)
  await github.settle()
  const reports = () => sweeps.list({ repoId: project.repoId, kind: 'images', limit: 50 })
  const sweep = async () => {
    const before = new Set((await reports()).map(({ id }) => id))
    await sweeps.enqueue('images', project.repoId)
    await ended(app, project.repoId)
    return (await reports()).filter(({ id }) => !before.has(id))
  }
  return {
    ...project,
    reports,
    sweep,
    async sweepOne() {
      // Reconciling may have enqueued one more behind it.
      const report = (await sweep()).at(-1)
      if (report === undefined) throw new Error('nothing was swept')
      return report
    },
  }
}

/** Until nothing of images is awaited or at work. */
export async function ended({ serving, github }: Pick<TestApp, 'serving' | 'github'>, repoId: number): Promise<void> {
  const isAwaited = async () => (await serving.store.sweeps.standing('images', repoId)).isAwaited
  await expect.poll(isAwaited, { timeout: 60_000 }).toBe(false)
  await github.settle()
}

export interface KeptLog {
  readonly log: pino.Logger
  /** Records of a message. */
  records(message: string): Record<string, unknown>[]
}

export function keepLog(): KeptLog {
  const records: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk, _, done) {
      records.push(JSON.parse(String(chunk)))
      done()
    },
  })
  return { log: pino({ level: 'debug' }, stream), records: (message) => records.filter(({ msg }) => msg === message) }
}

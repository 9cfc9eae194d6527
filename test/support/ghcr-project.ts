/**
 * A repository with container packages at the sandbox, whose images are swept over HTTP. Each version is put there under a name by
 * which tests know it: digests are different each time.
 */

import { parseImageRetention } from '../../src/domain/config/parse-image-retention.ts'
import type { ImageRetentionConfig } from '../../src/domain/image-retention.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { IndexEntry, NewImage } from '../../src/sandbox/push-image.ts'
import type { CommitContent } from '../../src/sandbox/pushes.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { Target } from './image.ts'
import { pullWhole } from './oci-images.ts'
import { daysAgo } from './stale-project.ts'

export const ALL_SCOPES = ['read:packages', 'write:packages', 'delete:packages']

export function makeImagesConfig(options: object = {}): ImageRetentionConfig {
  const parsed = parseImageRetention({ confirmed: true, rules: [{ pull_requests: 'closed' }], ...options })
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  return parsed.config
}

/** A token of somebody who owns these organisations. */
export function ownerToken(sandbox: Sandbox, organizations: readonly string[], scopes = ALL_SCOPES): string {
  return sandbox.createToken({ login: 'olga', scopes, organizations })
}

export interface PushOptions extends Omit<NewImage, 'at' | 'children' | 'subject'> {
  /** Default 40. */
  readonly days?: number
  /** Names of versions, or entries; each is there. */
  readonly children?: readonly (string | (Omit<IndexEntry, 'digest'> & { readonly of: string }))[]
  /** Name of a version; or a digest, of what does not have to be there. */
  readonly subject?: string
}

export interface GhcrPackage {
  /** `owner/name`. */
  readonly path: string
  /** `registry/owner/name`. */
  readonly name: string
  /** Where it is pulled from, as its owner. */
  readonly target: Target
  /** Returns the digest. */
  push(name: string, options?: PushOptions): string
  /** As BuildKit pushes it: `name` is the index, `name-amd64`, `name-arm64` and the attestation of each are without a tag. */
  pushMultiArch(name: string, options?: PushOptions): void
  /** One more tag. */
  retag(name: string, tag: string): void
  digest(name: string): string
  /** By digest, or by anything that holds one, such as a subject. */
  nameOf(text: string): string
  /** Name → tags, of what is there, in the order of the alphabet. */
  versions(): Record<string, string>
  /** Names of those for which GitHub was asked to delete them, in order; one that stands twice was asked for twice. */
  deletions(): string[]
  /** Each tag, but for these, is pulled whole. @throws when something of one is missing. */
  pullAll(...but: string[]): Promise<void>
  /** Name → outcome, with what was done. */
  outcomes(report: Pick<SweepReport, 'outcomes'>): Record<string, string>
  notes(report: Pick<SweepReport, 'outcomes'>): Record<string, string>
}

const PLATFORM = { os: 'linux', architecture: 'amd64' }
const UNKNOWN = { os: 'unknown', architecture: 'unknown' }

/** @param path `owner/name`; @param repo whose package it is. */
export async function makeGhcrPackage(sandbox: Sandbox, path: string, repo: string): Promise<GhcrPackage> {
  const digests = new Map<string, string>()
  const names = new Map<string, string>()
  const digest = (name: string) => {
    const found = digests.get(name)
    if (found === undefined) throw new Error(`nothing was pushed as ${name}`)
    return found
  }
  const nameOf = (text: string) => {
    const [found = ''] = /sha256:[0-9a-f]{64}/.exec(text) ?? []
    return names.get(found) ?? text
  }
  const push = (name: string, { days = 40, children, subject, ...image }: PushOptions = {}) => {
    const pushed = sandbox.pushImage(path, {
      ...image,
      at: daysAgo(days),
      repository: repo,
      ...(children !== undefined && {
        children: children.map((child) => {
          if (typeof child === 'string') return digest(child)
          const { of, ...entry } = child
          return { ...entry, digest: digest(of) }
        }),
      }),
      ...(subject !== undefined && { subject: subject.startsWith('sha256:') ? subject : digest(subject) }),
    })
    digests.set(name, pushed)
    names.set(pushed, name)
    return pushed
  }
  const token = ownerToken(sandbox, [path.split('/')[0] ?? ''])
  const authorization = `Basic ${Buffer.from(`olga:${token}`).toString('base64')}`
  const target = { host: sandbox.host, path, headers: { authorization } }
  return {
    path,
    name: `${sandbox.host}/${path}`,
    target,
    push,
    pushMultiArch(name, options = {}) {
      const { days = 40 } = options
      const entries = ['amd64', 'arm64'].flatMap((architecture) => {
        const image = push(`${name}-${architecture}`, { days })
        push(`${name}-${architecture}-attestation`, { days })
        const annotations = {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': image,
        }
        return [
          { of: `${name}-${architecture}`, platform: { ...PLATFORM, architecture } },
          { of: `${name}-${architecture}-attestation`, platform: UNKNOWN, annotations },
        ]
      })
      push(name, { ...options, children: [...entries, ...(options.children ?? [])] })
    },
    retag: (name, tag) => sandbox.tagImage(path, digest(name), tag),
    digest,
    nameOf,
    versions() {
      const all = sandbox.state.packageVersions(path)
      const shown = all.map((version) => [nameOf(version.digest), version.tags.toSorted().join()] as const)
      return Object.fromEntries(shown.toSorted(([one], [other]) => (one < other ? -1 : 1)))
    },
    deletions() {
      const everything = [...sandbox.state.packageVersions(path), ...sandbox.state.packageVersions(path, 'deleted')]
      const byId = new Map(everything.map((version) => [version.id, nameOf(version.digest)]))
      return sandbox.state.requests.flatMap(({ method, path: asked }) => {
        const id = /\/versions\/(\d+)$/.exec(asked)?.[1]
        return method === 'DELETE' && id !== undefined && byId.has(Number(id)) ? [byId.get(Number(id)) ?? ''] : []
      })
    },
    async pullAll(...but) {
      const tags = Object.keys(sandbox.state.packageTags(path)).filter((tag) => !but.includes(tag))
      for (const tag of tags) await pullWhole(target, tag)
    },
    outcomes: ({ outcomes }) =>
      Object.fromEntries(outcomes.map((one) => [nameOf(one.subject), `${one.outcome}: ${one.do.join()}`])),
    notes: ({ outcomes }) => Object.fromEntries(outcomes.map((one) => [nameOf(one.subject), one.note])),
  }
}

export interface GhcrProject {
  /** `owner/name`. */
  readonly repo: string
  readonly repoId: number
  /** As `repositories` has it. */
  readonly package: GhcrPackage
  /** Returns number and head of a pull request. */
  openPull(branch: string): { readonly number: number; readonly sha: string }
}

let numbers = 0

/** @param owner an organisation. */
export async function makeGhcrProject(
  sandbox: Sandbox,
  { owner = 'acme', files = () => ({}) }: { owner?: string; files?: (repo: string) => CommitContent['files'] } = {},
): Promise<GhcrProject> {
  const name = `ghcr-${++numbers}`
  const repo = `${owner}/${name}`
  sandbox.createRepository({
    owner,
    name,
    ownerType: 'Organization',
    collaborators: { ann: 'write', rob: 'read' },
    files: { 'README.md': 'hello', ...files(repo) },
  })
  return {
    repo,
    repoId: sandbox.state.repository(repo).id,
    package: await makeGhcrPackage(sandbox, repo, repo),
    openPull(branch) {
      const sha = sandbox.pushCommit(repo, branch, { files: { [`${branch}.txt`]: branch }, author: 'ann' })
      return { sha, number: sandbox.openPullRequest(repo, { head: branch, author: 'ann', title: branch }) }
    },
  }
}

/** `cleanup` alone, as YAML is JSON. */
export function imagesYaml(images: object, more: object = {}): string {
  return JSON.stringify({ version: 1, pipelines: {}, ...more, cleanup: { images } })
}

/** Sweeps of the sandbox's packages as the app does them, with whatever token, at whatever time a test wants. */
import { openImageRepository } from '../../src/adapters/registry/open-image-repository.ts'
import { carryOut, memoryJournal } from '../../src/app/sweep.ts'
import { makeImageSweep } from '../../src/app/sweep-images.ts'
import type { ImageRetentionConfig } from '../../src/domain/image-retention.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { ManifestMemory, SweepJournal } from '../../src/ports/sweeps.ts'
import type { GitHubApp } from '../../src/ports.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { type GhcrProject, makeImagesConfig, ownerToken } from './ghcr-project.ts'
import { rememberManifests } from './images-project.ts'
import { findSubject } from './use-sandbox.ts'

const IMPATIENT = { attempts: 2, delayMs: 1, longestWaitMs: 0 }

export interface GhcrSweepOptions {
  readonly config?: ImageRetentionConfig
  /** Default: a good one. */
  readonly token?: string
  readonly journal?: SweepJournal
  readonly manifests?: ManifestMemory
  /** Default the clock's. */
  readonly now?: () => Date
  /** Through which GitHub is asked, but for packages. */
  readonly app?: GitHubApp
  /** Between what was decided and what is done. */
  readonly beforeApply?: () => void | Promise<void>
}

async function openPackage(sandbox: Sandbox, name: string, token: string) {
  return openImageRepository(name, {
    packages: {
      apiUrl: sandbox.baseUrl,
      hosts: [sandbox.host],
      token: { value: token, name: 'PACKAGES_TOKEN', username: 'signalbox' },
    },
    credentials: { credentialFor: async () => null },
    patience: IMPATIENT,
  })
}

export async function sweepPackage(
  sandbox: Sandbox,
  app: GitHubApp,
  project: GhcrProject,
  options: GhcrSweepOptions = {},
): Promise<SweepReport> {
  const { config = makeImagesConfig(), now = () => new Date(), beforeApply = () => {} } = options
  const subject = await findSubject(app, project.repo)
  const token = options.token ?? ownerToken(sandbox, [subject.repo.owner])
  const github = await (options.app ?? app).forSweep(subject.installationId)
  const clock = { now }
  const sweep = makeImageSweep({
    github,
    installation: null,
    repo: subject.repo,
    clock,
    config,
    name: project.package.name,
    openImages: (name) => openPackage(sandbox, name, token),
    manifests: options.manifests ?? rememberManifests(),
    previewedCommits: async () => new Set(),
  })
  const journal = options.journal ?? memoryJournal(now())
  return carryOut({
    sweep: {
      ...sweep,
      async apply(actions, work) {
        await beforeApply()
        await sweep.apply(actions, work)
      },
    },
    journal,
    kind: 'images',
    repo: subject.repo,
    target: project.package.name,
    clock,
    dryRun: false,
    pace: async () => {},
  })
}

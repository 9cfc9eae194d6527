/** Looks at a repository as it is at GitHub. What GitHub does not let us see is a fact like any other. */
import { loadConfig } from '../../app/load-config.ts'
import { readWorkflowFile } from '../../domain/doctor/workflow-file.ts'
import { type WorkflowUse, workflowKey, workflowUses } from '../../domain/doctor/workflow-uses.ts'
import type {
  BranchFacts,
  ConfigFacts,
  DoctorFacts,
  InstallationFacts,
  Manifest,
  Unreadable,
  WorkflowFacts,
} from '../../domain/doctor.ts'
import { GitHubError, UsageError } from '../../domain/errors.ts'
import { repositoryKey } from '../../domain/pull-request.ts'
import type { Repo } from '../../domain/trigger.ts'
import type { GitHub, GitHubApp, Inspector, RepoName } from '../../ports.ts'

export interface Asked {
  readonly repo: RepoName
  /** Null: the default branch. */
  readonly branch: string | null
  readonly appId: number
  readonly manifest: Manifest
  /** Repositories of other owners that previews may be dispatched to, by `repositoryKey`. */
  readonly allowed: ReadonlySet<string>
  readonly hasPackagesToken: boolean
}

interface Eyes {
  readonly app: GitHubApp
  readonly inspector: Inspector
}

export async function observeRepository(eyes: Eyes, asked: Asked): Promise<DoctorFacts> {
  const { repo, appId, manifest, hasPackagesToken } = asked
  const installation = await eyes.inspector.getInstallation(repo)
  const shared = { repository: `${repo.owner}/${repo.name}`, appId, manifest, installation, hasPackagesToken }
  if (installation === null || installation.suspended) return { ...shared, ...unseen(asked) }
  const found = await eyes.inspector.getRepository(installation.id, repo)
  if (found === null) throw new UsageError(`${shared.repository} is not seen by the installation of the app.`)
  const github = await eyes.app.forInstallation(installation.id)
  const branch = asked.branch ?? found.defaultBranch
  const [config, branchFacts] = await Promise.all([
    seen<ConfigFacts>(() => loadConfig(github, found, found.defaultBranch)),
    seen<BranchFacts>(() => eyes.inspector.getBranch(installation.id, found, branch)),
  ])
  const previewInstallations = await observePreviews(eyes, asked, config, installation)
  const places = { repo: found, installation, previewInstallations, hasPackagesToken }
  const workflows = await observeWorkflows(eyes, config, places)
  return { ...shared, config, branch, branchFacts, previewInstallations, workflows }
}

function unseen(
  asked: Asked,
): Omit<DoctorFacts, 'repository' | 'appId' | 'manifest' | 'installation' | 'hasPackagesToken'> {
  const nothing: Unreadable = { kind: 'unreadable', reason: 'the app is not there' }
  return {
    config: nothing,
    branch: asked.branch ?? 'HEAD',
    branchFacts: nothing,
    workflows: new Map(),
    previewInstallations: new Map(),
  }
}

/** A refusal stays, so it is told; anything else may be gone the next time, and ends the command. */
async function seen<T>(look: () => Promise<T>): Promise<T | Unreadable> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof GitHubError) return { kind: 'unreadable', reason: error.message }
    throw error
  }
}

async function observePreviews(
  { inspector }: Eyes,
  { allowed, repo }: Asked,
  config: ConfigFacts,
  own: InstallationFacts,
): Promise<Map<string, InstallationFacts | null>> {
  const found = new Map<string, InstallationFacts | null>()
  if (config.kind !== 'good') return found
  for (const { repository } of config.config.previews) {
    const key = repositoryKey(repository)
    const isOfOwner = repository.owner.toLowerCase() === repo.owner.toLowerCase()
    if (found.has(key) || !(isOfOwner || allowed.has(key))) continue
    found.set(key, key === repositoryKey(repo) ? own : await inspector.getInstallation(repository))
  }
  return found
}

interface Places {
  readonly repo: Repo
  readonly installation: InstallationFacts
  readonly previewInstallations: ReadonlyMap<string, InstallationFacts | null>
  readonly hasPackagesToken: boolean
}

async function observeWorkflows(
  { app, inspector }: Eyes,
  config: ConfigFacts,
  { repo, installation, previewInstallations, hasPackagesToken }: Places,
): Promise<Map<string, WorkflowFacts>> {
  const found = new Map<string, WorkflowFacts>()
  if (config.kind !== 'good') return found
  const uses = new Map(workflowUses(config.config, hasPackagesToken).map((use) => [workflowKey(use), use]))
  for (const [key, use] of uses) {
    const at = use.repository === null ? installation : previewInstallations.get(repositoryKey(use.repository))
    if (!at || at.suspended) continue
    const target = use.repository ?? repo
    const ref = use.ref ?? (use.repository === null ? repo.defaultBranch : 'HEAD')
    const github = await app.forInstallation(at.id)
    found.set(key, await seen(() => observeWorkflow({ github, inspector }, at.id, target, { ...use, ref })))
  }
  return found
}

async function observeWorkflow(
  { github, inspector }: { github: GitHub; inspector: Inspector },
  installationId: number,
  repo: RepoName,
  { workflow, ref }: Pick<WorkflowUse, 'workflow'> & { ref: string },
): Promise<WorkflowFacts> {
  const [state, bytes] = await Promise.all([
    inspector.getWorkflowState(installationId, repo, workflow),
    github.readFile(repo, `.github/workflows/${workflow}`, ref),
  ])
  if (state === null || bytes === null) return { kind: 'none' }
  return { kind: 'known', state, file: readWorkflowFile(bytes) }
}

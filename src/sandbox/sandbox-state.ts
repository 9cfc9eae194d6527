/** What tests, benchmarks and the demo may read. The entities are the live ones: look, do not touch. */

import type { ActionsCache } from './caches.ts'
import { deploymentState } from './deployments.ts'
import { type ApiRequest, countRequests } from './http/request-log.ts'
import type {
  Artifact,
  CheckRun,
  Comment,
  Deployment,
  DeploymentState,
  Installation,
  LabelEvent,
  PullRequest,
  Repository,
  WorkflowRun,
} from './model.ts'
import type { ContainerPackage, PackageVersion } from './package-model.ts'
import { listVersions, requirePackage } from './packages.ts'
import { findConversation, findPullRequest } from './pull-requests.ts'
import { findRepository } from './repositories.ts'
import { type SeenItem, seeItem } from './see-item.ts'
import { commentsOf } from './timeline.ts'
import type { Delivery } from './webhooks/deliver.ts'
import { latestAttempt } from './workflow-runs.ts'
import type { World } from './world.ts'

/** A workflow run with the state of its newest attempt. */
export interface SeenWorkflowRun extends WorkflowRun {
  readonly status: 'queued' | 'in_progress' | 'completed'
  readonly conclusion: CheckRun['conclusion']
  readonly runAttempt: number
}

/** A deployment with the state of its newest status. */
export interface SeenDeployment extends Deployment {
  /** Null: it has no status yet. */
  readonly state: DeploymentState | null
}

export interface SandboxState {
  repository(repo: string): Repository
  readonly repositories: readonly Repository[]
  readonly installations: readonly Installation[]
  /** The app's own check runs, oldest first; of one commit when `sha` is given. */
  checkRuns(repo: string, sha?: string): CheckRun[]
  /** The app's newest check run of that name; undefined: there is none. */
  checkRun(repo: string, name: string, sha?: string): CheckRun | undefined
  /** Check runs of every app, also those that Actions makes for jobs. */
  allCheckRuns(repo: string): CheckRun[]
  /** Oldest first. */
  workflowRuns(repo: string): SeenWorkflowRun[]
  pullRequest(repo: string, number: number): PullRequest
  comments(repo: string, number: number): Comment[]
  /** An issue or pull request as it is now. */
  item(repo: string, number: number): SeenItem
  /** How labels came to, and went from, an issue or pull request, oldest first. */
  labelEvents(repo: string, number: number): readonly LabelEvent[]
  /** Oldest first. */
  deployments(repo: string): SeenDeployment[]
  /** Of one workflow run when its id is given; oldest first. */
  artifacts(repo: string, workflowRunId?: number): Artifact[]
  /** Oldest first. */
  caches(repo: string): ActionsCache[]
  /** The package `owner/name`. */
  package(path: string): ContainerPackage
  /** Of the package `owner/name`; the newest first. */
  packageVersions(path: string, state?: 'active' | 'deleted'): PackageVersion[]
  /** Tag → digest, of the package `owner/name`. */
  packageTags(path: string): Readonly<Record<string, string>>
  /** In the order in which they ended. */
  readonly deliveries: readonly Delivery[]
  readonly requests: readonly ApiRequest[]
  /** `GET /repos/{owner}/{repo}/pulls` → how often, since the start or the last `clearRequests`. */
  readonly requestCounts: Readonly<Record<string, number>>
  /** Forgets the log of requests. */
  clearRequests(): void
}

export function makeState(world: World): SandboxState {
  const allCheckRuns = (repo: string) => [...findRepository(world, repo).checkRuns.values()]
  const checkRuns = (repo: string, sha?: string) =>
    allCheckRuns(repo).filter((run) => run.app === world.app && (sha === undefined || run.headSha === sha))
  return {
    repository: (repo) => findRepository(world, repo),
    get repositories() {
      return [...world.repositories.values()].filter((one) => !one.deleted)
    },
    get installations() {
      return [...world.installations.values()]
    },
    allCheckRuns,
    checkRuns,
    checkRun: (repo, name, sha) => checkRuns(repo, sha).findLast((run) => run.name === name),
    workflowRuns(repo) {
      return [...findRepository(world, repo).workflowRuns.values()].map((run) => {
        const { status, conclusion, attempt } = latestAttempt(run)
        return { ...run, status, conclusion, runAttempt: attempt }
      })
    },
    pullRequest: (repo, number) => findPullRequest(findRepository(world, repo), number),
    comments: (repo, number) => commentsOf(findConversation(findRepository(world, repo), number)),
    item: (repo, number) => seeItem(findConversation(findRepository(world, repo), number)),
    labelEvents: (repo, number) => findConversation(findRepository(world, repo), number).labelEvents,
    deployments(repo) {
      const all = [...findRepository(world, repo).deployments.values()]
      return all.map((one) => ({ ...one, state: deploymentState(one) }))
    },
    artifacts(repo, workflowRunId) {
      const all = [...findRepository(world, repo).artifacts.values()]
      return all.filter((one) => workflowRunId === undefined || one.run.id === workflowRunId)
    },
    caches: (repo) => [...findRepository(world, repo).caches.values()],
    package: (path) => requirePackage(world, path),
    packageVersions: (path, state = 'active') => listVersions(world, requirePackage(world, path), state),
    packageTags(path) {
      const tags = [...requirePackage(world, path).tags].map(([tag, { digest }]) => [tag, digest])
      return Object.fromEntries(tags)
    },
    deliveries: world.deliveries,
    requests: world.requests,
    get requestCounts() {
      return countRequests(world)
    },
    clearRequests() {
      world.requests.length = 0
    },
  }
}

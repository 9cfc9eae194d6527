import { suiteState } from '../check-suites.ts'
import { isoTime, type JsonObject } from '../json.ts'
import type { CheckAnnotation, CheckRun, CheckSuite, PullRequest, Repository } from '../model.ts'
import type { World } from '../world.ts'
import { renderApp } from './account.ts'
import { renderSimpleCommit } from './commit.ts'
import { renderMinimalRepository } from './repository.ts'
import { escapePath, repoApi, repoWeb } from './urls.ts'

/** GitHub's `pull-request-minimal`. Heads in forks are not listed: GitHub does not see pushes to forks. */
export function renderPullRequestLinks(world: World, repository: Repository, sha: string): JsonObject[] {
  const isHere = (pull: PullRequest) =>
    pull.state === 'open' && pull.head.sha === sha && pull.head.repository === repository
  const pulls = [...repository.conversations.values()].filter((one) => one.kind === 'pull_request').filter(isHere)
  const repo = { id: repository.id, url: repoApi(world, repository), name: repository.name }
  return pulls.map((pull) => ({
    id: pull.id,
    number: pull.number,
    url: repoApi(world, repository, `/pulls/${pull.number}`),
    head: { ref: pull.head.ref, sha: pull.head.sha, repo },
    base: { ref: pull.base.ref, sha: pull.base.sha, repo },
  }))
}

/** GitHub's `check-run`. */
export function renderCheckRun(world: World, repository: Repository, run: CheckRun): JsonObject {
  const url = repoApi(world, repository, `/check-runs/${run.id}`)
  const page = repoWeb(world, repository, `/runs/${run.id}`)
  return {
    id: run.id,
    name: run.name,
    node_id: run.nodeId,
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: isoTime(run.startedAt),
    completed_at: isoTime(run.completedAt),
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suiteId },
    app: renderApp(world, run.app),
    pull_requests: renderPullRequestLinks(world, repository, run.headSha),
  }
}

export function renderAnnotation(
  world: World,
  repository: Repository,
  run: CheckRun,
  note: CheckAnnotation,
): JsonObject {
  return {
    path: note.path,
    blob_href: repoWeb(world, repository, `/blob/${run.headSha}/${escapePath(note.path)}`),
    start_line: note.startLine,
    start_column: note.startColumn,
    end_line: note.endLine,
    end_column: note.endColumn,
    annotation_level: note.level,
    title: note.title,
    message: note.message,
    raw_details: note.rawDetails,
  }
}

/** What a check suite says in webhooks about its check runs. */
export function renderCheckSuiteInEvent(world: World, repository: Repository, suite: CheckSuite): JsonObject {
  const { status, conclusion, updatedAt } = suiteState(repository, suite)
  return {
    id: suite.id,
    node_id: suite.nodeId,
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    status,
    conclusion,
    url: repoApi(world, repository, `/check-suites/${suite.id}`),
    before: suite.before,
    after: suite.headSha,
    pull_requests: renderPullRequestLinks(world, repository, suite.headSha),
    app: renderApp(world, suite.app),
    created_at: isoTime(suite.createdAt),
    updated_at: isoTime(updatedAt),
  }
}

/** GitHub's `check-suite`. */
export function renderCheckSuite(world: World, repository: Repository, suite: CheckSuite): JsonObject {
  const commit = repository.objects.commits.get(suite.headSha)
  return {
    ...renderCheckSuiteInEvent(world, repository, suite),
    head_commit: commit === undefined ? null : renderSimpleCommit(commit),
    latest_check_runs_count: suiteState(repository, suite).runs.length,
    check_runs_url: repoApi(world, repository, `/check-suites/${suite.id}/check-runs`),
    rerequestable: true,
    runs_rerequestable: true,
    repository: renderMinimalRepository(world, repository),
  }
}

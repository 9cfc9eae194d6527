import { isoTime, type JsonObject } from '../json.ts'
import type { Repository } from '../model.ts'
import type { World } from '../world.ts'
import { renderAccount } from './account.ts'
import { fullName, repoApi, repoWeb } from './urls.ts'

/** GitHub's `minimal-repository`: what every other form begins with. */
export function renderMinimalRepository(world: World, repository: Repository): JsonObject {
  const api = (path: string) => repoApi(world, repository, path)
  return {
    id: repository.id,
    node_id: repository.nodeId,
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
    owner: renderAccount(world, repository.owner),
    html_url: repoWeb(world, repository),
    description: null,
    fork: repository.parent !== null,
    url: api(''),
    forks_url: api('/forks'),
    keys_url: api('/keys{/key_id}'),
    collaborators_url: api('/collaborators{/collaborator}'),
    teams_url: api('/teams'),
    hooks_url: api('/hooks'),
    issue_events_url: api('/issues/events{/number}'),
    events_url: api('/events'),
    assignees_url: api('/assignees{/user}'),
    branches_url: api('/branches{/branch}'),
    tags_url: api('/tags'),
    blobs_url: api('/git/blobs{/sha}'),
    git_tags_url: api('/git/tags{/sha}'),
    git_refs_url: api('/git/refs{/sha}'),
    trees_url: api('/git/trees{/sha}'),
    statuses_url: api('/statuses/{sha}'),
    languages_url: api('/languages'),
    stargazers_url: api('/stargazers'),
    contributors_url: api('/contributors'),
    subscribers_url: api('/subscribers'),
    subscription_url: api('/subscription'),
    commits_url: api('/commits{/sha}'),
    git_commits_url: api('/git/commits{/sha}'),
    comments_url: api('/comments{/number}'),
    issue_comment_url: api('/issues/comments{/number}'),
    contents_url: api('/contents/{+path}'),
    compare_url: api('/compare/{base}...{head}'),
    merges_url: api('/merges'),
    archive_url: api('/{archive_format}{/ref}'),
    downloads_url: api('/downloads'),
    issues_url: api('/issues{/number}'),
    pulls_url: api('/pulls{/number}'),
    milestones_url: api('/milestones{/number}'),
    notifications_url: api('/notifications{?since,all,participating}'),
    labels_url: api('/labels{/name}'),
    releases_url: api('/releases{/id}'),
    deployments_url: api('/deployments'),
  }
}

/** GitHub's `repository`, as pull requests and webhooks carry it. */
export function renderRepository(world: World, repository: Repository): JsonObject {
  const open = [...repository.conversations.values()].filter((one) => one.state === 'open').length
  const forks = [...world.repositories.values()].filter((one) => one.parent === repository).length
  const git = `${world.origin.replace(/^https?/, 'git')}/${fullName(repository)}.git`
  return {
    ...renderMinimalRepository(world, repository),
    created_at: isoTime(repository.createdAt),
    updated_at: isoTime(repository.pushedAt),
    pushed_at: isoTime(repository.pushedAt),
    git_url: git,
    ssh_url: `git@127.0.0.1:${fullName(repository)}.git`,
    clone_url: `${repoWeb(world, repository)}.git`,
    svn_url: repoWeb(world, repository),
    homepage: null,
    size: 1,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    forks_count: forks,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: open,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    custom_properties: {},
    visibility: repository.private ? 'private' : 'public',
    forks,
    open_issues: open,
    watchers: 0,
    default_branch: repository.defaultBranch,
  }
}

/** GitHub's `full-repository`, as `GET /repos/{owner}/{repo}` answers. */
export function renderFullRepository(world: World, repository: Repository): JsonObject {
  const parent = repository.parent === null ? {} : { parent: renderRepository(world, repository.parent) }
  return {
    ...renderRepository(world, repository),
    permissions: { admin: false, maintain: false, push: false, triage: false, pull: true },
    temp_clone_token: '',
    allow_squash_merge: true,
    allow_merge_commit: true,
    allow_rebase_merge: true,
    allow_auto_merge: false,
    allow_update_branch: false,
    delete_branch_on_merge: false,
    network_count: 0,
    subscribers_count: 0,
    ...parent,
  }
}

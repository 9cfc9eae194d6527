import type { FileChange } from '../git/diff.ts'
import type { Commit, Signature } from '../git/object-store.ts'
import { isoTime, type JsonObject } from '../json.ts'
import type { Repository } from '../model.ts'
import { nodeId } from '../node-id.ts'
import type { World } from '../world.ts'
import { renderAccount } from './account.ts'
import { escapePath, repoApi, repoWeb } from './urls.ts'

function renderSignature(signature: Signature): JsonObject {
  return { name: signature.name, email: signature.email, date: isoTime(signature.date) }
}

/** GitHub's `commit`. */
export function renderCommit(world: World, repository: Repository, commit: Commit): JsonObject {
  const known = world.accounts.get(commit.author.name.toLowerCase())
  const author = known === undefined ? null : renderAccount(world, known)
  return {
    sha: commit.sha,
    node_id: nodeId('commit', commit.sha),
    commit: {
      author: renderSignature(commit.author),
      committer: renderSignature(commit.author),
      message: commit.message,
      tree: { sha: commit.tree.sha, url: repoApi(world, repository, `/git/trees/${commit.tree.sha}`) },
      url: repoApi(world, repository, `/git/commits/${commit.sha}`),
      comment_count: 0,
      verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
    },
    url: repoApi(world, repository, `/commits/${commit.sha}`),
    html_url: repoWeb(world, repository, `/commit/${commit.sha}`),
    comments_url: repoApi(world, repository, `/commits/${commit.sha}/comments`),
    author,
    committer: author,
    parents: commit.parents.map((sha) => ({
      sha,
      url: repoApi(world, repository, `/commits/${sha}`),
      html_url: repoWeb(world, repository, `/commit/${sha}`),
    })),
  }
}

/** GitHub's `simple-commit`, as workflow runs, check suites and merge groups carry it. */
export function renderSimpleCommit(commit: Commit): JsonObject {
  const who = { name: commit.author.name, email: commit.author.email }
  return {
    id: commit.sha,
    tree_id: commit.tree.sha,
    message: commit.message,
    timestamp: isoTime(commit.author.date),
    author: who,
    committer: who,
  }
}

/** GitHub's `diff-entry`. */
export function renderFileChange(world: World, repository: Repository, sha: string, change: FileChange): JsonObject {
  const path = escapePath(change.path)
  return {
    sha: change.sha,
    filename: change.path,
    status: change.status,
    additions: change.additions,
    deletions: change.deletions,
    changes: change.additions + change.deletions,
    blob_url: repoWeb(world, repository, `/blob/${sha}/${path}`),
    raw_url: repoWeb(world, repository, `/raw/${sha}/${path}`),
    contents_url: repoApi(world, repository, `/contents/${path}?ref=${sha}`),
    ...(change.patch === null ? {} : { patch: change.patch }),
    ...(change.previousPath === null ? {} : { previous_filename: change.previousPath }),
  }
}

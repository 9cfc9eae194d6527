/**
 * What of a repository may need its images: pull requests, branches, releases, and files that name images. An answer that is not
 * whole is none, since what it lacks might be in use.
 */
import pMap from 'p-map'
import { GitHubError } from '../../domain/errors.ts'
import { mayNameImages } from '../../domain/image-files.ts'
import type { ImageUseGitHub } from '../../ports/sweeps.ts'
import type { RepoName } from '../../ports.ts'
import { orNull, toFault } from './errors.ts'
import { inRepo, type Octokit, PAGE } from './octokit.ts'

/** A longer file is made by a program, and runs nothing. */
const MAX_FILE_BYTES = 1024 * 1024
const MAX_FILES = 1_000
const MAX_BYTES = 20 * 1024 * 1024
/** Requests for parts of a tree that GitHub does not list at once. */
const MAX_TREES = 200
const AT_ONCE = 8
const SYMBOLIC_LINK = '120000'

export function connectImageUse(octokit: Octokit): ImageUseGitHub {
  const { rest } = octokit
  const reader: Reader = { octokit, texts: new Map() }
  return {
    listPullRequests: (repo) => listPullRequests(octokit, repo),
    async listBranches(repo) {
      try {
        const branches = await octokit.paginate(rest.repos.listBranches, { ...inRepo(repo), per_page: PAGE })
        return [...new Set(branches.map(({ name }) => name))]
      } catch (error) {
        throw toFault(error, `listing the branches of ${title(repo)}`)
      }
    },
    readImageUses: (repo) => readImageUses(reader, repo),
    async listReleases(repo) {
      try {
        const releases = await octokit.paginate(rest.repos.listReleases, { ...inRepo(repo), per_page: PAGE })
        return releases.filter(({ draft }) => !draft).map(({ tag_name, body }) => ({ tag: tag_name, body: body ?? '' }))
      } catch (error) {
        throw toFault(error, `listing the releases of ${title(repo)}`)
      }
    },
  }
}

function title({ owner, name }: RepoName): string {
  return `${owner}/${name}`
}

type PullRequestPage = { number: number; state: 'open' | 'closed'; headSha: string }[]

async function* listPullRequests(octokit: Octokit, repo: RepoName): AsyncGenerator<PullRequestPage> {
  const query = { ...inRepo(repo), state: 'all', sort: 'created', direction: 'desc', per_page: PAGE } as const
  const seen = new Set<number>()
  try {
    for await (const { data } of octokit.paginate.iterator(octokit.rest.pulls.list, query)) {
      // One that is opened meanwhile moves the last of a page to the next one.
      const fresh = data.filter(({ number }) => !seen.has(number))
      for (const { number } of fresh) seen.add(number)
      if (fresh.length > 0)
        yield fresh.map(({ number, state, head }) => ({
          number,
          state: state === 'open' ? ('open' as const) : ('closed' as const),
          headSha: head.sha,
        }))
    }
  } catch (error) {
    throw toFault(error, `listing the pull requests of ${title(repo)}`)
  }
}

// ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Reader {
  readonly octokit: Octokit
  /** Id of a blob → its text, which never changes: the sweep of the next image repository asks for the same. */
  readonly texts: Map<string, string>
}

interface TreeFile {
  readonly path: string
  readonly sha: string
  readonly size: number
}

async function readImageUses({ octokit, texts }: Reader, repo: RepoName): Promise<ReadonlyMap<string, string>> {
  const files = (await listFiles(octokit, repo)).filter(
    ({ path, size }) => mayNameImages(path) && size <= MAX_FILE_BYTES,
  )
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  if (files.length > MAX_FILES || bytes > MAX_BYTES)
    throw unknownUses(
      repo,
      `${files.length} files of ${bytes} bytes may name images, and at most ${MAX_FILES} of ${MAX_BYTES} bytes are read`,
    )
  const missing = new Set(files.map(({ sha }) => sha).filter((sha) => !texts.has(sha)))
  const read = async (sha: string) => {
    texts.set(sha, await readText(octokit, repo, sha))
  }
  await pMap(missing, read, { concurrency: AT_ONCE })
  return new Map(files.map(({ path, sha }) => [path, texts.get(sha) ?? '']))
}

/** All of the default branch. */
async function listFiles(octokit: Octokit, repo: RepoName): Promise<TreeFile[]> {
  const files: TreeFile[] = []
  const pending = [{ sha: 'HEAD', directory: '' }]
  let requests = 0
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (requests >= MAX_TREES) throw unknownUses(repo, 'it has too many files to be listed')
    const { sha, directory } = next
    let tree = await getTree(octokit, repo, sha, true)
    requests++
    if (tree?.truncated) {
      // Over 100,000 entries or 7 MB: a directory by itself, then those below it.
      tree = await getTree(octokit, repo, sha, false)
      requests++
      if (tree?.truncated) throw unknownUses(repo, 'it has more files than GitHub lists')
      for (const entry of tree?.tree ?? [])
        if (entry.type === 'tree') pending.push({ sha: entry.sha, directory: `${directory}${entry.path}/` })
    }
    for (const { path, type, mode, sha, size = 0 } of tree?.tree ?? [])
      if (type === 'blob' && mode !== SYMBOLIC_LINK) files.push({ path: `${directory}${path}`, sha, size })
  }
  return files
}

/** Null: the repository has no commit. */
async function getTree({ rest }: Octokit, repo: RepoName, sha: string, recursive: boolean) {
  const query = { ...inRepo(repo), tree_sha: sha, ...(recursive ? { recursive: '1' } : {}) }
  return (await orNull(rest.git.getTree(query), `listing the files of ${title(repo)}`, [409]))?.data ?? null
}

async function readText({ rest }: Octokit, repo: RepoName, sha: string): Promise<string> {
  try {
    const { data } = await rest.git.getBlob({ ...inRepo(repo), file_sha: sha })
    return Buffer.from(data.content, data.encoding === 'base64' ? 'base64' : 'utf8').toString('utf8')
  } catch (error) {
    throw toFault(error, `reading a file of ${title(repo)}`)
  }
}

function unknownUses(repo: RepoName, why: string): GitHubError {
  const message =
    `Which images ${title(repo)} uses is not known, so that none of them is deleted: ${why}. ` +
    'Take `cleanup.images` out of its configuration, and delete images by hand.'
  return new GitHubError(message, { status: 422 })
}

/**
 * What of a repository may need its images: pull requests, branches, releases, and files that name images. An answer that is not
 * whole is none, since what it lacks might be in use.
 */
import pMap from 'p-map'
import { GitHubError } from '../../domain/errors.ts'
import { chanceOfImages } from '../../domain/image-files.ts'
import { count } from '../../domain/wording.ts'
import type { ImageUseFiles, ImageUseGitHub } from '../../ports/sweeps.ts'
import type { RepoName } from '../../ports.ts'
import { orNull, toFault } from './errors.ts'
import { inRepo, type Octokit, PAGE } from './octokit.ts'

/** All manifests of a release in one file are long. */
const MAX_FILE_BYTES = 5 * 1024 * 1024
/** Of those that are likely to name images. */
const MAX_FILES = 1_000
/** Of those that may name images. Each is a request. */
const MAX_POSSIBLE = 300
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
        const byName = new Map(branches.map((branch) => [branch.name, branch]))
        return [...byName.values()].map(({ name, commit, protected: isProtected }) => ({
          name,
          sha: commit.sha,
          isProtected,
        }))
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

type PullRequestPage = { number: number; state: 'open' | 'closed'; headSha: string; headBranch: string | null }[]

async function* listPullRequests(octokit: Octokit, repo: RepoName): AsyncGenerator<PullRequestPage> {
  const query = { ...inRepo(repo), state: 'all', sort: 'created', direction: 'desc', per_page: PAGE } as const
  const seen = new Set<number>()
  try {
    for await (const { data } of octokit.paginate.iterator(octokit.rest.pulls.list, query)) {
      // One that is opened meanwhile moves the last of a page to the next one.
      const fresh = data.filter(({ number }) => !seen.has(number))
      for (const { number } of fresh) seen.add(number)
      if (fresh.length > 0)
        yield fresh.map(({ number, state, head, base }) => ({
          number,
          state: state === 'open' ? ('open' as const) : ('closed' as const),
          headSha: head.sha,
          // Of a fork that was deleted it is null, though not by GitHub's description.
          headBranch: head.repo?.id === base.repo.id ? head.ref : null,
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

async function readImageUses({ octokit, texts }: Reader, repo: RepoName): Promise<ImageUseFiles> {
  const { files, problems } = chooseFiles(repo, await listFiles(octokit, repo))
  const missing = new Set(files.map(({ sha }) => sha).filter((sha) => !texts.has(sha)))
  const read = async (sha: string) => {
    texts.set(sha, await readText(octokit, repo, sha))
  }
  await pMap(missing, read, { concurrency: AT_ONCE })
  return { files: new Map(files.map(({ path, sha }) => [path, texts.get(sha) ?? ''])), problems }
}

/** Whatever is likely to name images, and as many of the others as is not too much, those at the top first. */
function chooseFiles(repo: RepoName, all: readonly TreeFile[]): { files: TreeFile[]; problems: string[] } {
  const likely = all.filter(({ path }) => chanceOfImages(path) === 'likely')
  const files = likely.filter(({ size }) => size <= MAX_FILE_BYTES)
  let bytes = files.reduce((sum, { size }) => sum + size, 0)
  if (files.length > MAX_FILES || bytes > MAX_BYTES)
    throw unknownUses(
      repo,
      `${files.length} files of ${bytes} bytes may name images, and at most ${MAX_FILES} of ${MAX_BYTES} bytes are read`,
    )
  const unread = likely.filter(({ size }) => size > MAX_FILE_BYTES)
  const possible = all.filter(({ path }) => chanceOfImages(path) === 'possible')
  possible.sort((one, other) => depthOf(one) - depthOf(other) || (one.path < other.path ? -1 : 1))
  let room = MAX_POSSIBLE
  for (const file of possible) {
    const fits = room > 0 && file.size <= MAX_FILE_BYTES && bytes + file.size <= MAX_BYTES
    if (fits) bytes += file.size
    if (fits) room--
    ;(fits ? files : unread).push(file)
  }
  return { files, problems: unread.length === 0 ? [] : [describeUnread(repo, unread)] }
}

function depthOf({ path }: TreeFile): number {
  return path.split('/').length
}

function describeUnread(repo: RepoName, unread: readonly TreeFile[]): string {
  const more = unread.length === 1 ? '' : ` and ${count(unread.length - 1, 'more file')}`
  return (
    `${unread[0]?.path}${more} of ${title(repo)} may name images and ${more === '' ? 'was' : 'were'} not read, ` +
    'as it would be too much: what is in use for that alone has to stand in `keep`.'
  )
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

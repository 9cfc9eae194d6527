/** The code of a repository: files, trees, branches, pull requests and what changed. */
import { readPullRequest } from '../../domain/payload.ts'
import { ALL_FILES, type ChangedFiles } from '../../domain/plan.ts'
import type { GitHub } from '../../ports.ts'
import { orNull, toFault } from './errors.ts'
import { inRepo, type Octokit, PAGE } from './octokit.ts'

/** GitHub's bounds: a longer list is cut short without a word. */
const MAX_PULL_REQUEST_FILES = 3_000
const MAX_COMPARED_FILES = 300

type Code = Pick<
  GitHub,
  'readFile' | 'listTree' | 'getBranchSha' | 'getPullRequest' | 'listPullRequestFiles' | 'compareFiles'
>

export function connectCode(octokit: Octokit): Code {
  const { rest } = octokit
  return {
    async readFile(repo, path, ref) {
      const reply = await orNull(rest.repos.getContent({ ...inRepo(repo), path, ref }), `reading ${path}`)
      const file = reply?.data
      if (!file || Array.isArray(file) || file.type !== 'file') return null
      if ('content' in file && file.encoding === 'base64') return Buffer.from(file.content, 'base64')
      // Over 1 MB GitHub sends no content. What is refused for its size needs none.
      return new Uint8Array(file.size)
    },
    async getPullRequest(repo, number) {
      const reply = await orNull(
        rest.pulls.get({ ...inRepo(repo), pull_number: number }),
        `reading pull request #${number}`,
      )
      return reply && readPullRequest(reply.data)
    },
    async listPullRequestFiles(repo, number) {
      const files: string[] = []
      const pages = octokit.paginate.iterator(rest.pulls.listFiles, {
        ...inRepo(repo),
        pull_number: number,
        per_page: PAGE,
      })
      try {
        for await (const { data } of pages)
          for (const file of data)
            files.push(file.filename, ...(file.previous_filename ? [file.previous_filename] : []))
      } catch (error) {
        throw toFault(error, `listing the files of pull request #${number}`)
      }
      return files.length >= MAX_PULL_REQUEST_FILES ? ALL_FILES : { kind: 'listed', files }
    },
    async compareFiles(repo, base, head): Promise<ChangedFiles> {
      const basehead = `${base}...${head}`
      const reply = await orNull(
        rest.repos.compareCommitsWithBasehead({ ...inRepo(repo), basehead, per_page: 1 }),
        `comparing ${basehead}`,
      )
      const files = reply?.data.files
      if (!files || files.length >= MAX_COMPARED_FILES) return ALL_FILES
      return {
        kind: 'listed',
        files: files.flatMap((file) =>
          file.previous_filename ? [file.filename, file.previous_filename] : [file.filename],
        ),
      }
    },
    async getBranchSha(repo, branch) {
      const reply = await orNull(
        rest.git.getRef({ ...inRepo(repo), ref: `heads/${branch}` }),
        `reading branch ${branch}`,
      )
      return reply?.data.object.sha ?? null
    },
    async listTree(repo, sha) {
      const request = octokit.rest.git.getTree({ ...inRepo(repo), tree_sha: sha, recursive: '1' })
      const tree = (await orNull(request, `listing the files of ${sha}`))?.data
      // Over 100,000 entries or 7 MB: what is missing might be what changed.
      if (!tree || tree.truncated) return null
      // A symbolic link is a blob, and a submodule the commit that it names. The mode tells them apart, and what may be run.
      const files = tree.tree.filter(({ type }) => type !== 'tree')
      return new Map(files.map(({ path, mode, sha: id }) => [path, `${mode} ${id}`]))
    },
  }
}

/** A range of a local clone, read as the pull request that it would be. Git is given arguments, never a command line. */
import { execa } from 'execa'
import { pullRequestTrigger } from '../domain/payload.ts'
import type { ChangedFiles } from '../domain/plan.ts'
import type { PullRequest, Repo, Trigger } from '../domain/trigger.ts'

/** The number of a pull request that is not open yet. */
const NO_NUMBER = 0

export async function readGitRange(
  directory: string,
  range: string,
): Promise<{ trigger: Trigger; changed: ChangedFiles }> {
  const [base, head, ...rest] = range.split(/\.{2,3}/)
  if (!base || rest.length > 0) throw new Error(`--from-git takes BASE..HEAD, as main..HEAD; «${range}» is none.`)
  const git = async (...words: string[]) => (await runGit(directory, words)).trimEnd()
  const [baseSha, headSha] = await Promise.all([commitOf(git, base), commitOf(git, head || 'HEAD')])
  const files = (await git('diff', '--name-only', '--no-renames', '-z', `${baseSha}...${headSha}`)).split('\0')
  const repo = await readRepo(git)
  const pullRequest: PullRequest = {
    number: NO_NUMBER,
    headSha,
    headRef: await branchName(git, head || 'HEAD'),
    headRepo: `${repo.owner}/${repo.name}`,
    baseRef: base.replace(/^(refs\/(heads|remotes)\/)?(origin|upstream)\//, '').replace(/^refs\/heads\//, ''),
    baseSha,
    draft: false,
    state: 'open',
    author: '',
    association: 'NONE',
    labels: [],
    maintainersMayPush: false,
  }
  return {
    trigger: pullRequestTrigger(repo, pullRequest),
    changed: { kind: 'listed', files: files.filter((file) => file !== '') },
  }
}

type Git = (...words: string[]) => Promise<string>

async function runGit(directory: string, words: readonly string[]): Promise<string> {
  const { stdout, stderr, failed } = await execa('git', words, {
    cwd: directory,
    reject: false,
    stripFinalNewline: false,
  })
  if (failed) throw new Error(`git ${words[0]} failed in ${directory}: ${stderr.trim() || 'is git installed?'}`)
  return stdout
}

function commitOf(git: Git, name: string): Promise<string> {
  return git('rev-parse', '--verify', '--end-of-options', `${name}^{commit}`)
}

async function branchName(git: Git, name: string): Promise<string> {
  const full = await git('rev-parse', '--abbrev-ref', '--end-of-options', name)
  return full.split('\n').at(-1) || name
}

/** `owner/name` of the remote `origin`, and its default branch as the clone knows it. */
async function readRepo(git: Git): Promise<Repo> {
  const url = await git('config', '--get', 'remote.origin.url').catch(() => '')
  const [, owner, name] = /([^/:]+)\/([^/]+?)(?:\.git)?\/?$/.exec(url) ?? []
  const head = await git('symbolic-ref', '--short', 'refs/remotes/origin/HEAD').catch(() => 'origin/main')
  return {
    id: 0,
    nodeId: '',
    owner: owner ?? 'local',
    name: name ?? 'clone',
    defaultBranch: head.replace(/^origin\//, ''),
  }
}

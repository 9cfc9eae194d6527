/**
 * Looks at a working tree: the names of its files, the text of its manifests, and what git knows of its remote. Links are
 * not followed, nothing of the repository is run, and git is asked only for what it reads from its own files.
 */
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../../domain/errors.ts'
import { isTelling, MAX_DEPTH, SKIPPED_DIRECTORIES, type Survey } from '../../domain/scaffold/survey.ts'

const MAX_FILES = 20_000
const MAX_TEXT_BYTES = 256 * 1024

export async function surveyRepository(root: string): Promise<Survey> {
  const stats = await lstat(root).catch(() => null)
  const isLink = stats?.isSymbolicLink() === true
  if (stats === null || !(stats.isDirectory() || isLink))
    throw new UsageError(`${root} is not a directory; name the repository with -C.`)
  const files = await listFiles(root)
  const telling = [...files].filter(isTelling)
  const read = await Promise.all(telling.map(async (path) => [path, await readText(join(root, path))] as const))
  const notes = files.size >= MAX_FILES ? [`Only the first ${MAX_FILES} files were looked at.`] : []
  return { files, texts: new Map(read), notes, ...(await askGit(root)) }
}

/** Breadth first, so that a huge directory hides nothing above it. */
async function listFiles(root: string): Promise<Set<string>> {
  const files = new Set<string>()
  let level = ['']
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth += 1) {
    const next: string[] = []
    for (const directory of level) {
      for (const entry of await readdir(join(root, directory), { withFileTypes: true }).catch(() => [])) {
        const path = directory === '' ? entry.name : `${directory}/${entry.name}`
        const isSkipped = entry.name.startsWith('.') || SKIPPED_DIRECTORIES.has(entry.name)
        if (entry.isDirectory() && !isSkipped) next.push(path)
        if (entry.isFile() && files.size < MAX_FILES) files.add(path)
      }
    }
    level = next.sort()
  }
  return files
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0))
  return bytes.byteLength > MAX_TEXT_BYTES ? '' : bytes.toString('utf8')
}

async function askGit(root: string): Promise<Pick<Survey, 'defaultBranch' | 'repository'>> {
  const { execa } = await import('execa')
  const git = async (...words: string[]) => {
    // A repository's own configuration may name programs to run; these two questions need none.
    const { stdout, failed } = await execa(
      'git',
      ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', ...words],
      {
        cwd: root,
        reject: false,
      },
    )
    return failed ? '' : stdout.trim()
  }
  const remoteHead = await git('symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD')
  const current = await git('symbolic-ref', '--quiet', '--short', 'HEAD')
  const url = await git('config', '--get', 'remote.origin.url')
  const known = remoteHead.replace(/^origin\//, '') || (['main', 'master', 'trunk'].includes(current) ? current : '')
  return { defaultBranch: known === '' ? null : known, repository: readRemote(url) }
}

/** `https://host/owner/name(.git)`, `git@host:owner/name` and the like. */
export function readRemote(url: string): Survey['repository'] {
  const [, owner, name] = /[/:]([A-Za-z0-9_-]{1,100})\/([A-Za-z0-9._-]{1,100}?)(?:\.git)?\/?$/.exec(url) ?? []
  return owner === undefined || name === undefined ? null : { owner, name }
}

/**
 * Reads a repository's configuration at a branch, with what it extends. The branch is never one that a stranger can
 * write: the default branch, or a pull request's base.
 */
import type { ConfigLayer } from '../domain/config/read-layer.ts'
import { CONFIG_PATH, type Config, type ConfigProblem } from '../domain/config.ts'
import { GitHubError } from '../domain/errors.ts'
import { MAX_EXTENDS_DEPTH, readExtends } from '../domain/extend-config.ts'
import { formatProblem, parseConfig } from '../domain/parse-config.ts'
import type { Repo } from '../domain/trigger.ts'
import type { GitHub, RepoName } from '../ports.ts'

export type LoadedConfig =
  /** The repository has none: it is left alone. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'good'
      readonly config: Config
      readonly source: Uint8Array
      readonly defaults: readonly ConfigLayer[]
    }
  /** Why it cannot be used, in Markdown. */
  | { readonly kind: 'broken'; readonly problem: string; readonly source: Uint8Array }

/** Problems that one check run shows; the rest are counted. */
const SHOWN_PROBLEMS = 20

export async function loadConfig(github: GitHub, repo: Repo, ref: string): Promise<LoadedConfig> {
  const [own, organisation] = await Promise.all([
    github.readFile(repo, CONFIG_PATH, ref),
    repo.name === '.github' ? null : readOther(github, { owner: repo.owner, name: '.github' }, CONFIG_PATH),
  ])
  if (own === null) return { kind: 'none' }
  const defaults = await loadDefaults(github, repo, own, organisation)
  if (typeof defaults === 'string') return { kind: 'broken', problem: defaults, source: own }
  const result = parseConfig(own, { path: CONFIG_PATH, defaults })
  if (result.ok) return { kind: 'good', config: result.config, source: own, defaults }
  const lines = result.problems.slice(0, SHOWN_PROBLEMS).map(showProblem)
  const more = result.problems.length - lines.length
  const problem = [
    `${CONFIG_PATH} on ${ref} cannot be used.`,
    ...lines,
    ...(more > 0 ? [`and ${more} more.`] : []),
  ].join('\n')
  return { kind: 'broken', problem, source: own }
}

/** Who reads the check may not be allowed to read the other repository's file: of that only the place is told. */
function showProblem(problem: ConfigProblem): string {
  if (problem.path === CONFIG_PATH) return formatProblem(problem)
  const { path, line, column } = problem
  return `${path}:${line}:${column}: this cannot be used; «signalbox validate» in that repository says why`
}

/** The files that the configuration extends, nearest first; a string: why they cannot be read. */
async function loadDefaults(
  github: GitHub,
  repo: RepoName,
  own: Uint8Array,
  organisation: Uint8Array | null,
): Promise<ConfigLayer[] | string> {
  const layers: ConfigLayer[] = []
  const seen = new Set([`${repo.owner}/${repo.name}:${CONFIG_PATH}`.toLowerCase()])
  let source = own
  let reader = repo.owner
  for (;;) {
    const reference = readExtends(source)
    if (reference === null) break
    const owner = reference.owner ?? reader
    const name = `${owner}/${reference.repo}:${reference.path}`
    if (seen.has(name.toLowerCase())) return `_extends goes in a circle: ${name} is extended twice.`
    if (layers.length >= MAX_EXTENDS_DEPTH)
      return `_extends goes deeper than ${MAX_EXTENDS_DEPTH} files; ${name} is one too many.`
    seen.add(name.toLowerCase())
    const bytes = await readOther(github, { owner, name: reference.repo }, reference.path)
    if (bytes === null)
      return `_extends names ${name}, which cannot be read. Create it, or give the app access to ${owner}/${reference.repo}.`
    layers.push({ path: name, source: bytes })
    source = bytes
    reader = owner
  }
  if (layers.length === 0 && organisation !== null)
    layers.push({ path: `${repo.owner}/.github:${CONFIG_PATH}`, source: organisation })
  return layers
}

/** A file of a repository that the app may not be installed on: a refusal means that there is nothing to be had. */
async function readOther(github: GitHub, repo: RepoName, path: string): Promise<Uint8Array | null> {
  try {
    return await github.readFile(repo, path, 'HEAD')
  } catch (error) {
    if (error instanceof GitHubError) return null
    throw error
  }
}

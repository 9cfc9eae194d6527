/** The ids of labels, by which GraphQL wants them named. */
import { GitHubError, TransientError } from '../../../domain/errors.ts'
import type { ItemsGitHub, LabelIds } from '../../../ports/sweeps.ts'
import type { RepoName } from '../../../ports.ts'
import { orNull, toFault } from '../errors.ts'
import { queryGraphql } from '../graphql.ts'
import { inRepo, type Octokit, PAGE } from '../octokit.ts'

type Wanted = Parameters<ItemsGitHub['ensureLabels']>[1][number]

const MAX_NAME = 50
const MAX_DESCRIPTION = 100

export function connectItemLabels(octokit: Octokit): Pick<ItemsGitHub, 'ensureLabels'> {
  return { ensureLabels: (repo, names) => ensureLabels(octokit, repo, names) }
}

async function ensureLabels(octokit: Octokit, repo: RepoName, names: readonly Wanted[]): Promise<LabelIds> {
  for (const { name } of names) requireName(name)
  const wanted = [...new Map(names.map((one) => [one.name.toLowerCase(), one])).values()]
  const ids = new Map<string, string>()
  for (let start = 0; start < wanted.length; start += PAGE) {
    const some = wanted.slice(start, start + PAGE)
    const found = await findLabels(octokit, repo, some)
    for (const [index, label] of some.entries())
      ids.set(label.name.toLowerCase(), found[index] ?? (await createLabel(octokit, repo, label)))
  }
  return { ids }
}

function requireName(name: string): void {
  if (name.trim() === '')
    throw refusal('A label without a name cannot be created. Give it a name in the configuration.')
  if ([...name].length > MAX_NAME)
    throw refusal(
      `The label "${name}" cannot be created: GitHub takes names of at most ${MAX_NAME} characters. Shorten it.`,
    )
}

function refusal(message: string, cause?: unknown): GitHubError {
  return new GitHubError(message, { status: 422, cause })
}

interface LabelsData {
  readonly repository: Readonly<Record<`l${number}`, { readonly id: string } | null>> | null
}

/** Ids in the order of the names; null: there is no such label. */
async function findLabels(octokit: Octokit, repo: RepoName, wanted: readonly Wanted[]): Promise<(string | null)[]> {
  const declarations = wanted.map((_, index) => `$n${index}: String!`).join(', ')
  const fields = wanted.map((_, index) => `l${index}: label(name: $n${index}) { id }`).join(' ')
  const query = `query ($owner: String!, $repo: String!, ${declarations}) {
    rateLimit { cost }
    repository(owner: $owner, name: $repo) { ${fields} }
  }`
  const names = Object.fromEntries(wanted.map(({ name }, index) => [`n${index}`, name]))
  const what = `looking for labels of ${repo.owner}/${repo.name}`
  const data = await queryGraphql<LabelsData>(octokit, query, { ...inRepo(repo), ...names }, what)
  return wanted.map((_, index) => data?.repository?.[`l${index}`]?.id ?? null)
}

async function createLabel(octokit: Octokit, repo: RepoName, { name, color, description }: Wanted): Promise<string> {
  const { rest } = octokit
  const what = `creating the label "${name}"`
  try {
    const label = { name, color, description: description.slice(0, MAX_DESCRIPTION) }
    return (await rest.issues.createLabel({ ...inRepo(repo), ...label })).data.node_id
  } catch (error) {
    const fault = toFault(error, what)
    if (!(fault instanceof GitHubError)) throw fault
    if (!isThereAlready(error)) {
      if (fault.status !== 422) throw fault
      throw refusal(`${fault.message}. Choose another name for it in the configuration.`, error)
    }
  }
  // Somebody was quicker, or GitHub takes the name for that of another.
  const found = await orNull(rest.issues.getLabel({ ...inRepo(repo), name }), `reading the label "${name}"`, [404])
  if (found === null) throw new TransientError(`GitHub has the label "${name}" already, and does not find it yet.`)
  return found.data.node_id
}

function isThereAlready(error: unknown): boolean {
  const data = (error as { response?: { data?: { errors?: unknown } } }).response?.data
  const errors: readonly unknown[] = Array.isArray(data?.errors) ? data.errors : []
  return errors.some((one) => (one as { code?: unknown } | null)?.code === 'already_exists')
}

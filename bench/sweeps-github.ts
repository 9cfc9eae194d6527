/** The sandbox that `sweeps.ts` sweeps, in a process of its own: neither its time nor its memory is the sweep's. */
import { sandboxEnvironment } from '../src/cli/sandbox-environment.ts'
import { type Sandbox, startSandbox } from '../src/sandbox/sandbox.ts'
import { CLOSE_LABEL, DOINGS, isStale, kindOf, makeIssues, STALE_LABEL, STALE_OPTIONS } from './sweeps-issues.ts'

export type GitHubOrder =
  | { readonly kind: 'seed'; readonly repo: string; readonly issues: number }
  /** What was asked since the last time. */
  | { readonly kind: 'count' }
  /** Whether the issues are as they should be after one sweep, or before. */
  | { readonly kind: 'check'; readonly repo: string; readonly issues: number; readonly swept: boolean }

export interface Counted {
  readonly reading: number
  readonly writing: number
  /** What does neither: making the token, asking who the app is. */
  readonly other: number
}

export type GitHubWord =
  | { readonly kind: 'ready'; readonly env: NodeJS.ProcessEnv }
  | { readonly kind: 'seeded' }
  | { readonly kind: 'counted'; readonly counted: Counted }
  | { readonly kind: 'checked'; readonly problems: readonly string[] }

process.once('disconnect', () => process.exit())
// What would be many days' sweeps comes within minutes.
const sandbox = await startSandbox({ rateLimit: { core: 1_000_000, graphql: 1_000_000 } })
process.on('message', (order: GitHubOrder) => say(obey(order)))
say({ kind: 'ready', env: sandboxEnvironment(sandbox, ':memory:') })

function say(word: GitHubWord): void {
  process.send?.(word)
}

function obey(order: GitHubOrder): GitHubWord {
  switch (order.kind) {
    case 'seed':
      seed(order.repo, order.issues)
      return { kind: 'seeded' }
    case 'count':
      return { kind: 'counted', counted: count() }
    case 'check':
      return { kind: 'checked', problems: check(order) }
  }
}

function seed(repo: string, issues: number): void {
  const [owner = '', name = ''] = repo.split('/')
  sandbox.createRepository({
    owner,
    name,
    ownerType: 'Organization',
    collaborators: { ann: 'write' },
    // JSON is YAML, too.
    files: { '.github/signalbox.yml': JSON.stringify({ version: 1, stale: STALE_OPTIONS }) },
  })
  sandbox.seedIssues(repo, makeIssues(issues, new Date()))
  sandbox.state.clearRequests()
}

function count(): Counted {
  const kinds = sandbox.state.requests.map(kindOfRequest)
  sandbox.state.clearRequests()
  const countOf = (wanted: string) => kinds.filter((kind) => kind === wanted).length
  return { reading: countOf('reading'), writing: countOf('writing'), other: countOf('other') }
}

function kindOfRequest({ method, path, body }: Sandbox['state']['requests'][number]): keyof Counted {
  if (path.startsWith('/app')) return 'other'
  if (path !== '/graphql') return method === 'GET' ? 'reading' : 'writing'
  const { query } = JSON.parse(body) as { query: string }
  return query.trimStart().startsWith('mutation') ? 'writing' : 'reading'
}

function check({ repo, issues, swept }: Extract<GitHubOrder, { kind: 'check' }>): string[] {
  return Array.from({ length: issues }, (_, index) => index + 1).flatMap((number) => {
    const { state, labels, comments } = sandbox.state.item(repo, number)
    const kind = kindOf(number)
    const doing = swept ? DOINGS[kind] : ''
    const wanted = {
      state: doing === 'close' ? 'closed' : 'open',
      stale: doing === 'mark' || (isStale(kind) && doing !== 'unstale'),
      ended: doing === 'close',
      ours: (isStale(kind) ? 1 : 0) + (doing === 'mark' || doing === 'close' ? 1 : 0),
    }
    const found = {
      state,
      stale: labels.includes(STALE_LABEL),
      ended: labels.includes(CLOSE_LABEL),
      ours: comments.filter(({ author }) => author.login === `${sandbox.app.slug}[bot]`).length,
    }
    const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)]
    return is === should ? [] : [`#${number} (${kind}) is ${is} instead of ${should}`]
  })
}

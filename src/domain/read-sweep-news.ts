/**
 * What events mean to sweeps, beside what they mean to runs: an issue or pull request has news that may end its staleness, or a
 * repository is new to the app. Nothing is concluded from the payload; it only says where to look.
 */
import { z } from 'zod'
import { id, repository } from './payload.ts'
import type { Repo } from './trigger.ts'

export interface ItemNews {
  readonly repo: Repo
  readonly installationId: number
  readonly number: number
  /** Lower case: those that it has, and the one that came or went. */
  readonly labels: readonly string[]
  /** A new comment of a person; null: there is none. */
  readonly comment: { readonly id: number; readonly body: string; readonly author: string } | null
  /** By whom commits were pushed to a pull request, and GitHub's time of that, if it tells; null: it is something else. */
  readonly push: { readonly by: string; readonly at: Date | null } | null
}

/** Whatever a person may do that ends staleness, or begins it. `pull_request` events tell of everything else, too. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  issues: ['edited', 'reopened', 'labeled', 'unlabeled', 'assigned', 'milestoned', 'typed'],
  issue_comment: ['created'],
  pull_request: [
    'synchronize',
    'reopened',
    'ready_for_review',
    'converted_to_draft',
    'edited',
    'labeled',
    'unlabeled',
    'assigned',
    'milestoned',
  ],
  pull_request_review: ['submitted'],
  pull_request_review_comment: ['created'],
}

const item = z.object({
  number: z.number().int().positive(),
  state: z.string(),
  labels: z.array(z.object({ name: z.string() })).default([]),
  updated_at: z.coerce.date().nullable().catch(null),
})

const news = z.object({
  action: z.string(),
  repository,
  installation: z.object({ id }),
  sender: z.object({ login: z.string(), type: z.string().optional() }),
  issue: item.optional(),
  pull_request: item.optional(),
  label: z.object({ name: z.string() }).nullish(),
  comment: z.object({ id, body: z.string().nullish(), performed_via_github_app: z.unknown().optional() }).optional(),
})

/** Null: no news, or a bot's. */
export function readItemNews(event: string, payload: unknown): ItemNews | null {
  if (!Object.hasOwn(ACTIONS, event)) return null
  const result = news.safeParse(payload)
  if (!result.success || !ACTIONS[event]?.includes(result.data.action)) return null
  const { repository: repo, installation, sender, comment, label, action, ...one } = result.data
  const subject = one.issue ?? one.pull_request
  if (subject?.state !== 'open' || sender.type === 'Bot' || sender.login.endsWith('[bot]')) return null
  const names = [...subject.labels.map(({ name }) => name), ...(label ? [label.name] : [])]
  const isSaid = event === 'issue_comment' && comment !== undefined && !comment.performed_via_github_app
  return {
    repo,
    installationId: installation.id,
    number: subject.number,
    labels: [...new Set(names.map((name) => name.toLowerCase()))],
    comment: isSaid ? { id: comment.id, body: comment.body ?? '', author: sender.login } : null,
    push: action === 'synchronize' ? { by: sender.login, at: subject.updated_at } : null,
  }
}

/** The pull request that was closed; null: it is other news. */
export function readClosedPull(
  event: string,
  payload: unknown,
): { readonly repoId: number; readonly number: number } | null {
  if (event !== 'pull_request') return null
  const result = closed.safeParse(payload)
  if (!result.success) return null
  return { repoId: result.data.repository.id, number: result.data.pull_request.number }
}

const closed = z.object({
  action: z.literal('closed'),
  repository: z.object({ id }),
  pull_request: z.object({ number: z.number().int().positive() }),
})

const newRepository = z
  .object({ id, node_id: z.string().default(''), full_name: z.string() })
  .transform(({ id: repoId, node_id: nodeId, full_name: fullName }): Repo => {
    const [owner = '', name = ''] = fullName.split('/')
    // Which branch is the default one the payload does not tell; git calls it so.
    return { id: repoId, nodeId, owner, name, defaultBranch: 'HEAD' }
  })

const installed = z.object({
  action: z.string(),
  installation: z.object({ id }),
  repositories: z.array(newRepository).default([]),
  repositories_added: z.array(newRepository).default([]),
})

/** Repositories that the app was just installed on. */
export function readNewRepositories(
  event: string,
  payload: unknown,
): { readonly installationId: number; readonly repos: readonly Repo[] } | null {
  if (event !== 'installation' && event !== 'installation_repositories') return null
  const result = installed.safeParse(payload)
  if (!result.success) return null
  const { action, installation, repositories, repositories_added: added } = result.data
  const isNew = event === 'installation' ? ['created', 'unsuspend'].includes(action) : action === 'added'
  return isNew ? { installationId: installation.id, repos: [...repositories, ...added] } : null
}

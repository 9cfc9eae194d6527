/** Webhooks that GitHub sent, and what they are about. */
import { shortSha } from '../../../domain/wording.ts'
import type { Delivery } from '../../../sandbox/webhooks/deliver.ts'
import type { WebhookEvent } from '../events.ts'

export function describeDelivery(delivery: Delivery): WebhookEvent {
  const { event: name, action, guid, statusCode, durationSeconds } = delivery
  const about = describePayload(delivery)
  return { event: 'webhook', name, action, delivery: guid, statusCode, durationMs: durationSeconds * 1000, about }
}

function describePayload({ event, body }: Delivery): string | null {
  const payload = JSON.parse(body)
  if (event === 'pull_request') return describePullRequest(payload)
  if (event === 'push') return `${payload.ref.replace(/^refs\//, '')} at ${shortSha(payload.after)}`
  if (event === 'issue_comment' && payload.sender.type === 'User')
    return `#${payload.issue.number}, by ${payload.sender.login}`
  return null
}

/** As the payload has it, cut down to what is shown. */
interface PullRequestPayload {
  readonly label?: { readonly name: string }
  readonly pull_request: {
    readonly number: number
    readonly merged: boolean
    readonly head: { readonly ref: string; readonly sha: string; readonly label: string; readonly repo: RepoPayload }
    readonly base: { readonly repo: RepoPayload }
  }
}

interface RepoPayload {
  readonly id: number
}

function describePullRequest({ label, pull_request: { number, merged, head, base } }: PullRequestPayload): string {
  const branch = head.repo.id === base.repo.id ? head.ref : head.label
  const more = [label && `label ${label.name}`, merged ? 'merged' : undefined].filter((part) => part !== undefined)
  return [`#${number}`, `${branch} at ${shortSha(head.sha)}`, ...more].join(', ')
}

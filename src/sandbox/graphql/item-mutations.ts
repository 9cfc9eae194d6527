/** What GraphQL changes about issues and pull requests, with GitHub's refusals. Each mutation is carried out whole or not at all. */
import { addComment } from '../comments.ts'
import { Problem } from '../http/problem.ts'
import { closeIssue, reopenIssue } from '../issues.ts'
import { addLabel, removeLabel } from '../labels.ts'
import type { Issue, Label, PullRequest } from '../model.ts'
import { closePullRequest } from '../pull-requests.ts'
import { botOf } from '../world.ts'
import { cursorOf } from './connection.ts'
import { asItem, authorizeItem } from './items.ts'
import { type FoundItem, itemByNode, labelByNode, unresolved } from './nodes.ts'
import { asComment } from './timeline.ts'
import type { View } from './view.ts'

interface Input {
  readonly clientMutationId?: string | null
}

interface LabelsInput extends Input {
  readonly labelableId: string
  readonly labelIds: readonly string[]
}

interface CloseInput extends Input {
  readonly issueId: string
  readonly stateReason?: 'COMPLETED' | 'NOT_PLANNED' | 'DUPLICATE' | null
  readonly duplicateIssueId?: string | null
}

const MAX_BODY = 65_536

function readBody(body: string): string {
  if (body.trim() === '') throw new Problem(422, "Body can't be blank")
  if (body.length > MAX_BODY) throw new Problem(422, `Body is too long (maximum is ${MAX_BODY} characters)`)
  return body
}

/** The item, if the token may write it. */
function itemToWrite(view: View, id: string): FoundItem {
  const found = itemByNode(view.world, id)
  authorizeItem(view, found.repository, found.item, 'write')
  return found
}

function issueToWrite(view: View, id: string): { repository: FoundItem['repository']; issue: Issue } {
  const { repository, item } = itemToWrite(view, id)
  if (item.kind !== 'issue') throw unresolved(id)
  return { repository, issue: item }
}

function pullToWrite(view: View, id: string): { repository: FoundItem['repository']; pull: PullRequest } {
  const { repository, item } = itemToWrite(view, id)
  if (item.kind !== 'pull_request') throw unresolved(id)
  return { repository, pull: item }
}

/** All of them before any is put on or taken off. */
function labelsOf(view: View, { repository }: FoundItem, ids: readonly string[]): Label[] {
  if (ids.length === 0) throw new Problem(422, 'At least one label is required')
  return ids.map((id) => {
    const found = labelByNode(view.world, id)
    if (found.repository !== repository) throw unresolved(id)
    return found.label
  })
}

function makeLabelMutations(view: View) {
  const { world } = view
  const bot = () => botOf(world, world.app)
  const labelled = ({ repository, item }: FoundItem, { clientMutationId = null }: Input) => ({
    clientMutationId,
    labelable: asItem(view, repository, item),
  })
  return {
    addLabelsToLabelable({ input }: { input: LabelsInput }) {
      const found = itemToWrite(view, input.labelableId)
      for (const { name } of labelsOf(view, found, input.labelIds))
        addLabel(world, found.repository, found.item, name, bot())
      return labelled(found, input)
    },
    removeLabelsFromLabelable({ input }: { input: LabelsInput }) {
      const found = itemToWrite(view, input.labelableId)
      for (const { name } of labelsOf(view, found, input.labelIds))
        if (found.item.labels.includes(name)) removeLabel(world, found.repository, found.item, name, bot())
      return labelled(found, input)
    },
  }
}

function duplicateOf(view: View, { stateReason, duplicateIssueId, issueId }: CloseInput): number | null {
  if (duplicateIssueId == null) return null
  if (stateReason !== 'DUPLICATE') throw new Problem(422, 'Only an issue that is closed as DUPLICATE can name another')
  if (duplicateIssueId === issueId) throw new Problem(422, 'An issue cannot be a duplicate of itself')
  const { repository, item } = itemByNode(view.world, duplicateIssueId)
  authorizeItem(view, repository, item, 'read')
  return item.number
}

const REASONS = { COMPLETED: 'completed', NOT_PLANNED: 'not_planned', DUPLICATE: 'duplicate' } as const

function makeStateMutations(view: View) {
  const { world } = view
  const bot = () => botOf(world, world.app)
  return {
    closeIssue({ input }: { input: CloseInput }) {
      const { repository, issue } = issueToWrite(view, input.issueId)
      const reason = REASONS[input.stateReason ?? 'COMPLETED']
      closeIssue(world, repository, issue, bot(), { reason, duplicateOf: duplicateOf(view, input) })
      return { clientMutationId: input.clientMutationId ?? null, issue: asItem(view, repository, issue) }
    },
    reopenIssue({ input }: { input: Input & { issueId: string } }) {
      const { repository, issue } = issueToWrite(view, input.issueId)
      reopenIssue(world, repository, issue, bot())
      return { clientMutationId: input.clientMutationId ?? null, issue: asItem(view, repository, issue) }
    },
    closePullRequest({ input }: { input: Input & { pullRequestId: string } }) {
      const { repository, pull } = pullToWrite(view, input.pullRequestId)
      if (pull.merged !== null) throw new Problem(422, 'A merged pull request cannot be closed')
      if (pull.state === 'open') closePullRequest(world, repository, pull, bot().login)
      return { clientMutationId: input.clientMutationId ?? null, pullRequest: asItem(view, repository, pull) }
    },
  }
}

export function makeItemMutations(view: View) {
  const { world } = view
  return {
    ...makeLabelMutations(view),
    ...makeStateMutations(view),
    addComment({ input }: { input: Input & { subjectId: string; body: string } }) {
      const { repository, item } = itemToWrite(view, input.subjectId)
      const body = readBody(input.body)
      if (item.locked?.refusesComments === true)
        throw new Problem(403, 'Unable to create comment because issue is locked.')
      const comment = addComment(world, repository, item.number, body, botOf(world, world.app), world.app)
      const node = asComment(view, repository, item, comment, (one) => asItem(view, repository, one))
      return {
        clientMutationId: input.clientMutationId ?? null,
        commentEdge: { cursor: cursorOf([comment.createdAt.getTime(), comment.id]), node },
        subject: asItem(view, repository, item),
      }
    },
  }
}

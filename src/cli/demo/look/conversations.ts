/** What is said on pull requests: comments, reactions to them, labels. */
import type { Comment, PullRequest, Reaction } from '../../../sandbox/model.ts'
import { readComment } from '../comment-text.ts'
import type { CommentEvent, LabelEvent, ReactionEvent } from '../events.ts'
import { REPOSITORY, type Stage } from '../stage.ts'
import type { Sight } from './sight.ts'

/** So many lines of a comment are told. */
const LINES = 4

export function lookAtConversations({ github: { state } }: Stage): Sight[] {
  const { conversations, comments } = state.repository(REPOSITORY)
  const pulls = [...conversations.values()].filter((one) => one.kind === 'pull_request')
  return [...pulls.flatMap(lookAtLabels), ...[...comments.values()].flatMap(lookAtComment)]
}

function lookAtLabels({ number, labelEvents }: PullRequest): Sight[] {
  return labelEvents.map(({ id, kind, label, actor }) => {
    const event: LabelEvent = { event: 'label', change: kind, label: label.name, pullRequest: number, by: actor.login }
    return { key: `label ${id}`, content: '', event: () => event }
  })
}

function lookAtComment(comment: Comment): Sight[] {
  const { id, body, reactions } = comment
  return [
    { key: `comment ${id}`, content: body, event: (isNew) => describeComment(comment, isNew) },
    ...reactions.map((one) => ({
      key: `reaction ${one.id}`,
      content: '',
      event: () => describeReaction(comment, one),
    })),
  ]
}

function describeComment({ id, number, author, app, body }: Comment, isNew: boolean): CommentEvent {
  const { kind, lines, links } = readComment(body)
  return {
    event: 'comment',
    change: isNew ? 'created' : 'edited',
    id,
    pullRequest: number,
    author: author.login,
    kind: app === null ? null : kind,
    lines: lines.slice(0, LINES),
    links,
  }
}

function describeReaction({ id, author }: Comment, { content, user }: Reaction): ReactionEvent {
  return { event: 'reaction', content, by: user.login, comment: id, author: author.login }
}

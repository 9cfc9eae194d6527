/** The comment that answers a comment with commands, in Markdown. Only its author is called by name so that GitHub tells them. */
import { type Command, commandText, MAX_COMMANDS } from '../domain/commands.ts'
import type { Answer } from '../domain/decide-command.ts'
import type { Permission } from '../domain/pull-request.ts'
import { renderTemplate } from './templates.ts'

/** GitHub's bound is 65,536 characters. */
const MAX_COMMENT = 65_000

interface Told {
  readonly command: Command
  readonly answer: Answer | { readonly kind: 'too-long' }
}

export interface Reply {
  readonly commentId: number
  /** Login of who is answered. */
  readonly author: string
  /** In the order of the comment. */
  readonly answers: readonly { readonly command: Command; readonly answer: Answer }[]
  /** How many commands were too many. */
  readonly dropped: number
}

/** The hidden line by which the reply to a comment is found again. */
export function replyMarker(commentId: number): string {
  return `<!-- signalbox:reply ${commentId} -->`
}

export function renderReply(reply: Reply): string {
  const text = render(reply, reply.answers)
  if (text.length <= MAX_COMMENT) return text
  return render(
    reply,
    reply.answers.map(({ command }) => ({ command, answer: { kind: 'too-long' } })),
  )
}

function render({ commentId, author, dropped }: Reply, answers: readonly Told[]): string {
  const items = answers
    .filter(({ answer }) => answer.kind !== 'help' || answer.unknown !== null)
    .map(({ command, answer }) => ({ command: commandText(command), answer }))
  const help = answers.some(({ answer }) => answer.kind === 'help')
  const values = { commentId, author, items, dropped, help, most: MAX_COMMANDS }
  return renderTemplate('comments/reply.md', values)
}

export function renderRefusal(commentId: number, author: string, permission: Permission): string {
  return renderTemplate('comments/reply-refused.md', { commentId, author, permission })
}

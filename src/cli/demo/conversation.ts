/** The words for what happens on a pull request beside its checks: comments, reactions, labels, previews. */
import { shortSha } from '../../domain/wording.ts'
import type { CommentEvent, DeploymentEvent, LabelEvent, PreviewRunEvent, ReactionEvent } from './events.ts'

export type ConversationEvent = CommentEvent | ReactionEvent | LabelEvent | DeploymentEvent

/** What kind of thing it is, a line about it, and what is quoted below. */
export interface Told {
  readonly kind: string
  readonly text: string
  readonly quoted: readonly string[]
}

const EMOJI = {
  '+1': '👍',
  '-1': '👎',
  laugh: '😄',
  confused: '😕',
  heart: '❤️',
  hooray: '🎉',
  rocket: '🚀',
  eyes: '👀',
} as const

export function describeConversation(event: ConversationEvent): Told {
  switch (event.event) {
    case 'comment':
      return { kind: 'comment', text: describeComment(event), quoted: event.lines }
    case 'reaction':
      return told('reaction', `${EMOJI[event.content]} by ${event.by} to the comment of ${event.author}`)
    case 'label': {
      const deed = event.change === 'labeled' ? 'put on' : 'taken off'
      return told('label', `${event.label}, ${deed} #${event.pullRequest} by ${event.by}`)
    }
    case 'deployment': {
      const link = event.url === null || event.state !== 'success' ? '' : ` ${event.url}`
      return told('preview', `${event.environment} ${event.state}: ${event.description}.${link}`)
    }
  }
}

function told(kind: string, text: string): Told {
  return { kind, text, quoted: [] }
}

function describeComment({ change, author, kind, pullRequest }: CommentEvent): string {
  const what = kind === null ? '' : ` (${kind})`
  return change === 'edited' ? `${author} edits its comment${what}` : `${author} on #${pullRequest}${what}`
}

/** `deploy.yml of acme/deploy`. */
export function namePreviewRun({ workflow, repository }: PreviewRunEvent): string {
  return `${workflow} of ${repository}`
}

/** What the workflow run was given: `number 1, sha 75425ae`. */
export function describeInputs({ inputs }: PreviewRunEvent): string {
  const given = Object.entries(inputs).map(([name, value]) => `${name} ${shorten(value)}`)
  return given.join(', ')
}

function shorten(value: string): string {
  return /^[0-9a-f]{40}$/.test(value) ? shortSha(value) : value
}

/**
 * From a comment to what it asks for, and the reply. The comment is recorded before anything is done about it, and the
 * reply before it is posted, so that whatever breaks off in between goes on where it was.
 */
import { type Command, type ParsedComment, parseCommands } from '../domain/commands.ts'
import { type Answer, decideCommand } from '../domain/decide-command.ts'
import { GitHubError } from '../domain/errors.ts'
import { mayWrite, type Permission } from '../domain/pull-request.ts'
import type { Signal } from '../domain/read-event.ts'
import { count } from '../domain/wording.ts'
import type { CommandOutcome, PullRequestSubject } from '../ports.ts'
import { applyCommand, type CommandDeps, carriedOutBefore } from './apply-command.ts'
import { type CommandSource, observeCommand } from './observe-command.ts'
import { renderRefusal, renderReply, replyMarker } from './render-reply.ts'

export type CommentSignal = Extract<Signal, { kind: 'comment' }>

/** @returns what the comment came to, in words for the delivery's record. */
export async function runCommands(deps: CommandDeps, comment: CommentSignal): Promise<string> {
  const parsed = parseCommands(comment.body)
  if (parsed.commands.length === 0) return 'the comment has no command'
  const { pullRequests } = deps.store
  const { repo, commentId, author } = comment
  const isNew = await pullRequests.beginCommand(subjectOf(deps, comment), commentId, author)
  const known = isNew ? null : await pullRequests.getCommand(repo.id, commentId)
  const outcome = known?.outcome ?? (await answerComment(deps, comment, parsed, isNew))
  if (outcome === null) return 'the pull request does not exist any more'
  if (outcome.refused && outcome.reply === null) return `${author} may not write commands here, and was told before`
  await react(deps, comment, outcome.ok ? 'rocket' : 'confused')
  const posted = await postReply(deps, comment, outcome.reply, isNew)
  if (outcome.refused) return `${author} may not write commands here${posted}`
  return `${count(parsed.commands.length, 'command')} by ${author} ${outcome.ok ? 'carried out' : 'answered'}${posted}`
}

/** Carries everything out, and records what it came to. Null: there is nothing to answer to. */
async function answerComment(
  deps: CommandDeps,
  comment: CommentSignal,
  parsed: ParsedComment,
  isNew: boolean,
): Promise<CommandOutcome | null> {
  const { github, store } = deps
  const { repo, number, commentId, author } = comment
  const permission = await github.getPermission(repo, author)
  if (!mayWrite(permission)) return refuse(deps, comment, permission)
  await react(deps, comment, 'eyes')
  const pullRequest = await github.getPullRequest(repo, number)
  if (pullRequest === null) return null
  const done = isNew ? new Set<number>() : await carriedOutBefore(deps, comment)
  const source = { ...comment, pullRequest, permission }
  const answers = []
  for (const [index, command] of parsed.commands.entries()) {
    const before = done.has(index) && ({ ok: true, answer: { kind: 'done-before' } } as const)
    answers.push({ command, ...(before || (await carryOut(deps, source, command, index))) })
  }
  const ok = answers.every((one) => one.ok) && parsed.dropped === 0
  const reply = renderReply({ commentId, author, answers, dropped: parsed.dropped })
  const outcome = { ok, reply, refused: false }
  await store.pullRequests.finishCommand(repo.id, commentId, outcome)
  return outcome
}

/** A command that GitHub refuses fails by itself, and the others go on. */
async function carryOut(
  deps: CommandDeps,
  source: CommandSource & CommentSignal,
  command: Command,
  index: number,
): Promise<{ ok: boolean; answer: Answer }> {
  try {
    const decision = decideCommand(command, await observeCommand(deps, source, command))
    await applyCommand(deps, source, decision, index)
    return decision
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
    return { ok: false, answer: { kind: 'failed', message: error.message } }
  }
}

/** In words once for each author and pull request; a stranger could have us write without end. */
async function refuse(deps: CommandDeps, comment: CommentSignal, permission: Permission): Promise<CommandOutcome> {
  const { pullRequests } = deps.store
  const { repo, number, commentId, author } = comment
  const told = await pullRequests.wasRefused(repo.id, number, author)
  const outcome = { ok: false, refused: true, reply: told ? null : renderRefusal(commentId, author, permission) }
  await pullRequests.finishCommand(repo.id, commentId, outcome)
  return outcome
}

/** The reactions say what the reply says too: where GitHub does not take one, nothing is lost. */
async function react(deps: CommandDeps, { repo, commentId }: CommentSignal, reaction: 'eyes' | 'rocket' | 'confused') {
  try {
    await deps.github.react(repo, commentId, reaction)
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
  }
}

/** @returns the end of the note. */
async function postReply(
  { github }: CommandDeps,
  { repo, number, commentId, createdAt }: CommentSignal,
  reply: string | null,
  isNew: boolean,
): Promise<string> {
  if (reply === null) return ''
  try {
    const marker = replyMarker(commentId)
    const later = isNew ? [] : await github.listComments(repo, number, createdAt)
    if (later.some((one) => one.isOurs && one.body.startsWith(marker))) return ''
    await github.createComment(repo, number, reply)
    return ''
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
    return `; the reply could not be posted: ${error.message}`
  }
}

function subjectOf({ installationId }: CommandDeps, { repo, number }: CommentSignal): PullRequestSubject {
  return { repo, number, installationId }
}

/**
 * Carries out what was decided about a command, then enters it in the audit log: an entry means that it was done. All of
 * it may be done again after a crash. What would be noticed the second time is told by the entry.
 */
import type { CommandDecision, CommandEffect } from '../domain/decide-command.ts'
import type { Repo } from '../domain/trigger.ts'
import type { AuditEntry, PullRequestSubject } from '../ports.ts'
import { approveCommit } from './approve-commit.ts'
import { type RerunDeps, rerun } from './rerun.ts'

export type CommandDeps = RerunDeps

/** The comment that asked for it. */
interface Source {
  readonly repo: Repo
  readonly number: number
  readonly commentId: number
  readonly createdAt: Date
  readonly author: string
}

/** @param index which of the comment's commands it is, from 0. */
export async function applyCommand(
  deps: CommandDeps,
  source: Source,
  decision: CommandDecision,
  index: number,
): Promise<void> {
  const { pullRequests } = deps.store
  for (const effect of decision.effects) await applyEffect(deps, source, effect)
  const { repo, number, author, commentId, createdAt } = source
  const at = deps.clock.now()
  const entries = decision.deeds.map(({ action, subject, detail: what }): AuditEntry => {
    const detail = `${mark(commentId, index)}${what}`
    return { at, repo, pullRequest: number, actor: author, action, subject, detail }
  })
  const asked = decision.effects.flatMap((effect) => (effect.kind === 'request_previews' ? effect.previews : []))
  if (asked.length === 0) {
    for (const entry of entries) await pullRequests.audit(entry)
    return
  }
  const request = { request: `comment ${commentId}`, by: author, at: createdAt }
  const subject: PullRequestSubject = { repo, number, installationId: deps.installationId }
  await pullRequests.requestPreviews(
    subject,
    asked.map((preview) => ({ preview, ...request })),
    entries,
  )
}

/** Which of the comment's commands, from 0, the audit log has already. */
export async function carriedOutBefore(deps: CommandDeps, { repo, commentId }: Source): Promise<Set<number>> {
  const entries = await deps.store.pullRequests.listAudit(repo.id, LOOKED_AT)
  return new Set(
    entries.flatMap(({ action, detail }) => {
      // The rest of an entry is ours too, but for the reason of an override.
      const [, id, position] = /^comment (\d+), command (\d+): /.exec(detail) ?? []
      return id === String(commentId) && action !== 'override' ? [Number(position) - 1] : []
    }),
  )
}

/** A comment that is taken up again is a recent one. */
const LOOKED_AT = 500

function mark(commentId: number, index: number): string {
  return `comment ${commentId}, command ${index + 1}: `
}

async function applyEffect(deps: CommandDeps, source: Source, effect: CommandEffect): Promise<void> {
  const { github, store, clock, installationId } = deps
  const { repo, number, author } = source
  const subject: PullRequestSubject = { repo, number, installationId }
  switch (effect.kind) {
    case 'rerun':
      return store.runs.rerunLegs(effect.runId, effect.legIds)
    case 'replan': {
      const run = await store.runs.loadRun(effect.runId, clock.now())
      if (run !== null) await rerun(deps, run, { kind: 'replan' }, author)
      return
    }
    case 'cancel':
      return store.runs.cancelRuns(
        effect.runIds.map((runId) => ({ runId, reason: { kind: 'requested', by: author } as const })),
      )
    case 'approve':
      return approveCommit(deps, subject, effect.commit, { by: author, at: source.createdAt, via: 'comment' })
    case 'override': {
      const { commit, gate, reason } = effect
      return store.pullRequests.override(subject, commit, gate, { by: author, reason, at: source.createdAt })
    }
    case 'label':
      await github.addLabel(repo, number, effect.label)
      return store.pullRequests.touch(subject)
    case 'unlabel':
      await github.removeLabel(repo, number, effect.label)
      return store.pullRequests.touch(subject)
    case 'request_previews':
      return
  }
}

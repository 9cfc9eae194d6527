/** Comments: those that hold commands, each carried out once, and those that we keep up to date. */
import { type Kysely, sql } from 'kysely'
import type { CommandRecord, PullRequestStore, PullRequestSubject } from '../../ports.ts'
import { storableJson } from './storable.ts'
import type { Tables } from './tables.ts'

type CommentStore = Pick<
  PullRequestStore,
  'beginCommand' | 'getCommand' | 'finishCommand' | 'wasRefused' | 'claimLabelRefusal' | 'intendSticky' | 'recordSticky'
>

export function commentStore(db: Kysely<Tables>): CommentStore {
  return {
    beginCommand: (subject, commentId, author) => beginCommand(db, subject, commentId, author),
    getCommand: (repoId, commentId) => getCommand(db, repoId, commentId),
    async finishCommand(repoId, commentId, outcome) {
      await db
        .updateTable('commands')
        .set({ outcome: storableJson(outcome) })
        .where('repoId', '=', repoId)
        .where('commentId', '=', commentId)
        .execute()
    },
    wasRefused: (repoId, number, author) => wasRefused(db, repoId, number, author),
    claimLabelRefusal: (subject, login, reason, labelingId) =>
      claimLabelRefusal(db, subject, login, reason, labelingId),
    async intendSticky(subject, kind) {
      await db
        .insertInto('stickyComments')
        .values({ repoId: subject.repo.id, pullRequest: subject.number, kind, commentId: null, digest: null })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async recordSticky(subject, { kind, ...shown }) {
      await db
        .insertInto('stickyComments')
        .values({ repoId: subject.repo.id, pullRequest: subject.number, kind, ...shown })
        .onConflict((conflict) => conflict.columns(['repoId', 'pullRequest', 'kind']).doUpdateSet(shown))
        .execute()
    },
  }
}

async function beginCommand(
  db: Kysely<Tables>,
  { repo, number }: PullRequestSubject,
  commentId: number,
  author: string,
): Promise<boolean> {
  const row = await db
    .insertInto('commands')
    .values({ repoId: repo.id, commentId, pullRequest: number, author })
    .onConflict((conflict) => conflict.doNothing())
    .returning('commentId')
    .executeTakeFirst()
  return row !== undefined
}

async function getCommand(db: Kysely<Tables>, repoId: number, commentId: number): Promise<CommandRecord | null> {
  const row = await db
    .selectFrom('commands')
    .select(['commentId', 'author', 'outcome'])
    .where('repoId', '=', repoId)
    .where('commentId', '=', commentId)
    .executeTakeFirst()
  return row ?? null
}

async function wasRefused(db: Kysely<Tables>, repoId: number, number: number, author: string): Promise<boolean> {
  const row = await db
    .selectFrom('commands')
    .select('commentId')
    .where('repoId', '=', repoId)
    .where('pullRequest', '=', number)
    .where('author', '=', author)
    .where(sql<boolean>`(outcome->>'refused')::boolean`)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

async function claimLabelRefusal(
  db: Kysely<Tables>,
  { repo, number }: PullRequestSubject,
  login: string,
  reason: string,
  labelingId: string,
): Promise<string> {
  const row = await db
    .insertInto('refusedLabels')
    .values({ repoId: repo.id, pullRequest: number, login, reason, labelingId })
    // Changes nothing, and returns the row that is there.
    .onConflict((conflict) =>
      conflict
        .columns(['repoId', 'pullRequest', 'login', 'reason'])
        .doUpdateSet((old) => ({ login: old.ref('excluded.login') })),
    )
    .returning('labelingId')
    .executeTakeFirstOrThrow()
  return row.labelingId
}

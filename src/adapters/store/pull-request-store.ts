/**
 * What is kept of pull requests beside their runs. What changes what is to be done about one enqueues its job in the
 * same transaction, after the rows are written: the rows first and the jobs last, in every transaction, so that they
 * wait for one another and never in a circle.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import { pullRequestKey } from '../../domain/pull-request.ts'
import type { Approval } from '../../domain/run.ts'
import type { AuditEntry, PullRequestRecord, PullRequestStore, PullRequestSubject } from '../../ports.ts'
import { commentStore } from './comment-store.ts'
import { deploymentStore } from './deployment-store.ts'
import { loadPullRequest } from './load-pull-request.ts'
import type { Executor, Queue } from './queue.ts'
import { storableText } from './storable.ts'
import type { Tables } from './tables.ts'
import { touchPullRequest } from './touch.ts'

export function pullRequestStore(db: Kysely<Tables>, queue: Queue): PullRequestStore {
  return {
    ...commentStore(db),
    ...deploymentStore(db, queue),
    ...wordStore(db, queue),
    touch: (subject) =>
      db.transaction().execute(async (tx) => {
        await queue.sendPullRequests(tx, [await touchPullRequest(tx, subject)])
      }),
    enqueueOpen: () => enqueueOpen(db, queue),
    wake: (repoId, number, at) => queue.sendTimer(db, 'pull-request-timer', pullRequestKey(repoId, number), at),
    close: (repoId, number, watchesRuns) => close(db, repoId, number, watchesRuns),
    load: (repoId, number): Promise<PullRequestRecord | null> => loadPullRequest(db, repoId, number),
  }
}

async function enqueueOpen(db: Kysely<Tables>, queue: Queue): Promise<number> {
  const rows = await db.selectFrom('pullRequests').select(['repoId', 'number']).where('open', '=', true).execute()
  await queue.sendPullRequests(
    db,
    rows.map((row) => pullRequestKey(row.repoId, row.number)),
  )
  return rows.length
}

/**
 * Not while a job waits: it was touched after whoever closes it looked, and that job looks again. The row is locked
 * first, so that the second statement sees the job of everybody who touched it before.
 */
function close(db: Kysely<Tables>, repoId: number, number: number, watchesRuns: boolean): Promise<void> {
  return db.transaction().execute(async (tx) => {
    const row = tx.selectFrom('pullRequests').select('open').where('repoId', '=', repoId).where('number', '=', number)
    await row.forUpdate().execute()
    await tx
      .updateTable('pullRequests')
      .set({ open: false, watchesRuns })
      .where('repoId', '=', repoId)
      .where('number', '=', number)
      .where(
        sql<boolean>`not exists (select from pgboss.job j where j.name = 'pull-request'
          and j.singleton_key = ${pullRequestKey(repoId, number)} and j.state in ('created', 'retry'))`,
      )
      .execute()
  })
}

type WordStore = Pick<PullRequestStore, 'approve' | 'override' | 'audit' | 'listAudit'>

/** People's words that change what runs, and the log of who said them. */
function wordStore(db: Kysely<Tables>, queue: Queue): WordStore {
  const lookAgain = async (tx: Transaction<Tables>, subject: PullRequestSubject, sha: string, open: boolean) => {
    const key = await touchPullRequest(tx, subject)
    await queue.sendRuns(tx, await runsOf(tx, subject, sha, open))
    await queue.sendPullRequests(tx, [key])
  }
  return {
    approve: (subject, sha, approval) =>
      db.transaction().execute(async (tx) => {
        if (!(await insertApproval(tx, subject, sha, approval))) return
        await insertAudit(tx, auditOf(subject, 'approve', sha, approval, `by ${approval.via}`))
        await lookAgain(tx, subject, sha, true)
      }),
    override: (subject, sha, gate, override) =>
      db.transaction().execute(async (tx) => {
        const word = { by: override.by, reason: storableText(override.reason), at: override.at }
        const inserted = await tx
          .insertInto('overrides')
          .values({ repoId: subject.repo.id, pullRequest: subject.number, sha, gate, ...word })
          .onConflict((conflict) =>
            conflict
              .columns(['repoId', 'pullRequest', 'sha', 'gate'])
              .doUpdateSet(word)
              .where(sql<boolean>`(overrides.by, overrides.reason, overrides.at)
                is distinct from (excluded.by, excluded.reason, excluded.at)`),
          )
          .returning('sha')
          .executeTakeFirst()
        if (!inserted) return
        await insertAudit(tx, auditOf(subject, 'override', `${gate} ${sha}`, override, override.reason))
        // Its gate may have failed, and the run with it.
        await lookAgain(tx, subject, sha, false)
      }),
    audit: (entry) => insertAudit(db, entry),
    listAudit: (repoId, limit) =>
      db
        .selectFrom('audit')
        .select(['at', 'repo', 'pullRequest', 'actor', 'action', 'subject', 'detail'])
        .where('repoId', '=', repoId)
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
  }
}

async function insertApproval(
  tx: Transaction<Tables>,
  subject: PullRequestSubject,
  sha: string,
  { by, via, at }: Approval,
): Promise<boolean> {
  const row = await tx
    .insertInto('approvals')
    .values({ repoId: subject.repo.id, pullRequest: subject.number, sha, by, via, at })
    .onConflict((conflict) => conflict.doNothing())
    .returning('sha')
    .executeTakeFirst()
  return row !== undefined
}

async function runsOf(
  tx: Transaction<Tables>,
  { repo, number }: PullRequestSubject,
  sha: string,
  onlyOpen: boolean,
): Promise<string[]> {
  let query = tx
    .selectFrom('runs')
    .select('id')
    .where('repoId', '=', repo.id)
    .where('pullRequest', '=', number)
    .where('sha', '=', sha)
  if (onlyOpen) query = query.where('open', '=', true)
  return (await query.execute()).map((row) => row.id)
}

function auditOf(
  { repo, number }: PullRequestSubject,
  action: string,
  subject: string,
  { by, at }: { readonly by: string; readonly at: Date },
  detail: string,
): AuditEntry {
  return { at, repo, pullRequest: number, actor: by, action, subject, detail }
}

async function insertAudit(executor: Executor, entry: AuditEntry): Promise<void> {
  const { at, repo, pullRequest, actor, action } = entry
  const [subject, detail] = [storableText(entry.subject), storableText(entry.detail)]
  await executor
    .insertInto('audit')
    .values({ at, repoId: repo.id, repo: JSON.stringify(repo), pullRequest, actor, action, subject, detail })
    .execute()
}

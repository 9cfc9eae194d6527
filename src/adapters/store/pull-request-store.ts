/**
 * What is kept of pull requests beside their runs. What changes what is to be done about one enqueues its job in the
 * same transaction, after the rows are written: the rows first and the jobs last, in every transaction, so that they
 * wait for one another and never in a circle.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import { type CommitIntoBase, type PreviewRequest, pullRequestKey } from '../../domain/pull-request.ts'
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
    enqueueOpen: ({ resting = false } = {}) => enqueueOpen(db, queue, resting),
    wake: (repoId, number, at) => queue.sendTimer(db, 'pull-request-timer', pullRequestKey(repoId, number), at),
    close: (repoId, number, watchesRuns) => close(db, repoId, number, watchesRuns),
    closeAll: (filter) => closeAll(db, filter),
    load: (repoId, number): Promise<PullRequestRecord | null> => loadPullRequest(db, repoId, number),
  }
}

async function enqueueOpen(db: Kysely<Tables>, queue: Queue, resting: boolean): Promise<number> {
  const isDeployed = sql<boolean>`pull_requests.watches_runs and exists (
    select from deployments d where d.repo_id = pull_requests.repo_id and d.pull_request = pull_requests.number
      and d.kind = 'deploy' and d.outcome = 'dispatched' and coalesce(d.told, '') <> 'inactive')`
  const rows = await db
    .selectFrom('pullRequests')
    .select(['repoId', 'number'])
    .where((where) => (resting ? where.or([where('open', '=', true), isDeployed]) : where('open', '=', true)))
    .execute()
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

async function closeAll(
  db: Kysely<Tables>,
  { installationId, repoIds }: Parameters<PullRequestStore['closeAll']>[0],
): Promise<void> {
  let update = db
    .updateTable('pullRequests')
    .set({ open: false, watchesRuns: false })
    .where('installationId', '=', installationId)
  if (repoIds !== undefined) update = update.where('repoId', 'in', repoIds.length > 0 ? repoIds : [-1])
  await update.execute()
}

type WordStore = Pick<PullRequestStore, 'approve' | 'override' | 'requestPreviews' | 'audit' | 'listAudit'>

/** People's words that change what runs, and the log of who said them. */
function wordStore(db: Kysely<Tables>, queue: Queue): WordStore {
  const lookAgain = async (tx: Transaction<Tables>, subject: PullRequestSubject, sha: string, open: boolean) => {
    const key = await touchPullRequest(tx, subject)
    await queue.sendRuns(tx, await runsOf(tx, subject, sha, open))
    await queue.sendPullRequests(tx, [key])
  }
  return {
    approve: (subject, commit, approval) =>
      db.transaction().execute(async (tx) => {
        if (!(await insertApproval(tx, subject, commit, approval))) return
        await insertAudit(tx, auditOf(subject, 'approve', describeCommit(commit), approval, `by ${approval.via}`))
        await lookAgain(tx, subject, commit.sha, true)
      }),
    override: (subject, commit, gate, override) =>
      db.transaction().execute(async (tx) => {
        const word = { by: override.by, reason: storableText(override.reason), at: override.at }
        const inserted = await tx
          .insertInto('overrides')
          .values({ repoId: subject.repo.id, pullRequest: subject.number, ...commit, gate, ...word })
          .onConflict((conflict) =>
            conflict
              .columns(['repoId', 'pullRequest', 'sha', 'baseRef', 'gate'])
              .doUpdateSet(word)
              .where(sql<boolean>`(overrides.by, overrides.reason, overrides.at)
                is distinct from (excluded.by, excluded.reason, excluded.at)`),
          )
          .returning('sha')
          .executeTakeFirst()
        if (!inserted) return
        await insertAudit(
          tx,
          auditOf(subject, 'override', `${gate} ${describeCommit(commit)}`, override, override.reason),
        )
        // Its gate may have failed, and the run with it.
        await lookAgain(tx, subject, commit.sha, false)
      }),
    requestPreviews: (subject, requests, entries) =>
      db.transaction().execute(async (tx) => {
        for (const request of requests) await insertPreviewRequest(tx, subject, request)
        for (const entry of entries) await insertAudit(tx, entry)
        await queue.sendPullRequests(tx, [await touchPullRequest(tx, subject)])
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
  commit: CommitIntoBase,
  { by, via, at }: Approval,
): Promise<boolean> {
  const row = await tx
    .insertInto('approvals')
    .values({ repoId: subject.repo.id, pullRequest: subject.number, ...commit, by, via, at })
    .onConflict((conflict) => conflict.doNothing())
    .returning('sha')
    .executeTakeFirst()
  return row !== undefined
}

/** Comments may be handled in another order than they were written in. */
async function insertPreviewRequest(
  tx: Transaction<Tables>,
  { repo, number }: PullRequestSubject,
  { preview, ...word }: PreviewRequest,
): Promise<void> {
  await tx
    .insertInto('previewRequests')
    .values({ repoId: repo.id, pullRequest: number, preview, ...word })
    .onConflict((conflict) =>
      conflict
        .columns(['repoId', 'pullRequest', 'preview'])
        .doUpdateSet(word)
        .where('previewRequests.at', '<=', word.at),
    )
    .execute()
}

function describeCommit({ sha, baseRef }: CommitIntoBase): string {
  return `${sha} into ${baseRef}`
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

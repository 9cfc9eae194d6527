/** Repositories that have sweeps, and the records of these. */
import { type Kysely, sql } from 'kysely'
import { sweepItemKey, sweepKey } from '../../domain/sweep.ts'
import type { SweepStore, SweptRepository } from '../../ports/sweeps.ts'
import { itemPushes } from './item-pushes.ts'
import { manifestMemory } from './manifest-memory.ts'
import type { Executor, Queue } from './queue.ts'
import { storableJson, storableText } from './storable.ts'
import { openJournal } from './sweep-journal.ts'
import { ITEMS, loadHeads, sweepReports } from './sweep-reports.ts'
import type { Tables } from './tables.ts'

export function sweepStore(db: Kysely<Tables>, queue: Queue): SweepStore {
  return {
    ...repositories(db, queue),
    ...sweepReports(db),
    ...itemPushes(db),
    manifests: manifestMemory(db),
    enqueue: (kind, repoId, at) => queue.sendSweep(db, sweepKey(kind, repoId), at),
    enqueueItem: (repoId, number, at) => queue.sendSweep(db, sweepItemKey(repoId, number), at),
    async enqueueOpen() {
      const open = await db
        .selectFrom('sweeps')
        .select(['repoId', 'kind', 'target'])
        .where('state', '=', 'open')
        .execute()
      const keys = open.map(({ repoId, kind, target }) => {
        const item = /^#(\d+)$/.exec(target)?.[1]
        return item === undefined ? sweepKey(kind, repoId) : sweepItemKey(repoId, Number(item))
      })
      let sent = 0
      for (const key of new Set(keys)) {
        // One more behind the one that is at work would be a sweep of its own, with a budget of its own.
        if (await queue.isSent(db, key)) continue
        await queue.sendSweep(db, key)
        sent++
      }
      return sent
    },
    async standing(kind, repoId) {
      return { isAwaited: await queue.isSent(db, sweepKey(kind, repoId)), sweeps: await loadHeads(db, kind, repoId) }
    },
    async endUnwanted(repoId, kind, { item, wanted }, now) {
      let open = db
        .updateTable('sweeps')
        .set({ state: 'stopped', stopped: 'the configuration does not want it any more', endedAt: now })
        .where('repoId', '=', repoId)
        .where('kind', '=', kind)
        .where('state', '=', 'open')
      open = item === null ? open.where('target', 'not like', ITEMS) : open.where('target', '=', item)
      if (wanted.length > 0)
        open = open.where(
          'target',
          'not in',
          wanted.map((target) => target ?? ''),
        )
      await open.execute()
    },
    open: (subject, kind, target, now) => openJournal(db, subject, kind, target, now),
    async workflowRunsInUse(repoId) {
      const { rows } = await sql<{ id: number }>`
        select a.workflow_run_id as id from attempts a join runs r on r.id = a.run_id
          where r.repo_id = ${repoId} and r.open and a.workflow_run_id is not null
        union select (l.observed->>'id')::bigint from legs l join runs r on r.id = l.run_id
          where r.repo_id = ${repoId} and r.open and l.observed->>'id' is not null
        union select d.workflow_run_id from deployments d
          where d.workflow_run_id is not null and d.completed_at is null
            and lower(d.target->'repository'->>'owner') || '/' || lower(d.target->'repository'->>'name') =
              (select lower(repo->>'owner') || '/' || lower(repo->>'name') from swept_repositories where repo_id = ${repoId})`.execute(
        db,
      )
      return new Set(rows.map((row) => Number(row.id)))
    },
    async previewedCommits(repoId) {
      const rows = await db
        .selectFrom('deployments')
        .innerJoin('pullRequests', (join) =>
          join
            .onRef('pullRequests.repoId', '=', 'deployments.repoId')
            .onRef('pullRequests.number', '=', 'deployments.pullRequest'),
        )
        .select('deployments.sha')
        .where('deployments.repoId', '=', repoId)
        .where('deployments.kind', '=', 'deploy')
        .where('pullRequests.open', '=', true)
        .distinct()
        .execute()
      return new Set(rows.map((row) => row.sha))
    },
  }
}

type Repositories = Pick<SweepStore, 'follow' | 'unfollow' | 'find' | 'recordTrackingIssue' | 'enqueueFollow'>

function repositories(db: Kysely<Tables>, queue: Queue): Repositories {
  return {
    follow: (repository) =>
      db.transaction().execute(async (tx) => {
        await upsert(tx, repository)
        await queue.scheduleSweeps(tx, repository.repo.id, repository.schedules)
      }),
    enqueueFollow: (subject) =>
      db.transaction().execute(async (tx) => {
        const { repo, installationId } = subject
        await tx
          .insertInto('sweptRepositories')
          .values({ repoId: repo.id, installationId, repo: storableJson(repo), ...UNKNOWN })
          .onConflict((conflict) => conflict.column('repoId').doUpdateSet({ installationId, repo: storableJson(repo) }))
          .execute()
        await queue.sendSweep(tx, sweepKey('follow', repo.id))
      }),
    unfollow: ({ installationId, repoIds }) =>
      db.transaction().execute(async (tx) => {
        let gone = tx.deleteFrom('sweptRepositories').where('installationId', '=', installationId)
        if (repoIds) gone = gone.where('repoId', 'in', repoIds.length > 0 ? repoIds : [-1])
        for (const { repoId } of await gone.returning('repoId').execute()) {
          await queue.scheduleSweeps(tx, repoId, [])
          await tx.deleteFrom('itemPushes').where('repoId', '=', repoId).execute()
        }
      }),
    async find(repoId) {
      const row = await db.selectFrom('sweptRepositories').selectAll().where('repoId', '=', repoId).executeTakeFirst()
      return row ?? null
    },
    async recordTrackingIssue(repoId, trackingIssue) {
      await db.updateTable('sweptRepositories').set({ trackingIssue }).where('repoId', '=', repoId).execute()
    },
  }
}

const UNKNOWN = { schedules: '[]', staleLabels: [] as string[], imagesOnClose: false }

async function upsert(executor: Executor, repository: Omit<SweptRepository, 'trackingIssue'>): Promise<void> {
  const { repo, installationId, imagesOnClose } = repository
  const known = {
    installationId,
    repo: storableJson(repo),
    schedules: storableJson(repository.schedules),
    staleLabels: repository.staleLabels.map(storableText),
    imagesOnClose,
  }
  await executor
    .insertInto('sweptRepositories')
    .values({ repoId: repo.id, ...known })
    .onConflict((conflict) => conflict.column('repoId').doUpdateSet(known))
    .execute()
}

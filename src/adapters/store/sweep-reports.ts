/** The records of sweeps that are over, and of those at work. */
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { SweepKind, SweepReport } from '../../domain/sweep.ts'
import type { SweepHead, SweepStore } from '../../ports/sweeps.ts'
import { loadOutcomes } from './sweep-journal.ts'
import type { Tables } from './tables.ts'

/** Targets of looks at single issues and pull requests. */
export const ITEMS = '#%'
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
/** Decisions about 100,000 things, with room. */
const MAX_REPORT_BYTES = 256 * 1024 * 1024

type Kept = Pick<SweepReport, 'decisions' | 'problems'>

export async function packReport(kept: Kept): Promise<Uint8Array> {
  return compress(Buffer.from(JSON.stringify(kept)))
}

async function unpackReport(bytes: Uint8Array): Promise<Kept> {
  return JSON.parse((await decompress(bytes, { maxOutputLength: MAX_REPORT_BYTES })).toString('utf8'))
}

export function sweepReports(db: Kysely<Tables>): Pick<SweepStore, 'list' | 'newest' | 'get' | 'removeBefore'> {
  return {
    async list({ repoId, repository, kind, items = false, limit }) {
      let query = db.selectFrom('sweeps').selectAll().orderBy('startedAt', 'desc').orderBy('id').limit(limit)
      if (repoId !== undefined) query = query.where('repoId', '=', repoId)
      if (!items) query = query.where('target', 'not like', ITEMS)
      if (kind !== undefined) query = query.where('kind', '=', kind)
      if (repository !== undefined)
        query = query.where(
          sql<boolean>`lower(repo->>'owner') || '/' || lower(repo->>'name') = ${repository.toLowerCase()}`,
        )
      return Promise.all((await query.execute()).map((row) => toReport(db, row)))
    },
    async newest(repoId) {
      const rows = await db
        .selectFrom('sweeps')
        .selectAll()
        .distinctOn(['kind', 'target'])
        .where('repoId', '=', repoId)
        .where('state', '<>', 'open')
        .where('target', 'not like', ITEMS)
        .orderBy('kind')
        .orderBy('target')
        .orderBy('startedAt', 'desc')
        .execute()
      return Promise.all(rows.map((row) => toReport(db, row)))
    },
    async get(id) {
      const row = await db.selectFrom('sweeps').selectAll().where('id', '=', id).executeTakeFirst()
      if (row === undefined) return null
      const { repo, installationId } = row
      return { ...(await toReport(db, row)), repo, installationId }
    },
    async removeBefore(time) {
      await db.deleteFrom('manifests').where('usedAt', '<', time).execute()
      const result = await db
        .deleteFrom('sweeps')
        .where('startedAt', '<', time)
        .where('state', '<>', 'open')
        .executeTakeFirst()
      return Number(result.numDeletedRows)
    },
  }
}

/** Most targets of one kind that a repository is thought to have. */
const MOST_HEADS = 200

/** The newest sweeps without what is long in them. */
export async function loadHeads(db: Kysely<Tables>, kind: SweepKind, repoId: number): Promise<SweepHead[]> {
  const rows = await db
    .selectFrom('sweeps')
    .select(['id', 'target', 'state'])
    .where('repoId', '=', repoId)
    .where('kind', '=', kind)
    .where('target', 'not like', ITEMS)
    .orderBy('startedAt', 'desc')
    .orderBy('id')
    .limit(MOST_HEADS)
    .execute()
  return rows.map(({ target, ...row }) => ({ ...row, target: target === '' ? null : target }))
}

async function toReport(db: Kysely<Tables>, row: Selectable<Tables['sweeps']>): Promise<SweepReport> {
  const kept = row.report === null ? { decisions: [], problems: [] } : await unpackReport(row.report)
  const { id, kind, repo, target, state, stopped, startedAt, endedAt, requests, points } = row
  return {
    id,
    kind,
    repo: { owner: repo.owner, name: repo.name },
    target: target === '' ? null : target,
    dryRun: false,
    state,
    stopped,
    startedAt,
    endedAt,
    spent: { requests, points },
    ...kept,
    outcomes: await loadOutcomes(db, id),
  }
}

/** Manifests of images that were read before. When each was used last is known to the day, since those that nobody uses are removed. */
import { type Kysely, sql } from 'kysely'
import type { ManifestMemory, RememberedManifest } from '../../ports/sweeps.ts'
import { storableText } from './storable.ts'
import type { Tables } from './tables.ts'

/** Rows of one statement. */
const AT_ONCE = 1_000

type Row = Omit<Tables['manifests'], 'usedAt'>

export function manifestMemory(db: Kysely<Tables>): ManifestMemory {
  return {
    async load(digests) {
      const known = new Map<string, RememberedManifest>()
      for (const part of parts(digests)) {
        const { rows } = await sql<Row>`
          with due as (
            select digest from manifests where digest = any(${part}::text[]) and used_at < now() - interval '1 day'
            for update skip locked
          ), touched as (
            update manifests m set used_at = now() from due where m.digest = due.digest
          )
          select digest, media_type, children, subject, copy_of, size::float8 as size, is_dated, created_at
            from manifests where digest = any(${part}::text[])`.execute(db)
        for (const { digest, isDated, createdAt, copyOf, ...manifest } of rows) {
          const created = isDated ? createdAt : undefined
          known.set(digest, { ...manifest, ...(copyOf !== null && { copyOf }), created })
        }
      }
      return known
    },
    async save(manifests) {
      // Always in the same order: sweeps side by side may save the same.
      const sorted = [...manifests].toSorted(([one], [other]) => (one < other ? -1 : 1))
      for (const part of parts(sorted))
        await db
          .insertInto('manifests')
          .values(part.map(([digest, manifest]) => toRow(digest, manifest)))
          .onConflict((conflict) =>
            conflict
              .column('digest')
              .doUpdateSet({
                size: sql`coalesce(manifests.size, excluded.size)`,
                isDated: sql`manifests.is_dated or excluded.is_dated`,
                createdAt: sql`coalesce(manifests.created_at, excluded.created_at)`,
                usedAt: sql`now()`,
              })
              .where(
                sql<boolean>`(excluded.is_dated and not manifests.is_dated) or manifests.used_at < now() - interval '1 day'`,
              ),
          )
          .execute()
    },
  }
}

function toRow(digest: string, manifest: RememberedManifest): Row {
  const { mediaType, children, subject, copyOf, size, created } = manifest
  return {
    digest: storableText(digest),
    mediaType: storableText(mediaType),
    children: children.map(storableText),
    subject,
    copyOf: copyOf === undefined ? null : storableText(copyOf),
    size,
    isDated: created !== undefined,
    createdAt: created ?? null,
  }
}

function* parts<Value>(all: readonly Value[]): Generator<Value[]> {
  for (let start = 0; start < all.length; start += AT_ONCE) yield all.slice(start, start + AT_ONCE)
}

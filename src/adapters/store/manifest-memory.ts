/** Manifests of images that were read before. */
import { type Kysely, sql } from 'kysely'
import type { VersionManifest } from '../../domain/image-retention.ts'
import type { ManifestMemory } from '../../ports/sweeps.ts'
import { storableText } from './storable.ts'
import type { Tables } from './tables.ts'

/** Rows of one statement. */
const AT_ONCE = 1_000

export function manifestMemory(db: Kysely<Tables>): ManifestMemory {
  return {
    async load(digests) {
      const known = new Map<string, VersionManifest>()
      for (const part of parts(digests)) {
        const { rows } = await sql<Tables['manifests']>`
          select digest, media_type, children, subject from manifests where digest = any(${part}::text[])`.execute(db)
        for (const { digest, ...manifest } of rows) known.set(digest, manifest)
      }
      return known
    },
    async save(manifests) {
      for (const part of parts([...manifests])) {
        const rows = part.map(([digest, { mediaType, children, subject }]) => ({
          digest: storableText(digest),
          mediaType: storableText(mediaType),
          children: children.map(storableText),
          subject,
        }))
        await db
          .insertInto('manifests')
          .values(rows)
          .onConflict((conflict) => conflict.column('digest').doNothing())
          .execute()
      }
    },
  }
}

function* parts<Value>(all: readonly Value[]): Generator<Value[]> {
  for (let start = 0; start < all.length; start += AT_ONCE) yield all.slice(start, start + AT_ONCE)
}

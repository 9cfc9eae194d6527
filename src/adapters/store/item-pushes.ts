/** When people pushed to pull requests. */
import { type Kysely, sql } from 'kysely'
import type { SweepStore } from '../../ports/sweeps.ts'
import { storableText } from './storable.ts'
import type { Tables } from './tables.ts'

export function itemPushes(db: Kysely<Tables>): Pick<SweepStore, 'recordPush' | 'pushes' | 'forgetPushes'> {
  return {
    async recordPush(repoId, { number, by, at }) {
      await db
        .insertInto('itemPushes')
        .values({ repoId, number, by: storableText(by), at })
        .onConflict((conflict) =>
          conflict
            .columns(['repoId', 'number', 'by'])
            .doUpdateSet({ at: sql<Date>`greatest(item_pushes.at, excluded.at)` }),
        )
        .execute()
    },
    pushes(repoId, numbers) {
      let found = db.selectFrom('itemPushes').select(['number', 'by', 'at']).where('repoId', '=', repoId)
      if (numbers !== undefined) found = found.where('number', 'in', numbers.length > 0 ? numbers : [-1])
      return found.orderBy('at').execute()
    },
    async forgetPushes(repoId, number) {
      await db.deleteFrom('itemPushes').where('repoId', '=', repoId).where('number', '=', number).execute()
    },
  }
}

/** A process that is held in the middle of a transaction, as on a machine that sleeps, with what it locked. */
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPostgres } from '../../src/adapters/store/database.ts'
import { makeRepo } from '../support/facts.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { openTestStore } from '../support/stores.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

test('it lets go of what another one goes on with, and lives', { timeout: 90_000 }, async () => {
  const databaseUrl = await postgres.createDatabase('held')
  const store = await openTestStore({ databaseUrl })
  const held = await openPostgres(databaseUrl)
  try {
    const subject = { repo: makeRepo(), installationId: 9 }
    const open = () => store.sweeps.open(subject, 'runs', null, new Date())
    const { id } = await open()
    let wake = () => {}
    const asleep = new Promise<void>((resolve) => {
      wake = resolve
    })
    let locked = () => {}
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve
    })
    const transaction = held.kysely.transaction().execute(async (tx) => {
      await tx
        .updateTable('sweeps')
        .set({ requests: 7 })
        .where('id', '=', id ?? '')
        .execute()
      locked()
      await asleep
      await tx
        .updateTable('sweeps')
        .set({ requests: 8 })
        .where('id', '=', id ?? '')
        .execute()
    })
    const ended = transaction.then(
      () => 'committed',
      () => 'refused',
    )
    await isLocked
    expect((await open()).id).toBe(id)
    wake()
    expect(await ended).toBe('refused')
    const { rows } = await sql<{ requests: number }>`select requests from sweeps`.execute(held.kysely)
    expect(rows).toEqual([{ requests: 0 }])
  } finally {
    await held.close()
    await store.close()
  }
})

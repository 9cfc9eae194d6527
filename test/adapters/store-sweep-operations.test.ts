import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SweepOutcome } from '../../src/domain/sweep.ts'
import type { SweepJournal } from '../../src/ports/sweeps.ts'
import type { Store } from '../../src/ports.ts'
import { makeRepo } from '../support/facts.ts'
import { describeStores } from '../support/stores.ts'
import { makeSweepReport } from '../support/sweep-facts.ts'

const NOW = new Date('2026-11-30T01:30:00Z')
const SPENT = { requests: 3, points: 4 }

function makeOutcome(subject: string, outcome: SweepOutcome['outcome'], operations: number): SweepOutcome {
  return { subject, do: ['mark'], outcome, operations, note: '' }
}

describeStores('operations of what was begun', (open) => {
  let store: Store
  let next = 7000
  beforeAll(async () => {
    store = await open.store()
  })
  afterAll(() => store.close())

  function makeOpener(): () => Promise<SweepJournal> {
    const repo = { ...makeRepo(), id: ++next }
    return () => store.sweeps.open({ repo, installationId: 9 }, 'stale', null, NOW)
  }

  test('are known to whoever goes on, as they were told last', async () => {
    const openIt = makeOpener()
    const first = await openIt()
    expect(first.begunOperations).toEqual(new Map())
    await first.begin(['#1', '#2', '#3', '#4'])
    expect(await first.tally(new Map(Object.entries({ '#1': 3, '#2': 1, '#9': 5 })))).toBe(true)
    expect(await first.tally(new Map([['#1', 2]]))).toBe(true)
    await first.record([makeOutcome('#3', 'done', 2)], SPENT)
    const second = await openIt()
    expect(second.begun).toEqual(['#1', '#2', '#4'])
    expect(second.begunOperations).toEqual(new Map(Object.entries({ '#1': 2, '#2': 1 })))
    expect(await first.tally(new Map([['#1', 9]]))).toBe(false)
    expect((await openIt()).begunOperations.get('#1')).toBe(2)
  })

  test('are not forgotten when it is begun again', async () => {
    const openIt = makeOpener()
    const first = await openIt()
    await first.begin(['#1', '#2'])
    await first.tally(new Map([['#1', 1]]))
    await first.record([makeOutcome('#2', 'failed', 4)], SPENT)
    const second = await openIt()
    await second.begin(['#1', '#2'])
    expect((await openIt()).begunOperations).toEqual(new Map(Object.entries({ '#1': 1, '#2': 4 })))
  })

  test('are told by the report, also of what is not to be done any more', async () => {
    const openIt = makeOpener()
    const journal = await openIt()
    await journal.begin(['#1', '#2'])
    await journal.tally(new Map([['#1', 2]]))
    await journal.finish(makeSweepReport({ id: journal.id, startedAt: NOW, endedAt: NOW }))
    const { outcomes = [] } = (await store.sweeps.get(journal.id ?? '')) ?? {}
    expect(outcomes.map(({ subject, operations }) => [subject, operations])).toEqual([
      ['#1', 2],
      ['#2', 0],
    ])
  })
})

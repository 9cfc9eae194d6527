import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SweepOutcome, SweepReport } from '../../src/domain/sweep.ts'
import type { Store } from '../../src/ports.ts'
import { makeRepo } from '../support/facts.ts'
import { describeStores, watchJobs } from '../support/stores.ts'
import { makeSweepReport } from '../support/sweep-facts.ts'

const NOW = new Date('2026-11-30T01:30:00Z')
const done = (subject: string, operations = 2): SweepOutcome => ({
  subject,
  do: ['mark'],
  outcome: 'done',
  operations,
  note: '',
})
const SPENT = { requests: 3, points: 4 }

function makeReport(report: Partial<SweepReport> = {}): SweepReport {
  return makeSweepReport({
    id: null,
    startedAt: NOW,
    endedAt: new Date(NOW.getTime() + 5_000),
    decisions: [{ subject: '#1', do: ['mark'], reason: 'quiet for 60 days' }],
    outcomes: [done('#1')],
    problems: ['one \0 problem'],
    ...report,
  })
}

describeStores('the store of sweeps', (open) => {
  let store: Store
  let next = 1000
  const makeSubject = () => ({ repo: { ...makeRepo(), id: ++next }, installationId: 9 })
  beforeAll(async () => {
    store = await open.store()
  })
  afterAll(() => store.close())

  test('an open sweep is gone on with, by whoever opened it last', async () => {
    const subject = makeSubject()
    const first = await store.sweeps.open(subject, 'stale', null, NOW)
    expect(await first.begin(['#1', '#2'])).toEqual(new Set(['#1', '#2']))
    await first.record([done('#1', 3)], SPENT)
    const second = await store.sweeps.open(subject, 'stale', null, new Date(NOW.getTime() + 60_000))
    expect(second).toMatchObject({ id: first.id, startedAt: NOW, earlier: [done('#1', 3)], earlierSpent: SPENT })
    expect(second.begun).toEqual(['#2'])
    expect(await first.begin(['#3'])).toBeNull()
    await first.record([done('#9')], SPENT)
    await first.finish(makeReport())
    expect(await second.begin(['#2'])).toEqual(new Set(['#2']))
    await second.finish(makeReport({ outcomes: [done('#1', 3)] }))
    const [report] = await store.sweeps.list({ repoId: subject.repo.id, limit: 5 })
    expect(report?.outcomes).toEqual([
      done('#1', 3),
      { subject: '#2', do: [], outcome: 'done', operations: 0, note: 'found done' },
    ])
    const third = await store.sweeps.open(subject, 'stale', null, NOW)
    expect(third.id).not.toBe(first.id)
    expect(third.earlier).toEqual([])
  })

  test('what became of something begun is told only by who looked', async () => {
    const subject = makeSubject()
    const outcomesOf = async (report: Partial<SweepReport>) => {
      const journal = await store.sweeps.open(subject, 'stale', null, NOW)
      await journal.begin(['#1', '#2', '#3'])
      await journal.finish(makeReport({ outcomes: [], ...report }))
      const { outcomes = [] } = (await store.sweeps.get(journal.id ?? '')) ?? {}
      return outcomes.map(({ subject: of, outcome, note }) => [of, outcome, note])
    }
    const decisions = [
      { subject: '#1', do: ['close'], reason: '' },
      { subject: '#2', do: [], reason: '' },
    ]
    expect(await outcomesOf({ decisions })).toEqual([
      ['#1', 'failed', 'it is not known whether it was done'],
      ['#2', 'done', 'nothing is left to be done'],
      ['#3', 'done', 'found done'],
    ])
    expect(await outcomesOf({ state: 'failed', decisions: [] })).toEqual(
      ['#1', '#2', '#3'].map((one) => [one, 'failed', 'it is not known whether it was done']),
    )
  })

  test('what is not wanted any more is ended, and nothing of it is done', async () => {
    const subject = makeSubject()
    const repoId = subject.repo.id
    const open = (kind: 'stale' | 'images', target: string | null) => store.sweeps.open(subject, kind, target, NOW)
    const [all, item, first, second] = [
      await open('stale', null),
      await open('stale', '#1'),
      await open('images', 'a'),
      await open('images', 'b'),
    ]
    const stateOf = async ({ id }: { id: string | null }) => (await store.sweeps.get(id ?? ''))?.state
    await store.sweeps.endUnwanted(repoId, 'images', { item: null, wanted: ['b'] }, NOW)
    await store.sweeps.endUnwanted(repoId, 'stale', { item: null, wanted: [] }, NOW)
    expect([await stateOf(all), await stateOf(item)]).toEqual(['stopped', 'open'])
    expect([await stateOf(first), await stateOf(second)]).toEqual(['stopped', 'open'])
    expect(await first.begin(['x'])).toBeNull()
    await store.sweeps.endUnwanted(repoId, 'stale', { item: '#1', wanted: [] }, NOW)
    expect(await stateOf(item)).toBe('stopped')
    expect((await store.sweeps.get(item.id ?? ''))?.stopped).toContain('does not want it any more')
  })

  test('a sweep and a look at one item never write about it at once', async () => {
    const subject = makeSubject()
    const sweep = await store.sweeps.open(subject, 'stale', null, NOW)
    const look = await store.sweeps.open(subject, 'stale', '#2', NOW)
    expect(await look.begin(['#2'])).toEqual(new Set(['#2']))
    expect(await sweep.begin(['#1', '#2'])).toEqual(new Set(['#1']))
    await look.record([done('#2')], SPENT)
    expect(await sweep.begin(['#2'])).toEqual(new Set(['#2']))
    const others = await store.sweeps.open(makeSubject(), 'stale', null, NOW)
    expect(await others.begin(['#1'])).toEqual(new Set(['#1']))
  })

  test('of two that begin the same at the same moment, one does', async () => {
    const subject = makeSubject()
    const journals = await Promise.all(
      ['#1', '#2', '#3'].map((target) => store.sweeps.open(subject, 'stale', target, NOW)),
    )
    const begun = await Promise.all(journals.map((journal) => journal.begin(['#7'])))
    expect(begun.filter((free) => free?.has('#7'))).toHaveLength(1)
  })

  test('the newest of each target; looks at items are listed only when they are asked for', async () => {
    const subject = makeSubject()
    const repoId = subject.repo.id
    const at = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)
    const finish = async (kind: 'stale' | 'images', target: string | null, minutes: number) => {
      const journal = await store.sweeps.open(subject, kind, target, at(minutes))
      await journal.finish(makeReport({ kind, target }))
      return journal.id
    }
    await finish('stale', null, 1)
    const stale = await finish('stale', null, 2)
    const look = await finish('stale', '#3', 3)
    const images = [await finish('images', 'b.test/x', 4), await finish('images', 'a.test/x', 5)]
    await store.sweeps.open(subject, 'stale', null, at(6))
    expect((await store.sweeps.newest(repoId)).map(({ id }) => id)).toEqual([images[1], images[0], stale])
    const ids = async (items: boolean) =>
      (await store.sweeps.list({ repoId, kind: 'stale', items, limit: 9 })).map(({ id }) => id)
    expect(await ids(false)).toHaveLength(3)
    expect(await ids(true)).toHaveLength(4)
    expect(await ids(true)).toContain(look)
    expect(await ids(false)).not.toContain(look)
  })

  test('what a sweep that failed deleted is known until one came to its end', async () => {
    const subject = makeSubject()
    const open = (minutes: number) => store.sweeps.open(subject, 'images', 'x', new Date(NOW.getTime() + minutes))
    const first = await open(1)
    expect(first.deleted).toEqual([])
    await first.begin(['x@a', 'x@b', 'x@c'])
    await first.record([done('x@a'), { ...done('x@c'), outcome: 'refused' }], SPENT)
    expect((await open(2)).deleted.toSorted()).toEqual(['x@a', 'x@b'])
    const second = await open(3)
    await second.finish(makeReport({ state: 'failed', outcomes: [] }))
    expect((await open(4)).deleted.toSorted()).toEqual(['x@a', 'x@b'])
    await (await open(5)).finish(makeReport({ state: 'stopped', outcomes: [] }))
    const third = await open(6)
    expect(third.deleted.toSorted()).toEqual(['x@a', 'x@b'])
    await third.finish(makeReport({ outcomes: [] }))
    expect((await open(7)).deleted).toEqual([])
    expect((await store.sweeps.open(subject, 'images', 'y', NOW)).deleted).toEqual([])
  })

  test('what was decided is kept, and found by id, repository and kind', async () => {
    const subject = makeSubject()
    const repo = { ...subject.repo, owner: 'Acme', name: `shop-${subject.repo.id}` }
    const journal = await store.sweeps.open({ ...subject, repo }, 'images', 'ghcr.io/acme/app', NOW)
    await journal.finish(
      makeReport({ kind: 'images', target: 'ghcr.io/acme/app', state: 'stopped', stopped: 'too many' }),
    )
    const expected = {
      id: journal.id,
      kind: 'images',
      target: 'ghcr.io/acme/app',
      state: 'stopped',
      stopped: 'too many',
      startedAt: NOW,
      spent: SPENT,
      decisions: [{ subject: '#1', do: ['mark'], reason: 'quiet for 60 days' }],
      outcomes: [done('#1')],
    }
    expect(await store.sweeps.list({ repository: `acme/SHOP-${subject.repo.id}`, limit: 5 })).toMatchObject([expected])
    expect(await store.sweeps.list({ repoId: subject.repo.id, kind: 'runs', limit: 5 })).toEqual([])
    expect(await store.sweeps.get(journal.id ?? '')).toMatchObject({ ...expected, installationId: 9 })
    expect(await store.sweeps.get('s-none')).toBeNull()
    expect(await store.sweeps.removeBefore(new Date(NOW.getTime() + 1))).toBeGreaterThan(0)
    expect(await store.sweeps.get(journal.id ?? '')).toBeNull()
  })

  test('a repository is followed as its configuration wants it now', async () => {
    const { repo, installationId } = makeSubject()
    const followed = { repo, installationId, staleLabels: ['stale'], imagesOnClose: true }
    await store.sweeps.follow({ ...followed, schedules: [{ kind: 'stale', cron: '30 1 * * *' }] })
    await store.sweeps.recordTrackingIssue(repo.id, 12)
    await store.sweeps.follow({ ...followed, schedules: [{ kind: 'images', cron: '0 2 * * *' }] })
    const known = { ...followed, schedules: [{ kind: 'images', cron: '0 2 * * *' }], trackingIssue: 12 }
    expect(await store.sweeps.find(repo.id)).toMatchObject(known)
    await store.sweeps.enqueueFollow({ repo, installationId })
    expect(await store.sweeps.find(repo.id)).toMatchObject(known)
    await store.sweeps.unfollow({ installationId, repoIds: [] })
    expect(await store.sweeps.find(repo.id)).not.toBeNull()
    await store.sweeps.unfollow({ installationId, repoIds: [repo.id] })
    expect(await store.sweeps.find(repo.id)).toBeNull()
  })

  test('of each person the latest push to a pull request is kept, until that is closed or nothing is swept any more', async () => {
    const { repo, installationId } = makeSubject()
    const minute = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)
    const { sweeps } = store
    await sweeps.follow({ repo, installationId, schedules: [], staleLabels: ['stale'], imagesOnClose: false })
    await sweeps.recordPush(repo.id, { number: 1, by: 'rob', at: minute(2) })
    await sweeps.recordPush(repo.id, { number: 1, by: 'rob', at: minute(1) })
    await sweeps.recordPush(repo.id, { number: 1, by: 'ci-user', at: minute(3) })
    await sweeps.recordPush(repo.id, { number: 2, by: 'ann', at: minute(4) })
    await sweeps.recordPush(repo.id + 1_000_000, { number: 1, by: 'eve', at: minute(5) })
    const robs = [
      { number: 1, by: 'rob', at: minute(2) },
      { number: 1, by: 'ci-user', at: minute(3) },
    ]
    expect(await sweeps.pushes(repo.id, [1, 9])).toEqual(robs)
    expect(await sweeps.pushes(repo.id, [])).toEqual([])
    expect(await sweeps.pushes(repo.id)).toEqual([...robs, { number: 2, by: 'ann', at: minute(4) }])
    await sweeps.forgetPushes(repo.id, 1)
    expect(await sweeps.pushes(repo.id)).toEqual([{ number: 2, by: 'ann', at: minute(4) }])
    await sweeps.unfollow({ installationId, repoIds: [repo.id] })
    expect(await sweeps.pushes(repo.id)).toEqual([])
    expect(await sweeps.pushes(repo.id + 1_000_000)).toHaveLength(1)
  })

  test('how sweeps of a kind stand: whether one is awaited, and the newest, without looks at items', async () => {
    const { repo, installationId } = makeSubject()
    const subject = { repo, installationId }
    expect(await store.sweeps.standing('images', repo.id)).toEqual({ isAwaited: false, sweeps: [] })
    const first = await store.sweeps.open(subject, 'images', 'ghcr.io/acme/app', NOW)
    await first.finish(makeReport({ kind: 'images' }))
    const second = await store.sweeps.open(subject, 'images', null, new Date(NOW.getTime() + 1_000))
    await store.sweeps.open(subject, 'images', '#3', NOW)
    await store.sweeps.open(subject, 'runs', null, NOW)
    await store.sweeps.enqueue('images', repo.id, new Date(Date.now() + 3_600_000))
    expect(await store.sweeps.standing('images', repo.id)).toEqual({
      isAwaited: true,
      sweeps: [
        { id: second.id, target: null, state: 'open' },
        { id: first.id, target: 'ghcr.io/acme/app', state: 'done' },
      ],
    })
    expect((await store.sweeps.standing('runs', repo.id)).isAwaited).toBe(false)
  })
})

describeStores('the jobs of sweeps', (open) => {
  describe('once there are workers', () => {
    let store: Store
    beforeAll(async () => {
      store = await open.store()
    })
    afterAll(() => store.close())

    test('each key is carried out, a later time later, and a schedule makes jobs', async () => {
      const repo = makeRepo()
      await store.sweeps.open({ repo, installationId: 9 }, 'runs', null, NOW)
      await store.sweeps.open({ repo, installationId: 9 }, 'stale', '#4', NOW)
      const held = { ...makeRepo(), id: 77 }
      await store.sweeps.open({ repo: held, installationId: 9 }, 'images', 'ghcr.io/acme/app', NOW)
      await store.sweeps.open({ repo: held, installationId: 9 }, 'runs', null, NOW)
      await store.sweeps.open({ repo: held, installationId: 9 }, 'stale', '#7', NOW)
      let begun = false
      let release = () => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      const sweeps: string[] = []
      await watchJobs(store, {
        async sweep(key) {
          if (key !== `images:${held.id}`) return void sweeps.push(key)
          begun = true
          await released
        },
      })
      await store.sweeps.enqueue('stale', repo.id)
      await store.sweeps.enqueueItem(repo.id, 3)
      await store.sweeps.enqueue('images', repo.id, new Date(Date.now() + 3_600_000))
      // What is at work, or waits, is not enqueued once more behind itself.
      await store.sweeps.enqueue('images', held.id)
      await store.sweeps.enqueue('runs', held.id, new Date(Date.now() + 3_600_000))
      await store.sweeps.enqueueItem(held.id, 7, new Date(Date.now() + 3_600_000))
      await expect.poll(() => begun, { timeout: 15_000 }).toBe(true)
      expect(await store.sweeps.enqueueOpen()).toBe(2)
      release()
      await expect
        .poll(() => sweeps.toSorted(), { timeout: 15_000 })
        .toEqual([`item:${repo.id}#3`, `item:${repo.id}#4`, `runs:${repo.id}`, `stale:${repo.id}`])
    })
  })
})

import { pino } from 'pino'
import { expect, test } from 'vitest'
import { openStore } from '../../src/adapters/store/open-store.ts'
import { findLost, makeReconciler } from '../../src/app/reconcile.ts'
import type { GitHubApp, HookDelivery } from '../../src/ports.ts'

const AT = new Date('2026-03-01T12:00:00Z')
const delivery = (guid: string, status: number, more: Partial<HookDelivery> = {}): HookDelivery => ({
  id: status,
  guid,
  event: 'push',
  action: null,
  deliveredAt: AT,
  status,
  ...more,
})
const lost = (...tried: HookDelivery[]) => findLost(tried).map((one) => one.guid)

test('what never arrived, or that we could not store, is asked for, oldest first', () => {
  expect(lost(delivery('new', 503), delivery('middle', 0), delivery('old', 504))).toEqual(['old', 'middle', 'new'])
})

test('what arrived at last is not', () => {
  expect(lost(delivery('a', 202), delivery('a', 503))).toEqual([])
})

test('what we refused would be refused again', () => {
  expect(lost(delivery('a', 401), delivery('b', 400), delivery('c', 413))).toEqual([])
})

test('what keeps failing is left alone: each asking is one more failed attempt', () => {
  expect(lost(delivery('a', 503), delivery('a', 503), delivery('a', 0))).toEqual(['a'])
  expect(lost(delivery('a', 503), delivery('a', 503), delivery('a', 0), delivery('a', 503))).toEqual([])
})

test('what means nothing to us is not asked for', () => {
  expect(
    lost(delivery('a', 0, { event: 'star' }), delivery('b', 0, { event: 'check_run', action: 'created' })),
  ).toEqual([])
})

test('what is at rest is looked at on start and every six hours, what is open each time', async () => {
  const store = await openStore({ databaseUrl: null, dataDirectory: null, onError: () => {} })
  const asked: unknown[] = []
  const pullRequests: typeof store.pullRequests = {
    ...store.pullRequests,
    async enqueueOpen(options) {
      asked.push(options?.resting)
      return store.pullRequests.enqueueOpen(options)
    },
  }
  let hours = 0
  const clock = { now: () => new Date(AT.getTime() + hours * 3_600_000) }
  const app: Pick<GitHubApp, 'listHookDeliveries'> = { listHookDeliveries: async () => [] }
  const log = pino({ level: 'silent' })
  const reconcile = makeReconciler({ app: app as GitHubApp, store: { ...store, pullRequests }, clock, log })
  for (hours of [0, 1, 5, 6, 7, 13]) await reconcile()
  expect(asked).toEqual([true, false, false, true, false, true])
  await store.close()
})

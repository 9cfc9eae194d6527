import { expect, test } from 'vitest'
import { findLost } from '../../src/app/reconcile.ts'
import type { HookDelivery } from '../../src/ports.ts'

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

import { expect, test } from 'vitest'
import { makeConfigCache } from '../../src/app/config-cache.ts'
import { TransientError } from '../../src/domain/errors.ts'
import type { GitHub } from '../../src/ports.ts'
import { later, makeRepo } from '../support/facts.ts'

/** A GitHub of which only files can be read, all of them empty; and a cache with a clock that can be turned. */
function setUp() {
  const reads: string[] = []
  const state = { second: 0, down: false }
  const github: Pick<GitHub, 'readFile'> = {
    async readFile({ name }, _path, ref) {
      if (name !== '.github') reads.push(`${name} ${ref}`)
      if (state.down) throw new TransientError('GitHub does not answer')
      return null
    },
  }
  const cache = makeConfigCache({ now: () => later(state.second) })
  const load = (ref = 'main', repo = makeRepo(), installationId = 9) =>
    cache.load(github as GitHub, installationId, repo, ref)
  return { reads, state, cache, load }
}

test('what was read is kept for a short time, by branch, repository and installation', async () => {
  const { reads, state, load } = setUp()
  for (const second of [0, 29, 30, 31]) {
    state.second = second
    expect(await load()).toEqual({ kind: 'none' })
  }
  expect(reads).toEqual(['shop main', 'shop main'])
  await load('next')
  await load('main', makeRepo({ id: 2, name: 'other' }))
  await load('main', makeRepo(), 10)
  expect(reads.slice(2)).toEqual(['shop next', 'other main', 'shop main'])
})

test('a push to the repository is seen at once', async () => {
  const { reads, cache, load } = setUp()
  await load()
  cache.forget(2)
  await load()
  expect(reads).toHaveLength(1)
  cache.forget(makeRepo().id)
  await load()
  expect(reads).toHaveLength(2)
})

test('a failure is not kept', async () => {
  const { state, load } = setUp()
  state.down = true
  await expect(load()).rejects.toThrow('does not answer')
  state.down = false
  expect(await load()).toEqual({ kind: 'none' })
})

test('it keeps no more than so many: the oldest go', async () => {
  const { reads, load } = setUp()
  for (let branch = 0; branch <= 200; branch++) await load(`b${branch}`)
  await load('b200')
  expect(reads).toHaveLength(201)
  await load('b0')
  expect(reads.at(-1)).toBe('shop b0')
})

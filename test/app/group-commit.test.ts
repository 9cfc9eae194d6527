import { expect, test } from 'vitest'
import { GroupCommit } from '../../src/app/group-commit.ts'

const BOUNDS = { most: 3, atOnce: 1, overlapFrom: 2 }

/** A commit that ends when told to. */
function makeCommits() {
  const groups: { items: readonly number[]; end: (error?: Error) => void }[] = []
  const commit = (items: readonly number[]) =>
    new Promise<void>((resolve, reject) => groups.push({ items, end: (error) => (error ? reject(error) : resolve()) }))
  /** Waits until that many commits have begun. */
  const begun = (count: number) => expect.poll(() => groups.length).toBe(count)
  return { groups, commit, begun }
}

test('what arrives during a commit is committed together in the next, in order, at most so many', async () => {
  const { groups, commit, begun } = makeCommits()
  const queue = new GroupCommit(commit, BOUNDS)
  const first = queue.add(1)
  await begun(1)
  const rest = [2, 3, 4, 5].map((item) => queue.add(item))
  groups[0]?.end()
  await first
  await begun(2)
  groups[1]?.end()
  await begun(3)
  groups[2]?.end()
  await Promise.all(rest)
  expect(groups.map((group) => group.items)).toEqual([[1], [2, 3, 4], [5]])
})

test('a commit that fails fails its group only', async () => {
  const { groups, commit, begun } = makeCommits()
  const queue = new GroupCommit(commit, BOUNDS)
  const first = queue.add(1)
  await begun(1)
  const second = queue.add(2)
  groups[0]?.end(new Error('full'))
  await expect(first).rejects.toThrow('full')
  await begun(2)
  groups[1]?.end()
  await expect(second).resolves.toBeUndefined()
})

test('nothing resolves before its commit does', async () => {
  const { groups, commit, begun } = makeCommits()
  const queue = new GroupCommit(commit, BOUNDS)
  let resolved = false
  const added = queue.add(1).then(() => {
    resolved = true
  })
  await begun(1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(resolved).toBe(false)
  groups[0]?.end()
  await added
})

test('commits overlap when enough waits, and never more at once than allowed', async () => {
  const { groups, commit, begun } = makeCommits()
  const queue = new GroupCommit(commit, { most: 2, atOnce: 2, overlapFrom: 2 })
  const added = [queue.add(1)]
  await begun(1)
  added.push(queue.add(2))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(groups).toHaveLength(1)
  added.push(queue.add(3), queue.add(4), queue.add(5))
  await begun(2)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(groups).toHaveLength(2)
  for (let done = 0; done < 4; done++) {
    groups[done]?.end()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await Promise.all(added)
  expect(groups.flatMap((group) => group.items).sort()).toEqual([1, 2, 3, 4, 5])
})

/** Caches of Actions, releases, and what else is listed of a repository for its sweeps. */
import type { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient, NAME, SHOP, startShop } from './support.ts'

let sandbox: Sandbox
let octokit: Octokit

beforeAll(async () => {
  const started = await startShop({ validateReplies: true })
  sandbox = started.sandbox
  octokit = started.octokit
})
afterAll(async () => {
  await sandbox.stop()
  sandbox.assertConforms()
})

const day = (number: number) => new Date(Date.UTC(2026, 0, number))

function seedCaches(): Record<string, number> {
  for (const { id } of sandbox.state.caches(NAME)) sandbox.state.repository(NAME).caches.delete(id)
  const main = { ref: 'refs/heads/main' }
  return {
    big: sandbox.addCache(NAME, { key: 'npm-a', ...main, sizeBytes: 300, lastUsedAt: day(2), createdAt: day(1) }),
    fresh: sandbox.addCache(NAME, { key: 'npm-ab', ...main, sizeBytes: 100, lastUsedAt: day(9), createdAt: day(2) }),
    pull: sandbox.addCache(NAME, { key: 'npm-a', ref: 'refs/pull/7/merge', sizeBytes: 200, lastUsedAt: day(5) }),
    other: sandbox.addCache(NAME, { key: 'pip', ref: 'refs/pull/7/merge', sizeBytes: 50, lastUsedAt: day(7) }),
  }
}

test.each<[string, object, string]>([
  ['used last first', {}, 'fresh other pull big'],
  ['used last last', { direction: 'asc' }, 'big pull other fresh'],
  ['made last first', { sort: 'created_at' }, 'other pull fresh big'],
  ['the largest first', { sort: 'size_in_bytes' }, 'big pull fresh other'],
  ['of a key, or of keys that begin so', { key: 'npm-a' }, 'fresh pull big'],
  ['of a ref', { ref: 'refs/pull/7/merge' }, 'other pull'],
  ['of both', { key: 'npm-a', ref: 'refs/pull/7/merge' }, 'pull'],
  ['a page', { per_page: 3, page: 2 }, 'big'],
])('caches are listed: %s', async (_, query, expected) => {
  const ids = seedCaches()
  const { data } = await octokit.rest.actions.getActionsCacheList({ ...SHOP, ...query })
  expect(data.actions_caches.map(({ id }) => Object.keys(ids).find((name) => ids[name] === id)).join(' ')).toBe(
    expected,
  )
  if ('page' in query) expect(data.total_count).toBe(4)
})

test('a cache goes by its id, or by its whole key, perhaps of one ref', async () => {
  const ids = seedCaches()
  const { actions } = octokit.rest
  const cache_id = ids.big ?? 0
  await actions.deleteActionsCacheById({ ...SHOP, cache_id })
  await expect(actions.deleteActionsCacheById({ ...SHOP, cache_id })).rejects.toMatchObject({ status: 404 })
  const key = { ...SHOP, key: 'npm-a' }
  await expect(actions.deleteActionsCacheByKey({ ...key, ref: 'refs/heads/main' })).rejects.toMatchObject({
    status: 404,
  })
  expect((await actions.deleteActionsCacheByKey(key)).data).toMatchObject({
    total_count: 1,
    actions_caches: [{ id: ids.pull, key: 'npm-a', ref: 'refs/pull/7/merge', size_in_bytes: 200 }],
  })
  expect(sandbox.state.caches(NAME).map(({ id }) => id)).toEqual([ids.fresh, ids.other])
})

test('whoever may only read deletes no cache', async () => {
  const { rest } = await installationClient(sandbox, { permissions: { actions: 'read' } })
  const { other: cache_id = 0 } = seedCaches()
  await rest.actions.getActionsCacheList(SHOP)
  await expect(rest.actions.deleteActionsCacheById({ ...SHOP, cache_id })).rejects.toMatchObject({ status: 403 })
  await expect(rest.actions.deleteActionsCacheByKey({ ...SHOP, key: 'pip' })).rejects.toMatchObject({ status: 403 })
  expect(sandbox.state.caches(NAME)).toHaveLength(4)
})

test('releases come newest first, by pages; drafts only to those who may write', async () => {
  for (let number = 1; number <= 3; number++)
    sandbox.createRelease(NAME, { tag: `v${number}`, body: `Image ${number}`, at: day(number) })
  sandbox.createRelease(NAME, { tag: 'next', draft: true, at: day(4) })
  const tagsOf = async (client: Octokit) => {
    const all = await client.paginate(client.rest.repos.listReleases, { ...SHOP, per_page: 2 })
    return all.map((release) => release.tag_name)
  }
  expect(await tagsOf(octokit)).toEqual(['next', 'v3', 'v2', 'v1'])
  expect(await tagsOf(await installationClient(sandbox, { permissions: { contents: 'read' } }))).toEqual([
    'v3',
    'v2',
    'v1',
  ])
  const { data } = await octokit.rest.repos.listReleases(SHOP)
  expect(data[0]).toMatchObject({ draft: true, published_at: null })
  expect(data[1]).toMatchObject({ body: 'Image 3', draft: false, published_at: '2026-01-03T00:00:00Z' })
})

test('branches come in order, by pages, and those that are protected when asked', async () => {
  const branches = ['zeta', 'alpha', 'release/1']
  for (const branch of branches) sandbox.createBranch(NAME, branch, 'main')
  sandbox.protectBranch(NAME, 'release/1', [])
  sandbox.setRuleset(NAME, 'alpha', {})
  const { repos } = octokit.rest
  const all = await octokit.paginate(repos.listBranches, { ...SHOP, per_page: 3 })
  expect(all.map((branch) => branch.name)).toEqual(['alpha', 'main', 'release/1', 'zeta'])
  const named = async (isProtected: boolean) =>
    (await repos.listBranches({ ...SHOP, protected: isProtected })).data.map((branch) => branch.name)
  expect([await named(true), await named(false)]).toEqual([
    ['alpha', 'release/1'],
    ['main', 'zeta'],
  ])
})

test('pull requests come in the order that is asked for, by pages', async () => {
  const open = (branch: string) => {
    sandbox.pushCommit(NAME, branch, { files: { [`${branch}.txt`]: branch } })
    return sandbox.openPullRequest(NAME, { head: branch, author: 'ann' })
  }
  const [first, second, third] = [open('one'), open('two'), open('three')]
  sandbox.closePullRequest(NAME, second, 'ann')
  sandbox.comment(NAME, first, 'Hello', 'ann')
  const numbers = async (query: object) =>
    (await octokit.rest.pulls.list({ ...SHOP, state: 'all', ...query })).data.map((pull) => pull.number)
  expect(await numbers({})).toEqual([third, second, first])
  expect(await numbers({ direction: 'asc' })).toEqual([first, second, third])
  expect(await numbers({ sort: 'popularity', direction: 'desc' })).toEqual([first, third, second])
  expect((await numbers({ sort: 'popularity' })).at(-1)).toBe(first)
  expect(await numbers({ state: 'closed' })).toEqual([second])
  expect(await numbers({ per_page: 2, page: 2 })).toEqual([first])
})

test('files of the default branch are read by their hash', async () => {
  sandbox.pushCommit(NAME, 'main', { files: { 'deploy/app.yml': 'image: ghcr.io/acme/app@sha256:1\n' } })
  const { git } = octokit.rest
  const { data } = await git.getTree({ ...SHOP, tree_sha: 'main', recursive: '1' })
  const file_sha = data.tree.find((entry) => entry.path === 'deploy/app.yml')?.sha ?? ''
  const blob = await git.getBlob({ ...SHOP, file_sha })
  expect(Buffer.from(blob.data.content, 'base64').toString()).toBe('image: ghcr.io/acme/app@sha256:1\n')
  const raw = await git.getBlob({ ...SHOP, file_sha, mediaType: { format: 'raw' } })
  expect(Buffer.from(raw.data as unknown as ArrayBuffer).toString()).toBe('image: ghcr.io/acme/app@sha256:1\n')
})

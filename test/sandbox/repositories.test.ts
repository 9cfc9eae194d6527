/** Code and pull requests: contents, comparisons, paging, and what a push does to the pull requests around it. */
import type { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { NAME, OWNER, type Receiver, SHOP, startReceiver, startShop, tip } from './support.ts'

let receiver: Receiver
let sandbox: Sandbox
let octokit: Octokit

beforeAll(async () => {
  receiver = await startReceiver()
  const started = await startShop({ webhook: { url: receiver.url } })
  sandbox = started.sandbox
  octokit = started.octokit
})
afterAll(async () => {
  await sandbox.stop()
  await receiver.stop()
})

async function read(path: string, ref?: string) {
  const where = ref === undefined ? { ...SHOP, path } : { ...SHOP, path, ref }
  return (await octokit.rest.repos.getContent(where)).data
}

test('a file is read as JSON and raw, by branch, tag and commit', async () => {
  const sha = sandbox.pushCommit(NAME, 'text', {
    files: { 'docs/ä #1.md': 'Grüße\n', 'big.bin': new Uint8Array(1_100_000) },
  })
  sandbox.pushTag(NAME, 'text-1', sha)
  for (const ref of ['text', 'text-1', sha, 'refs/heads/text']) {
    expect(await read('docs/ä #1.md', ref)).toMatchObject({
      type: 'file',
      encoding: 'base64',
      content: 'R3LDvMOfZQo=\n',
      size: 8,
    })
  }
  const raw = await octokit.rest.repos.getContent({
    ...SHOP,
    path: 'docs/ä #1.md',
    ref: 'text',
    mediaType: { format: 'raw' },
  })
  expect(String(raw.data)).toBe('Grüße\n')
  expect(await read('big.bin', 'text')).toMatchObject({ encoding: 'none', content: '', size: 1_100_000 })
  expect(await read('docs', 'text')).toMatchObject([{ name: 'ä #1.md', type: 'file' }])
  await expect(read('docs/none')).rejects.toMatchObject({ status: 404 })
  await expect(read('README.md', 'no-such-ref')).rejects.toMatchObject({ status: 404 })
})

test("hashes are git's own", async () => {
  // printf 'hello\n' | git hash-object --stdin, and git mktree of it as hello.txt
  sandbox.createRepository({ owner: OWNER, name: 'hashes', files: { 'hello.txt': 'hello\n' } })
  const { data } = await octokit.rest.git.getTree({ owner: OWNER, repo: 'hashes', tree_sha: 'main' })
  expect(data.tree[0]?.sha).toBe('ce013625030ba8dba906f756967f9e9ca394464a')
  expect(data.sha).toBe('aaa96ced2d9a1c8e72c56b253a0e2fe78393feb7')
})

test('an empty repository has nothing to read', async () => {
  sandbox.createRepository({ owner: OWNER, name: 'empty' })
  const where = { owner: OWNER, repo: 'empty', path: 'README.md' }
  await expect(octokit.rest.repos.getContent(where)).rejects.toMatchObject({
    status: 404,
    response: { data: { message: 'This repository is empty.' } },
  })
})

test('a comparison starts at the merge base and lists 300 files at most', async () => {
  const files = Object.fromEntries(Array.from({ length: 310 }, (_, index) => [`many/${index}.txt`, `${index}\n`]))
  const head = sandbox.pushCommit(NAME, 'many', { files })
  sandbox.pushCommit(NAME, 'main', { files: { 'only-main.txt': 'x\n' } })
  const { data } = await octokit.rest.repos.compareCommitsWithBasehead({ ...SHOP, basehead: `main...${head}` })
  expect(data).toMatchObject({ status: 'diverged', ahead_by: 1, behind_by: 1 })
  expect(data.files).toHaveLength(300)
  expect(data.files?.some((file) => file.filename === 'only-main.txt')).toBe(false)
})

test('the files of a pull request come in pages, 3,000 in all, and are told apart', async () => {
  const files = Object.fromEntries(Array.from({ length: 3100 }, (_, index) => [`p/${index}.txt`, `${index}\n`]))
  sandbox.pushCommit(NAME, 'huge', { files })
  const pull_number = sandbox.openPullRequest(NAME, { head: 'huge' })
  const all = await octokit.paginate(octokit.rest.pulls.listFiles, { ...SHOP, pull_number, per_page: 100 })
  expect(all).toHaveLength(3000)
  expect((await octokit.rest.pulls.get({ ...SHOP, pull_number })).data.changed_files).toBe(3100)
  const moved = {
    'README.md': null,
    'docs/READ.md': '# Shop\n\nA small project that Signalbox runs.\n',
    'src/shop.py': 'x\n',
  }
  sandbox.pushCommit(NAME, 'small', { files: { ...moved, 'pyproject.toml': null } })
  const small = sandbox.openPullRequest(NAME, { head: 'small' })
  const { data } = await octokit.rest.pulls.listFiles({ ...SHOP, pull_number: small })
  expect(data.map(({ filename, status, previous_filename }) => [status, filename, previous_filename])).toEqual([
    ['renamed', 'docs/READ.md', 'README.md'],
    ['removed', 'pyproject.toml', undefined],
    ['modified', 'src/shop.py', undefined],
  ])
})

test('pages are cut as asked and link to the others', async () => {
  for (let index = 0; index < 5; index++) sandbox.createBranch(NAME, `page-${index}`, 'main')
  const first = await octokit.rest.repos.listBranches({ ...SHOP, per_page: 2 })
  expect(first.data).toHaveLength(2)
  expect(first.headers.link).toMatch(/page=2>; rel="next", <.*>; rel="last"/)
  const all = await octokit.paginate(octokit.rest.repos.listBranches, { ...SHOP, per_page: 2 })
  expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(['main', 'page-0', 'page-4']))
})

test('a push moves the pull request from that branch, and tells the app both', async () => {
  sandbox.pushCommit(NAME, 'follow', { files: { f: '1' }, author: 'ann' })
  const number = sandbox.openPullRequest(NAME, { head: 'follow', author: 'ann' })
  const before = tip(sandbox, 'follow')
  await sandbox.settle()
  receiver.received.length = 0
  const after = sandbox.pushCommit(NAME, 'follow', { files: { f: '2' }, author: 'ann' })
  await sandbox.settle()
  expect(receiver.names().sort()).toEqual(['check_suite.requested', 'pull_request.synchronize', 'push'])
  const event = receiver.received.find(({ action }) => action === 'synchronize')
  expect(event?.payload).toMatchObject({ number, before, after, pull_request: { head: { sha: after } } })
  const { data } = await octokit.rest.git.getRef({ ...SHOP, ref: `pull/${number}/head` })
  expect(data.object.sha).toBe(after)
})

test('a push to a fork moves its pull request, without a push event', async () => {
  sandbox.fork(NAME, 'mallory')
  sandbox.pushCommit('mallory/shop', 'patch', { files: { f: '1' }, author: 'mallory' })
  const pull_number = sandbox.openPullRequest(NAME, { head: 'mallory:patch' })
  await sandbox.settle()
  receiver.received.length = 0
  sandbox.pushCommit('mallory/shop', 'patch', { files: { f: '2' }, author: 'mallory' })
  await sandbox.settle()
  expect(receiver.names()).toEqual(['pull_request.synchronize'])
  const { data } = await octokit.rest.pulls.get({ ...SHOP, pull_number })
  expect(data).toMatchObject({
    maintainer_can_modify: true,
    user: { login: 'mallory' },
    head: { label: 'mallory:patch' },
  })
  // The commits of a fork can be read, and get check runs, in the repository that it was forked from.
  await octokit.rest.checks.create({ ...SHOP, name: 'fork', head_sha: data.head.sha })
  sandbox.deleteRepository('mallory/shop')
  expect((await octokit.rest.pulls.get({ ...SHOP, pull_number })).data.head.repo).toBeNull()
})

test('conflicting changes cannot be merged; others can, also by the queue', async () => {
  sandbox.pushCommit(NAME, 'left', { files: { 'src/shop.py': 'left\n' } })
  sandbox.pushCommit(NAME, 'right', { files: { 'src/shop.py': 'right\n' } })
  const [left, right] = ['left', 'right'].map((head) => sandbox.openPullRequest(NAME, { head }))
  const merged = sandbox.mergePullRequest(NAME, left ?? 0, 'ann')
  expect(tip(sandbox)).toBe(merged)
  const { data } = await octokit.rest.pulls.get({ ...SHOP, pull_number: right ?? 0 })
  expect([data.mergeable, data.mergeable_state, data.merge_commit_sha]).toEqual([false, 'dirty', null])
  expect(() => sandbox.mergePullRequest(NAME, right ?? 0, 'ann')).toThrow('not mergeable')
  sandbox.pushCommit(NAME, 'queued', { files: { queued: 'x' } })
  const queued = sandbox.openPullRequest(NAME, { head: 'queued' })
  const head = sandbox.createMergeGroup(NAME, queued)
  expect(tip(sandbox, `gh-readonly-queue/main/pr-${queued}-${merged}`)).toBe(head)
  sandbox.destroyMergeGroup(NAME, head, 'merged')
  expect(tip(sandbox)).toBe(head)
  expect(sandbox.state.pullRequest(NAME, queued)).toMatchObject({ state: 'closed', merged: { by: { type: 'Bot' } } })
})

test.each([
  ['admin', 'admin', 'admin'],
  ['maintain', 'write', 'maintain'],
  ['write', 'write', 'write'],
  ['triage', 'read', 'triage'],
  ['read', 'read', 'read'],
  ['none', 'none', 'none'],
] as const)('a collaborator with %s has permission %s', async (level, permission, role_name) => {
  sandbox.setPermission(NAME, 'Bob', level)
  const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...SHOP, username: 'bob' })
  expect(data).toMatchObject({ permission, role_name, user: { login: 'Bob' } })
})

import { describe, expect, test } from 'vitest'
import { connectImageUse } from '../../src/adapters/github/image-use.ts'
import { GitHubError, TransientError } from '../../src/domain/errors.ts'
import type { ImageUseGitHub } from '../../src/ports/sweeps.ts'
import { allOf, failing, NOT_FOUND, type ScriptedReply, useDescribedPort } from '../support/described-github.ts'
import { makeRepo } from '../support/facts.ts'

const repo = makeRepo()
const { api, port: github } = useDescribedPort(connectImageUse)

const BASE = '/repos/acme/shop'
const nextPage = (path: string) => ({ link: `<https://api.github.com${BASE}${path}?page=2>; rel="next"` })
const sha = (digit: string | number) => String(digit).repeat(40).slice(0, 40)
const REFUSED = failing(403, 'Resource not accessible by integration')

describe('what images may belong to', () => {
  test('pull requests, open or closed, newest first, each once', async () => {
    const [example] = api.description.example('GET /repos/{owner}/{repo}/pulls') as readonly {
      head: { repo: object }
    }[]
    const pull = (number: number, state: string, from: object = {}) => ({
      ...example,
      number,
      state,
      head: { ...example?.head, sha: sha(number), ref: `fix-${number}`, ...from },
      requested_teams: [],
    })
    const fork = { ...example?.head.repo, id: 77 }
    const query = { state: 'all', sort: 'created', direction: 'desc', per_page: '100' }
    api.answer('GET', `${BASE}/pulls`, {
      query,
      body: [pull(3, 'open'), pull(2, 'closed', { repo: fork })],
      headers: nextPage('/pulls'),
    })
    api.answer('GET', `${BASE}/pulls`, {
      query: { page: '2' },
      body: [pull(2, 'closed'), pull(1, 'closed', { repo: fork })],
    })
    expect(await allOf(github.listPullRequests(repo))).toEqual([
      { number: 3, state: 'open', headSha: sha(3), headBranch: 'fix-3' },
      { number: 2, state: 'closed', headSha: sha(2), headBranch: null },
      { number: 1, state: 'closed', headSha: sha(1), headBranch: null },
    ])
  })

  test('branches', async () => {
    const branch = (name: string) => ({
      name,
      commit: { sha: sha('a'), url: `https://api.github.com${BASE}/commits/${sha('a')}` },
      protected: name === 'main',
    })
    const body = [branch('main'), branch('a/b')]
    api.answer('GET', `${BASE}/branches`, { query: { per_page: '100' }, body, headers: nextPage('/branches') })
    api.answer('GET', `${BASE}/branches`, { query: { page: '2' }, body: [branch('a/b'), branch('c')] })
    expect(await github.listBranches(repo)).toEqual(
      ['main', 'a/b', 'c'].map((name) => ({ name, sha: sha('a'), isProtected: name === 'main' })),
    )
  })

  test('releases that are not drafts', async () => {
    const [example] = api.description.example('GET /repos/{owner}/{repo}/releases') as readonly object[]
    const release = (tag: string, body: string | null, draft = false) => ({ ...example, tag_name: tag, body, draft })
    const body = [release('v3', 'not yet', true), release('v2', 'Uses `app@sha256:…`'), release('v1', null)]
    api.answer('GET', `${BASE}/releases`, { query: { per_page: '100' }, body })
    expect(await github.listReleases(repo)).toEqual([
      { tag: 'v2', body: 'Uses `app@sha256:…`' },
      { tag: 'v1', body: '' },
    ])
  })

  test.each<[string, (port: ImageUseGitHub) => Promise<unknown>]>([
    ['/pulls', (port) => allOf(port.listPullRequests(repo))],
    ['/branches', (port) => port.listBranches(repo)],
    ['/releases', (port) => port.listReleases(repo)],
  ])('%s that cannot be read are no empty list', async (path, ask) => {
    for (const reply of [REFUSED, NOT_FOUND]) {
      api.answer('GET', `${BASE}${path}`, reply)
      await expect(ask(github)).rejects.toBeInstanceOf(GitHubError)
    }
    api.answer('GET', `${BASE}${path}`, failing(502, 'Bad gateway'))
    await expect(ask(github)).rejects.toBeInstanceOf(TransientError)
  })
})

describe('files that name images', () => {
  interface Entry {
    readonly path: string
    readonly sha: string
    readonly type?: string
    readonly mode?: string
    readonly size?: number
  }
  const tree = (entries: readonly Entry[], truncated = false): ScriptedReply => ({
    body: {
      sha: sha('f'),
      url: `https://api.github.com${BASE}/git/trees/${sha('f')}`,
      tree: entries.map((entry) => ({ type: 'blob', mode: '100644', ...entry })),
      truncated,
    },
  })
  const TREES = `${BASE}/git/trees`
  const recursive = { query: { recursive: '1' } }
  const answerTree = (name: string, entries: readonly Entry[]) =>
    api.answer('GET', `${TREES}/${name}`, { ...recursive, ...tree(entries) })
  const answerBlob = (id: string, text: string | Buffer, times = 1) =>
    api.answer('GET', `${BASE}/git/blobs/${id}`, {
      times,
      body: {
        sha: id,
        node_id: 'B_1',
        size: text.length,
        url: `https://api.github.com${BASE}/git/blobs/${id}`,
        // GitHub breaks its lines.
        content: `${Buffer.from(text).toString('base64').replaceAll(/.{60}/g, '$&\n')}\n`,
        encoding: 'base64',
      },
    })

  test('those of the default branch, whole, and nothing else', async () => {
    answerTree('HEAD', [
      { path: '.github', sha: sha(9), type: 'tree', mode: '040000' },
      { path: '.github/workflows/test.yml', sha: sha(1), size: 10 },
      { path: 'k8s/app.yaml', sha: sha(2), size: 5 * 1024 * 1024 },
      { path: 'k8s/same.yaml', sha: sha(2), size: 5 * 1024 * 1024 },
      { path: 'k8s/large.yaml', sha: sha(3), size: 5 * 1024 * 1024 + 1 },
      { path: 'k8s/link.yaml', sha: sha(4), mode: '120000', size: 3 },
      { path: 'k8s/module.yaml', sha: sha(5), type: 'commit', mode: '160000' },
      { path: 'src/main.ts', sha: sha(6), size: 10 },
    ])
    const long = `image: ghcr.io/acme/app:1 # ${'ü'.repeat(300)}\n`
    answerBlob(sha(1), long)
    answerBlob(sha(2), Buffer.from([0xff, 0x41]))
    expect(await github.readImageUses(repo)).toEqual({
      files: new Map([
        ['.github/workflows/test.yml', long],
        ['k8s/app.yaml', '\u{FFFD}A'],
        ['k8s/same.yaml', '\u{FFFD}A'],
      ]),
      problems: [
        'k8s/large.yaml of acme/shop may name images and was not read, as it would be too much: ' +
          'what is in use for that alone has to stand in `keep`.',
      ],
    })
  })

  test('of those that only may name images so many, those at the top first', async () => {
    const possible = Array.from({ length: 301 }, (_, index) => ({
      path: `a/${1000 + index}.yaml`,
      sha: sha(1),
      size: 1,
    }))
    answerTree('HEAD', [
      { path: 'a/b/deep.yaml', sha: sha(2), size: 1 },
      ...possible,
      { path: 'top.yaml', sha: sha(3), size: 1 },
      { path: 'compose.yaml', sha: sha(4), size: 1 },
    ])
    for (const [id, text] of [
      [1, 'possible'],
      [3, 'top'],
      [4, 'likely'],
    ] as const)
      answerBlob(sha(id), text)
    const { files, problems } = await github.readImageUses(repo)
    expect([...files.keys()]).toEqual(['compose.yaml', 'top.yaml', ...possible.slice(0, 299).map(({ path }) => path)])
    expect(problems).toEqual([
      expect.stringMatching(/^a\/1299\.yaml and 2 more files of acme\/shop may .* were not read/),
    ])
  })

  test('nor more of these than there is room for', async () => {
    const size = 4 * 1024 * 1024
    answerTree('HEAD', [
      ...[1, 2, 3, 4].map((id) => ({ path: `k8s/${id}.yaml`, sha: sha(1), size })),
      { path: 'a.yaml', sha: sha(1), size: size + 1 },
      { path: 'b.yaml', sha: sha(1), size },
    ])
    answerBlob(sha(1), 'x')
    const { files, problems } = await github.readImageUses(repo)
    expect([...files.keys()].at(-1)).toBe('b.yaml')
    expect(problems).toEqual([expect.stringMatching(/^a\.yaml of /)])
  })

  test('are read once, and again only where they changed', async () => {
    const file = { path: 'compose.yaml', sha: sha(1), size: 1 }
    answerTree('HEAD', [file])
    answerTree('HEAD', [file, { path: 'values.yaml', sha: sha(2), size: 1 }])
    answerBlob(sha(1), 'a')
    answerBlob(sha(2), 'b')
    expect([...(await github.readImageUses(repo)).files.values()]).toEqual(['a'])
    expect([...(await github.readImageUses(repo)).files.values()]).toEqual(['a', 'b'])
  })

  test('a tree that GitHub does not list whole is read directory by directory', async () => {
    const directory = (path: string, id: string) => ({ path, sha: id, type: 'tree', mode: '040000' })
    const root = [
      directory('big', sha('a')),
      directory('helm', sha('b')),
      { path: 'compose.yml', sha: sha(1), size: 1 },
    ]
    api.answer('GET', `${TREES}/HEAD`, { ...recursive, ...tree(root.slice(0, 1), true) })
    api.answer('GET', `${TREES}/HEAD`, tree(root))
    answerTree(sha('b'), [{ path: 'app/x.yaml', sha: sha(2), size: 1 }])
    api.answer('GET', `${TREES}/${sha('a')}`, { ...recursive, ...tree([], true) })
    api.answer('GET', `${TREES}/${sha('a')}`, tree([directory('k8s', sha('c'))]))
    answerTree(sha('c'), [{ path: 'y.yaml', sha: sha(3), size: 1 }])
    for (const [id, text] of ['one', 'two', 'three'].entries()) answerBlob(sha(id + 1), text)
    const { files } = await github.readImageUses(repo)
    expect(Object.fromEntries(files)).toEqual({
      'compose.yml': 'one',
      'helm/app/x.yaml': 'two',
      'big/k8s/y.yaml': 'three',
    })
  })

  test('a repository without a commit names none', async () => {
    api.answer('GET', `${TREES}/HEAD`, failing(409, 'Git Repository is empty.'))
    expect(await github.readImageUses(repo)).toEqual({ files: new Map(), problems: [] })
  })

  const many = (length: number, size: number) =>
    Array.from({ length }, (_, index) => ({ path: `k8s/${index}.yaml`, sha: sha(1), size }))
  test.each<[string, ScriptedReply[], RegExp]>([
    ['too many files', [tree(many(1001, 1))], /1001 files .* at most 1000 of/],
    ['too large ones', [tree(many(21, 1024 * 1024))], /21 files of 22020096 bytes/],
    ['a directory that is too long', [tree([], true), tree([], true)], /more files than GitHub lists/],
    ['no permission', [REFUSED], /not accessible by integration/],
    ['no such repository', [NOT_FOUND], /Not Found/],
  ])('%s: what is used is not known', async (_, replies, message) => {
    for (const reply of replies) api.answer('GET', `${TREES}/HEAD`, reply)
    const error = await github.readImageUses(repo).catch((fault: unknown) => fault)
    expect(error).toBeInstanceOf(GitHubError)
    expect(error).toHaveProperty('message', expect.stringMatching(message))
  })

  test('directories without end are given up', async () => {
    const directories = Array.from({ length: 300 }, (_, index) => ({
      path: `d${index}`,
      sha: index.toString(16).padStart(40, '0'),
      type: 'tree',
      mode: '040000',
    }))
    api.answer('GET', `${TREES}/HEAD`, { ...recursive, ...tree([], true) })
    api.answer('GET', `${TREES}/HEAD`, tree(directories))
    for (const one of directories.slice(-198)) answerTree(one.sha, [])
    await expect(github.readImageUses(repo)).rejects.toThrow(/too many files to be listed/)
  })

  test('a file that cannot be read is not an empty one', async () => {
    answerTree('HEAD', [{ path: 'compose.yml', sha: sha(1), size: 1 }])
    api.answer('GET', `${BASE}/git/blobs/${sha(1)}`, failing(502, 'Bad gateway'))
    await expect(github.readImageUses(repo)).rejects.toBeInstanceOf(TransientError)
  })
})

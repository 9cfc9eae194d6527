import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { GitHubError, TransientError } from '../../src/domain/errors.ts'
import { ALL_FILES } from '../../src/domain/plan.ts'
import type { GitHub } from '../../src/ports.ts'
import { DescribedGitHub, INSTALLATION_ID, type ScriptedReply, TOKEN } from '../support/described-github.ts'
import { makeRepo, SHA } from '../support/facts.ts'

const api = new DescribedGitHub()
const repo = makeRepo()
let github: GitHub

beforeAll(async () => {
  api.start()
  github = await api.connectInstallation()
})
afterEach(() => api.verify())
afterAll(() => api.stop())

const NOT_FOUND = {
  status: 404,
  body: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' },
}

const FORBIDDEN = {
  message: 'Resource not accessible by integration',
  documentation_url: 'https://docs.github.com/rest',
}

/** GitHub's own example of the reply to a GET. */
function example(path: string, name?: string) {
  return api.description.example(`GET ${path}`, 200, name)
}

describe('reading a file', () => {
  const CONTENTS = '/repos/{owner}/{repo}/contents/{path}'
  const path = '/repos/acme/shop/contents/.github%2Fsignalbox.yml'
  const read = () => github.readFile(repo, '.github/signalbox.yml', 'main')
  const file = (content: Buffer, encoding = 'base64') => ({
    ...example(CONTENTS, 'response-if-content-is-a-file'),
    encoding,
    size: content.length,
    // GitHub breaks base64 into lines.
    content: content.toString('base64').replaceAll(/.{60}/g, '$&\n'),
  })

  test('its bytes, whatever they are', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 128, ...Buffer.from('é🚂'.repeat(40))])
    api.answer('GET', path, { query: { ref: 'main' }, body: file(bytes) })
    expect(Buffer.from((await read()) ?? [])).toEqual(bytes)
  })

  test('an empty one', async () => {
    api.answer('GET', path, { body: file(Buffer.alloc(0)) })
    expect(await read()).toHaveLength(0)
  })

  test('over 1 MB GitHub sends no content: its size is kept', async () => {
    api.answer('GET', path, { body: { ...file(Buffer.alloc(0), 'none'), size: 1_048_577 } })
    expect(await read()).toHaveLength(1_048_577)
  })

  test.each([
    ['a directory', 'response-if-content-is-a-directory'],
    ['a symbolic link', 'response-if-content-is-a-symlink'],
    ['a submodule', 'response-if-content-is-a-submodule'],
  ])('%s is no file', async (_what, name) => {
    api.answer('GET', path, { body: example(CONTENTS, name) })
    expect(await read()).toBeNull()
  })

  test('a missing one, and an empty repository', async () => {
    api.answer('GET', path, NOT_FOUND)
    expect(await read()).toBeNull()
    api.answer('GET', path, { status: 404, body: { ...NOT_FOUND.body, message: 'This repository is empty.' } })
    expect(await read()).toBeNull()
  })

  test('a server error is to be tried again later, by the queue and not at once', async () => {
    api.answer('GET', path, { status: 502, body: { message: 'Server Error' } })
    await expect(read()).rejects.toThrow(
      new TransientError('GitHub failed while reading .github/signalbox.yml: Server Error (502)'),
    )
    expect(api.requests).toHaveLength(1)
  })

  test('no answer is to be tried again later', async () => {
    api.answer('GET', path, { cut: 'socket hang up' })
    await expect(read()).rejects.toThrow(/^GitHub did not answer while reading .github\/signalbox.yml: /)
  })

  test('a refusal stays', async () => {
    api.answer('GET', path, { status: 403, body: FORBIDDEN })
    const error = await read().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(GitHubError)
    expect(error).toMatchObject({
      status: 403,
      message: 'GitHub refused while reading .github/signalbox.yml: Resource not accessible by integration (403)',
    })
  })
})

describe('pull requests', () => {
  const path = '/repos/acme/shop/pulls/7'
  const pullRequest = () => ({
    ...example('/repos/{owner}/{repo}/pulls/{pull_number}'),
    number: 7,
    requested_teams: [],
  })

  test('as it is now', async () => {
    api.answer('GET', path, { body: pullRequest() })
    expect(await github.getPullRequest(repo, 7)).toEqual({
      number: 7,
      headSha: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
      headRef: 'new-topic',
      headRepo: 'octocat/Hello-World',
      baseRef: 'master',
      baseSha: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
      draft: false,
      state: 'open',
      author: 'octocat',
      association: 'OWNER',
      labels: ['bug'],
      maintainersMayPush: true,
    })
  })

  test('none of that number', async () => {
    api.answer('GET', path, NOT_FOUND)
    expect(await github.getPullRequest(repo, 7)).toBeNull()
  })

  const files = (from: number, count: number) => {
    const [one] = example('/repos/{owner}/{repo}/pulls/{pull_number}/files') as readonly object[]
    return Array.from({ length: count }, (_, index) => ({ ...one, filename: `src/${from + index}.ts` }))
  }
  const answerFiles = (pages: readonly (readonly object[])[]) => {
    for (const [index, body] of pages.entries()) {
      const next = `<https://api.github.com${path}/files?per_page=100&page=${index + 2}>; rel="next"`
      api.answer('GET', `${path}/files`, {
        query: { per_page: '100', ...(index > 0 ? { page: String(index + 1) } : {}) },
        headers: index < pages.length - 1 ? { link: next } : {},
        body,
      })
    }
  }

  test('files of all pages; a renamed one by both names', async () => {
    const renamed = { ...files(100, 1)[0], status: 'renamed', previous_filename: 'old.ts' }
    answerFiles([files(0, 100), [renamed]])
    const listed = await github.listPullRequestFiles(repo, 7)
    expect(listed).toEqual({ kind: 'listed', files: [...files(0, 101).map((file) => file.filename), 'old.ts'] })
  })

  test('2,999 files are all of them; at 3,000 GitHub stops, and anything may have changed', async () => {
    const pages = Array.from({ length: 30 }, (_, page) => files(page * 100, page === 29 ? 99 : 100))
    answerFiles(pages)
    const listed = await github.listPullRequestFiles(repo, 7)
    expect(listed.kind === 'listed' && listed.files.length).toBe(2_999)
    answerFiles([...pages.slice(0, 29), files(2_900, 100)])
    expect(await github.listPullRequestFiles(repo, 7)).toEqual(ALL_FILES)
  })

  test('a page that fails is no short list', async () => {
    api.answer('GET', `${path}/files`, {
      headers: { link: `<https://api.github.com${path}/files?per_page=100&page=2>; rel="next"` },
      body: files(0, 100),
    })
    const body = { code: '503', message: 'Service unavailable', documentation_url: '' }
    api.answer('GET', `${path}/files`, { query: { page: '2' }, status: 503, body })
    await expect(github.listPullRequestFiles(repo, 7)).rejects.toBeInstanceOf(TransientError)
  })
})

describe('comparing commits', () => {
  const path = `/repos/acme/shop/compare/${'c'.repeat(40)}...${SHA}`
  const compare = () => github.compareFiles(repo, 'c'.repeat(40), SHA)
  const comparison = (count: number) => {
    const body = example('/repos/{owner}/{repo}/compare/{basehead}') as { files: object[] }
    return {
      ...body,
      files: Array.from({ length: count }, (_, index) => ({ ...body.files[0], filename: `${index}.ts` })),
    }
  }

  test('the files between them; a renamed one by both names', async () => {
    const { files, ...body } = comparison(2)
    const renamed = { ...files[1], status: 'renamed', previous_filename: 'old.ts' }
    api.answer('GET', path, { body: { ...body, files: [files[0], renamed] } })
    expect(await compare()).toEqual({ kind: 'listed', files: ['0.ts', '1.ts', 'old.ts'] })
  })

  test.each([
    [299, 'listed'],
    [300, 'all'],
  ])('%i files are %s: GitHub stops at 300', async (count, kind) => {
    api.answer('GET', path, { body: comparison(count) })
    expect((await compare()).kind).toBe(kind)
  })

  test('commits that have nothing in common, or are gone: anything may have changed', async () => {
    api.answer('GET', path, NOT_FOUND)
    expect(await compare()).toEqual(ALL_FILES)
  })

  test('a comparison that takes too long is tried again later', async () => {
    api.answer('GET', path, { status: 500, body: { message: 'this diff is taking too long to generate' } })
    await expect(compare()).rejects.toBeInstanceOf(TransientError)
  })
})

describe('branches', () => {
  const ref = () => example('/repos/{owner}/{repo}/git/ref/{ref}')

  test.each([
    ['feature', 'heads%2Ffeature'],
    ['a/b "c" #1 🚂', 'heads%2Fa%2Fb%20%22c%22%20%231%20%F0%9F%9A%82'],
  ])('the tip of the branch %s', async (branch, encoded) => {
    api.answer('GET', `/repos/acme/shop/git/ref/${encoded}`, { body: ref() })
    expect(await github.getBranchSha(repo, branch)).toBe('aa218f56b14c9653891f9e74264a383fa43fefbd')
  })

  test('no such branch, and an empty repository', async () => {
    api.answer('GET', '/repos/acme/shop/git/ref/heads%2Fgone', NOT_FOUND)
    expect(await github.getBranchSha(repo, 'gone')).toBeNull()
    api.answer('GET', '/repos/acme/shop/git/ref/heads%2Fgone', {
      status: 409,
      body: { message: 'Git Repository is empty.' },
    })
    expect(await github.getBranchSha(repo, 'gone')).toBeNull()
  })
})

describe('permissions', () => {
  const path = '/repos/acme/shop/collaborators/ann/permission'
  const answer = (permission: string) =>
    api.answer('GET', path, { body: { permission, role_name: permission, user: null } })

  test.each(['admin', 'write', 'read', 'none'] as const)('%s', async (permission) => {
    answer(permission)
    expect(await github.getPermission(repo, 'ann')).toBe(permission)
  })

  test('a stranger, and a word that we do not know, may nothing', async () => {
    api.answer('GET', path, NOT_FOUND)
    expect(await github.getPermission(repo, 'ann')).toBe('none')
    answer('owner')
    expect(await github.getPermission(repo, 'ann')).toBe('none')
  })
})

describe('the app itself', () => {
  const [one] = example('/app/hook/deliveries') as readonly object[]
  const delivery = (id: number, deliveredAt: string, status_code = 200) => ({
    ...one,
    id,
    guid: `guid-${id}`,
    delivered_at: deliveredAt,
    status_code,
  })

  test('deliveries until the time asked for, over pages, and no further', async () => {
    const app = await api.connectApp()
    const next = (cursor: string) => ({
      link: `<https://api.github.com/app/hook/deliveries?per_page=100&cursor=${cursor}>; rel="next"`,
    })
    api.answer('GET', '/app/hook/deliveries', {
      query: { per_page: '100' },
      headers: next('v1_2'),
      body: [delivery(3, '2026-03-01T12:00:03Z'), delivery(2, '2026-03-01T12:00:02Z', 503)],
    })
    api.answer('GET', '/app/hook/deliveries', {
      query: { cursor: 'v1_2' },
      headers: next('v1_0'),
      body: [delivery(1, '2026-03-01T12:00:01Z', 0), delivery(0, '2026-03-01T11:59:59Z')],
    })
    const found = await app.listHookDeliveries(new Date('2026-03-01T12:00:00Z'))
    expect(found.map(({ id, guid, status }) => [id, guid, status])).toEqual([
      [3, 'guid-3', 200],
      [2, 'guid-2', 503],
      [1, 'guid-1', 0],
    ])
  })

  test('a redelivery is asked for once', async () => {
    const app = await api.connectApp()
    api.answer('POST', '/app/hook/deliveries/12/attempts', { status: 202, body: {} })
    await app.redeliver(12)
    api.answer('POST', '/app/hook/deliveries/12/attempts', { status: 500, body: { message: 'Server Error' } })
    await expect(app.redeliver(12)).rejects.toBeInstanceOf(TransientError)
  })

  test('a delivery that GitHub keeps no longer is nothing to redeliver', async () => {
    const app = await api.connectApp()
    api.answer('POST', '/app/hook/deliveries/12/attempts', NOT_FOUND)
    await app.redeliver(12)
  })

  test('where it is installed', async () => {
    const app = await api.connectApp()
    const body = { ...example('/repos/{owner}/{repo}/installation'), id: 9 }
    api.answer('GET', '/repos/acme/shop/installation', { body })
    expect(await app.findInstallation(repo)).toBe(9)
    api.answer('GET', '/repos/acme/shop/installation', NOT_FOUND)
    expect(await app.findInstallation(repo)).toBeNull()
    api.answer('GET', '/repos/acme/shop/installation', { status: 500, body: { message: 'Server Error' } })
    await expect(app.findInstallation(repo)).rejects.toBeInstanceOf(TransientError)
  })

  test('a suspended installation gets no token: a refusal, without a secret in its words', async () => {
    const app = await api.connectApp()
    const body = { message: 'This installation has been suspended', documentation_url: 'https://docs.github.com/rest' }
    api.answer('POST', `/app/installations/${INSTALLATION_ID}/access_tokens`, { status: 403, body })
    const suspended = await app.forInstallation(INSTALLATION_ID)
    const error = await suspended.readFile(repo, 'a', 'main').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(GitHubError)
    expect(error).toMatchObject({
      status: 403,
      message: 'GitHub refused while reading a: This installation has been suspended (403)',
    })
    expect(wordsOf(error)).not.toMatch(/ghs_|PRIVATE KEY|bearer|eyJ/i)
  })

  test.each([500, 403, 422])('a fault after %i does not hold the token', async (status) => {
    api.answer('GET', '/repos/acme/shop/commits/x/check-runs', { status, body: { message: `refused ${status}` } })
    const error = await github.listChecks(repo, 'x').catch((thrown: unknown) => thrown)
    expect(wordsOf(error)).toContain(`refused ${status}`)
    expect(wordsOf(error)).not.toContain(TOKEN)
  })
})

describe("GitHub's limits", () => {
  const path = '/repos/acme/shop/contents/a'
  const limited = {
    message: 'You have exceeded a secondary rate limit.',
    documentation_url: 'https://docs.github.com/rest',
  }
  const primary = {
    message: 'API rate limit exceeded for installation ID 9.',
    documentation_url: 'https://docs.github.com/rest',
  }
  const inTenSeconds = () => String(Math.floor(Date.now() / 1000) + 10)

  test.each<[string, ScriptedReply, number, number]>([
    ['403 with retry-after', { status: 403, body: limited, headers: { 'retry-after': '7' } }, 7_000, 7_000],
    ['429 with retry-after', { status: 429, body: limited, headers: { 'retry-after': '3' } }, 3_000, 3_000],
    ['429 alone', { status: 429, body: limited }, 60_000, 60_000],
    ['a secondary limit by its words alone', { status: 403, body: limited }, 60_000, 60_000],
    [
      'the hourly limit, until its reset',
      { status: 403, body: primary, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inTenSeconds() } },
      1_000,
      11_000,
    ],
  ])('%s: wait, and send nothing meanwhile', async (_what, reply, atLeast, atMost) => {
    const own = await api.connectInstallation()
    api.answer('GET', path, reply)
    const read = () => own.readFile(repo, 'a', 'main').catch((thrown: unknown) => thrown)
    const first = await read()
    expect(first).toBeInstanceOf(TransientError)
    expect(waitOf(first)).toBeGreaterThanOrEqual(atLeast)
    expect(waitOf(first)).toBeLessThanOrEqual(atMost)
    const second = await read()
    expect(waitOf(second)).toBeGreaterThan(atLeast - 1_000)
    expect(api.requests).toHaveLength(1)
  })
})

function waitOf(error: unknown): number | null {
  return error instanceof TransientError ? error.retryAfterMs : null
}

/** The messages of an error and of all its causes. */
function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${wordsOf(error.cause)}` : ''
}

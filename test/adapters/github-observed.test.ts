/** What was started on a commit, its files, artifacts and deployments, as GitHub describes them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GitHubError, TransientError } from '../../src/domain/errors.ts'
import { failing, NOT_FOUND, TOKEN, useDescribedGitHub } from '../support/described-github.ts'
import { makeRepo, SHA } from '../support/facts.ts'
import { type Handler, type HttpServer, startHttpServer } from '../support/http-server.ts'

const { api, github } = useDescribedGitHub()
const repo = makeRepo()

const example = (name: string, status = 200) => api.description.example(name, status)

describe("runs of GitHub's own events", () => {
  const path = '/repos/acme/shop/actions/workflows/lint.yml/runs'
  const run = (fields: object) => {
    const body = example('GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs') as {
      workflow_runs: object[]
    }
    return { ...body.workflow_runs[0], referenced_workflows: [], ...fields }
  }
  const answer = (runs: readonly object[]) =>
    api.answer('GET', path, {
      query: { head_sha: SHA, per_page: '100' },
      body: { total_count: runs.length, workflow_runs: runs },
    })
  const times = { run_started_at: '2026-03-01T12:00:00Z', updated_at: '2026-03-01T12:05:00Z' }
  const list = () => github.listWorkflowRunsOf(repo, 'lint.yml', SHA)

  test('newest first, with what they ended as', async () => {
    const html_url = 'https://github.com/acme/shop/actions/runs/1'
    answer([
      run({ id: 1, event: 'push', status: 'waiting', conclusion: null, html_url, ...times }),
      run({
        id: 2,
        event: 'pull_request',
        status: 'completed',
        conclusion: 'success',
        run_attempt: 3,
        html_url,
        ...times,
      }),
    ])
    const startedAt = new Date(times.run_started_at)
    const completed = { status: 'completed', conclusion: 'success', completedAt: new Date(times.updated_at) }
    expect(await list()).toEqual([
      { id: 2, event: 'pull_request', runAttempt: 3, url: html_url, startedAt, ...completed },
      {
        ...{ id: 1, event: 'push', runAttempt: 1, url: html_url, startedAt },
        ...{ status: 'queued', conclusion: null, completedAt: null },
      },
    ])
  })

  test('one that waits for «Approve and run» has not begun', async () => {
    answer([run({ id: 1, event: 'pull_request', status: 'completed', conclusion: 'action_required', ...times })])
    expect(await list()).toMatchObject([{ status: 'queued', conclusion: 'action_required', completedAt: null }])
  })

  test('nothing that somebody could have started on the commit at will', async () => {
    const events = ['workflow_dispatch', 'schedule', 'repository_dispatch', 'merge_group']
    answer(events.map((event, id) => run({ id, event, ...times })))
    expect((await list()).map((one) => one.event)).toEqual(['merge_group'])
  })

  test('a workflow that does not exist has none; a failure is not none', async () => {
    api.answer('GET', path, NOT_FOUND)
    expect(await list()).toEqual([])
    api.answer('GET', path, failing(502, 'Server Error'))
    await expect(list()).rejects.toBeInstanceOf(TransientError)
  })
})

describe('check runs of a name', () => {
  const path = `/repos/acme/shop/commits/${SHA}/check-runs`
  const check = (fields: object) => {
    const body = example('GET /repos/{owner}/{repo}/commits/{ref}/check-runs') as { check_runs: object[] }
    return { ...body.check_runs[0], pull_requests: [], ...fields }
  }
  const list = () => github.listCheckRunsNamed(repo, SHA, 'lint & "more"')

  test('of whatever app, newest first', async () => {
    const times = { started_at: '2026-03-01T12:00:00Z', completed_at: null }
    const app = { ...example('GET /app'), slug: 'github-actions' }
    api.answer('GET', path, {
      query: { check_name: 'lint & "more"', filter: 'latest', per_page: '100' },
      body: {
        total_count: 2,
        check_runs: [
          check({ id: 1, app: null, status: 'completed', conclusion: 'failure', html_url: null, ...times }),
          check({ id: 2, app, status: 'in_progress', conclusion: null, html_url: 'https://example.com/2', ...times }),
        ],
      },
    })
    const startedAt = new Date(times.started_at)
    const shared = { runAttempt: 1, startedAt, completedAt: null }
    const newer = {
      id: 2,
      app: 'github-actions',
      status: 'in_progress',
      conclusion: null,
      url: 'https://example.com/2',
    }
    expect(await list()).toEqual([
      { ...shared, ...newer },
      { ...shared, id: 1, app: null, status: 'completed', conclusion: 'failure', url: null },
    ])
  })

  test('a commit that is gone has none', async () => {
    api.answer('GET', path, failing(422, `No commit found for SHA: ${SHA}`))
    expect(await list()).toEqual([])
  })
})

describe('the files of a commit', () => {
  const path = `/repos/acme/shop/git/trees/${SHA}`
  const entry = (name: string, type: string, mode: string, sha: string) => ({ path: name, type, mode, sha })
  const answer = (truncated: boolean) =>
    api.answer('GET', path, {
      query: { recursive: '1' },
      body: {
        sha: SHA,
        url: `https://api.github.com${path}`,
        truncated,
        tree: [
          entry('src', 'tree', '040000', '1'.repeat(40)),
          entry('src/a.ts', 'blob', '100644', '2'.repeat(40)),
          entry('link', 'blob', '120000', '3'.repeat(40)),
          entry('vendor', 'commit', '160000', '4'.repeat(40)),
        ],
      },
    })

  test('symbolic links and submodules among them', async () => {
    answer(false)
    const files = [
      ['src/a.ts', `100644 ${'2'.repeat(40)}`],
      ['link', `120000 ${'3'.repeat(40)}`],
      ['vendor', `160000 ${'4'.repeat(40)}`],
    ]
    expect([...((await github.listTree(repo, SHA)) ?? [])]).toEqual(files)
  })

  test('a list that was cut short is none, and so is that of no commit', async () => {
    answer(true)
    expect(await github.listTree(repo, SHA)).toBeNull()
    api.answer('GET', path, NOT_FOUND)
    expect(await github.listTree(repo, SHA)).toBeNull()
    api.answer('GET', path, failing(500, 'Server Error'))
    await expect(github.listTree(repo, SHA)).rejects.toBeInstanceOf(TransientError)
  })
})

describe('artifacts', () => {
  const list = '/repos/acme/shop/actions/runs/5/artifacts'

  test('of a name, newest first', async () => {
    const { artifacts } = example('GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts') as {
      artifacts: object[]
    }
    const one = { ...artifacts[0], name: 'junit' }
    api.answer('GET', list, {
      query: { name: 'junit', per_page: '100' },
      body: {
        total_count: 2,
        artifacts: [
          { ...one, id: 1, size_in_bytes: 10, expired: true },
          { ...one, id: 2, size_in_bytes: 20, expired: false },
        ],
      },
    })
    expect(await github.listArtifacts(repo, 5, 'junit')).toEqual([
      { id: 2, name: 'junit', size: 20, expired: false },
      { id: 1, name: 'junit', size: 10, expired: true },
    ])
    api.answer('GET', list, NOT_FOUND)
    expect(await github.listArtifacts(repo, 5, 'junit')).toEqual([])
  })

  const path = '/repos/acme/shop/actions/artifacts/12/zip'
  let storage: HttpServer
  /** How the storage answers. */
  let answer: Handler
  beforeAll(async () => {
    storage = await startHttpServer((...asked) => answer(...asked))
    api.allow(storage.host)
  })
  afterAll(() => storage.stop())

  const redirect = () =>
    api.answer('GET', path, { status: 302, headers: { location: `http://${storage.host}/a?sig=secret` } })
  const download = (maxBytes = 100) => github.downloadArtifact(repo, 12, maxBytes)
  const failingWith = (status: number) => {
    answer = (_asked, response) => response.writeHead(status).end('no')
  }

  test('the archive, from a storage that does not see our token', async () => {
    const archive = Buffer.from([80, 75, 0, 255, 10])
    answer = (_asked, response) => response.end(archive)
    redirect()
    expect(Buffer.from((await download(5)) ?? [])).toEqual(archive)
    expect(storage.asked).toHaveLength(1)
    expect(storage.asked[0]?.path).toBe('/a?sig=secret')
    expect(JSON.stringify(storage.asked)).not.toMatch(new RegExp(`authorization|${TOKEN}`, 'i'))
  })

  test('one byte too many is no archive', async () => {
    answer = (_asked, response) => response.end(Buffer.alloc(101))
    redirect()
    expect(await download()).toBeNull()
  })

  test('an archive without end is left', async () => {
    const closed = new Promise((resolve) => {
      // Says nothing of its length, and has none.
      answer = (_asked, response) => {
        response.on('close', resolve)
        const send = () => {
          while (!response.destroyed && response.write(Buffer.alloc(1000)));
        }
        response.on('drain', send)
        send()
      }
    })
    redirect()
    expect(await download(50_000)).toBeNull()
    await closed
  })

  test.each([404, 410])('%i at GitHub or at the storage: there is none any more', async (status) => {
    api.answer('GET', path, failing(status, 'Artifact has expired'))
    expect(await download()).toBeNull()
    failingWith(status)
    redirect()
    expect(await download()).toBeNull()
  })

  test.each([
    [503, TransientError],
    // The address was good for a minute.
    [403, TransientError],
    [400, GitHubError],
  ])('%i at the storage, without the address in the words', async (status, fault) => {
    failingWith(status)
    redirect()
    const error = await download().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(fault)
    expect(String(error)).toContain(`downloading artifact 12 (${status})`)
    expect(String(error)).not.toContain('secret')
  })

  test('a storage that does not answer', async () => {
    answer = (_asked, response) => response.destroy()
    redirect()
    const error = await download().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TransientError)
    expect(String(error)).not.toContain('secret')
  })

  test('a redirect to nowhere, and a refusal', async () => {
    api.answer('GET', path, { status: 302 })
    await expect(download()).rejects.toBeInstanceOf(TransientError)
    api.answer('GET', path, failing(403, 'Resource not accessible by integration'))
    await expect(download()).rejects.toBeInstanceOf(GitHubError)
  })
})

describe('deployments', () => {
  const path = '/repos/acme/shop/deployments'
  const deployment = (id: number, payload: unknown) => {
    const [one] = example('GET /repos/{owner}/{repo}/deployments') as readonly object[]
    return { ...one, id, payload }
  }
  const query = { sha: SHA, environment: 'pr-7', per_page: '100' }
  const create = () => github.createDeployment(repo, { sha: SHA, environment: 'pr-7', deploymentId: 'd2' })

  test('a new one, which knows whose it is', async () => {
    api.answer('GET', path, { query, body: [deployment(1, { signalbox: 'd1' }), deployment(2, ''), deployment(3, {})] })
    api.answer('POST', path, { status: 201, body: deployment(4, { signalbox: 'd2' }) })
    expect(await create()).toBe(4)
    expect(api.requests[1]?.requestBody).toEqual({
      ref: SHA,
      environment: 'pr-7',
      payload: { signalbox: 'd2' },
      auto_merge: false,
      required_contexts: [],
      transient_environment: true,
      production_environment: false,
    })
  })

  test.each([{ signalbox: 'd2' }, '{ "signalbox": "d2" }'])('one that is there already, as %j', async (payload) => {
    const next = `<https://api.github.com${path}?${new URLSearchParams(query)}&page=2>; rel="next"`
    api.answer('GET', path, { query, headers: { link: next }, body: [deployment(1, 'no JSON')] })
    api.answer('GET', path, { query: { ...query, page: '2' }, body: [deployment(5, payload)] })
    expect(await create()).toBe(5)
  })

  test.each([
    [409, GitHubError],
    [422, GitHubError],
    [502, TransientError],
  ])('%i makes none', async (status, fault) => {
    api.answer('GET', path, { body: [] })
    api.answer('POST', path, failing(status, 'Conflict'))
    await expect(create()).rejects.toBeInstanceOf(fault)
  })

  const statuses = `${path}/4/statuses`
  const answerStatus = () =>
    api.answer('POST', statuses, {
      status: 201,
      body: example('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', 201),
    })

  test('its state, with its log and where to see it', async () => {
    answerStatus()
    const [logUrl, environmentUrl] = ['https://github.com/acme/deploy/actions/runs/1', 'https://pr-7.example.com']
    await github.setDeploymentStatus(repo, 4, { state: 'success', description: 'Deployed', logUrl, environmentUrl })
    expect(api.requests[0]?.requestBody).toEqual({
      state: 'success',
      description: 'Deployed',
      log_url: logUrl,
      environment_url: environmentUrl,
      auto_inactive: false,
    })
  })

  test.each(['queued', 'in_progress', 'failure', 'inactive'] as const)('%s', async (state) => {
    answerStatus()
    const description = `${'x'.repeat(138)}🚂 and more`
    await github.setDeploymentStatus(repo, 4, { state, description, logUrl: null, environmentUrl: null })
    const sent = { state, description: `${'x'.repeat(138)}…`, auto_inactive: false }
    expect(api.requests[0]?.requestBody).toEqual(sent)
  })

  test('a refusal stays', async () => {
    api.answer('POST', statuses, NOT_FOUND)
    const status = { state: 'success', description: '', logUrl: null, environmentUrl: null } as const
    await expect(github.setDeploymentStatus(repo, 4, status)).rejects.toBeInstanceOf(GitHubError)
  })
})

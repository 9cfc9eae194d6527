import { afterAll, beforeAll, expect, test } from 'vitest'
import { pullRequestKey } from '../../src/domain/pull-request.ts'
import type { PullRequestSubject, Store } from '../../src/ports.ts'
import { later, makeObservation, makeRepo, NOW, SHA } from '../support/facts.ts'
import { describeStores, watchJobs } from '../support/stores.ts'

describeStores('what the store keeps of deployments', (open) => {
  let store: Store
  let seen: Awaited<ReturnType<typeof watchJobs>>
  let number = 0

  beforeAll(async () => {
    store = await open.store()
    seen = await watchJobs(store)
  })
  afterAll(() => store.close())

  const target = {
    workflow: 'deploy.yml',
    ref: 'main',
    inputs: { tag: 'pr-7' },
    repository: { owner: 'acme', name: 'deploy' },
    environment: 'pr-7',
    previewUrl: null,
    timeoutMs: 60_000,
    teardown: null,
  }
  const wanted = { preview: 'shop', number: 1, kind: 'deploy', sha: SHA, request: 'LE_1', target } as const
  const newWorkflowRun = () => 6_000_000_000 + number

  async function intended(): Promise<{ subject: PullRequestSubject; id: string }> {
    const subject = { repo: makeRepo(), number: ++number, installationId: 9 }
    await store.pullRequests.touch(subject)
    const id = await store.pullRequests.intendDeployment(subject, wanted, NOW)
    if (id === null) throw new Error('not intended')
    return { subject, id }
  }
  async function dispatched() {
    const one = await intended()
    const workflowRunId = newWorkflowRun()
    await store.pullRequests.recordDeploymentDispatch(one.id, { kind: 'dispatched', workflowRunId, url: 'u' }, null)
    const say = (observation: Parameters<typeof makeObservation>[0], enqueue?: boolean) =>
      store.pullRequests.recordDeploymentRuns(
        [makeObservation({ workflowRunId, ...observation })],
        enqueue === undefined ? {} : { enqueue },
      )
    return { ...one, workflowRunId, say }
  }
  const deploymentsOf = async (subject: PullRequestSubject) =>
    (await store.pullRequests.load(subject.repo.id, subject.number))?.deployments ?? []
  const deploymentOf = async (subject: PullRequestSubject) => (await deploymentsOf(subject))[0]
  const timesSeen = (subject: PullRequestSubject) =>
    seen.pullRequests.filter((key) => key === pullRequestKey(1, subject.number)).length

  test('is kept as it was decided, before it is dispatched', async () => {
    const { subject, id } = await intended()
    expect(id).toMatch(/^d[a-z2-9]{13}$/)
    expect(await deploymentOf(subject)).toEqual({
      id,
      ...wanted,
      intendedAt: NOW,
      outcome: 'intended',
      refusal: null,
      searchedAt: null,
      workflowRunId: null,
      url: null,
      status: null,
      conclusion: null,
      completedAt: null,
      githubId: null,
      told: null,
    })
  })

  test('of two workers with the same number one dispatches; each preview has its own numbers', async () => {
    const { subject, id } = await intended()
    expect(await store.pullRequests.intendDeployment(subject, wanted, later(1))).toBeNull()
    const next = { ...wanted, number: 2, kind: 'teardown' } as const
    const both = await Promise.all([1, 2].map(() => store.pullRequests.intendDeployment(subject, next, NOW)))
    expect(both.filter((one) => one !== null)).toHaveLength(1)
    const other = await store.pullRequests.intendDeployment(subject, { ...wanted, preview: 'docs' }, later(2))
    expect((await deploymentsOf(subject)).map((one) => one.id)).toEqual([id, other, both.find((one) => one !== null)])
  })

  test('what became of the dispatch: started, refused, deferred, not known, never started', async () => {
    const record = store.pullRequests.recordDeploymentDispatch
    const started = await intended()
    await record(started.id, { kind: 'dispatched', workflowRunId: null, url: null }, null)
    expect(await deploymentOf(started.subject)).toMatchObject({ outcome: 'dispatched', workflowRunId: null })
    const workflowRunId = newWorkflowRun()
    await record(started.id, { kind: 'dispatched', workflowRunId, url: 'https://github.test/1' }, null)
    await record(started.id, { kind: 'dispatched', workflowRunId: null, url: null }, null)
    expect(await deploymentOf(started.subject)).toMatchObject({ workflowRunId, url: 'https://github.test/1' })
    const refused = await intended()
    await record(refused.id, { kind: 'refused', status: 404, message: 'x' }, 'gone')
    expect(await deploymentOf(refused.subject)).toMatchObject({ outcome: 'refused', refusal: 'gone' })
    const deferred = await intended()
    await record(deferred.id, { kind: 'deferred', retryAfterMs: 1, message: 'x' }, null)
    expect(await deploymentOf(deferred.subject)).toBeUndefined()
    expect(await store.pullRequests.intendDeployment(deferred.subject, wanted, later(9))).not.toBeNull()
    const unknown = await intended()
    await record(unknown.id, { kind: 'unknown', message: 'x' }, null)
    await store.pullRequests.recordDeploymentSearch(unknown.id, later(1))
    expect(await deploymentOf(unknown.subject)).toMatchObject({ outcome: 'intended', searchedAt: later(1) })
    await store.pullRequests.giveUpDeployment(unknown.id)
    expect(await deploymentOf(unknown.subject)).toMatchObject({ outcome: 'lost' })
    await store.pullRequests.giveUpDeployment(started.id)
    expect(await deploymentOf(started.subject)).toMatchObject({ outcome: 'dispatched' })
  })

  test('follows its workflow run by id, in any repository; an older word never replaces a newer one', async () => {
    const { subject, say } = await dispatched()
    const before = timesSeen(subject)
    expect(await say({ status: 'in_progress', url: 'https://github.test/2' })).toBe(true)
    await expect.poll(() => timesSeen(subject), { timeout: 10_000 }).toBeGreaterThan(before)
    expect(await say({ status: 'completed', conclusion: 'failure', updatedAt: later(9) })).toBe(true)
    expect(await say({ status: 'queued' })).toBe(true)
    expect(await say({ status: 'completed', conclusion: 'success', updatedAt: later(10) })).toBe(true)
    const ended = { status: 'completed', conclusion: 'failure', completedAt: later(9) }
    expect(await deploymentOf(subject)).toMatchObject(ended)
    // A re-run at GitHub has its time before it again.
    expect(await say({ runAttempt: 2, status: 'in_progress', startedAt: later(60) })).toBe(true)
    const again = { status: 'in_progress', conclusion: null, completedAt: null, intendedAt: later(60) }
    expect(await deploymentOf(subject)).toMatchObject(again)
  })

  test('one at rest is looked at once in a while, and is watched when something is at work again', async () => {
    const { subject, id, say } = await dispatched()
    const { pullRequests } = store
    const close = async () => {
      // Not while a job waits.
      await expect
        .poll(async () => {
          await pullRequests.close(subject.repo.id, subject.number, true)
          return pullRequests.enqueueOpen()
        })
        .toBe(others)
    }
    await pullRequests.close(subject.repo.id, subject.number, true)
    const others = await pullRequests.enqueueOpen()
    const atRest = await pullRequests.enqueueOpen({ resting: true })
    expect(atRest).toBeGreaterThan(others)
    await say({ status: 'in_progress' })
    expect(await pullRequests.enqueueOpen()).toBe(others + 1)
    await close()
    await pullRequests.intendDeployment(subject, { ...wanted, number: 2 }, NOW)
    expect(await pullRequests.enqueueOpen()).toBe(others + 1)
    await close()
    await pullRequests.recordGitHubDeployment(id, { told: 'inactive' })
    expect(await pullRequests.enqueueOpen({ resting: true })).toBe(atRest - 1)
  })

  test('other workflow runs are none of its own, whatever their title; of several words about one the newest counts', async () => {
    const { subject, id, workflowRunId } = await dispatched()
    const record = store.pullRequests.recordDeploymentRuns
    const forged = makeObservation({ workflowRunId: 1, title: id, status: 'completed', conclusion: 'success' })
    expect(await record([forged])).toBe(false)
    expect(await record([])).toBe(false)
    expect(await deploymentOf(subject)).toMatchObject({ status: null })
    const words = (['queued', 'completed', 'in_progress'] as const).map((status) =>
      makeObservation({ workflowRunId, status, conclusion: status === 'completed' ? 'success' : null }),
    )
    expect(await record([forged, ...words], { enqueue: false })).toBe(true)
    expect(await deploymentOf(subject)).toMatchObject({ status: 'completed', conclusion: 'success' })
    expect(await store.pullRequests.knownDeploymentRuns([1, workflowRunId])).toEqual(new Set([workflowRunId]))
    expect(await store.pullRequests.knownDeploymentRuns([])).toEqual(new Set())
  })

  test('one that took too long has ended, whatever its workflow run says later; one that ended stays as it is', async () => {
    const { subject, id, say } = await dispatched()
    await store.pullRequests.endDeployment(id, 'timed_out', later(61))
    const ended = { status: 'completed', conclusion: 'timed_out', completedAt: later(61) }
    expect(await deploymentOf(subject)).toMatchObject(ended)
    await say({ status: 'in_progress' })
    await say({ status: 'completed', conclusion: 'success' })
    await store.pullRequests.endDeployment(id, 'deleted', later(99))
    expect(await deploymentOf(subject)).toMatchObject(ended)
  })

  test("GitHub's deployment, and what it was told", async () => {
    const { subject, id } = await intended()
    await store.pullRequests.recordGitHubDeployment(id, { githubId: 7_000_000_000 })
    await store.pullRequests.recordGitHubDeployment(id, { told: 'queued' })
    await store.pullRequests.recordGitHubDeployment(id, {})
    expect(await deploymentOf(subject)).toMatchObject({ githubId: 7_000_000_000, told: 'queued' })
  })
})

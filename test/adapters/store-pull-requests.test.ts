import { afterAll, beforeAll, expect, test } from 'vitest'
import { pullRequestKey } from '../../src/domain/pull-request.ts'
import type { LabelTriggered, Trigger } from '../../src/domain/trigger.ts'
import type { PullRequestSubject, StartRequest, Store } from '../../src/ports.ts'
import {
  later,
  makeLegPlan,
  makePullRequest,
  makePullRequestTrigger,
  makePushTrigger,
  makeRepo,
  makeRunPlan,
  NEWER_SHA,
  NOW,
  SHA,
} from '../support/facts.ts'
import { describeStores, makeStart, watchJobs } from '../support/stores.ts'

const INTO_MAIN = { sha: SHA, baseRef: 'main' }

describeStores('what the store keeps of pull requests', (open) => {
  let store: Store
  let seen: Awaited<ReturnType<typeof watchJobs>>
  /** What the job of a pull request does beside being noted. */
  let during: ((key: string) => Promise<void>) | null = null
  let number = 0

  beforeAll(async () => {
    store = await open.store()
    const noted: string[] = []
    const { runs } = await watchJobs(store, {
      async pullRequest(key) {
        await during?.(key)
        noted.push(key)
      },
    })
    seen = { runs, pullRequests: noted, sweeps: [] }
  })
  afterAll(() => store.close())

  const plan = makeRunPlan([makeLegPlan()], [{ id: 'tests', name: 'Tests', needs: ['docker / app'] }])
  const newSubject = (): PullRequestSubject => ({ repo: makeRepo(), number: ++number, installationId: 9 })
  const keyOf = (subject: PullRequestSubject) => pullRequestKey(subject.repo.id, subject.number)
  const timesSeen = (subject: PullRequestSubject) => seen.pullRequests.filter((key) => key === keyOf(subject)).length

  /** What the change makes look at the pull request. */
  async function looksAgain(subject: PullRequestSubject, change: () => Promise<unknown>): Promise<void> {
    const before = timesSeen(subject)
    await change()
    await expect.poll(() => timesSeen(subject), { timeout: 10_000 }).toBeGreaterThan(before)
  }

  async function started(subject: PullRequestSubject, request: Partial<StartRequest> = {}): Promise<string> {
    const [id] = (await store.runs.startRuns(makeStart(subject.number, plan, request))).started
    if (id === undefined) throw new Error('nothing was started')
    return id
  }

  async function load(subject: PullRequestSubject) {
    const record = await store.pullRequests.load(subject.repo.id, subject.number)
    if (record === null) throw new Error(`no pull request ${subject.number}`)
    return record
  }

  test('a pull request that was touched is known as last said, and looked at', async () => {
    const subject = newSubject()
    expect(await store.pullRequests.load(1, subject.number)).toBeNull()
    await looksAgain(subject, () => store.pullRequests.touch(subject))
    const renamed = { ...subject, repo: makeRepo({ name: 'store' }), installationId: 10 }
    await looksAgain(subject, () => store.pullRequests.touch(renamed))
    expect(await load(subject)).toEqual({
      ...renamed,
      approvals: [],
      previewRequests: [],
      deployments: [],
      stickies: [],
      runs: [],
    })
    // What a run of before knows is older.
    await looksAgain(subject, async () => store.runs.concludeRun(await started(subject), 'success', NOW))
  })

  test('runs that start, show something or end make their pull request known and looked at', async () => {
    const subject = newSubject()
    let id = ''
    await looksAgain(subject, async () => {
      id = await started(subject)
    })
    expect(await load(subject)).toMatchObject({ ...subject, runs: [{ id }] })
    await store.runs.intendChecks(id, [`${id}-0`])
    await looksAgain(subject, () =>
      store.runs.recordChecks([{ subjectId: `${id}-0`, nodeId: 'CR_1', digest: 'd', annotated: null }]),
    )
    await looksAgain(subject, () => store.runs.concludeRun(id, 'success', NOW))
  })

  test('runs of pushes make no pull request known', async () => {
    const subject = newSubject()
    const id = await started(subject, { trigger: makePushTrigger(), triggerKey: `push ${subject.number}` })
    await store.runs.concludeRun(id, 'success', NOW)
    expect(await store.pullRequests.load(1, subject.number)).toBeNull()
  })

  test('those that are closed are not looked at on schedule, until touched again', async () => {
    const subject = newSubject()
    await looksAgain(subject, () => store.pullRequests.touch(subject))
    const before = await store.pullRequests.enqueueOpen()
    await expect.poll(() => timesSeen(subject), { timeout: 10_000 }).toBe(2)
    await store.pullRequests.close(1, subject.number, false)
    expect(await store.pullRequests.enqueueOpen()).toBe(before - 1)
    await looksAgain(subject, () => store.pullRequests.touch(subject))
    expect(await store.pullRequests.enqueueOpen()).toBe(before)
    await store.pullRequests.close(1, 404_404, false)
  })

  test.each([true, false])('one that is closed is looked at when its check runs change: %s', async (watchesRuns) => {
    const subject = newSubject()
    let closed = false
    during = async (key) => {
      if (key !== keyOf(subject) || closed) return
      closed = true
      await store.pullRequests.close(1, subject.number, watchesRuns)
    }
    const id = await started(subject)
    await expect.poll(() => closed, { timeout: 10_000 }).toBe(true)
    await expect.poll(() => timesSeen(subject), { timeout: 10_000 }).toBe(1)
    during = null
    await store.runs.concludeRun(id, 'success', NOW)
    const other = newSubject()
    await looksAgain(other, () => store.pullRequests.touch(other))
    await expect.poll(() => timesSeen(subject), { timeout: 10_000 }).toBe(watchesRuns ? 2 : 1)
  })

  test('those of an installation, or of some of its repositories, are closed at once, and their runs matter no more', async () => {
    const mine = { ...newSubject(), repo: makeRepo({ id: 71 }), installationId: 70 }
    const other = { ...mine, repo: makeRepo({ id: 72 }) }
    const subjects = [mine, other, { ...mine, repo: makeRepo({ id: 73 }), installationId: 74 }]
    for (const subject of subjects) await looksAgain(subject, () => store.pullRequests.touch(subject))
    const before = await store.pullRequests.enqueueOpen()
    await store.pullRequests.closeAll({ installationId: 70, repoIds: [] })
    expect(await store.pullRequests.enqueueOpen()).toBe(before)
    await store.pullRequests.closeAll({ installationId: 70, repoIds: [71] })
    expect(await store.pullRequests.enqueueOpen()).toBe(before - 1)
    await store.pullRequests.closeAll({ installationId: 70 })
    expect(await store.pullRequests.enqueueOpen({ resting: true })).toBe(before - 2)
    await looksAgain(mine, () => store.pullRequests.touch(mine))
    expect(await store.pullRequests.enqueueOpen()).toBe(before - 1)
  })

  test('a command asks for a deployment: the newest of each preview counts, and all are logged', async () => {
    const subject = { ...newSubject(), repo: makeRepo({ id: 75 }) }
    const entry = { at: NOW, repo: subject.repo, pullRequest: subject.number, actor: 'ann', action: 'deploy' }
    const ask = (preview: string, request: string, second: number) =>
      store.pullRequests.requestPreviews(
        subject,
        [{ preview, request, by: 'ann', at: later(second) }],
        [{ ...entry, subject: preview, detail: request }],
      )
    await looksAgain(subject, () => ask('shop', 'comment 2', 2))
    await ask('docs', 'comment 2', 2)
    await ask('shop', 'comment 1', 1)
    const record = async () => (await store.pullRequests.load(75, subject.number))?.previewRequests
    const word = { request: 'comment 2', by: 'ann', at: later(2) }
    expect(await record()).toEqual(
      expect.arrayContaining([
        { preview: 'shop', ...word },
        { preview: 'docs', ...word },
      ]),
    )
    await ask('shop', 'comment 3', 3)
    expect(await record()).toContainEqual({ preview: 'shop', request: 'comment 3', by: 'ann', at: later(3) })
    expect(await record()).toHaveLength(2)
    expect(await store.pullRequests.listAudit(75, 10)).toHaveLength(4)
  })

  test('one that was touched while it was being closed stays open', async () => {
    const subject = newSubject()
    const before = await store.pullRequests.enqueueOpen()
    let closed = false
    during = async (key) => {
      if (key !== keyOf(subject) || closed) return
      closed = true
      await store.pullRequests.touch(subject)
      await store.pullRequests.close(1, subject.number, false)
    }
    await store.pullRequests.touch(subject)
    await expect.poll(() => timesSeen(subject), { timeout: 10_000 }).toBe(2)
    during = null
    expect(await store.pullRequests.enqueueOpen()).toBe(before + 1)
  })

  test('everything about it at once: nothing waits in a circle', async () => {
    const subject = newSubject()
    const ids = [await started(subject), await started(subject, { triggerKey: `${number} second` })]
    const legs = ids.map((id) => `${id}-0`)
    await Promise.all(ids.map((id) => store.runs.intendChecks(id, [`${id}-0`])))
    const checks = legs.map((subjectId) => ({ subjectId, nodeId: 'CR_1', digest: 'd', annotated: null }))
    const rounds = Array.from({ length: 10 }, (_, round) => [
      store.runs.startRuns(
        makeStart(subject.number, plan, {
          triggerKey: `${subject.number} round ${round}`,
          supersede: (runs) => runs.map((run) => ({ runId: run.id, reason: { kind: 'closed' } })),
        }),
      ),
      ...checks.map((check) => store.runs.recordChecks([check])),
      ...ids.map((id) => store.runs.concludeRun(id, 'success', NOW)),
      store.pullRequests.approve(subject, INTO_MAIN, { by: 'ann', at: NOW, via: 'comment' }),
      store.pullRequests.override(subject, INTO_MAIN, 'Tests', { by: 'ann', reason: `${round}`, at: NOW }),
      store.pullRequests.touch(subject),
      store.pullRequests.close(1, subject.number, false),
      store.pullRequests.enqueueOpen(),
    ])
    await Promise.all(rounds.flat())
    expect((await load(subject)).approvals).toHaveLength(1)
  })

  test('is looked at again at the time it was to be woken', async () => {
    const subject = newSubject()
    await looksAgain(subject, () => store.pullRequests.wake(1, subject.number, new Date()))
  })

  test('an approval is of one commit of one pull request into one branch, and is logged once', async () => {
    const [subject, other] = [newSubject(), newSubject()]
    const id = await started(subject, { trusted: false })
    const trusted = await started(subject, { triggerKey: `${number} trusted` })
    const newer = makePullRequestTrigger({ number: subject.number, headSha: NEWER_SHA })
    const next = await started(subject, { trusted: false, trigger: newer, triggerKey: `${number} newer` })
    const elsewhere = await started(other, { trusted: false })
    const moved = makePullRequestTrigger({ number: subject.number, baseRef: 'v1' })
    const rebased = await started(subject, { trusted: false, trigger: moved, triggerKey: `${number} rebased` })
    const label = await started(subject, { ...labelled(subject, 'fix', SHA, 'LE_1'), trusted: false })
    const approval = { by: 'ann', at: NOW, via: 'comment' } as const
    const runsBefore = seen.runs.filter((one) => one === id).length
    await looksAgain(subject, () => store.pullRequests.approve(subject, INTO_MAIN, approval))
    await expect
      .poll(() => seen.runs.filter((one) => one === id).length, { timeout: 10_000 })
      .toBeGreaterThan(runsBefore)
    const again = { by: 'bob', at: later(1), via: 'label' } as const
    await Promise.all([1, 2].map(() => store.pullRequests.approve(subject, INTO_MAIN, again)))
    expect((await load(subject)).approvals).toEqual([{ ...INTO_MAIN, approval }])
    const all = [id, label, trusted, next, elsewhere, rebased]
    const approvals = all.map(async (one) => (await store.runs.loadRun(one, NOW))?.approval)
    expect(await Promise.all(approvals)).toEqual([approval, approval, null, null, null, null])
    const logged = (await store.pullRequests.listAudit(1, 100)).filter((entry) => entry.pullRequest === subject.number)
    expect(logged).toEqual([
      {
        at: NOW,
        repo: subject.repo,
        pullRequest: subject.number,
        actor: 'ann',
        action: 'approve',
        subject: `${SHA} into main`,
        detail: 'by comment',
      },
    ])
  })

  test('two approvals at once are one', async () => {
    const subject = newSubject()
    const by = ['ann', 'bob', 'cat']
    await Promise.all(
      by.map((one) => store.pullRequests.approve(subject, INTO_MAIN, { by: one, at: NOW, via: 'label' as const })),
    )
    const logged = (await store.pullRequests.listAudit(1, 100)).filter((entry) => entry.pullRequest === subject.number)
    expect(logged.map((entry) => entry.actor)).toEqual([(await load(subject)).approvals[0]?.approval.by])
  })

  test('an override holds for the gate of this name of one commit into one branch; its runs are looked at though they are over', async () => {
    const subject = newSubject()
    const id = await started(subject)
    await store.runs.concludeRun(id, 'failure', NOW)
    await expect.poll(() => seen.runs, { timeout: 10_000 }).toContain(id)
    const before = seen.runs.filter((one) => one === id).length
    const first = { by: 'ann', reason: 'known \0 to fail', at: NOW }
    await looksAgain(subject, () => store.pullRequests.override(subject, INTO_MAIN, 'Tests', first))
    await expect.poll(() => seen.runs.filter((one) => one === id).length, { timeout: 10_000 }).toBeGreaterThan(before)
    const override = async () => (await store.runs.loadRun(id, NOW))?.gates[0]?.override
    expect(await override()).toEqual({ ...first, reason: 'known \uFFFD to fail' })
    const second = { by: 'bob', reason: 'still known', at: later(5) }
    await store.pullRequests.override(subject, INTO_MAIN, 'Tests', second)
    await store.pullRequests.override(subject, INTO_MAIN, 'Tests', second)
    await store.pullRequests.override(subject, { ...INTO_MAIN, sha: NEWER_SHA }, 'Tests', first)
    await store.pullRequests.override(subject, INTO_MAIN, 'Lint', first)
    await store.pullRequests.override(subject, { sha: SHA, baseRef: 'v1' }, 'Tests', first)
    await store.pullRequests.override(newSubject(), INTO_MAIN, 'Tests', first)
    expect(await override()).toEqual(second)
    const logged = (await store.pullRequests.listAudit(1, 100)).filter((entry) => entry.pullRequest === subject.number)
    expect(logged.map((entry) => [entry.actor, entry.subject])).toEqual([
      ['bob', `Tests ${SHA} into main`],
      ['ann', `Tests ${SHA} into v1`],
      ['ann', `Lint ${SHA} into main`],
      ['ann', `Tests ${NEWER_SHA} into main`],
      ['ann', `Tests ${SHA} into main`],
    ])
  })

  test('the log is read newest first, of one repository', async () => {
    const repo = makeRepo({ id: 77 })
    const entry = { repo, pullRequest: null, actor: 'ann', action: 'retest', subject: 'r1', detail: '' }
    for (const second of [2, 1, 3]) await store.pullRequests.audit({ ...entry, at: later(second) })
    expect(await store.pullRequests.listAudit(77, 2)).toEqual([3, 2].map((s) => ({ ...entry, at: later(s) })))
    expect(await store.pullRequests.listAudit(78, 2)).toEqual([])
  })

  test('a comment is begun once, and its outcome kept', async () => {
    const subject = newSubject()
    const commentId = 5_000_000_000 + number
    const begun = await Promise.all([1, 2, 3].map(() => store.pullRequests.beginCommand(subject, commentId, 'eve')))
    expect(begun.filter(Boolean)).toHaveLength(1)
    expect(await store.pullRequests.getCommand(1, commentId)).toEqual({ commentId, author: 'eve', outcome: null })
    expect(await store.pullRequests.getCommand(2, commentId)).toBeNull()
    expect(await store.pullRequests.wasRefused(1, number, 'eve')).toBe(false)
    const outcome = { ok: false, reply: 'You may not, @eve', refused: true }
    await store.pullRequests.finishCommand(1, commentId, outcome)
    expect(await store.pullRequests.getCommand(1, commentId)).toEqual({ commentId, author: 'eve', outcome })
    expect(await store.pullRequests.wasRefused(1, number, 'eve')).toBe(true)
    expect(await store.pullRequests.wasRefused(1, number, 'ann')).toBe(false)
    expect(await store.pullRequests.wasRefused(1, number + 1, 'eve')).toBe(false)
    expect(await store.pullRequests.beginCommand(subject, commentId, 'eve')).toBe(false)
  })

  test('about a label the same person is told the same thing once on a pull request', async () => {
    const subject = newSubject()
    const claim = (login: string, reason: string, id: string, on = subject) =>
      store.pullRequests.claimLabelRefusal(on, login, reason, id)
    const claimed = await Promise.all(['L1', 'L2'].map((id) => claim('eve', 'may_not_write', id)))
    expect(new Set(claimed).size).toBe(1)
    expect(await claim('eve', 'may_not_write', 'L3')).toBe(claimed[0])
    expect(await claim('rob', 'may_not_write', 'L4')).toBe('L4')
    expect(await claim('eve', 'may_not_push', 'L5')).toBe('L5')
    expect(await claim('eve', 'may_not_write', 'L6', newSubject())).toBe('L6')
  })

  test('a sticky comment: intended, recorded, removed by a person', async () => {
    const subject = newSubject()
    await store.pullRequests.touch(subject)
    const stickies = async () => (await load(subject)).stickies
    await Promise.all([1, 2].map(() => store.pullRequests.intendSticky(subject, 'summary')))
    expect(await stickies()).toEqual([{ kind: 'summary', commentId: null, digest: null, removed: false }])
    const shown = { kind: 'summary', commentId: 5_000_000_000, digest: 'd', removed: false } as const
    await store.pullRequests.recordSticky(subject, shown)
    await store.pullRequests.intendSticky(subject, 'summary')
    expect(await stickies()).toEqual([shown])
    await store.pullRequests.recordSticky(subject, { ...shown, removed: true })
    const block = { kind: 'description', commentId: null, digest: 'e', removed: false } as const
    await store.pullRequests.recordSticky(subject, block)
    expect(await stickies()).toEqual(expect.arrayContaining([{ ...shown, removed: true }, block]))
  })

  function labelled(subject: PullRequestSubject, label: string, sha: string, labelingId: string): StartRequest {
    const trigger: LabelTriggered = {
      kind: 'label',
      repo: subject.repo,
      sha,
      refName: `${subject.number}/merge`,
      pullRequest: makePullRequest({ number: subject.number, headSha: sha }),
      label,
      by: 'ann',
      labelingId,
    }
    return makeStart(subject.number, makeRunPlan([makeLegPlan()], [], { pipeline: `label ${label}` }), {
      trigger,
      triggerKey: `label ${subject.number} ${labelingId}`,
    })
  }

  test('of its runs the newest of each pipeline and commit is given, and of each label, newest first', async () => {
    const subject = newSubject()
    const start = async (request: StartRequest) => (await store.runs.startRuns(request)).started[0] ?? ''
    const commit = (sha: string, pipeline: string, more: Partial<StartRequest> = {}) => {
      const trigger: Trigger = makePullRequestTrigger({ number: subject.number, headSha: sha })
      const named = makeRunPlan([makeLegPlan()], [], { pipeline })
      return makeStart(subject.number, named, { trigger, triggerKey: `${subject.number} ${sha}`, ...more })
    }
    const closed = await start(commit(SHA, 'docker'))
    await store.runs.cancelRuns([{ runId: closed, reason: { kind: 'closed' } }])
    const reopened = await start(commit(SHA, 'docker'))
    const lint = await start(commit(SHA, 'lint'))
    const firstFix = await start(labelled(subject, 'fix', SHA, 'LE_1'))
    const newer = await start(commit(NEWER_SHA, 'docker'))
    const moved = await start(commit(NEWER_SHA, 'lint', { triggerKey: `${subject.number} old base` }))
    await store.runs.cancelRuns([{ runId: moved, reason: { kind: 'base_changed', baseRef: 'dev' } }])
    const replanned = await start(commit(NEWER_SHA, 'signalbox config'))
    await store.runs.cancelRuns([{ runId: replanned, reason: { kind: 'replanned' } }])
    const secondFix = await start(labelled(subject, 'fix', NEWER_SHA, 'LE_2'))
    const format = await start(labelled(subject, 'format', SHA, 'LE_3'))
    expect(new Set([closed, firstFix, moved, replanned]).size).toBe(4)
    expect((await load(subject)).runs).toEqual([
      { id: format, sha: SHA, kind: 'label', pipeline: 'label format' },
      { id: secondFix, sha: NEWER_SHA, kind: 'label', pipeline: 'label fix' },
      { id: newer, sha: NEWER_SHA, kind: 'pull_request', pipeline: 'docker' },
      { id: lint, sha: SHA, kind: 'pull_request', pipeline: 'lint' },
      { id: reopened, sha: SHA, kind: 'pull_request', pipeline: 'docker' },
    ])
  })
})

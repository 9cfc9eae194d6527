/** What GitHub does on a bad day in the middle of a sweep of runs: what was refused is told, the rest goes on, nothing goes twice. */
import { describe, expect, test } from 'vitest'
import { memoryJournal } from '../../src/app/sweep.ts'
import { GitHubError, TransientError } from '../../src/domain/errors.ts'
import { DEFAULT_PERMISSIONS } from '../../src/sandbox/options.ts'
import { daysBefore, makeRunsConfig, makeRunsProject, NOW } from '../support/runs-project.ts'
import { limitsOfAMinute } from '../support/sweep-limits.ts'
import { useSandbox } from '../support/use-sandbox.ts'

const DELETE = { method: 'DELETE', path: '/repos/{owner}/{repo}/actions/runs/{run_id}' } as const

const { sandbox, app } = await useSandbox()

const AGES = [60, 55, 50, 45, 40, 35]

describe('limited by GitHub, the sweep waits as long as it is told, and goes on', () => {
  const limits: [string, number | null, () => void][] = [
    ...limitsOfAMinute(sandbox, { ...DELETE, skip: 2 }),
    [
      'the secondary limit as 429',
      30_000,
      () => sandbox.faults.rateLimit({ ...DELETE, limit: 'secondary', status: 429, waitSeconds: 30, skip: 2 }),
    ],
    [
      'the hour’s limit',
      null,
      () => sandbox.faults.rateLimit({ ...DELETE, limit: 'primary', waitSeconds: 60, skip: 2 }),
    ],
  ]
  test.each(limits)('%s', async (_, retryAfterMs, limit) => {
    const project = makeRunsProject(sandbox, app)
    const ids = project.seedOld(...AGES)
    limit()
    const stopped = await project.sweep().catch((error: unknown) => error)
    expect(stopped).toBeInstanceOf(TransientError)
    if (retryAfterMs !== null) expect(stopped).toMatchObject({ retryAfterMs })
    else expect((stopped as TransientError).retryAfterMs).toBeGreaterThan(30_000)
    // Nothing more is asked until then.
    expect(project.deletions()).toEqual(ids.slice(0, 3))
    expect(project.runs()).toEqual(ids.slice(2))
    await project.sweep()
    expect(project.runs()).toEqual([])
    expect(project.deletions()).toEqual([...ids.slice(0, 3), ...ids.slice(2)])
  })
})

test.each([502, 'reset'] as const)('an answer that is lost (%s) is no second deletion', async (how) => {
  const project = makeRunsProject(sandbox, app)
  const ids = project.seedOld(...AGES)
  const { repo } = project
  sandbox.pushCommit(repo, 'done', { files: { done: 'done' }, author: 'ann' })
  const pull = sandbox.openPullRequest(repo, { head: 'done', author: 'ann' })
  sandbox.closePullRequest(repo, pull, 'ann')
  const cache = sandbox.addCache(repo, { key: 'k', ref: `refs/pull/${pull}/merge`, lastUsedAt: daysBefore(1) })
  sandbox.faults.loseReply({ ...DELETE, with: how, skip: 1 })
  sandbox.faults.loseReply({ method: 'DELETE', path: '/actions/caches/', with: how })
  const report = await project.sweep()
  expect([project.runs(), project.caches()]).toEqual([[], []])
  expect(report.outcomes.map(({ outcome, operations }) => [outcome, operations])).toEqual(
    Array.from({ length: 7 }, () => ['done', 1]),
  )
  // That it is gone is seen from the answer to the second request.
  expect(project.deletions()).toEqual([ids[0], ids[1], ...ids.slice(1), cache, cache])
  expect((await project.sweep()).outcomes).toEqual([])
})

test('GitHub that answers 502 to everything ends the sweep for now, before long', async () => {
  const project = makeRunsProject(sandbox, app)
  const ids = project.seedOld(...AGES, ...AGES)
  sandbox.faults.respond({ ...DELETE, status: 502, times: 1_000 })
  await expect(project.sweep()).rejects.toThrow(TransientError)
  expect(new Set(project.deletions()).size).toBe(5)
  sandbox.faults.clear()
  await project.sweep()
  expect([project.runs(), ids.length]).toEqual([[], 12])
})

test('what somebody else deleted meanwhile is fine, and leaves its place in the budget', async () => {
  const project = makeRunsProject(sandbox, app)
  const ids = project.seedOld(...AGES)
  const { repo, installationId } = await project.find()
  const other = await app.forSweep(installationId)
  const journal = {
    ...memoryJournal(NOW),
    async begin(subjects: readonly string[]) {
      await other.deleteRun(repo, ids[1] ?? 0)
      return new Set(subjects)
    },
  }
  const report = await project.sweep({ journal })
  expect(project.runs()).toEqual([])
  expect(report.outcomes[1]).toMatchObject({ outcome: 'done', operations: 0, note: 'it was gone already' })
})

test('what is run again meanwhile is refused by GitHub, told, and goes another time', async () => {
  const project = makeRunsProject(sandbox, app)
  const ids = project.seedOld(...AGES)
  const busy = ids[1] ?? 0
  const refuse = { method: 'DELETE', path: `/actions/runs/${busy}`, status: 409 } as const
  sandbox.faults.respond({ ...refuse, body: { message: 'Could not delete the workflow run' } })
  const report = await project.sweep()
  expect(project.runs()).toEqual([busy])
  expect(report.outcomes.find(({ subject }) => subject === `run ${busy}`)).toMatchObject({
    outcome: 'refused',
    operations: 0,
    note: 'Could not delete the workflow run',
  })
  expect(project.outcomes(await project.sweep())).toEqual({ [`run ${busy}`]: 'done' })
})

describe('without the permission', () => {
  const withPermission = async (actions: 'read' | null, act: () => Promise<void>) => {
    const { actions: _, ...others } = DEFAULT_PERMISSIONS
    try {
      sandbox.setInstallationPermissions('acme', actions === null ? others : { ...others, actions })
      await act()
    } finally {
      sandbox.setInstallationPermissions('acme', DEFAULT_PERMISSIONS)
    }
  }

  test('to write, GitHub is asked once, and every run is recorded as refused', async () => {
    const project = makeRunsProject(sandbox, app)
    const ids = project.seedOld(...AGES)
    await withPermission('read', async () => {
      const report = await project.sweep()
      expect(project.outcomes(report)).toEqual(Object.fromEntries(ids.map((id) => [`run ${id}`, 'refused'])))
      expect(report.outcomes.every(({ note }) => note.endsWith('Resource not accessible by integration'))).toBe(true)
      expect(project.deletions()).toEqual([ids[0]])
    })
    await project.sweep()
    expect(project.runs()).toEqual([])
  })

  test('to write, no more is asked for because there is more', async () => {
    const project = makeRunsProject(sandbox, app)
    project.seedOld(...AGES)
    await withPermission('read', async () => {
      const report = await project.sweep({ config: makeRunsConfig({ operations_per_run: 2 }) })
      expect(Object.values(project.outcomes(report)).sort()).toEqual([
        'left',
        'left',
        'left',
        'left',
        'refused',
        'refused',
      ])
      expect(project.deletions()).toHaveLength(1)
    })
  })

  test('to read, there is no sweep', async () => {
    const project = makeRunsProject(sandbox, app)
    const ids = project.seedOld(...AGES)
    await withPermission(null, async () => {
      await expect(project.sweep()).rejects.toThrow(GitHubError)
    })
    expect([project.runs(), project.deletions()]).toEqual([ids, []])
  })
})

describe('the budget', () => {
  const config = makeRunsConfig({ operations_per_run: 2 })

  test('ends a sweep, and the next one begins with what was left, oldest first', async () => {
    const project = makeRunsProject(sandbox, app)
    const ids = project.seedOld(35, 60, 45, 50, 40)
    const byAge = [1, 3, 2, 4, 0].map((index) => ids[index])
    const first = await project.sweep({ config })
    expect(Object.values(project.outcomes(first))).toEqual(['done', 'done', 'left', 'left', 'left'])
    expect(project.deletions()).toEqual(byAge.slice(0, 2))
    await project.sweep({ config })
    expect(project.deletions()).toEqual(byAge.slice(0, 4))
    await project.sweep({ config })
    expect(project.deletions()).toEqual(byAge)
    expect(project.runs()).toEqual([])
  })

  test('is not used up by runs that GitHub refuses at every sweep', async () => {
    const project = makeRunsProject(sandbox, app)
    const ids = project.seedOld(...AGES, 34, 33, 32, 31)
    const stuck = ids.slice(0, 5)
    const path = new RegExp(`/actions/runs/(?:${stuck.join('|')})$`)
    const body = { message: 'Could not delete the workflow run' }
    sandbox.faults.respond({ method: 'DELETE', path, status: 409, body, times: 1_000 })
    const first = await project.sweep({ config })
    expect(Object.values(project.outcomes(first)).sort()).toEqual([
      ...['done', 'done', 'left', 'left', 'left'],
      ...stuck.map(() => 'refused'),
    ])
    expect(project.runs()).toEqual([...stuck, ...ids.slice(7)])
    for (let sweeps = 0; sweeps < 2; sweeps++) await project.sweep({ config })
    expect(project.runs()).toEqual(stuck)
  })
})

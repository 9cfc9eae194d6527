/** The sweep of workflow runs against a GitHub that is played by a few lines: what it asks for, and what it makes of the answers. */
import { describe, expect, test } from 'vitest'
import { carryOut, memoryJournal } from '../../src/app/sweep.ts'
import { makeRunsSweep } from '../../src/app/sweep-runs.ts'
import { GitHubError } from '../../src/domain/errors.ts'
import type { CacheFacts, RunFactsToKeep, RunRetentionConfig } from '../../src/domain/run-retention.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { DeleteResult, SweepGitHub } from '../../src/ports/sweeps.ts'
import { makeRepo, NOW } from '../support/facts.ts'

const DAY_MS = 86_400_000
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS)

function makeRun(id: number, days: number, branch = 'main', workflowId = 1): RunFactsToKeep {
  const workflowPath = `.github/workflows/w${workflowId}.yml`
  const of = { workflowId, workflowPath, name: `W${workflowId}`, branch, event: 'push' }
  return { id, ...of, status: 'completed', conclusion: 'success', createdAt: daysAgo(days) }
}

class FakeGitHub {
  runs: RunFactsToKeep[] = []
  caches: CacheFacts[] = []
  closed = new Set<number>()
  /** What was asked, but for deletions. */
  readonly asked: string[] = []
  /** Answers to deletions, by id, that come before the true one; `lost`: it is done, and there is no answer. */
  readonly answers = new Map<number, (DeleteResult | 'lost')[]>()
  readonly deletions: number[] = []
  cacheFault: Error | null = null
  newestFault: Error | null = null

  readonly port = {
    listWorkflows: async () => [...new Set(this.runs.map((run) => run.workflowId))].map((id) => this.#workflow(id)),
    listRunsBefore: (_repo: object, before: Date) => this.#list(before),
    listNewestRuns: async (_repo: object, workflowId: number, most: number, branch?: string) => {
      this.asked.push(`newest ${most} of ${workflowId}${branch === undefined ? '' : ` on ${branch}`}`)
      if (this.newestFault) throw this.newestFault
      return this.runs
        .filter((run) => run.workflowId === workflowId && (branch === undefined || run.branch === branch))
        .sort((one, other) => other.createdAt.getTime() - one.createdAt.getTime())
        .slice(0, most)
    },
    listCaches: () => this.#listCaches(),
    closedPullRequests: async (_repo: object, numbers: readonly number[]) => {
      this.asked.push(`states of ${numbers.join()}`)
      return new Set(numbers.filter((number) => this.closed.has(number)))
    },
    deleteRun: async (_repo: object, id: number) => this.#delete(id, this.runs),
    deleteCache: async (_repo: object, id: number) => this.#delete(id, this.caches),
    spent: () => ({ requests: 0, points: 0 }),
  }

  #workflow(id: number) {
    return { id, name: `W${id}`, path: `.github/workflows/w${id}.yml`, state: 'active' }
  }

  async *#list(before: Date) {
    this.asked.push(`runs before ${Math.round((NOW.getTime() - before.getTime()) / DAY_MS)} days`)
    const found = this.runs.filter((run) => run.createdAt < before)
    for (let start = 0; start < found.length; start += 2) yield found.slice(start, start + 2)
  }

  async *#listCaches() {
    this.asked.push('caches')
    if (this.cacheFault) throw this.cacheFault
    yield this.caches
  }

  #delete(id: number, all: { readonly id: number }[]): DeleteResult {
    this.deletions.push(id)
    const answer = this.answers.get(id)?.shift()
    if (answer !== undefined && answer !== 'lost') return answer
    const at = all.findIndex((one) => one.id === id)
    if (at >= 0) all.splice(at, 1)
    if (answer === 'lost') return { kind: 'unknown', message: 'Bad gateway' }
    return { kind: at >= 0 ? 'deleted' : 'gone' }
  }
}

const CONFIG: RunRetentionConfig = {
  schedule: null,
  days: 30,
  minimumRuns: 2,
  workflows: [],
  states: [],
  conclusions: [],
  branches: [],
  deletedWorkflows: true,
  closedPullRequestCaches: false,
  operationsPerRun: 100,
}

function sweep(
  github: FakeGitHub,
  config: Partial<RunRetentionConfig> = {},
  { dryRun = false, inUse = [] as number[] } = {},
): Promise<SweepReport> {
  const clock = { now: () => NOW }
  const options = { repo: makeRepo(), clock, config: { ...CONFIG, ...config }, inUse: new Set(inUse) }
  return carryOut({
    sweep: makeRunsSweep({ ...options, github: github.port as unknown as SweepGitHub }),
    journal: memoryJournal(NOW),
    kind: 'runs',
    repo: options.repo,
    target: null,
    clock,
    dryRun,
    pace: async () => {},
  })
}

const outcomes = (report: SweepReport) =>
  report.outcomes.map(({ subject, outcome, operations, note }) => [subject, outcome, operations, note])

describe('looking', () => {
  test('the newest runs are asked for only where something might go', async () => {
    const github = new FakeGitHub()
    github.runs = [makeRun(1, 50), makeRun(2, 40), makeRun(3, 2), makeRun(4, 1), makeRun(5, 60, 'main', 2)]
    github.runs.push(makeRun(6, 1, 'main', 3))
    const report = await sweep(github)
    expect(github.asked).toEqual(['runs before 30 days', 'newest 2 of 1', 'newest 2 of 2'])
    expect(github.runs.map(({ id }) => id)).toEqual([3, 4, 5, 6])
    expect([report.state, report.problems, report.decisions.length]).toEqual(['done', [], 5])
  })

  test('as far back as the fewest days of any branch; and the newest of a branch by themselves', async () => {
    const github = new FakeGitHub()
    github.runs = [makeRun(1, 9), makeRun(2, 8), makeRun(3, 40, 'tmp'), makeRun(4, 9, 'tmp'), makeRun(5, 1, 'tmp')]
    await sweep(github, { branches: [{ branch: 'tmp', days: 7, minimumRuns: 1 }] })
    expect(github.asked).toEqual(['runs before 7 days', 'newest 1 of 1 on tmp'])
    expect(github.runs.map(({ id }) => id)).toEqual([1, 2, 5])
  })

  test('where there are very many branches, all runs are listed once more instead', async () => {
    const github = new FakeGitHub()
    github.runs = Array.from({ length: 101 }, (_, index) => [
      makeRun(index * 2 + 1, 40, `b${index}`),
      makeRun(index * 2 + 2, 1, `b${index}`),
    ]).flat()
    await sweep(github, { branches: [{ branch: '*', days: 30, minimumRuns: 1 }], operationsPerRun: 500 })
    expect(github.asked).toEqual(['runs before 30 days', 'runs before -1 days'])
    expect(github.runs).toHaveLength(101)
  })

  test('and where more of the newest are kept than one list has', async () => {
    const github = new FakeGitHub()
    github.runs = Array.from({ length: 110 }, (_, index) => makeRun(index + 1, index < 105 ? 1 : 40 + index))
    await sweep(github, { minimumRuns: 107 })
    expect(github.asked).toEqual(['runs before 30 days', 'runs before -1 days'])
    expect(github.runs.map(({ id }) => id).slice(105)).toEqual([106, 107])
  })

  test('what the newest runs are is not told: more of the old ones stay', async () => {
    const github = new FakeGitHub()
    github.runs = [makeRun(1, 50), makeRun(2, 40), makeRun(3, 35), makeRun(4, 1)]
    github.newestFault = new GitHubError('GitHub refused', { status: 403 })
    const report = await sweep(github)
    expect(github.runs.map(({ id }) => id)).toEqual([2, 3, 4])
    expect(report.problems).toEqual([
      'The newest runs of workflow 1 could not be listed, so that more of its old ones are kept: GitHub refused',
    ])
  })

  test('caches of closed pull requests go', async () => {
    const github = new FakeGitHub()
    const refs = ['refs/pull/1/merge', 'refs/pull/2/merge', 'refs/heads/main', 'refs/pull/1/merge']
    github.caches = refs.map((ref, index) => ({ id: index, key: 'k', ref, sizeBytes: 1, lastUsedAt: NOW }))
    github.closed = new Set([1])
    await sweep(github, { closedPullRequestCaches: true })
    expect(github.asked).toContain('states of 1,2')
    expect(github.caches.map(({ id }) => id)).toEqual([1, 2])
  })

  test('caches that cannot be looked at do not keep runs from going', async () => {
    const github = new FakeGitHub()
    github.runs = [makeRun(1, 50)]
    github.cacheFault = new GitHubError('GitHub refused', { status: 403 })
    const report = await sweep(github, { closedPullRequestCaches: true, minimumRuns: 0 })
    expect(report.problems).toEqual(['Actions caches could not be looked at, so that all are kept: GitHub refused'])
    expect(github.runs).toEqual([])
  })

  test('a dry run decides the same, and does nothing', async () => {
    const github = new FakeGitHub()
    github.runs = [1, 2, 3, 4, 5].map((id) => makeRun(id, 30 + id))
    const [dry, real] = [await sweep(github, {}, { dryRun: true, inUse: [5] }), await sweep(github, {}, { inUse: [5] })]
    expect(dry.decisions).toEqual(real.decisions)
    expect(dry.outcomes).toEqual([])
    expect(outcomes(real)).toEqual([
      ['run 4', 'done', 1, ''],
      ['run 3', 'done', 1, ''],
    ])
  })
})

describe('deleting', () => {
  /** Three old runs, of which the oldest goes first. */
  function three(...answers: (DeleteResult | 'lost')[]): FakeGitHub {
    const github = new FakeGitHub()
    github.runs = [makeRun(1, 50), makeRun(2, 40), makeRun(3, 35)]
    github.answers.set(1, answers)
    return github
  }
  const unknown = { kind: 'unknown', message: 'Bad gateway' } as const
  const refused = (message: string) => ({ kind: 'refused', message }) as const

  test.each<[string, (DeleteResult | 'lost')[], unknown[]]>([
    ['was gone', [{ kind: 'gone' }], ['done', 0, 'it was gone already']],
    ['had no answer', ['lost'], ['done', 1, 'there was no answer, and it was done']],
    ['succeeded after all', [unknown, unknown], ['done', 1, '']],
    ['never had an answer', [unknown, unknown, unknown], ['failed', 1, 'Bad gateway']],
    ['was refused', [refused('Could not delete')], ['refused', 0, 'Could not delete']],
  ])('one that %s; the others go', async (_, answers, expected) => {
    const report = await sweep(three(...answers), { minimumRuns: 0 })
    expect(outcomes(report)).toEqual([
      ['run 1', ...expected],
      ['run 2', 'done', 1, ''],
      ['run 3', 'done', 1, ''],
    ])
  })

  test.each([
    'Resource not accessible by integration',
    'Must have admin rights to Repository.',
    'Repository was archived so is read-only.',
  ])('after «%s» nothing more is asked', async (message) => {
    const github = three(refused(message))
    const note = `the same was refused before: ${message}`
    expect(outcomes(await sweep(github, { minimumRuns: 0 }))).toEqual([
      ['run 1', 'refused', 0, message],
      ['run 2', 'refused', 0, note],
      ['run 3', 'refused', 0, note],
    ])
    expect(github.deletions).toEqual([1])
  })

  test('a limit ends it for now, with how long to wait', async () => {
    const github = three({ kind: 'deferred', retryAfterMs: 7_000, message: 'secondary rate limit' })
    await expect(sweep(github, { minimumRuns: 0 })).rejects.toMatchObject({
      name: 'TransientError',
      retryAfterMs: 7_000,
    })
    expect(github.deletions).toEqual([1])
  })

  test('five in a row without an answer end it for now', async () => {
    const github = new FakeGitHub()
    github.runs = Array.from({ length: 9 }, (_, index) => makeRun(index + 1, 50 - index))
    for (const { id } of github.runs) github.answers.set(id, [unknown, unknown, unknown])
    await expect(sweep(github, { minimumRuns: 0 })).rejects.toMatchObject({ name: 'TransientError' })
    expect(new Set(github.deletions)).toEqual(new Set([1, 2, 3, 4, 5]))
  })

  test('where every single one is refused, a thousand are asked for', async () => {
    const github = new FakeGitHub()
    github.runs = Array.from({ length: 1_100 }, (_, index) => makeRun(index + 1, 2_000 - index))
    for (const { id } of github.runs) github.answers.set(id, [refused('Could not delete')])
    const report = await sweep(github, { minimumRuns: 0, operationsPerRun: 3 })
    expect(github.deletions).toEqual(Array.from({ length: 1_002 }, (_, index) => index + 1))
    expect(report.outcomes.filter(({ outcome }) => outcome === 'left')).toHaveLength(98)
  })

  test('what the budget leaves is named', async () => {
    const report = await sweep(three(), { minimumRuns: 0, operationsPerRun: 2 })
    expect(report.outcomes.map(({ subject, outcome }) => [subject, outcome])).toEqual([
      ['run 1', 'done'],
      ['run 2', 'done'],
      ['run 3', 'left'],
    ])
  })
})

import { describe, expect, test } from 'vitest'
import {
  decideRunRetention,
  fewestDays,
  pullRequestOfCache,
  wantedNewestRuns,
} from '../../src/domain/decide-run-retention.ts'
import type {
  CacheFacts,
  RunFactsToKeep,
  RunRetentionConfig,
  RunRetentionFacts,
  WorkflowFacts,
} from '../../src/domain/run-retention.ts'
import { freeze, NOW } from '../support/facts.ts'

const DAY_MS = 86_400_000
const TEST: WorkflowFacts = { id: 1, name: 'Tests', path: '.github/workflows/test.yml', state: 'active' }
const LINT: WorkflowFacts = {
  id: 2,
  name: 'Lint [fast]',
  path: '.github/workflows/lint.yaml',
  state: 'disabled_manually',
}
const SCAN: WorkflowFacts = { id: 3, name: 'CodeQL', path: 'dynamic/github-code-scanning/codeql', state: 'active' }
const GONE = { workflowId: 9, workflowPath: '.github/workflows/gone.yml', name: 'Gone' }

function makeConfig(config: Partial<RunRetentionConfig> = {}): RunRetentionConfig {
  return {
    schedule: null,
    days: 30,
    minimumRuns: 0,
    workflows: [],
    states: [],
    conclusions: [],
    branches: [],
    deletedWorkflows: true,
    closedPullRequestCaches: true,
    operationsPerRun: 1000,
    ...config,
  }
}

/** A day older than what is kept, of `test.yml` on `main`. */
function makeRun(id: number, days = 31, run: Partial<RunFactsToKeep> = {}): RunFactsToKeep {
  return {
    id,
    workflowId: TEST.id,
    workflowPath: TEST.path,
    name: TEST.name,
    branch: 'main',
    event: 'push',
    status: 'completed',
    conclusion: 'success',
    createdAt: new Date(NOW.getTime() - days * DAY_MS),
    ...run,
  }
}

function makeCache(id: number, ref: string, days = 1, key = 'node'): CacheFacts {
  return { id, key, ref, sizeBytes: 1, lastUsedAt: new Date(NOW.getTime() - days * DAY_MS) }
}

function makeFacts(facts: Partial<RunRetentionFacts> = {}): RunRetentionFacts {
  return freeze({
    now: NOW,
    workflows: [TEST, LINT, SCAN],
    runs: [],
    inUse: new Set<number>(),
    caches: [],
    closedPullRequests: new Set<number>(),
    ...facts,
  })
}

function decide(facts: Partial<RunRetentionFacts>, config: Partial<RunRetentionConfig> = {}, spent = 0) {
  return decideRunRetention(makeFacts(facts), makeConfig(config), spent)
}

/** Ids of what goes, in order. */
function deleted(facts: Partial<RunRetentionFacts>, config: Partial<RunRetentionConfig> = {}): number[] {
  return decide(facts, config).actions.map(({ target }) => target.id)
}

const DELETE = ['delete']
const second = 1000 / DAY_MS

describe('one run', () => {
  test.each<[string, Partial<RunFactsToKeep> & { days?: number }, readonly string[], string]>([
    ['old', {}, DELETE, 'it is 31 days old, more than the 30 days that are kept'],
    ['of exactly the days', { days: 30 }, [], 'it is 30 days old, and 30 days are kept'],
    ['a second older', { days: 30 + second }, DELETE, 'it is 30 days old, more than the 30 days that are kept'],
    ['a second younger', { days: 30 - second }, [], 'it is 29 days old, and 30 days are kept'],
    ['of a day', { days: 1 }, [], 'it is 1 day old, and 30 days are kept'],
    ['of the future', { days: -400 }, [], 'it is 0 days old, and 30 days are kept'],
    ['at work', { status: 'in_progress', conclusion: null }, [], 'it is not completed, but in_progress'],
    ['that waits', { status: 'waiting', conclusion: null }, [], 'it is not completed, but waiting'],
    ['of an unknown status', { status: '', conclusion: null }, [], 'it is not completed'],
    ['in use', { id: 77 }, [], 'an open run, gate or deployment refers to it'],
    ['without a branch', { branch: null }, DELETE, 'it is 31 days old, more than the 30 days that are kept'],
    [
      'of a deleted workflow',
      GONE,
      DELETE,
      'it is 31 days old, more than the 30 days that are kept, of a deleted workflow',
    ],
  ])('%s', (_, { days = 31, ...run }, doing, reason) => {
    const { decisions, actions } = decide({ runs: [makeRun(5, days, run)], inUse: new Set([77]) })
    expect(decisions).toEqual([
      { subject: `run ${run.id ?? 5}`, target: { kind: 'run', id: run.id ?? 5 }, do: doing, reason },
    ])
    expect(actions).toEqual(doing.length === 0 ? [] : decisions)
  })

  test('with no days everything but the future is old', () => {
    const runs = [makeRun(1, 0), makeRun(2, second), makeRun(3, -second)]
    expect(deleted({ runs }, { days: 0 })).toEqual([2])
  })

  test('is in use or at work whatever else is said', () => {
    const runs = [makeRun(1, 500, { ...GONE, status: 'queued', conclusion: null }), makeRun(2, 500, GONE)]
    expect(deleted({ runs, inUse: new Set([2]) }, { days: 0 })).toEqual([])
  })
})

describe('the newest runs of a workflow', () => {
  const config = { minimumRuns: 2 }

  test('are kept however old', () => {
    const runs = [makeRun(1, 50), makeRun(3, 40), makeRun(2, 60), makeRun(4, 45)]
    const { decisions, actions } = decide({ runs }, config)
    expect(actions.map(({ target }) => target.id)).toEqual([2, 1])
    expect(decisions.map(({ subject, reason }) => [subject, reason])).toEqual([
      ['run 3', 'it is one of the 2 newest of test.yml'],
      ['run 4', 'it is one of the 2 newest of test.yml'],
      ['run 1', 'it is 50 days old, more than the 30 days that are kept, and not one of the 2 newest of test.yml'],
      ['run 2', 'it is 60 days old, more than the 30 days that are kept, and not one of the 2 newest of test.yml'],
    ])
  })

  test('are counted with those that are young, at work or in use', () => {
    const runs = [makeRun(1, 50), makeRun(2, 1), makeRun(3, 40, { status: 'queued', conclusion: null })]
    expect(deleted({ runs }, config)).toEqual([1])
    expect(deleted({ runs: [makeRun(1, 50), makeRun(2, 45), makeRun(3, 40)], inUse: new Set([2, 3]) }, config)).toEqual(
      [1],
    )
  })

  test('are counted with those that the filters leave out', () => {
    const runs = [makeRun(1, 50, { conclusion: 'failure' }), makeRun(2, 45), makeRun(3, 40)]
    expect(deleted({ runs }, { ...config, conclusions: ['failure'] })).toEqual([1])
  })

  test('are counted once, though listed twice', () => {
    const runs = [makeRun(2, 40), makeRun(2, 40), makeRun(2, 40), makeRun(1, 50)]
    expect(decide({ runs }, config).decisions).toHaveLength(2)
    expect(deleted({ runs }, config)).toEqual([])
  })

  test('of the same second are those with the higher ids', () => {
    expect(deleted({ runs: [makeRun(7), makeRun(9), makeRun(8)] }, config)).toEqual([7])
  })

  test('are those of each workflow', () => {
    const lint = { workflowId: LINT.id, workflowPath: LINT.path, name: LINT.name }
    const runs = [makeRun(1, 50), makeRun(2, 40), makeRun(3, 90, lint), makeRun(4, 80, lint), makeRun(5, 99, lint)]
    expect(deleted({ runs }, config)).toEqual([5])
  })

  test('one alone is the newest', () => {
    const { decisions } = decide({ runs: [makeRun(1, 50), makeRun(2, 40)] }, { minimumRuns: 1 })
    expect(decisions.map(({ reason }) => reason)).toEqual([
      'it is the newest run of test.yml',
      'it is 50 days old, more than the 30 days that are kept, and not the newest run of test.yml',
    ])
  })

  test.each([
    [true, [1, 2, 3]],
    [false, [1]],
  ])('of a deleted workflow, when these go: %s', (deletedWorkflows, expected) => {
    const runs = [makeRun(1, 50, GONE), makeRun(2, 45, GONE), makeRun(3, 40, GONE)]
    expect(deleted({ runs }, { ...config, deletedWorkflows })).toEqual(expected)
  })

  test('a workflow that GitHub still lists may be deleted, too', () => {
    const workflows = [{ ...TEST, state: 'deleted' }]
    expect(deleted({ workflows, runs: [makeRun(1)] }, config)).toEqual([1])
  })
})

describe('branches that are kept in their own right', () => {
  const branches = [
    { branch: 'main', days: 90, minimumRuns: 1 },
    { branch: 'release/*', days: 60, minimumRuns: 2 },
    { branch: 'tmp/**', days: 3, minimumRuns: 0 },
    { branch: '**/main', days: 0, minimumRuns: 0 },
  ]
  const on = (branch: string | null) => ({ branch })

  test.each<[string, readonly RunFactsToKeep[], readonly number[]]>([
    ['its days', [makeRun(1, 90), makeRun(2, 91), makeRun(3, 40)], [2]],
    ['its minimum', [makeRun(1, 100), makeRun(2, 99)], [1]],
    ['each that a pattern matches', [makeRun(1, 70, on('release/1')), makeRun(2, 70, on('release/2'))], []],
    ['its newest', [3, 2, 1].map((id) => makeRun(id, 70 + id, on('release/1'))), [3]],
    ['fewer days than otherwise', [makeRun(1, 4, on('tmp/a/b')), makeRun(2, 3, on('tmp/a/b'))], [1]],
    ['what no entry matches', [makeRun(1, 31, on('topic')), makeRun(2, 30, on('topic'))], [1]],
    ['no branch at all', [makeRun(1, 31, on(null)), makeRun(2, 30, on(null))], [1]],
    ['the first entry that matches', [makeRun(1, 2, on('tmp/main')), makeRun(2, 2, on('a/main'))], [2]],
  ])('%s', (_, runs, expected) => {
    expect(deleted({ runs }, { branches })).toEqual(expected)
  })

  test('the runs of a branch are counted by themselves, and also in the workflow', () => {
    const runs = [makeRun(1, 200), makeRun(2, 100), makeRun(3, 50, on('a')), makeRun(4, 40, on('b'))]
    const { decisions } = decide({ runs }, { branches, minimumRuns: 1 })
    expect(decisions.map(({ subject, reason }) => [subject, reason])).toEqual([
      ['run 4', 'it is the newest run of test.yml'],
      ['run 3', 'it is 50 days old, more than the 30 days that are kept, and not the newest run of test.yml'],
      ['run 2', 'it is the newest run of test.yml on main'],
      ['run 1', 'it is 200 days old, more than the 90 days that are kept, and not the newest run of test.yml on main'],
    ])
  })

  test('of a deleted workflow no minimum is kept, but the days of the branch are', () => {
    expect(deleted({ runs: [makeRun(1, 91, GONE), makeRun(2, 90, GONE)] }, { branches })).toEqual([1])
  })

  test('the fewest days of all decide how far one has to look', () => {
    expect(fewestDays(makeConfig({ branches: branches.slice(0, 3) }))).toBe(3)
    expect(fewestDays(makeConfig())).toBe(30)
  })
})

describe('filters', () => {
  const ofLint = { workflowId: LINT.id, workflowPath: LINT.path, name: LINT.name }
  const ofScan = { workflowId: SCAN.id, workflowPath: SCAN.path, name: SCAN.name }
  const runs = [
    makeRun(1),
    makeRun(2, 31, { ...ofLint, conclusion: 'failure' }),
    makeRun(3, 31, { ...ofScan, conclusion: 'cancelled' }),
    makeRun(4, 31, { ...GONE, conclusion: null }),
  ]
  test.each<[string, Partial<RunRetentionConfig>, readonly number[]]>([
    ['a name', { workflows: ['Tests'] }, [1]],
    ['a name that is no pattern', { workflows: ['Lint [fast]'] }, [2]],
    ['a file', { workflows: ['lint.yaml'] }, [2]],
    ['a path', { workflows: ['.github/workflows/test.yml'] }, [1]],
    ['a glob of files', { workflows: ['*.y*ml'] }, [1, 2, 4]],
    ['a glob of paths', { workflows: ['dynamic/**'] }, [3]],
    ['a glob of names', { workflows: ['Code*'] }, [3]],
    ['several', { workflows: ['Tests', 'CodeQL'] }, [1, 3]],
    ['some taken away again', { workflows: ['**', '!lint.yaml', '!dynamic/**'] }, [1, 4]],
    ['one let in again', { workflows: ['**', '!*.y*ml', 'test.yml'] }, [1, 3]],
    ['a workflow that is deleted, by its runs', { workflows: ['gone.yml'] }, [4]],
    ['another case', { workflows: ['tests'] }, []],
    ['states', { states: ['disabled_manually', 'deleted'] }, [2, 4]],
    ['conclusions', { conclusions: ['failure', 'cancelled'] }, [2, 3]],
    ['all of them', { workflows: ['*.y*ml'], states: ['active'], conclusions: ['success'] }, [1]],
  ])('%s', (_, config, expected) => {
    expect(deleted({ runs }, config)).toEqual(expected)
  })

  test.each<[Partial<RunRetentionConfig>, string]>([
    [{ workflows: ['x'] }, 'the workflow lint.yaml is not among those that are cleaned'],
    [
      { states: ['active', 'deleted'] },
      'the workflow lint.yaml is disabled_manually, and only those that are active or deleted are cleaned',
    ],
    [{ conclusions: ['success', 'skipped'] }, 'it ended as failure, and only success or skipped is cleaned'],
  ])('say why they leave a run out: %j', (config, reason) => {
    expect(decide({ runs: runs.slice(1, 2) }, config).decisions[0]).toMatchObject({ do: [], reason })
  })

  test('GitHub’s own workflows are called by their name', () => {
    const [decision] = decide({ runs: runs.slice(2, 3) }, { workflows: ['x'] }).decisions
    expect(decision?.reason).toBe('the workflow CodeQL is not among those that are cleaned')
  })
})

describe('caches', () => {
  const closed = { closedPullRequests: new Set([12]) }
  test.each<[string, readonly string[], string]>([
    ['refs/pull/12/merge', DELETE, '#12 is closed'],
    ['refs/pull/12/head', DELETE, '#12 is closed'],
    ['refs/pull/13/merge', [], '#13 is not known to be closed'],
    ['refs/heads/main', [], 'it is of refs/heads/main, and of no pull request'],
    ['refs/heads/refs/pull/12/merge', [], 'it is of refs/heads/refs/pull/12/merge, and of no pull request'],
    ['refs/pull/12/merge/x', [], 'it is of refs/pull/12/merge/x, and of no pull request'],
  ])('of %s', (ref, doing, reason) => {
    const { decisions } = decide({ ...closed, caches: [makeCache(5, ref)] })
    expect(decisions).toEqual([{ subject: 'cache node (5)', target: { kind: 'cache', id: 5 }, do: doing, reason }])
  })

  test('stay where they are not to be cleaned', () => {
    const { decisions } = decide(
      { ...closed, caches: [makeCache(5, 'refs/pull/12/merge')] },
      { closedPullRequestCaches: false },
    )
    expect(decisions[0]).toMatchObject({ do: [], reason: 'caches of closed pull requests are not cleaned' })
  })

  test('with one key are told apart, and a long key is cut', () => {
    const caches = [makeCache(1, 'refs/heads/a'), makeCache(2, 'refs/heads/b'), makeCache(3, 'x', 1, 'k'.repeat(512))]
    expect(decide({ caches }).decisions.map(({ subject }) => subject)).toEqual([
      'cache node (1)',
      'cache node (2)',
      `cache ${'k'.repeat(100)}… (3)`,
    ])
  })

  test.each<[string, number | null]>([
    ['refs/pull/1/merge', 1],
    ['refs/pull/0/merge', null],
    ['refs/pull/012/merge', null],
    ['refs/pull/999999999/merge', 999_999_999],
    // More than GraphQL takes as a number.
    ['refs/pull/9999999999/merge', null],
    ['refs/pull/1/merge\n', null],
  ])('the pull request of %j', (ref, number) => {
    expect(pullRequestOfCache(ref)).toBe(number)
  })
})

describe('the budget', () => {
  const facts = {
    runs: [makeRun(1, 40), makeRun(2, 60), makeRun(3, 1), makeRun(4, 50)],
    caches: [makeCache(5, 'refs/pull/12/merge', 55)],
    closedPullRequests: new Set([12]),
  }
  test.each<[number, number, readonly number[], readonly number[]]>([
    [10, 0, [2, 5, 4, 1], []],
    [4, 0, [2, 5, 4, 1], []],
    [3, 0, [2, 5, 4], [1]],
    [3, 2, [2], [5, 4, 1]],
    [3, 3, [], [2, 5, 4, 1]],
    [3, 9, [], [2, 5, 4, 1]],
  ])(
    'of %i, of which %i are used up: the oldest first, runs and caches alike',
    (operationsPerRun, spent, now, later) => {
      const { actions, left, decisions, stopped } = decide(facts, { operationsPerRun }, spent)
      expect(actions.map(({ target }) => target.id)).toEqual(now)
      expect(left.map((one) => Number(/\d+/.exec(one.subject)?.[0]))).toEqual(later)
      expect([decisions.length, stopped]).toEqual([5, null])
    },
  )
})

describe('what else has to be known', () => {
  const branches = [
    { branch: 'main', days: 90, minimumRuns: 7 },
    { branch: 'tmp/*', days: 1, minimumRuns: 0 },
  ]
  test.each<[string, readonly RunFactsToKeep[], Partial<RunRetentionConfig>, object[]]>([
    ['nothing of what stays', [makeRun(1, 3)], { minimumRuns: 2 }, []],
    ['nothing without a minimum', [makeRun(1)], {}, []],
    ['nothing of what no filter lets in', [makeRun(1)], { minimumRuns: 2, states: ['deleted'] }, []],
    ['each workflow once', [makeRun(1), makeRun(2)], { minimumRuns: 2 }, [{ workflowId: 1, branch: null, most: 2 }]],
    [
      'a branch by itself',
      [makeRun(1, 91), makeRun(2, 91, { branch: 'a' }), makeRun(3, 91, { branch: 'b' })],
      { minimumRuns: 2, branches },
      [
        { workflowId: 1, branch: 'main', most: 7 },
        { workflowId: 1, branch: null, most: 2 },
      ],
    ],
    ['nothing of a branch without a minimum', [makeRun(1, 91, { branch: 'tmp/x' })], { minimumRuns: 2, branches }, []],
    ['nothing of what is deleted and goes', [makeRun(1, 91, GONE)], { minimumRuns: 2 }, []],
  ])('%s', (_, runs, config, expected) => {
    expect(wantedNewestRuns(makeFacts({ runs }), makeConfig(config))).toEqual(expected)
  })

  test('what is not known only keeps more', () => {
    const runs = Array.from({ length: 30 }, (_, index) => makeRun(index + 1, 20 + index * 2))
    const config = { minimumRuns: 8 }
    const all = new Set(deleted({ runs }, config))
    for (let unknown = 0; unknown < runs.length; unknown++) {
      const fewer = deleted({ runs: runs.filter((_, index) => index !== unknown) }, config)
      expect(fewer.filter((id) => !all.has(id))).toEqual([])
    }
  })
})

test('a hundred thousand runs', () => {
  const runs = Array.from({ length: 100_000 }, (_, index) =>
    makeRun(index + 1, (index * 7919) % 365, { workflowId: index % 5, branch: `b${index % 500}` }),
  )
  const config = { minimumRuns: 10, branches: [{ branch: 'b1*', days: 60, minimumRuns: 3 }] }
  const { actions, left, decisions } = decide({ runs }, { ...config, operationsPerRun: 500 })
  expect([actions.length, decisions.length]).toEqual([500, 100_000])
  expect(left.length).toBeGreaterThan(80_000)
})

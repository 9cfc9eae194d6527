/** Several workers as processes of their own on one PostgreSQL: who sweeps what, and what becomes of it when one is killed or held. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SweepKind, SweepReport } from '../../src/domain/sweep.ts'
import type { SweepSubject } from '../../src/ports/sweeps.ts'
import type { Store } from '../../src/ports.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { makeRandom, SEED } from '../support/random.ts'
import { deletionsOf } from '../support/runs-project.ts'
import { daysAgo } from '../support/stale-project.ts'
import { openTestStore } from '../support/stores.ts'
import { findSubject, useSandbox } from '../support/use-sandbox.ts'
import { type PassedRequest, startWorker, type Watch, type Worker } from '../support/workers.ts'

const TIMEOUT_MS = 120_000
const CONFIG = `version: 1
pipelines: {}
stale:
  days_before_stale: 30
  days_before_close: 7
  stale_issue_message: Still?
  close_issue_message: Bye.
  operations_per_run: 1000
cleanup:
  workflow_runs: { days: 30, minimum_runs: 2, operations_per_run: 1000 }
`
const KINDS = ['stale', 'runs'] as const

const { sandbox, app } = await useSandbox({ delayMs: 5 })
let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

// ── What is swept ─────────────────────────────────────────────────────────────────────────────────────────────────

interface Swept {
  readonly repo: string
  readonly subject: SweepSubject
  readonly fresh: readonly number[]
  readonly stale: readonly number[]
  readonly runs: readonly number[]
}

let numbers = 0

async function makeSwept(size: {
  readonly fresh: number
  readonly stale: number
  readonly runs: number
}): Promise<Swept> {
  const name = `swept-${++numbers}`
  const repo = `acme/${name}`
  const files = {
    '.github/signalbox.yml': CONFIG,
    '.github/workflows/test.yml': 'name: Tests\non: workflow_dispatch\njobs: {}\n',
  }
  sandbox.createRepository({ owner: 'acme', name, ownerType: 'Organization', files, collaborators: { rob: 'read' } })
  const open = (count: number, days: number) =>
    sandbox.seedIssues(
      repo,
      Array.from({ length: count }, (_, index) => ({
        title: `Old ${index}`,
        author: 'rob',
        at: daysAgo(days + index),
      })),
    )
  const [fresh, stale] = [open(size.fresh, 40), open(size.stale, 80)]
  for (const number of stale) sandbox.addLabel(repo, number, 'Stale', `${sandbox.app.slug}[bot]`, daysAgo(9))
  const runs = sandbox.seedRuns(
    repo,
    Array.from({ length: size.runs }, (_, index) => ({ workflow: 'test.yml', createdAt: daysAgo(40 + index) })),
  )
  return { repo, subject: await findSubject(app, repo), fresh, stale, runs }
}

/** The test's own look at the database; it is not there while the workers are alone. */
async function withStore<Result>(databaseUrl: string, use: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openTestStore({ databaseUrl })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

function enqueue(databaseUrl: string, all: readonly Swept[], kinds: readonly SweepKind[] = KINDS): Promise<void> {
  return withStore(databaseUrl, async ({ sweeps }) => {
    for (const { subject } of all) {
      await sweeps.follow({ ...subject, schedules: [], staleLabels: ['stale'], imagesOnClose: false })
      for (const kind of kinds) await sweeps.enqueue(kind, subject.repo.id)
    }
  })
}

const isSwept = ({ repo, fresh, stale, runs }: Swept): boolean =>
  fresh.every((number) => sandbox.state.item(repo, number).labels.includes('Stale')) &&
  stale.every((number) => sandbox.state.item(repo, number).state === 'closed') &&
  sandbox.state.workflowRuns(repo).length <= Math.min(2, runs.length)

/** Everything once, and nothing twice. */
function expectOnce(swept: Swept): void {
  const { repo, fresh, stale, runs } = swept
  const said = (number: number) =>
    sandbox.state.item(repo, number).comments.map(({ body }) => body.split('\n')[0] ?? '')
  for (const number of fresh) expect(said(number), SEEDED).toEqual(['Still?'])
  for (const number of stale) expect(said(number), SEEDED).toEqual(['Bye.'])
  expect(
    sandbox.state.workflowRuns(repo).map(({ id }) => id),
    SEEDED,
  ).toEqual(runs.slice(0, 2))
}

const SEEDED = `SEED=${SEED}`
const statesOf = (reports: readonly SweepReport[]) => reports.map(({ state }) => state)
const reportsOf = (databaseUrl: string, { subject }: Swept, kind: SweepKind) =>
  withStore(databaseUrl, ({ sweeps }) => sweeps.list({ repoId: subject.repo.id, kind, limit: 100 }))

async function untilEnded(databaseUrl: string, all: readonly Swept[]): Promise<void> {
  await sandbox.until('everything to be swept', () => all.every(isSwept), { timeoutMs: TIMEOUT_MS })
  for (const swept of all)
    for (const kind of KINDS)
      await expect
        .poll(async () => statesOf(await reportsOf(databaseUrl, swept, kind)), {
          timeout: TIMEOUT_MS,
          interval: 500,
        })
        .not.toContain('open')
}

const isDeletion = ({ method }: PassedRequest) => method === 'DELETE'
const isWrite = (asked: PassedRequest) => isDeletion(asked) || asked.body.includes('mutation')

// ── Tests ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test('two workers: a sweep of a kind is at work once, however often it is asked for', {
  timeout: 300_000,
}, async () => {
  const databaseUrl = await postgres.createDatabase('two')
  const all = await Promise.all([1, 2, 3].map(() => makeSwept({ fresh: 6, stale: 4, runs: 14 })))
  const workers = await Promise.all(['one', 'two'].map((name) => startWorker(sandbox, databaseUrl, name)))
  try {
    for (let times = 0; times < 4; times++) await enqueue(databaseUrl, all)
    await untilEnded(databaseUrl, all)
    for (const swept of all) {
      expectOnce(swept)
      const deletedBy = workers.filter(({ asked }) =>
        asked.some((one) => isDeletion(one) && one.path.includes(`/${swept.repo}/`)),
      )
      expect(deletedBy).toHaveLength(1)
      expect(deletionsOf(sandbox, swept.repo)).toHaveLength(12)
      for (const kind of KINDS) {
        const reports = (await reportsOf(databaseUrl, swept, kind)).toReversed()
        expect(new Set(statesOf(reports))).toEqual(new Set(['done']))
        for (const [index, { startedAt }] of reports.entries())
          expect(startedAt.getTime()).toBeGreaterThanOrEqual(reports[index - 1]?.endedAt?.getTime() ?? 0)
      }
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
  }
})

describe('a worker that is in the middle of a sweep', () => {
  test(`and is killed: another one goes on, and ends the same (${SEEDED})`, { timeout: 400_000 }, async () => {
    const random = makeRandom(SEED)
    const databaseUrl = await postgres.createDatabase('killed')
    const swept = await makeSwept({ fresh: 30, stale: 10, runs: 42 })
    const killed: Promise<void>[] = []
    let writes = 0
    let next = random.between(1, 6)
    const watch: Watch = (worker, asked, when) => {
      if (!isWrite(asked)) return 'pass'
      // Before GitHub did it, or after.
      if (when === 'before') {
        writes++
        if (writes !== next || killed.length >= 3 || random.chance(0.5)) return 'pass'
      } else if (writes < next || killed.length >= 3) return 'pass'
      next = writes + random.between(2, 12)
      killed.push(worker.restart())
      return 'withhold'
    }
    const workers = await Promise.all(['one', 'two'].map((name) => startWorker(sandbox, databaseUrl, name, watch)))
    try {
      await enqueue(databaseUrl, [swept])
      await untilEnded(databaseUrl, [swept])
      expect(killed.length, SEEDED).toBeGreaterThan(1)
      await Promise.all(killed)
      expectOnce(swept)
      const deletions = deletionsOf(sandbox, swept.repo)
      expect(new Set(deletions).size, SEEDED).toBe(deletions.length)
      for (const kind of KINDS) {
        // What was asked for once more, since nobody knew how far it had come, finds nothing to do.
        const reports = await reportsOf(databaseUrl, swept, kind)
        const [report, ...others] = reports.filter(({ outcomes }) => outcomes.length > 0)
        expect([report?.state, others], SEEDED).toEqual(['done', []])
        expect(report?.outcomes.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 40 }, () => 'done'))
      }
    } finally {
      await Promise.allSettled(killed)
      await Promise.all(workers.map((worker) => worker.stop()))
    }
  })

  test('and is taken for dead, since it was held: it stops at its next step', { timeout: 400_000 }, async () => {
    const databaseUrl = await postgres.createDatabase('held')
    const swept = await makeSwept({ fresh: 30, stale: 5, runs: 42 })
    let held: Worker | null = null
    let reads = 0
    const watch: Watch = (worker, asked, when) => {
      if (held !== null || when === 'before' || worker.name !== 'one') return 'pass'
      // The last look at issues before they are written about: what it says is old when the worker comes to itself.
      const isLook = asked.body.includes('i0: issueOrPullRequest')
      if (!isLook || ++reads < 2) return 'pass'
      held = worker
      worker.process.pause()
      return 'pass'
    }
    const one = await startWorker(sandbox, databaseUrl, 'one', watch)
    const workers = [one]
    try {
      await enqueue(databaseUrl, [swept])
      await expect.poll(() => held, { timeout: TIMEOUT_MS }).toBe(one)
      workers.push(await startWorker(sandbox, databaseUrl, 'two', watch))
      await untilEnded(databaseUrl, [swept])
      const before = sandbox.state.requests.filter(({ method, body }) => isWrite({ method, body, path: '' })).length
      one.process.resume()
      // It works again, which is seen from a sweep that only it can do.
      await workers[1]?.stop()
      const other = await makeSwept({ fresh: 1, stale: 1, runs: 4 })
      await enqueue(databaseUrl, [other])
      await untilEnded(databaseUrl, [other])
      expect(before).toBeGreaterThan(0)
      expectOnce(swept)
      expectOnce(other)
      for (const kind of KINDS) {
        const reports = await reportsOf(databaseUrl, swept, kind)
        expect(reports.filter(({ outcomes }) => outcomes.length > 0).map(({ state }) => state)).toEqual(['done'])
      }
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()))
    }
  })
})

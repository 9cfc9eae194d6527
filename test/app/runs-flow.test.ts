/** Old workflow runs and caches of a repository with thousands of them, over HTTP: what goes, and what stays. */
import { describe, expect, test } from 'vitest'
import type { CheckConclusion } from '../../src/sandbox/model.ts'
import type { OldRun } from '../../src/sandbox/old-runs.ts'
import { makeRandom, SEED } from '../support/random.ts'
import { DAY_MS, daysBefore, makeRunsConfig, makeRunsProject, NOW, type RunsProject } from '../support/runs-project.ts'
import { NO_LIMIT, useSandbox } from '../support/use-sandbox.ts'

const SECOND = 1 / 86_400

const { sandbox, app } = await useSandbox({ rateLimit: NO_LIMIT })

// ── Thousands ─────────────────────────────────────────────────────────────────────────────────────────────────────

const workflow = (name: string) => `name: ${name}\non: workflow_dispatch\njobs: {}\n`
const FILES = {
  '.github/workflows/build.yml': workflow('Build'),
  '.github/workflows/nightly.yml': workflow('Nightly'),
  '.github/workflows/rare.yml': workflow('Rare'),
}
const CODEQL = 'dynamic/github-code-scanning/codeql'
const WORKFLOWS = ['test.yml', 'build.yml', 'nightly.yml', 'gone.yml', CODEQL] as const
const BRANCHES = ['main', 'main', 'feature/a', 'feature/b', 'release/1', 'release/2', 'gh-pages'] as const
const CONCLUSIONS = ['success', 'success', 'failure', 'cancelled', 'timed_out'] as const

const CONFIG = makeRunsConfig({
  days: 30,
  minimum_runs: 10,
  branches: { main: { days: 90, minimum_runs: 25 }, 'release/*': { days: 7, minimum_runs: 3 } },
  workflows: ['*', '!Nightly', 'codeql', 'dynamic/**'],
  conclusions: ['success', 'failure', 'cancelled'],
})

/** More than enough for three slices, over a year and a half; many on the second on which a day is kept, or one beside it. */
function seedThousands(project: RunsProject) {
  const random = makeRandom(SEED)
  const runs: OldRun[] = Array.from({ length: 2_500 }, (_, index) => {
    const edge = random.pick([7, 30, 90]) + random.pick([-1, 0, 1]) * SECOND
    const age = index % 10 === 0 ? edge : (random.between(0, 1_000_000) / 1_000_000) ** 2 * 500
    const createdAt = new Date(NOW.getTime() - Math.round((age * DAY_MS) / 1000) * 1000)
    const common = { workflow: random.pick(WORKFLOWS), branch: random.pick(BRANCHES), createdAt }
    const status = random.chance(0.02) ? random.pick(['queued', 'in_progress'] as const) : 'completed'
    return { ...common, status, conclusion: random.pick(CONCLUSIONS) }
  })
  // All that a workflow has, and all are old.
  for (const age of [200, 300, 400, 500]) runs.push({ workflow: 'rare.yml', createdAt: daysBefore(age) })
  for (let index = 0; index < 20; index++) runs.push({ workflow: 'rare.yml', createdAt: daysBefore(100), branch: 'x' })
  const ids = sandbox.seedRuns(project.repo, runs)
  return runs.map((run, index) => ({ ...run, id: ids[index] ?? 0 }))
}

type Seeded = OldRun & { readonly id: number }

/** What the documentation says of each, one rule after the other, without a thought about how it is found out. */
function staying(all: readonly Seeded[], inUse: ReadonlySet<number>): number[] {
  const isNewest = (run: Seeded, among: readonly Seeded[], most: number) => {
    const isNewer = (one: Seeded) =>
      one.createdAt > run.createdAt || (one.createdAt.getTime() === run.createdAt.getTime() && one.id > run.id)
    return among.filter(isNewer).length < most
  }
  const stays = (run: Seeded): boolean => {
    if ((run.status ?? 'completed') !== 'completed' || inUse.has(run.id)) return true
    if (run.workflow === 'nightly.yml') return true
    if (run.conclusion === 'timed_out') return true
    const branch = run.branch ?? 'main'
    const days = branch === 'main' ? 90 : branch.startsWith('release/') ? 7 : 30
    if (NOW.getTime() - run.createdAt.getTime() <= days * DAY_MS) return true
    if (run.workflow === 'gone.yml') return false
    const siblings = all.filter((one) => one.workflow === run.workflow)
    const onBranch = siblings.filter((one) => (one.branch ?? 'main') === branch)
    if (branch === 'main') return isNewest(run, onBranch, 25)
    if (branch.startsWith('release/')) return isNewest(run, onBranch, 3)
    return isNewest(run, siblings, 10)
  }
  return all.filter(stays).map(({ id }) => id)
}

const sorted = (ids: readonly number[]) => [...ids].sort((one, other) => one - other)

test(`of 2,500 runs exactly those go that are to go; then none does (SEED=${SEED})`, { timeout: 240_000 }, async () => {
  const project = makeRunsProject(sandbox, app, FILES)
  const seeded = seedThousands(project)
  sandbox.disableWorkflow(project.repo, 'build.yml')
  const inUse = seeded.filter((_, index) => index % 50 === 0).map(({ id }) => id)
  const expected = staying(seeded, new Set(inUse))
  expect([expected.length > 500, seeded.length - expected.length > 800]).toEqual([true, true])
  sandbox.state.clearRequests()
  const dry = await project.sweep({ config: CONFIG, inUse, dryRun: true })
  const slices = sandbox.state.requests
    .filter(({ route }) => route === '/repos/{owner}/{repo}/actions/runs')
    .map(({ path }) => new URL(path, 'http://sandbox').searchParams.get('created'))
  expect(new Set(slices).size).toBeGreaterThan(2)
  expect(slices.length).toBeLessThanOrEqual(28)
  expect(project.runs()).toHaveLength(seeded.length)
  const real = await project.sweep({ config: CONFIG, inUse })
  expect(sorted(project.runs()), `SEED=${SEED}`).toEqual(sorted(expected))
  expect(new Set(project.deletions()).size).toBe(project.deletions().length)
  // Action by action, in the same order, and oldest first.
  const wanted = dry.decisions.filter((one) => one.do.length > 0)
  expect(real.decisions).toEqual(dry.decisions)
  expect(sorted(project.deletions()).map((id) => `run ${id}`)).toEqual(wanted.map(({ subject }) => subject).sort())
  const createdAt = new Map(seeded.map((run) => [run.id, run.createdAt.getTime()]))
  const times = project.deletions().map((id) => createdAt.get(id) ?? 0)
  expect(times).toEqual([...times].sort((one, other) => one - other))
  expect(real.outcomes.every((one) => one.outcome === 'done' && one.operations === 1)).toBe(true)
  sandbox.state.clearRequests()
  const again = await project.sweep({ config: CONFIG, inUse })
  expect([again.outcomes, project.deletions()]).toEqual([[], []])
  expect(again.decisions.filter((one) => one.do.length > 0)).toEqual([])
})

// ── Single rules ──────────────────────────────────────────────────────────────────────────────────────────────────

describe('a workflow whose runs are all old', () => {
  test('keeps the newest of them; one that is deleted keeps none, unless it is to', async () => {
    const project = makeRunsProject(sandbox, app)
    const [newest, second] = project.seedOld(40, 50, 60)
    const gone = { workflow: 'gone.yml', createdAt: daysBefore(40) }
    const [deleted] = sandbox.seedRuns(project.repo, [gone])
    const config = { days: 30, minimum_runs: 2 }
    await project.sweep({ config: makeRunsConfig({ ...config, deleted_workflows: false }) })
    expect(project.runs()).toEqual([newest, second, deleted])
    await project.sweep({ config: makeRunsConfig(config) })
    expect(project.runs()).toEqual([newest, second])
  })

  test('only those of workflows in a state go', async () => {
    const project = makeRunsProject(sandbox, app, FILES)
    const at = { createdAt: daysBefore(40) }
    const of = ['test.yml', 'build.yml', 'gone.yml'].map((name) => ({ workflow: name, ...at }))
    const [active, disabled, deleted] = sandbox.seedRuns(project.repo, of)
    sandbox.disableWorkflow(project.repo, 'build.yml')
    await project.sweep({ config: makeRunsConfig({ states: ['disabled_manually'] }) })
    expect(project.runs()).toEqual([active, deleted])
    expect(disabled).toBeDefined()
    await project.sweep({ config: makeRunsConfig({ states: ['deleted'] }) })
    expect(project.runs()).toEqual([active])
  })
})

test('what is not completed stays, and is the newest all the same', async () => {
  const project = makeRunsProject(sandbox, app)
  const make = (age: number, status: OldRun['status'], conclusion?: CheckConclusion): OldRun => {
    const common = { workflow: 'test.yml', createdAt: daysBefore(age) }
    return { ...common, ...(status && { status }), ...(conclusion && { conclusion }) }
  }
  const ids = sandbox.seedRuns(project.repo, [
    make(50, 'queued'),
    make(51, 'in_progress'),
    make(52, 'completed', 'failure'),
    make(53, 'completed'),
  ])
  const report = await project.sweep({ config: makeRunsConfig({ minimum_runs: 2 }) })
  expect(project.runs()).toEqual(ids.slice(0, 2))
  expect(report.decisions.map(({ reason }) => reason).slice(0, 2)).toEqual([
    'it is not completed, but queued',
    'it is not completed, but in_progress',
  ])
})

test('caches of closed and merged pull requests go; those of open ones, of branches and of nothing that is there stay', async () => {
  const project = makeRunsProject(sandbox, app)
  const { repo } = project
  const open = (branch: string) => {
    sandbox.pushCommit(repo, branch, { files: { [branch]: branch }, author: 'ann' })
    return sandbox.openPullRequest(repo, { head: branch, author: 'ann' })
  }
  const [closed, merged, still] = [open('closed'), open('merged'), open('still')]
  sandbox.closePullRequest(repo, closed, 'ann')
  sandbox.mergePullRequest(repo, merged, 'ann')
  const cache = (ref: string) => sandbox.addCache(repo, { key: 'npm-ci', ref, lastUsedAt: daysBefore(1) })
  const going = [
    cache(`refs/pull/${closed}/merge`),
    cache(`refs/pull/${closed}/head`),
    cache(`refs/pull/${merged}/merge`),
  ]
  const kept = [cache(`refs/pull/${still}/merge`), cache('refs/heads/main'), cache('refs/heads/closed')]
  kept.push(cache('refs/pull/999/merge'), cache(`refs/heads/refs/pull/${closed}/merge`))
  const off = await project.sweep({ config: makeRunsConfig({ closed_pull_request_caches: false }) })
  expect([off.outcomes, project.caches()]).toEqual([[], [...going, ...kept]])
  const dry = await project.sweep({ dryRun: true })
  const real = await project.sweep()
  expect(dry.decisions).toEqual(real.decisions)
  expect(project.caches()).toEqual(kept)
  sandbox.closePullRequest(repo, still, 'ann')
  await project.sweep()
  expect(project.caches()).toEqual(kept.slice(1))
  expect((await project.sweep()).outcomes).toEqual([])
})

test('more than 250 caches are looked at, and the budget is of runs and caches together, the oldest first', async () => {
  const project = makeRunsProject(sandbox, app)
  const { repo } = project
  sandbox.pushCommit(repo, 'done', { files: { done: 'done' }, author: 'ann' })
  const number = sandbox.openPullRequest(repo, { head: 'done', author: 'ann' })
  sandbox.closePullRequest(repo, number, 'ann')
  const ref = `refs/pull/${number}/merge`
  const add = (days: number) => sandbox.addCache(repo, { key: 'k', ref, lastUsedAt: daysBefore(days) })
  const caches = Array.from({ length: 250 }, (_, index) => add(index + 1))
  const [run] = project.seedOld(100.5)
  const config = makeRunsConfig({ operations_per_run: 151 })
  const first = await project.sweep({ config })
  expect(project.runs()).toEqual([])
  expect(project.caches()).toEqual(caches.slice(0, 100))
  expect(project.deletions().indexOf(run ?? 0)).toBe(150)
  const left = first.outcomes.filter(({ outcome }) => outcome === 'left')
  expect(left).toHaveLength(100)
  expect(left[0]?.subject).toBe(`cache k (${caches[99]})`)
  const second = await project.sweep({ config })
  expect(project.caches()).toEqual([])
  expect(second.outcomes.filter(({ outcome }) => outcome === 'left')).toEqual([])
})

/** The job of a sweep that GitHub limits, or fails, again and again: when it goes on, and when it gives up. */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { makeFollowSweeps } from '../../src/app/follow-sweeps.ts'
import { advanceSweep } from '../../src/app/sweep-job.ts'
import { makeSweepWatch } from '../../src/app/sweep-watch.ts'
import { sweepKey } from '../../src/domain/sweep.ts'
import { makeRunsProject, type RunsProject } from '../support/runs-project.ts'
import { useStore } from '../support/stores.ts'
import { useSandbox } from '../support/use-sandbox.ts'

const CONFIG = 'version: 1\npipelines: {}\ncleanup: { workflow_runs: { days: 30, minimum_runs: 0 } }\n'

const { sandbox, app } = await useSandbox()
const store = await useStore()

/** @returns what the worker does for the sweep of runs each time that it is due. */
async function makeJob(project: RunsProject) {
  const subject = await project.find()
  await store.sweeps.follow({ ...subject, schedules: [], staleLabels: [], imagesOnClose: false })
  const deps = {
    app,
    store,
    clock: { now: () => new Date() },
    log: pino({ level: 'silent' }),
    follows: makeFollowSweeps(store.sweeps),
    paceOf: () => async () => {},
    openImages: () => Promise.reject(new Error('there are no images')),
    sweepWatch: makeSweepWatch(),
    faults: new Map<string, number>(),
  }
  const repoId = subject.repo.id
  return {
    advance: () => advanceSweep(deps, sweepKey('runs', repoId)),
    reports: () => store.sweeps.list({ repoId, kind: 'runs', limit: 10 }),
  }
}

const limit = { method: 'DELETE', path: '/actions/runs/', limit: 'secondary', waitSeconds: 60 } as const
const ages = Array.from({ length: 20 }, (_, index) => 40 + index)

test('limited again and again, it is not given up as long as it goes on', async () => {
  const project = makeRunsProject(sandbox, app, { '.github/signalbox.yml': CONFIG })
  project.seedOld(...ages)
  const job = await makeJob(project)
  for (let times = 0; times < 16; times++) {
    sandbox.faults.clear()
    sandbox.faults.rateLimit({ ...limit, skip: 1 })
    await job.advance()
    expect((await job.reports()).map(({ state }) => state)).toEqual(['open'])
    expect(project.runs()).toHaveLength(ages.length - times - 1)
  }
  sandbox.faults.clear()
  await job.advance()
  const [report, ...others] = await job.reports()
  expect([report?.state, report?.problems, others]).toEqual(['done', [], []])
  expect(report?.outcomes.map(({ outcome }) => outcome)).toEqual(ages.map(() => 'done'))
  expect(project.runs()).toEqual([])
})

test('limited before it does anything, it is given up in the end, on record, and the next one is another', async () => {
  const project = makeRunsProject(sandbox, app, { '.github/signalbox.yml': CONFIG })
  project.seedOld(...ages)
  const job = await makeJob(project)
  sandbox.faults.rateLimit({ ...limit, times: 1_000 })
  const states = async () => (await job.reports()).map(({ state }) => state)
  let times = 0
  do await job.advance()
  while ((await states()).includes('open') && ++times < 50)
  expect(times).toBe(12)
  const [failed] = await job.reports()
  expect(failed?.state).toBe('failed')
  expect(failed?.outcomes.filter(({ outcome }) => outcome !== 'failed')).toEqual([])
  expect(failed?.problems).toEqual([expect.stringContaining('secondary rate limit')])
  sandbox.faults.clear()
  await job.advance()
  expect(await states()).toEqual(['done', 'failed'])
  expect(project.runs()).toEqual([])
})

/** GitHub gives no answer, and does what it was asked a while later: nothing is said twice. */
import { expect, test } from 'vitest'
import type { Pace } from '../../src/app/pace.ts'
import { memoryJournal } from '../../src/app/sweep.ts'
import { FAREWELL, makeStaleConfig, makeStaleProject, WARNING } from '../support/stale-project.ts'
import { useSandbox } from '../support/use-sandbox.ts'

/** GitHub ends what takes longer. */
const LONGEST_MS = 10_000

const { sandbox, app } = await useSandbox()

interface Late {
  /** Resolves when GitHub does what it gave no answer to. */
  readonly once: Promise<void>
  /** A pace by whose rests the time goes on, and nothing else does. */
  readonly pace: Pace
  readonly rests: number[]
  /** It happens now at the latest. */
  end(): Promise<void>
}

function makeLate(afterMs: number): Late {
  const { promise: once, resolve } = Promise.withResolvers<void>()
  const rests: number[] = []
  const end = async () => {
    resolve()
    await sandbox.settle()
  }
  const rest = async (ms: number) => {
    rests.push(ms)
    if (rests.reduce((sum, one) => sum + one, 0) >= afterMs) await end()
  }
  return { once, rests, end, pace: Object.assign(async () => {}, { rest }) }
}

const WRITES = ['addComment', 'addLabelsToLabelable', 'closeIssue'] as const

test.each(WRITES.flatMap((field) => [1_000, 4_000, LONGEST_MS].map((afterMs) => [field, afterMs] as const)))(
  'a %s that takes effect %i ms after the answer was lost is not done again',
  async (requestBody, afterMs) => {
    const project = makeStaleProject(sandbox, app)
    const numbers = [project.openOld('One'), project.openOld('Two')]
    if (requestBody === 'closeIssue') await project.sweep()
    const late = makeLate(afterMs)
    sandbox.faults.loseReply({ path: '/graphql', requestBody, with: 502, once: late.once })
    sandbox.state.clearRequests()
    const inDays = requestBody === 'closeIssue' ? 8 : 0
    const report = await project.sweep({ pace: late.pace, inDays })
    await late.end()
    expect(sandbox.state.requests.filter(({ body }) => body.includes(requestBody))).toHaveLength(1)
    for (const number of numbers) {
      expect(project.outcomes(report)[`#${number}`]).toMatch(/^done: /)
      expect(project.said(number)).toEqual(inDays === 0 ? [WARNING] : [WARNING, FAREWELL])
    }
    const operations = report.outcomes.map((outcome) => outcome.operations)
    expect(operations).toEqual(inDays === 0 ? [2, 2] : [3, 3])
  },
)

test('what takes no effect in all that time is done then, and is looked after in between', async () => {
  const project = makeStaleProject(sandbox, app)
  const number = project.openOld()
  const late = makeLate(Number.POSITIVE_INFINITY)
  sandbox.faults.respond({ path: '/graphql', requestBody: 'addComment', status: 502 })
  const report = await project.sweep({ pace: late.pace })
  expect(project.outcomes(report)).toEqual({ [`#${number}`]: 'done: mark' })
  expect(project.said(number)).toEqual([WARNING])
  expect(late.rests.length).toBeGreaterThan(1)
  expect(late.rests.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(LONGEST_MS)
})

test('what a process that has just ended may have said is waited for', async () => {
  const project = makeStaleProject(sandbox, app)
  const number = project.openOld()
  const late = makeLate(LONGEST_MS)
  const stop = new Error('killed')
  sandbox.faults.loseReply({ path: '/graphql', requestBody: 'addComment', with: 502, once: late.once })
  const rest = () => Promise.reject(stop)
  const killed = project.sweep({ pace: Object.assign(async () => {}, { rest }) })
  await expect(killed).rejects.toThrow(stop)
  expect(project.said(number)).toEqual([])
  const journal = { ...memoryJournal(new Date()), begun: [`#${number}`] }
  const report = await project.sweep({ journal, pace: late.pace })
  await late.end()
  expect(project.outcomes(report)).toEqual({ [`#${number}`]: 'done: mark' })
  expect(project.said(number)).toEqual([WARNING])
})

test('who answers what may have been said is not called stale', async () => {
  const project = makeStaleProject(sandbox, app)
  const number = project.openOld()
  sandbox.faults.respond({ path: '/graphql', requestBody: 'addComment', status: 502 })
  const rest = async () => {
    if (project.item(number).comments.length === 0) sandbox.comment(project.repo, number, 'Wait!', 'rob')
  }
  const report = await project.sweep({ config: makeStaleConfig(), pace: Object.assign(async () => {}, { rest }) })
  expect(report.outcomes.map(({ note }) => note)).toEqual([expect.stringContaining('gave no answer')])
  expect([project.said(number), project.item(number).labels]).toEqual([[], []])
})

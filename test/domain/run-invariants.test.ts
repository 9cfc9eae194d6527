import { describe, expect, test } from 'vitest'
import { currentAttempts } from '../../src/domain/leg-state.ts'
import type { LegFacts } from '../../src/domain/run.ts'
import { makeRandom } from '../support/random.ts'
import { SimulatedRun } from '../support/simulated-run.ts'

const SEEDS = Array.from({ length: 300 }, (_, at) => at + 1)

/** Whether the leg did what the plan wanted of it, by what GitHub knows. */
function passed(run: SimulatedRun, leg: LegFacts): boolean {
  if (leg.plan.skip !== null) return true
  const latest = currentAttempts(leg).at(-1)
  const workflowRun = run.github.runs.find((one) => one.id === latest?.workflowRunId)
  return workflowRun?.conclusion === 'success'
}

/** Everything that must be so when a run has ended, whatever happened on the way. */
function expectEnded(run: SimulatedRun): void {
  expect(run.complaints).toEqual([])
  expect(run.facts.open).toBe(false)
  const { facts, checks, github } = run
  for (const subject of [...facts.legs, ...facts.gates])
    expect(checks.get(subject.id), `the check run of ${subject.plan.name}`).toMatchObject({ status: 'completed' })
  // A clock of whole milliseconds is a little behind the simulation's.
  const seconds = (run.now.getTime() - facts.createdAt.getTime() + 1) / 1000
  expect(
    github.unfinished(seconds).filter((one) => one.named),
    'left at work',
  ).toEqual([])
  const ids = github.runs.map((one) => one.attemptId)
  expect(new Set(ids).size, 'workflow runs of one attempt').toBe(ids.length)
  const legs = new Map(facts.legs.map((leg) => [leg.plan.name, passed(run, leg)]))
  for (const leg of facts.legs) {
    const green = checks.get(leg.id)?.conclusion === 'success'
    expect(green, `${leg.plan.name} is green`).toBe(leg.plan.skip === null && passed(run, leg))
  }
  for (const gate of facts.gates) {
    const green = gate.plan.needs.every((name) => legs.get(name))
    expect(checks.get(gate.id)?.conclusion === 'success', `${gate.plan.name} is green`).toBe(green)
  }
  const all = [...legs.values()].every(Boolean)
  expect(run.conclusion).toBe(facts.cancel !== null ? 'cancelled' : all ? 'success' : 'failure')
}

describe('whatever GitHub does', () => {
  test.each(SEEDS)('a run ends, and right (seed %i)', (seed) => {
    const run = new SimulatedRun(makeRandom(seed))
    expect(run.advance()).toBe(true)
    expectEnded(run)
    const needless = run.facts.legs.filter((leg) => leg.attempts.length > leg.plan.retries.max + 1 + lost(leg))
    expect(needless, 'more attempts than the plan allows').toEqual([])
  })

  test.each(SEEDS.slice(0, 100))(
    'it is cancelled, run again and run again at GitHub, and ends right (seed %i)',
    (seed) => {
      const random = makeRandom(seed)
      const run = new SimulatedRun(random)
      run.advance(random.between(0, 60))
      run.cancel(random.chance(0.5) ? { kind: 'requested', by: 'ann' } : { kind: 'closed' })
      run.advance(random.between(0, 20))
      run.rerun()
      expect(run.advance()).toBe(true)
      expectEnded(run)
      run.rerun()
      expect(run.advance()).toBe(true)
      expectEnded(run)
      const failed = run.facts.legs
        .flatMap((leg) => currentAttempts(leg).at(-1) ?? [])
        .filter((one) => one.conclusion === 'failure')
      for (const attempt of failed) if (attempt.workflowRunId !== null) run.rerunAtGitHub(attempt.workflowRunId)
      expect(run.advance()).toBe(true)
      expectEnded(run)
    },
  )

  test.each(SEEDS.slice(0, 50))('nothing of an untrusted commit is dispatched (seed %i)', (seed) => {
    const run = new SimulatedRun(makeRandom(seed), 'eve/shop')
    expect(run.advance()).toBe(true)
    expect(run.complaints).toEqual([])
    expect(run.github.runs).toEqual([])
    const waiting = run.facts.legs.some((leg) => leg.plan.skip === null)
    expect(run.facts.open).toBe(waiting)
    expect([...run.checks.values()].some((check) => check.subject === 'gate' && check.status === 'completed')).toBe(
      run.facts.gates.some((gate) =>
        gate.plan.needs.every((name) => run.facts.legs.find((leg) => leg.plan.name === name)?.plan.skip !== null),
      ),
    )
  })
})

function lost(leg: LegFacts): number {
  return leg.attempts.filter((attempt) => attempt.outcome === 'lost').length
}

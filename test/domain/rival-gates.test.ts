import { expect, test } from 'vitest'
import { deriveCheckStates } from '../../src/domain/check-state.ts'
import { decideRun } from '../../src/domain/decide-run.ts'
import { deriveLegStates } from '../../src/domain/leg-state.ts'
import type { RivalGate } from '../../src/domain/run.ts'
import { makeEnded, makeGate, makeLeg, makeRun } from '../support/facts.ts'

const NAME = 'All Runtime Tests Passed'
const HELD = 'Held: pull request #8 has the same commit, and has not passed its gate of this name.'

function makeRivals(rivals: readonly RivalGate[], conclusion = 'success') {
  const leg = makeLeg({}, { attempts: [makeEnded(conclusion)] })
  return makeRun([leg], { gates: [makeGate(['docker / app'])], rivals })
}

test.each<[string, RivalGate[], string | null]>([
  ['no other', [], 'success'],
  ['one that passed', [{ name: NAME, pullRequest: 8, passed: true }], 'success'],
  ['one that did not pass', [{ name: NAME, pullRequest: 8, passed: false }], null],
  ['one of another name', [{ name: 'Lint', pullRequest: 8, passed: false }], 'success'],
  [
    'two, of which one did not pass',
    [
      { name: NAME, pullRequest: 7, passed: true },
      { name: NAME, pullRequest: 8, passed: false },
    ],
    null,
  ],
])('a gate whose commit other pull requests have: %s', (_, rivals, conclusion) => {
  const run = makeRivals(rivals)
  const gate = deriveCheckStates(run, deriveLegStates(run)).at(-1)
  expect(gate?.conclusion).toBe(conclusion)
  if (conclusion === null) expect(gate).toMatchObject({ status: 'in_progress', headline: HELD })
})

test('what fails by itself fails', () => {
  const run = makeRivals([{ name: NAME, pullRequest: 8, passed: false }], 'failure')
  expect(deriveCheckStates(run, deriveLegStates(run)).at(-1)?.conclusion).toBe('failure')
})

test('a run whose gate is held is not over: it is compared with GitHub until it is', () => {
  const kinds = (rivals: readonly RivalGate[]) => {
    const run = makeRivals(rivals)
    const shown = deriveCheckStates(run, deriveLegStates(run))
    const { actions } = decideRun(run)
    const digests = new Map(
      actions.flatMap((action) => (action.kind === 'write_check' ? [[action.check.id, action]] : [])),
    )
    expect(digests.size).toBe(shown.length)
    const posted = (id: string) => ({ nodeId: id, digest: digests.get(id)?.digest ?? '', annotated: null })
    const done = {
      ...run,
      legs: run.legs.map((leg) => ({ ...leg, check: posted(leg.id) })),
      gates: run.gates.map((gate) => ({ ...gate, check: posted(gate.id) })),
    }
    return decideRun(done).actions.map((action) => action.kind)
  }
  expect(kinds([])).toEqual(['conclude_run'])
  expect(kinds([{ name: NAME, pullRequest: 8, passed: false }])).toEqual([])
})

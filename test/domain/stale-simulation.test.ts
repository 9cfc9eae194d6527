import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseSimulation, simulateStale } from '../../src/domain/stale-simulation.ts'

interface Recorded {
  readonly id: number
  readonly group: string
  readonly expect: { readonly marked: number[]; readonly closed: number[]; readonly unstaled: number[] }
}

const TEXT = readFileSync(new URL('../fixtures/oracles/stale-cases.json', import.meta.url), 'utf8')
const RECORDED: Recorded[] = JSON.parse(TEXT)
const parsed = parseSimulation(TEXT)

test.each(RECORDED.map((recorded, index) => ({ ...recorded, index })))(
  'as recorded from actions/stale: $group, case $id',
  ({ index, expect: expected }) => {
    if (!parsed.ok) throw new Error(parsed.problem)
    const one = parsed.cases[index]
    if (one === undefined) throw new Error('no such case')
    const { actions } = simulateStale(one)
    const numbers = (what: string) => actions.filter((action) => action.do.includes(what)).map(({ number }) => number)
    expect(
      { marked: numbers('mark'), closed: numbers('close'), unstaled: numbers('unstale') },
      JSON.stringify(actions),
    ).toEqual(expected)
  },
)

/** What is posted about items: the words of the configuration, as they are, and by whom they are known again. */
import { expect, test } from 'vitest'
import { decideItem } from '../../src/domain/decide-stale.ts'
import { NOW } from '../support/facts.ts'
import { ago, makeConfig, makeItem, makeStale, OURS } from '../support/stale-items.ts'

const MARK = '<!-- signalbox:stale mark -->'
const CLOSE = '<!-- signalbox:stale close -->'

function commentsOn(item: ReturnType<typeof makeItem>, options: object): string[] {
  const repository = {
    defaultBranch: 'main',
    protectedBranches: new Set<string>(),
    branchesInUse: new Map(),
    exempt: new Set<number>(),
  }
  const { steps } = decideItem(item, { now: NOW, config: makeConfig(options), repository })
  return steps.flatMap((step) => (step.kind === 'comment' ? [step.body] : []))
}

test.each([
  '{{ 7 * 7 }} {% raw %} {# none #}',
  '${{ secrets.TOKEN }} ${{ repo.owner }}',
  '<b>@ann</b> [x](https://example.com) \\n $(id) `id`',
])('a message is no template, and is posted as it is: %s', (message) => {
  expect(commentsOn(makeItem(), { stale_issue_message: message })).toEqual([`${message}\n\n${MARK}`])
})

test('a message that ends like a comment of ours of another kind is the comment that it is', () => {
  const message = `Still?\n\n${CLOSE}`
  const [body = ''] = commentsOn(makeItem(), { stale_issue_message: message })
  expect(body).toBe(`${message}\n\n${MARK}`)
  const warned = { at: ago(8), kind: 'comment' as const, ...OURS, body, association: null, label: null }
  const labeled = { ...warned, kind: 'labeled' as const, body: null, label: 'Stale' }
  expect(commentsOn(makeStale([warned, labeled]), { stale_issue_message: message })).toEqual([`Bye.\n\n${CLOSE}`])
})

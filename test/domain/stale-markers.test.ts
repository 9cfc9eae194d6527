/** By which hidden line a comment of ours is known, whatever was written around it. */
import { expect, test } from 'vitest'
import { isMarked, withMarker } from '../../src/domain/stale/markers.ts'
import type { StaleActivity } from '../../src/domain/stale.ts'
import { ago, OURS } from '../support/stale-items.ts'

const MARK = '<!-- signalbox:stale mark -->'
const CLOSE = '<!-- signalbox:stale close -->'

function kindOf(body: string | null, more: Partial<StaleActivity> = {}): string {
  const comment = { at: ago(1), kind: 'comment' as const, ...OURS, body, label: null, association: null, ...more }
  return (['mark', 'close'] as const).filter((what) => isMarked(comment, what)).join()
}

test.each([
  ['as it was posted', withMarker('Still?', 'mark'), 'mark'],
  ['the farewell', withMarker('Bye.', 'close'), 'close'],
  ['with a maintainer’s words below', `${withMarker('Still?', 'mark')}\n\nSee also #7.`, 'mark'],
  ['with a maintainer’s words above and around', `Edit: no.\r\n${MARK}\r\nReally.\r\n`, 'mark'],
  ['a message that holds the line of another kind', withMarker(`Still?\n\n${CLOSE}`, 'mark'), 'mark'],
  ['within a line, where it may be quoted', `Whoever writes ${MARK} is no bot.`, ''],
  ['quoted', `> ${MARK}\n\nNo.`, ''],
  ['a summary with words of anybody', `<!-- signalbox:summary -->\nThe job\n${MARK}\n`, ''],
  ['a reply with words of anybody', `<!-- signalbox:reply 7 -->\n@rob\n\n${CLOSE}`, ''],
  ['the comment of a label', `<!-- signalbox:label 7 -->\n${MARK}`, ''],
  ['nothing', '', ''],
  ['no text at all', null, ''],
])('%s', (_, body, expected) => {
  expect(kindOf(body)).toBe(expected)
})

test('what others write is none of ours, and what is no comment, neither', () => {
  const body = withMarker('Still?', 'mark')
  expect(kindOf(body, { own: false })).toBe('')
  expect(kindOf(body, { kind: 'review' })).toBe('')
})

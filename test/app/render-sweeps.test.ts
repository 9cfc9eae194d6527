import { describe, expect, test } from 'vitest'
import { renderSweeps } from '../../src/app/render-sweeps.ts'
import { escapeMarkdown } from '../../src/app/templates.ts'
import type { SweepDecision } from '../../src/domain/sweep.ts'
import { NOW } from '../support/facts.ts'
import { makeSweepReport } from '../support/sweep-facts.ts'

const MOST = 60_000

const decided = (subject: string, doing: string[], reason: string): SweepDecision => ({ subject, do: doing, reason })

test('what was done stands before what was not, each with its reason', () => {
  const report = makeSweepReport({
    decisions: [decided('#1', [], 'last active 2 days ago'), decided('#2', ['mark'], 'last active 60 days ago')],
    outcomes: [{ subject: '#2', do: ['mark'], outcome: 'done', operations: 2, note: '' }],
  })
  expect(
    renderSweeps([report], MOST)
      ?.split('\n')
      .filter((line) => line !== ''),
  ).toEqual([
    '### Stale issues and pull requests',
    `${NOW.toISOString().slice(0, 10)} ${NOW.toISOString().slice(11, 16)} UTC: 2 looked at; mark 1; 3 requests, 4 points, 3 s`,
    '| | | | |',
    '| --- | --- | --- | --- |',
    '| &#35;<!-- -->2 | mark | done | last active 60 days ago |',
    '<details><summary>1 left as it is</summary>',
    '| | |',
    '| --- | --- |',
    '| &#35;<!-- -->1 | last active 2 days ago |',
    '</details>',
  ])
})

describe('what strangers wrote', () => {
  test.each([
    ['a mention', 'its author @everyone is exempt'],
    ['a link', '[click](https://evil.test) https://evil.test www.evil.test'],
    ['markup', '<img src=x onerror=alert(1)> <!-- signalbox:summary:end -->'],
    ['the end of a table', 'a | b\n\n# c'],
    ['a template', '{{ 7 * 7 }} {% include "x" %}'],
  ])('shows as what it is: %s', (_, text) => {
    const shown = escapeMarkdown(text)
    expect(shown).not.toBe(text)
    const report = makeSweepReport({
      kind: 'images',
      target: text,
      state: 'stopped',
      stopped: text,
      problems: [text],
      decisions: [decided(text, [], text), decided(`${text}!`, ['delete'], text)],
      outcomes: [{ subject: `${text}!`, do: ['delete'], outcome: 'refused', operations: 0, note: text }],
    })
    const rendered = renderSweeps([report], MOST) ?? ''
    // Target, stopped, problem; subject and reason of what stays; subject, reason and note of what goes.
    expect(rendered.split(shown)).toHaveLength(1 + 8)
    expect(rendered).not.toContain(text)
    expect(rendered).not.toContain('49')
  })
})

test('a report is never longer than it may be', () => {
  const decisions = Array.from({ length: 1000 }, (_, index) => decided(`#${index}`, ['mark'], 'x'.repeat(100)))
  for (const most of [60_000, 5_000, 500]) {
    const rendered = renderSweeps([makeSweepReport({ decisions })], most)
    expect(rendered?.length).toBeLessThanOrEqual(most)
    expect(rendered).toMatch(/\d+ more entries are not shown here; `signalbox sweeps` shows them\.$/)
  }
  expect(renderSweeps([makeSweepReport({ decisions })], 10)).toBeNull()
})

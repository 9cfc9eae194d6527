import { describe, expect, test } from 'vitest'
import { renderCheck } from '../../src/app/render-check.ts'
import { escapeMarkdown } from '../../src/app/templates.ts'
import type { CheckRow, CheckState } from '../../src/domain/check-state.ts'
import { NOW } from '../support/facts.ts'

function makeCheck(check: Partial<CheckState> = {}): CheckState {
  return {
    subject: 'gate',
    id: 'r1-g0',
    name: 'All Runtime Tests Passed',
    status: 'completed',
    conclusion: 'failure',
    startedAt: NOW,
    completedAt: NOW,
    detailsUrl: null,
    buttons: [],
    headline: 'docker / test (nikolaik) failed.',
    rows: [],
    trust: null,
    annotations: [],
    tests: null,
    differences: [],
    ...check,
  }
}

const HELD = { kind: 'held', command: `/ok-to-test ${'a'.repeat(40)}`, approval: null } as const

function makeRow(row: Partial<CheckRow> = {}): CheckRow {
  return {
    name: 'docker / app',
    state: 'success',
    attempts: 1,
    durationMs: 65_000,
    url: 'https://github.test/acme/shop/actions/runs/101',
    note: null,
    ...row,
  }
}

/** The row of the table that shows one leg of this name. */
function renderedRow(row: Partial<CheckRow>): string {
  return renderCheck(makeCheck({ rows: [makeRow(row)] })).summary.split('\n')[4] ?? ''
}

describe('a gate', () => {
  test('that failed shows every leg', () => {
    const rows = [
      makeRow(),
      makeRow({
        name: 'docker / test (nikolaik)',
        state: 'failure',
        attempts: 3,
        note: 'the workflow run failed in unit',
      }),
      makeRow({
        name: 'docker / slow',
        state: 'timed_out',
        durationMs: 3_600_000,
        note: 'took longer than 1 h 00 min',
      }),
      makeRow({ name: 'docker / other', state: 'cancelled', note: 'ann asked for it' }),
      makeRow({
        name: 'docker / report',
        state: 'skipped',
        attempts: 0,
        durationMs: null,
        url: null,
        note: 'needs docker / app',
      }),
      makeRow({ name: 'docker / running', state: 'running', durationMs: null }),
      makeRow({
        name: 'docker / next',
        state: 'waiting',
        attempts: 0,
        durationMs: null,
        url: null,
        note: 'waits for docker / running',
      }),
    ]
    expect(renderCheck(makeCheck({ rows }))).toMatchInlineSnapshot(`
      {
        "summary": "docker / test (nikolaik) failed.

      | Leg | Result | Attempts | Duration | |
      | --- | --- | --- | --- | --- |
      | docker / app | ✅ passed | 1 | 1 min 05 s | [workflow run](https://github.test/acme/shop/actions/runs/101) |
      | docker / test (nikolaik) | ❌ failed: the workflow run failed in unit | 3 | 1 min 05 s | [workflow run](https://github.test/acme/shop/actions/runs/101) |
      | docker / slow | ⏱️ timed out: took longer than 1 h 00 min | 1 | 1 h 00 min | [workflow run](https://github.test/acme/shop/actions/runs/101) |
      | docker / other | 🚫 cancelled: ann asked for it | 1 | 1 min 05 s | [workflow run](https://github.test/acme/shop/actions/runs/101) |
      | docker / report | ⏭️ skipped: needs docker / app | 0 | – |  |
      | docker / running | 🟡 running | 1 | – | [workflow run](https://github.test/acme/shop/actions/runs/101) |
      | docker / next | ⏳ waiting: waits for docker / running | 0 | – |  |
      ",
        "title": "docker / test (nikolaik) failed.",
      }
    `)
  })

  test('without legs is its one line', () => {
    expect(renderCheck(makeCheck({ headline: 'Nothing to do for this change: no file.' }))).toMatchInlineSnapshot(`
      {
        "summary": "Nothing to do for this change: no file.
      ",
        "title": "Nothing to do for this change: no file.",
      }
    `)
  })

  test('of a fork says what a maintainer can do', () => {
    expect(
      renderCheck(makeCheck({ headline: 'Held.', rows: [makeRow()], trust: HELD })).summary,
    ).toMatchInlineSnapshot(`
      "Held.

      | Leg | Result | Attempts | Duration | |
      | --- | --- | --- | --- | --- |
      | docker / app | ✅ passed | 1 | 1 min 05 s | [workflow run](https://github.test/acme/shop/actions/runs/101) |

      The commit comes from a fork, and its legs would run with the secrets of this repository. A maintainer who has read
      the change approves this one commit by the comment

      \`\`\`
      /ok-to-test aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      \`\`\`

      or by the label \`ok-to-test\`. A new commit needs a new approval.
      "
    `)
  })

  test('of a broken configuration shows each problem on a line, and the first as its title', () => {
    const headline = '.github/signalbox.yml on main cannot be used.\n.github/signalbox.yml:3:5 "pipelnes" is no key.'
    expect(renderCheck(makeCheck({ headline }))).toMatchInlineSnapshot(`
      {
        "summary": ".github/signalbox.yml on main cannot be used.<br>.github/signalbox.yml:3:5 "pipelnes" is no key.
      ",
        "title": ".github/signalbox.yml on main cannot be used.",
      }
    `)
  })
})

describe('a leg', () => {
  test('shows its attempts', () => {
    const rows = [
      makeRow({ name: 'Attempt 1', state: 'failure', note: 'unit' }),
      makeRow({ name: 'Attempt 2', state: 'running', durationMs: null, url: null }),
    ]
    const check = makeCheck({ subject: 'leg', headline: 'Attempt 2 of at most 3 runs app.yml.', rows })
    expect(renderCheck(check)).toMatchInlineSnapshot(`
      {
        "summary": "Attempt 2 of at most 3 runs app.yml.

      | Attempt | Result | Duration | |
      | --- | --- | --- | --- |
      | Attempt 1 | ❌ failed: unit | 1 min 05 s | [workflow run](https://github.test/acme/shop/actions/runs/101) |
      | Attempt 2 | 🟡 running | – |  |
      ",
        "title": "Attempt 2 of at most 3 runs app.yml.",
      }
    `)
  })

  test('that waits is its one line', () => {
    expect(renderCheck(makeCheck({ subject: 'leg', headline: 'About to be dispatched.' })).summary).toBe(
      'About to be dispatched.\n',
    )
  })

  test('of a fork says so', () => {
    const check = makeCheck({ subject: 'leg', headline: 'Waits for a maintainer.', trust: HELD })
    expect(renderCheck(check).summary).toMatchInlineSnapshot(`
      "Waits for a maintainer.

      The commit comes from a fork: the leg is not trusted.
      "
    `)
  })
})

describe('names that strangers chose are text', () => {
  test.each<[string, string]>([
    ['a | b', 'a &#124; b'],
    ['`code`', '&#96;code&#96;'],
    ['*bold* _it_ ~no~', '&#42;bold&#42; &#95;it&#95; &#126;no&#126;'],
    ['<img src=x onerror="x">', '&#60;img src=x onerror="x"&#62;'],
    ['<!-- hidden', '&#60;!-- hidden'],
    ['&lt;b&gt;', '&#38;lt;b&#38;gt;'],
    ['[click](https://evil.test)', '&#91;click&#93;(https:<!-- -->//evil.test)'],
    ['![image](//evil.test)', '!&#91;image&#93;(//evil.test)'],
    [
      'https://evil.test www.evil.test WWW.evil.test',
      'https:<!-- -->//evil.test www<!-- -->.evil.test WWW<!-- -->.evil.test',
    ],
    ['ping @octocat and @acme/team', 'ping &#64;<!-- -->octocat and &#64;<!-- -->acme/team'],
    ['see #12', 'see &#35;<!-- -->12'],
    ['mail me@evil.test', 'mail me&#64;<!-- -->evil.test'],
    [
      '{{ 7 * 7 }} {% include "x" %} {# c #}',
      '&#123;&#123; 7 &#42; 7 &#125;&#125; &#123;% include "x" %&#125; &#123;&#35; c &#35;&#125;',
    ],
    ['${{ sha }}', '&#36;&#123;&#123; sha &#125;&#125;'],
    ['back\\slash', 'back&#92;slash'],
    ['one\ntwo', 'one<br>two'],
    ['one\r\ntwo', 'one&#13;<br>two'],
    ['tab\tnul\u0000', 'tab&#9;nul&#0;'],
    ['right\u202Eleft', 'right&#8238;left'],
    ['Ünïcode, 日本語 and 🚂', 'Ünïcode, 日本語 and 🚂'],
    ['it\'s "fine": 50% (a/b) +1 = «x» – ok?', 'it\'s "fine": 50% (a/b) +1 = «x» – ok?'],
  ])('%j', (name, escaped) => {
    expect(escapeMarkdown(name)).toBe(escaped)
    expect(renderedRow({ name })).toBe(
      `| ${escaped} | ✅ passed | 1 | 1 min 05 s | [workflow run](https://github.test/acme/shop/actions/runs/101) |`,
    )
    expect(renderedRow({ state: 'failure', note: name })).toContain(`| ❌ failed: ${escaped} |`)
    expect(renderCheck(makeCheck({ headline: name })).summary).toBe(`${escaped.trim()}\n`)
  })

  test('links cannot be left', () => {
    expect(renderedRow({ url: 'https://github.test/a)b(c|d "e" <f>\ud800' })).toContain(
      '[workflow run](https://github.test/a%29b%28c%7Cd%20%22e%22%20%3Cf%3E%EF%BF%BD)',
    )
  })
})

describe('bounds', () => {
  test('a title is one line of at most two hundred characters', () => {
    const title = (headline: string) => renderCheck(makeCheck({ headline })).title
    expect(title('x'.repeat(200))).toBe('x'.repeat(200))
    expect(title('x'.repeat(201))).toBe(`${'x'.repeat(199)}…`)
    expect(title('first\nsecond')).toBe('first')
    expect(title(`${'x'.repeat(198)}🚂🚂`).isWellFormed()).toBe(true)
  })

  function manyRows(bad: (at: number) => boolean, name: string): CheckRow[] {
    return Array.from({ length: 1000 }, (_, at) =>
      makeRow({
        name: `docker / ${at} ${name}`,
        ...(bad(at) ? { state: 'failure', note: 'the workflow run failed' } : {}),
      }),
    )
  }

  test('of a thousand legs with long names, those that failed are kept, and the others counted', () => {
    const rows = manyRows((at) => at % 100 === 99, '<|🚂|>'.repeat(20))
    const { summary } = renderCheck(makeCheck({ rows }))
    expect(summary.length).toBeLessThan(65_535)
    for (const at of [99, 199, 299, 399, 499, 599, 699, 799, 899, 999]) expect(summary).toContain(`| docker / ${at} `)
    const shown = summary.split('\n').filter((line) => line.startsWith('| docker')).length
    expect(shown).toBeGreaterThan(10)
    expect(summary).toContain(`\n${1000 - shown} more legs are not shown: ${1000 - shown} passed.\n`)
  })

  test('a thousand legs that all failed with the longest names fit too', () => {
    for (const name of ['x'.repeat(60_000), '`'.repeat(200)]) {
      const { summary } = renderCheck(makeCheck({ rows: manyRows(() => true, name) }))
      expect(summary.length).toBeLessThan(65_535)
      expect(summary).toMatch(/more legs are not shown: \d+ failed\./)
    }
  })

  test('five hundred legs with short names all have their row', () => {
    const rows = Array.from({ length: 500 }, (_, at) => makeRow({ name: `docker / ${at}`, url: null }))
    const { summary } = renderCheck(makeCheck({ rows }))
    expect(summary.split('\n').filter((line) => line.startsWith('| docker'))).toHaveLength(500)
    expect(summary).not.toContain('not shown')
  })

  test('a headline without end is cut off', () => {
    const { summary } = renderCheck(makeCheck({ headline: '🚂'.repeat(70_000), rows: [makeRow()] }))
    expect(summary.length).toBeLessThan(65_535)
    expect(summary.isWellFormed()).toBe(true)
  })
})

import { describe, expect, test } from 'vitest'
import { type Command, commandText, MAX_COMMANDS, MAX_NAMES, parseCommands } from '../../src/domain/commands.ts'
import { SHA } from '../support/facts.ts'

const retest = (...names: string[]): Command => ({ kind: 'retest', names })
const help = (unknown: string | null = null, meant: Command['kind'] | null = null): Command => ({
  kind: 'help',
  unknown,
  meant,
})
const cancel: Command = { kind: 'cancel' }
const commandsIn = (body: string) => parseCommands(body).commands

describe('a command', () => {
  test.each<[string, Command]>([
    ['/retest', retest()],
    ['   /ReTest  ', retest()],
    ['/retest\tbuild', retest('build')],
    ['/retest build docker.test', retest('build', 'docker.test')],
    ['/retest "docker / test (a b)" build', retest('docker / test (a b)', 'build')],
    [
      "/retest “docker / test” „a b“ ‘c d’ «e f» `g h` 'i j'",
      retest('docker / test', 'a b', 'c d', 'e f', 'g h', 'i j'),
    ],
    ['/retest "a"b', retest('a', 'b')],
    ['/retest "a b', retest('"a', 'b')],
    ['/retest “a “b', retest('“a', '“b')],
    ["/retest don't", retest("don't")],
    ['/retest build Build BUILD', retest('build')],
    ['/retest ""', retest()],
    [`/ok-to-test ${SHA}`, { kind: 'ok-to-test', sha: SHA }],
    [`/OK-TO-TEST \`${SHA.toUpperCase()}\` thanks`, { kind: 'ok-to-test', sha: SHA }],
    ['/ok-to-test', { kind: 'ok-to-test', sha: '' }],
    ['/deploy', { kind: 'deploy', preview: null }],
    ['/deploy enterprise now', { kind: 'deploy', preview: 'enterprise' }],
    ['/undeploy', { kind: 'undeploy', preview: null }],
    ['/undeploy "my preview"', { kind: 'undeploy', preview: 'my preview' }],
    ['/cancel', cancel],
    ['/cancel please', cancel],
    ['/override tests flaky network', { kind: 'override', gate: 'tests', reason: 'flaky network' }],
    ['/override "All Tests" "flaky"', { kind: 'override', gate: 'All Tests', reason: 'flaky' }],
    ['/override tests “a” and “b”', { kind: 'override', gate: 'tests', reason: '“a” and “b”' }],
    ['/override tests', { kind: 'override', gate: 'tests', reason: '' }],
    ['/override', { kind: 'override', gate: '', reason: '' }],
    ['/signalbox', help()],
    ['/signalbox help', help()],
    ['/Signalbox  Retest build', retest('build')],
    ['/signalbox /retest', retest()],
    ['/signalbox override tests flaky', { kind: 'override', gate: 'tests', reason: 'flaky' }],
    ['/signalbox retets', help('retets', 'retest')],
    ['/signalbox frobnicate', help('frobnicate')],
    ['/signalbox __proto__', help('__proto__')],
  ])('%j', (line, command) => {
    expect(parseCommands(line)).toEqual({ commands: [command], dropped: 0 })
    expect(commandsIn(`Some words first.\r\n\r\n${line}\r\nand then some`)).toEqual([command])
  })

  test.each([
    '',
    'retest',
    'please /retest',
    '- /retest',
    '1. /retest',
    '| /retest |',
    '**/retest**',
    '/retest.',
    '/retest: build',
    '//retest',
    '/ retest',
    '/help',
    '/lgtm',
    '/signalboxes help',
    '/constructor',
    '`/retest`',
    '\\/retest',
  ])('%j is none', (line) => {
    expect(parseCommands(line)).toEqual({ commands: [], dropped: 0 })
  })
})

describe('what is no text', () => {
  test.each<[string, string]>([
    ['a fence', '```\n/retest\n```'],
    ['a fence with a language', '```sh title="x"\n/retest\n```'],
    ['a fence of tildes', '~~~ `x`\n/retest\n~~~'],
    ['a longer fence, that a shorter one does not close', '````\n```\n/retest\n````'],
    ['a fence that another mark does not close', '```\n~~~\n/retest\n```'],
    ['a fence that words after its mark do not close', '```\n``` no\n/retest\n```'],
    ['a fence that an indented mark does not close', '```\n    ```\n/retest\n```'],
    ['a fence that is never closed', '```\n/retest'],
    ['a fence in a list', '- ```\n  /retest\n  ```'],
    ['a fence in a numbered list in a list', '- 1. ```\n     /retest\n     ```'],
    ['a fence under the text of a list', '- text\n\n  ```\n  /retest\n  ```'],
    ['a fence in a quotation', '> ```\n> /retest\n> ```'],
    ['indented code', '    /retest'],
    ['code indented by a tab', '\t/retest'],
    ['code indented by a space and a tab', ' \t/retest'],
    ['a quotation', '> /retest'],
    ['a quotation in a quotation, indented', '   >> /retest'],
    ['an HTML comment', '<!-- /retest -->'],
    ['an HTML comment of many lines', '<!--\n/retest\n\n/retest\n-->'],
    ['an HTML comment that ends on the line', '<!-- x --> /retest'],
    ['an HTML comment that is never closed', '<!--\n\n/retest'],
    ['an HTML comment after text', 'text <!--\n/retest\n-->'],
    ['an HTML comment in a list', '- <!--\n/retest\n-->'],
    ['an HTML comment after another', '<!-- a --> <!--\n/retest\n-->'],
    ['an HTML comment with a fence in it', '<!--\n```\n-->\n<!--\n/retest\n```\n-->'],
  ])('%s', (_title, body) => {
    expect(commandsIn(body)).toEqual([])
    expect(commandsIn(`/cancel\n\n${body}`)).toEqual([cancel])
  })

  test.each<[string, string]>([
    ['after a fence', '```\nx\n```\n/retest'],
    ['after a fence that a longer one closes', '```\nx\n`````  \n/retest'],
    ['after what only looks like a fence', '``` a`b\n/retest'],
    ['after two marks', '``\n/retest'],
    ['after a list item with code that was left open', '- ```\n  x\n/retest'],
    ['after a quotation', '> ```\n/retest'],
    ['after indented code', '    ```\n/retest'],
    ['after an HTML comment', '<!-- x -->\n/retest'],
    ['after an HTML comment of many lines', '<!--\nx\n-->\n/retest'],
    ['after the shortest HTML comment', '<!-->\n/retest'],
    ['after an HTML comment in a text whose paragraph is over', 'text <!-- x\n\n/retest'],
    ['after the mark of an HTML comment in code', '`<!--` is a mark\n/retest'],
    ['between lines that end as on old machines', 'x\r/retest\ry'],
  ])('%s there is text again', (_title, body) => {
    expect(commandsIn(body)).toEqual([retest()])
  })
})

describe('too much', () => {
  test('what stands twice is one command, whatever its case', () => {
    expect(parseCommands('/retest A\n/cancel\n/RETEST a\n/signalbox cancel')).toEqual({
      commands: [retest('A'), cancel],
      dropped: 0,
    })
  })

  test('the first five are carried out, the others counted', () => {
    const lines = Array.from({ length: 7 }, (_, index) => `/retest job-${index}`)
    const { commands, dropped } = parseCommands(lines.join('\n'))
    expect(commands).toEqual([0, 1, 2, 3, 4].map((index) => retest(`job-${index}`)))
    expect(commands).toHaveLength(MAX_COMMANDS)
    expect(dropped).toBe(2)
  })

  test('names that are too many are still seen to be', () => {
    const [command] = commandsIn(`/retest ${Array.from({ length: 1000 }, (_, index) => `j${index}`).join(' ')}`)
    expect(command).toMatchObject({ names: { length: MAX_NAMES + 1 } })
  })

  test('long names and reasons are cut, between characters', () => {
    const [retested, overridden] = commandsIn(`/retest ${'😀'.repeat(300)}x\n/override a ${`x${'😀'.repeat(300)}`}`)
    expect(retested).toEqual(retest('😀'.repeat(250)))
    expect(overridden).toEqual({ kind: 'override', gate: 'a', reason: `x${'😀'.repeat(249)}\u{FFFD}` })
  })

  test('nothing is read beyond what GitHub takes', () => {
    expect(commandsIn(`${'\n'.repeat(65_536)}/retest`)).toEqual([])
  })

  // Each of these takes minutes where the time grows with the square of the length: the test's time-out is the bound.
  const fill = (piece: string, start = '') => (start + piece.repeat(200_000)).slice(0, 65_536)
  test.each<[string, string, number]>([
    [
      'commands',
      Array.from({ length: 10_000 }, (_, index) => `/c ${index}`)
        .join('\n')
        .replaceAll('/c', '/retest'),
      5,
    ],
    ['the same command', fill('/cancel\n'), 1],
    ['names', fill('a ', '/retest '), 1],
    ['quotes', fill('"', '/retest '), 1],
    ['opening quotes', fill('“ ', '/retest '), 1],
    ['spaces', fill(' ', '/override'), 1],
    ['spaces before a reason', `${fill(' ', '/override a').slice(0, -1)}x`, 1],
    ['fences', fill('```\n'), 0],
    ['a fence without end', fill('`'), 0],
    ['list marks', fill('- '), 0],
    ['numbers', fill('1'), 0],
    ['HTML comments', fill('<!-- -->'), 0],
    ['HTML comments that are not closed', fill('<!--'), 0],
    ['HTML comments in a line with code', fill('<!-- -->', 'a`'), 0],
    ['slashes', fill('/'), 0],
    ['tabs', fill('\t'), 0],
  ])('a bomb of %s', (_title, body, commands) => {
    for (let turn = 0; turn < 20; turn++) expect(commandsIn(body)).toHaveLength(commands)
  })
})

test.each<[Command, string]>([
  [retest(), '/retest'],
  [retest('build', 'a b'), '/retest build "a b"'],
  [retest('x'.repeat(200)), `/retest ${'x'.repeat(92)}…`],
  [{ kind: 'ok-to-test', sha: 'abc' }, '/ok-to-test abc'],
  [{ kind: 'deploy', preview: null }, '/deploy'],
  [{ kind: 'undeploy', preview: 'x' }, '/undeploy x'],
  [cancel, '/cancel'],
  [{ kind: 'override', gate: 'All Tests', reason: 'flaky' }, '/override "All Tests"'],
  [help(), '/signalbox help'],
  [help('x'), '/signalbox x'],
])('%j is repeated as %s', (command, text) => {
  expect(commandText(command)).toBe(text)
})

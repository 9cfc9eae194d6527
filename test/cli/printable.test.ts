import { afterEach, expect, test, vi } from 'vitest'
import { printable, printableLine } from '../../src/cli/printable.ts'

afterEach(() => vi.unstubAllEnvs())

const TEXTS: [string, string, string][] = [
  ['a\tb\nc', 'a\tb\nc', 'a\tb\u{FFFD}c'],
  ['\u001b[31mred\r', '\u{FFFD}[31mred\u{FFFD}', '\u{FFFD}[31mred\u{FFFD}'],
  ['left\u202eright\u200b', 'left\u{FFFD}right\u{FFFD}', 'left\u{FFFD}right\u{FFFD}'],
  ['a\u2028b', 'a\u2028b', 'a\u{FFFD}b'],
]

test.each(TEXTS)('%j is shown as %j, and on one line as %j', (text, shown, line) => {
  expect([printable(text), printableLine(text)]).toEqual([shown, line])
})

test.each([
  ['::error::x', ':\u{FFFD}error::x'],
  ['a\n \t::set-output name=a::b', 'a\n \t:\u{FFFD}set-output name=a::b'],
  ['a ##[error]x ##[warning]', 'a ##\u{FFFD}error]x ##\u{FFFD}warning]'],
  ['std::vector a::b ## [x]', 'std::vector a::b ## [x]'],
])('%j is no command to a runner of GitHub Actions', (text, shown) => {
  vi.stubEnv('GITHUB_ACTIONS', '')
  expect(printable(text)).toBe(text)
  vi.stubEnv('GITHUB_ACTIONS', 'true')
  expect(printable(text)).toBe(shown)
})

test('many line ends take no time', () => {
  vi.stubEnv('GITHUB_ACTIONS', 'true')
  const started = performance.now()
  printable('\n'.repeat(200_000) + ' '.repeat(200_000))
  expect(performance.now() - started).toBeLessThan(1000)
})

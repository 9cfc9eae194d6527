/** What the guides about pull requests promise: that their tests, files and configurations are there. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { CommandKind } from '../src/domain/commands.ts'
import { parseConfig } from '../src/domain/parse-config.ts'

const read = (name: string) => readFileSync(`docs/${name}`, 'utf8')

describe('the threat table', () => {
  const rows = read('security.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('`test/'))
  const cited = rows.flatMap((row) =>
    [...row.matchAll(/`(test\/[^`]+)`(?:: «([^»]+)»)?/g)].map(([, file = '', title = '']) => [
      row.split(' | ')[0],
      file,
      title,
    ]),
  )

  test('has a test in every row', () => {
    expect(rows.length).toBeGreaterThanOrEqual(20)
  })

  test.each(cited)('%s: %s «%s»', (_attack, file = '', title = '') => {
    expect(existsSync(file)).toBe(true)
    const text = readFileSync(file, 'utf8')
    const isTitle = ["'", '"', '`'].some((quote) => text.includes(`${quote}${title}${quote}`))
    expect(title === '' || isTitle).toBe(true)
  })
})

test.each(['pull-requests.md', 'adopting.md', 'security.md'])('every file that %s links exists', (name) => {
  const linked = [...read(name).matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map(([, file]) => file ?? '')
  expect(linked.filter((file) => !existsSync(`docs/${file}`))).toEqual([])
})

test('the first configuration of the adopting guide is good', () => {
  const [config = ''] = [...read('adopting.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')
  const parsed = parseConfig(config, { path: 'adopting.md' })
  expect(parsed.ok ? [] : parsed.problems).toEqual([])
})

const KINDS: Record<CommandKind, true> = {
  retest: true,
  'ok-to-test': true,
  deploy: true,
  undeploy: true,
  cancel: true,
  override: true,
  help: true,
}

test('every command is explained', () => {
  const explained = [...read('pull-requests.md').matchAll(/^\| `\/(?:signalbox )?([a-z-]+)/gm)].map(([, word]) => word)
  expect(explained.sort()).toEqual(Object.keys(KINDS).sort())
})

/** docs/operations.md and .env.example against the code: every variable, every default, every message. */
import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ENVIRONMENT_VARIABLES, readEnvironment } from '../../src/cli/environment.ts'

/** Read by Probot, not by Signalbox itself. */
const PROBOT_VARIABLES = ['PRIVATE_KEY', 'PRIVATE_KEY_PATH', 'GHE_HOST', 'GHE_PROTOCOL']
/** Probot's default, which no code of ours knows. */
const PROBOT_DEFAULTS = { GHE_PROTOCOL: 'https' }

const document = await readFile('docs/operations.md', 'utf8')
const example = await readFile('.env.example', 'utf8')

/** The rows of the table in a section, as cells without backticks. */
function tableOf(section: string): string[][] {
  const text = document.split(/^## /m).find((part) => part.startsWith(section)) ?? ''
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll(/^`|`$/g, '')),
  )
  return cells.slice(1)
}

test('the table of the environment has every variable, and no other', () => {
  const names = tableOf('Environment').map(([name]) => name)
  expect([...names].sort()).toEqual([...ENVIRONMENT_VARIABLES, ...PROBOT_VARIABLES].sort())
})

test('with its default', () => {
  const defaults: Record<string, unknown> = { ...PROBOT_DEFAULTS, ...readEnvironment({}) }
  for (const [name = '', written] of tableOf('Environment'))
    expect([name, written]).toEqual([name, String(defaults[name] ?? '')])
})

test('.env.example names known variables, sets no secret, and starts as it is', () => {
  const lines = example.split('\n').filter((line) => /^#?[A-Z_]+=/.test(line))
  const known = [...ENVIRONMENT_VARIABLES, ...PROBOT_VARIABLES, 'POSTGRES_PASSWORD']
  for (const line of lines) expect(known).toContain(line.replace(/^#/, '').split('=')[0])
  const set = lines.filter((line) => !line.startsWith('#')).map((line) => line.split('='))
  expect(set.map(([, value]) => value)).toEqual(set.map(() => ''))
  expect(() => readEnvironment(Object.fromEntries(set))).not.toThrow()
})

test('messages that are explained are those of the code', async () => {
  const files = (await readdir('src', { recursive: true })).filter((file) => /^(app|cli|adapters)\/.*\.ts$/.test(file))
  const source = (await Promise.all(files.map((file) => readFile(`src/${file}`, 'utf8')))).join('\n')
  const table = document.split('## Troubleshooting')[1] ?? ''
  const messages = [...table.matchAll(/^\| (?:\d{3} )?`([^`]+)` \|/gm)].map(([, message]) => message ?? '')
  expect(messages.length).toBeGreaterThan(20)
  for (const message of messages) for (const part of message.split(' … ')) expect(source).toContain(part)
})

/** The example of README.md: its configuration, and what the command prints for a repository of which that could be true. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { environmentOf, runSignalbox } from '../support/run-signalbox.ts'
import { daysAgo } from '../support/stale-project.ts'

const REPO = 'acme/shop'

let github: Sandbox
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-example-'))
  github = await startSandbox({ validateReplies: true })
})
afterAll(async () => {
  await github.stop()
  await rm(directory, { recursive: true })
})

/** When, what it cost and how long it took are different each time. */
const withoutFigures = (text: string) =>
  text
    .trimEnd()
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/, 'then')
    .replace(/; \d+ requests?, \d+ points?, \d+(?:\.\d+)? m?s$/, '; so much')

test('a dry run prints what README.md shows', { timeout: 120_000 }, async () => {
  const [, section = ''] = (await readFile('README.md', 'utf8')).split('\n## Sweeps\n')
  const [, config = ''] = /```yaml\n([\s\S]*?)```/.exec(section) ?? []
  const [, command = '', shown = ''] = /```console\n\$ signalbox ([^\n]*)\n([\s\S]*?)```/.exec(section) ?? []
  github.createRepository({
    owner: 'acme',
    name: 'shop',
    ownerType: 'Organization',
    files: { '.github/signalbox.yml': config },
    collaborators: { ann: 'write' },
  })
  const open = (title: string, days: number) => github.openIssue(REPO, { title, author: 'rob', at: daysAgo(days) })
  const us = `${github.app.slug}[bot]`
  open('Quiet', 71)
  github.addLabel(REPO, open('Warned', 80), 'Stale', us, daysAgo(15))
  github.addLabel(REPO, open('Planned', 300), 'roadmap', 'ann', daysAgo(299))
  const answered = open('Answered', 90)
  github.addLabel(REPO, answered, 'Stale', us, daysAgo(5))
  github.comment(REPO, answered, 'Yes!', 'rob')
  open('New', 3)
  const { out } = await runSignalbox(command.split(' '), { cwd: directory, env: environmentOf(github) })
  expect(withoutFigures(out)).toContain('then: 5 looked at; ')
  expect(withoutFigures(out)).toBe(withoutFigures(shown))
})

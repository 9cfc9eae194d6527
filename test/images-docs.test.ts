import { existsSync, readFileSync } from 'node:fs'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { parseConfig } from '../src/domain/parse-config.ts'

const docs = readFileSync('docs/images.md', 'utf8')
const blocks = (language: string) =>
  [...docs.matchAll(/```(\w+)\n([\s\S]*?)```/g)].filter(([, name]) => name === language).map(([, , text]) => text ?? '')

test('the example configurations are good', () => {
  const [image = '', runtime = ''] = blocks('yaml')
  const jobs =
    'pipelines: { p: { on: { push: }, jobs: { j: { workflow: w.yml, image: runtime, matrix: { base_image: [{ tag: x }] } } } } }'
  for (const config of [image, `version: 1\n${jobs}\n${runtime}`]) {
    const result = parseConfig(config, { path: 'docs/images.md' })
    expect(result.ok ? [] : result.problems).toEqual([])
  }
})

test.each(['tags', 'build', 'runtime-image', 'init'])('every flag of %s that is shown exists', async (command) => {
  const lines = blocks('console').flatMap((block) => block.split('\n'))
  const shown = lines.filter((line) => line.startsWith('$') && line.includes(`signalbox ${command} `))
  const { stdout } = await execa(process.execPath, ['src/cli.ts', command, '--help'])
  const flags = shown.flatMap((line) => line.match(/(?<= )--?[a-z][\w-]*/g) ?? [])
  if (command !== 'init') expect(flags.length).toBeGreaterThan(0)
  for (const flag of flags) expect(stdout).toMatch(new RegExp(`(?:^| )${flag}[ ,]`, 'm'))
})

test('every file that is linked exists', () => {
  const linked = [...docs.matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map(([, file]) => file ?? '')
  expect(linked.length).toBeGreaterThan(3)
  for (const file of linked) expect(existsSync(`docs/${file}`), file).toBe(true)
})

import { existsSync, readFileSync } from 'node:fs'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseConfig } from '../src/domain/parse-config.ts'

const readme = readFileSync('README.md', 'utf8')
const scripts: Record<string, string> = JSON.parse(readFileSync('package.json', 'utf8')).scripts
const blocks = (language: string) =>
  [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text ?? '')

test('the example configuration is good', () => {
  const [config = ''] = blocks('yaml')
  const result = parseConfig(config, { path: 'README.md' })
  expect(result.ok ? [] : result.problems).toEqual([])
})

test('the example workflow takes what its job is given', () => {
  const [config = '', workflow = ''] = blocks('yaml')
  const inputs = parse(workflow).on.workflow_dispatch.inputs
  const given = Object.keys(parse(config).pipelines.docker.jobs.test.inputs)
  expect(Object.keys(inputs)).toEqual([...given, 'signalbox'])
  expect(parse(workflow)['run-name']).toMatch(/^\$\{\{ fromJSON\(inputs\.signalbox\)\.attempt \}\}/)
})

test('every npm script that is named exists', () => {
  const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? '')
  expect(named.length).toBeGreaterThan(2)
  for (const name of named) expect(Object.keys(scripts)).toContain(name)
})

test('every command that is named exists', async () => {
  const named = new Set(
    [...readme.matchAll(/(?:signalbox --(?: -C \S+)?|`signalbox) (\w+)/g)].map(([, name]) => name ?? ''),
  )
  const { stdout } = await execa(process.execPath, ['src/cli.ts', '--help'])
  expect(named.size).toBeGreaterThan(1)
  for (const name of named) expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'))
})

test('every file that is linked exists', () => {
  const linked = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, file]) => file ?? '')
  expect(linked.length).toBeGreaterThan(5)
  for (const file of linked) expect(existsSync(file), file).toBe(true)
})

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { STALE_OPTIONS } from '../src/domain/import-stale/read-steps.ts'
import { parseConfig } from '../src/domain/parse-config.ts'

const DOCUMENTS = ['docs/stale.md', 'docs/cleanup.md']
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

const EXAMPLES = DOCUMENTS.flatMap((path) =>
  [...read(path).matchAll(/```yaml\n([\s\S]*?)```/g)].map((match, index) => ({ path, index, yaml: match[1] ?? '' })),
)

test('there are examples', () => expect(EXAMPLES.length).toBeGreaterThan(3))

test.each(EXAMPLES)('example $index of $path is good', ({ path, yaml }) => {
  expect(parseConfig(yaml, { path })).toMatchObject({ ok: true })
})

test('every option of actions/stale is in the migration notes', () => {
  const text = read('docs/stale.md')
  const missing = STALE_OPTIONS.map((option) => option.replaceAll('_', '-')).filter(
    (name) => !text.includes(`\`${name}\``),
  )
  expect(missing).toEqual([])
})

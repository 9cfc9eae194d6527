import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { renderConfigDocs, renderConfigSchema } from '../../src/domain/config-docs.ts'
import { COMPLETE_EXAMPLE } from '../../src/domain/config-example.ts'
import { configJsonSchema, type JsonSchema } from '../../src/domain/config-schema.ts'
import { VALUE_PATHS } from '../../src/domain/interpolate.ts'
import { parseConfig } from '../../src/domain/parse-config.ts'

const ROOT = new URL('../../', import.meta.url)

interface Property {
  readonly path: string
  readonly key: string
  readonly schema: JsonSchema
  readonly isRequired: boolean
}

/** Every key of the file with a name of its own. */
function propertiesOf(schema: JsonSchema, path = ''): Property[] {
  const nested = [...(schema.anyOf ?? []), schema.items, schema.additionalProperties]
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, property]) => [
      { path: `${path}.${key}`, key, schema: property, isRequired: schema.required?.includes(key) ?? false },
      ...propertiesOf(property, `${path}.${key}`),
    ]),
    ...nested.flatMap((inner) => (typeof inner === 'object' ? propertiesOf(inner, `${path}.*`) : [])),
  ]
}

const PROPERTIES = propertiesOf(configJsonSchema())

test('the schema has the keys of every level', () => {
  const paths = PROPERTIES.map((property) => property.path)
  expect(paths).toContain('.version')
  expect(paths).toContain('.pipelines.*.on.push.*.paths_ignore')
  expect(paths).toContain('.pipelines.*.jobs.*.retries.*.delay')
  expect(paths).toContain('.pipelines.*.gates.*.needs')
})

test.each(PROPERTIES)('$path is described, and its description says its default', ({ schema, isRequired }) => {
  const [, required, fallback] = /^[A-Z].+?\. (?:(Required)|Default: (.+))\.$/.exec(schema.description ?? '') ?? []
  expect(required ?? fallback, schema.description).toBeDefined()
  expect(required !== undefined).toBe(isRequired)
  if (schema.default !== undefined) expect(fallback).toBe(String(schema.default))
})

test('no map takes keys that it does not know', () => {
  const open: string[] = []
  const visit = (schema: JsonSchema, path: string) => {
    if (schema.properties !== undefined && schema.additionalProperties !== false) open.push(path)
    for (const property of propertiesOf(schema, path)) {
      const shapes = [property.schema, ...(property.schema.anyOf ?? [])]
      if (shapes.some((shape) => shape.properties !== undefined && shape.additionalProperties !== false)) {
        open.push(property.path)
      }
    }
  }
  visit(configJsonSchema(), '')
  // The keys of a matrix are the axes, which have a schema of their own.
  expect(open).toEqual(['.pipelines.*.jobs.*.matrix'])
})

test('the complete example is good', () => {
  expect(parseConfig(COMPLETE_EXAMPLE, { path: 'example.yml' })).toMatchObject({ ok: true })
})

test('the complete example has every key but the reserved ones', () => {
  const keys = PROPERTIES.filter(({ schema }) => !schema.description?.includes('Reserved')).map(({ key }) => key)
  expect(keys.filter((key) => !new RegExp(`\\b${key}:`).test(COMPLETE_EXAMPLE))).toEqual([])
})

test('the documentation has a section for every key, all values and the example', () => {
  const docs = renderConfigDocs()
  for (const { key } of PROPERTIES) expect(docs).toMatch(new RegExp(`^### \`(?:.*\\.)?${key}\`$`, 'm'))
  for (const path of Object.keys(VALUE_PATHS)) expect(docs).toContain(`| \`${path}\` |`)
  expect(docs).toContain(COMPLETE_EXAMPLE)
  expect(docs).toContain('# yaml-language-server: $schema=')
  expect(docs).not.toMatch(/undefined|\[object/)
})

test('a section of the documentation', () => {
  expect(renderConfigDocs()).toContain(`### \`pipelines.<pipeline>.jobs.<job>.timeout\`

How long one attempt may take before it is cancelled. A duration from 1s to 35d.

*Duration; default: \`6h\`.*
`)
})

test.each([
  ['schema/signalbox.schema.json', renderConfigSchema],
  ['docs/configuration.md', renderConfigDocs],
])('%s is up to date', (path, render) => {
  expect(readFileSync(new URL(path, ROOT), 'utf8')).toBe(render())
})

test('the JSON Schema says what it is', () => {
  expect(JSON.parse(renderConfigSchema())).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Signalbox configuration',
    type: 'object',
    additionalProperties: false,
    required: ['version'],
  })
  expect(JSON.parse(renderConfigSchema())).not.toHaveProperty('$id')
})

const PIPELINE = (keys: string) =>
  `version: 1\npipelines: { ci: { on: { push: }, jobs: { a: { workflow: a.yml } }, ${keys} } }`

test.each([
  ['the complete example', COMPLETE_EXAMPLE, true],
  ["OpenHands' configuration", readFileSync(new URL('test/fixtures/config/openhands.yml', ROOT), 'utf8'), true],
  ['a short one', PIPELINE('concurrency: keep'), true],
  ['another version', 'version: 2', false],
  ['an unknown key', PIPELINE('gate: {}'), false],
  ['a wrong choice', PIPELINE('concurrency: queue'), false],
  ['a gate without needs', PIPELINE('gates: { g: { name: G } }'), false],
  ['a wrong duration', PIPELINE('').replace('a.yml', 'a.yml, timeout: 5 minutes'), false],
])('an editor judges %s as the parser does', (_title, yaml, isGood) => {
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(renderConfigSchema()))
  expect(validate(parse(yaml))).toBe(isGood)
  expect(parseConfig(yaml, { path: 'x.yml' }).ok).toBe(isGood)
})

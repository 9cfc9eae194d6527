import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect, test } from 'vitest'

/** What each part of `src` may import of the others, besides itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain: [],
  ports: ['domain'],
  adapters: ['ports', 'domain'],
  app: ['ports', 'domain'],
  sandbox: ['ports', 'domain'],
  cli: ['adapters', 'app', 'sandbox', 'ports', 'domain'],
}

/** Pure libraries: nothing in them reaches the network, the disk, the clock or the environment. */
const DOMAIN_PACKAGES = [
  'zod',
  'semver/functions/parse.js',
  'semver/functions/valid.js',
  'yaml',
  'picomatch',
  'fastest-levenshtein',
  'cron-parser',
  're2js',
  'saxes',
  'node:crypto',
]

/** What the domain must be told instead of asking. */
const OUTSIDE =
  /\bprocess\.|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.|\bfetch\(|\bset(?:Timeout|Interval)\(/

/** `domain` for `domain/plan.ts`, `ports` for `ports.ts`. */
function partOf(file: string): string {
  return file.split('/')[0]?.replace(/\.ts$/, '') ?? ''
}

/** What a file imports or exports from, statically or not. An import of something computed is `?`. */
function importsOf(source: string): string[] {
  const fixed = source.matchAll(/^\s*(?:import|export)\b(?:[\w$\s{},*]*?\bfrom)?\s*['"]([^'"]+)['"]/gm)
  const moving = source.matchAll(/\b(?:import|require)\(\s*(?:['"]([^'"]+)['"]\s*[),]|)/g)
  return [...[...fixed].map((match) => match[1] ?? '?'), ...[...moving].map((match) => match[1] ?? '?')]
}

/** Each import of the file, named from `src`, that points the wrong way. */
function violations(file: string, source: string): string[] {
  const part = partOf(file)
  const allowed = MAY_IMPORT[part]
  if (allowed === undefined) return [`${file} belongs to no part`]
  return importsOf(source).flatMap((specifier) => {
    const says = `${file} imports ${specifier}`
    if (specifier === '?') return [`${file} imports something computed`]
    if (!specifier.startsWith('.'))
      return part === 'domain' && !DOMAIN_PACKAGES.includes(specifier) ? [`${says}, which is not pure`] : []
    const target = posix.join(posix.dirname(file), specifier)
    if (target.startsWith('..')) return part === 'domain' ? [`${says}, which is outside of src`] : []
    const other = partOf(target)
    return other === part || allowed.includes(other) ? [] : [`${says}: ${part} must not know ${other}`]
  })
}

const SRC = new URL('../src/', import.meta.url)
const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => [file, readFileSync(new URL(file, SRC), 'utf8')] as const)

test('imports point one way', () => {
  expect(new Set(FILES.map(([file]) => partOf(file)))).toEqual(new Set(Object.keys(MAY_IMPORT)))
  expect(FILES.flatMap(([file, source]) => violations(file, source))).toEqual([])
})

test('the domain asks neither clock nor chance nor environment', () => {
  const asking = FILES.filter(([file, source]) => partOf(file) === 'domain' && OUTSIDE.test(source))
  expect(asking.map(([file]) => file)).toEqual([])
  expect('const at = new Date()').toMatch(OUTSIDE)
  expect('const seed = Math.random()').toMatch(OUTSIDE)
})

test.each<[string, string, string[]]>([
  [
    'domain/x.ts',
    "import { z } from 'zod'\nimport type { Plan } from './plan.ts'\nimport { createHash } from 'node:crypto'",
    [],
  ],
  ['domain/x.ts', "import { readFile } from 'node:fs'", ['domain/x.ts imports node:fs, which is not pure']],
  [
    'domain/x.ts',
    "import type { Store } from '../ports.ts'",
    ['domain/x.ts imports ../ports.ts: domain must not know ports'],
  ],
  [
    'domain/x.ts',
    "export {\n  serve,\n} from '../cli/serve.ts'",
    ['domain/x.ts imports ../cli/serve.ts: domain must not know cli'],
  ],
  [
    'domain/x.ts',
    "import text from '../../package.json'",
    ['domain/x.ts imports ../../package.json, which is outside of src'],
  ],
  ['domain/x.ts', "const late = await import('probot')", ['domain/x.ts imports probot, which is not pure']],
  ['domain/x.ts', 'const late = await import(name)', ['domain/x.ts imports something computed']],
  ['ports.ts', "import type { Plan } from './domain/plan.ts'", []],
  ['ports.ts', "import '@octokit/rest'", []],
  [
    'ports.ts',
    "import { Worker } from './app/worker.ts'",
    ['ports.ts imports ./app/worker.ts: ports must not know app'],
  ],
  [
    'adapters/store/x.ts',
    "import type {\n  Store,\n} from '../../ports.ts'\nimport { serve } from '../../app/server.ts'",
    ['adapters/store/x.ts imports ../../app/server.ts: adapters must not know app'],
  ],
  [
    'app/x.ts',
    "import { open } from '../adapters/store/open-store.ts'",
    ['app/x.ts imports ../adapters/store/open-store.ts: app must not know adapters'],
  ],
  ['app/x.ts', "import '../sandbox/sandbox.ts'", ['app/x.ts imports ../sandbox/sandbox.ts: app must not know sandbox']],
  [
    'sandbox/x.ts',
    'export * from "../app/server.ts"',
    ['sandbox/x.ts imports ../app/server.ts: sandbox must not know app'],
  ],
  ['sandbox/http/x.ts', "import type { World } from '../world.ts'", []],
  ['cli/x.ts', "import '../app/worker.ts'\nimport '../adapters/x.ts'\nimport '../sandbox/x.ts'", []],
  ['cli.ts', "import { serve } from './cli/serve.ts'", []],
  ['server/x.ts', '', ['server/x.ts belongs to no part']],
  [
    'domain/x.ts',
    "import{a}from'./a.ts'\nimport b, { type C as D } from 'nunjucks'",
    ['domain/x.ts imports nunjucks, which is not pure'],
  ],
  ['domain/x.ts', "export const name = 'nunjucks'\nexport type Kind =\n  | 'push'\n", []],
  ['domain/x.ts', " * import { x } from 'y'\nconst text = \"from 'z'\"", []],
])('a file %s with %j', (file, source, expected) => {
  expect(violations(file, source)).toEqual(expected)
})

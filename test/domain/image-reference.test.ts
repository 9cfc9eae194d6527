import { describe, expect, test } from 'vitest'
import {
  formatReference,
  formatRepository,
  isTag,
  type ParsedReference,
  parseReference,
  splitTag,
} from '../../src/domain/image-reference.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

describe('a reference', () => {
  const good: [
    text: string,
    registry: string,
    path: string,
    tag: string | null,
    digest: string | null,
    shown: string,
  ][] = [
    ['ubuntu', 'docker.io', 'library/ubuntu', null, null, 'ubuntu'],
    ['ubuntu:24.04', 'docker.io', 'library/ubuntu', '24.04', null, 'ubuntu:24.04'],
    ['library/ubuntu', 'docker.io', 'library/ubuntu', null, null, 'ubuntu'],
    [
      'nikolaik/python-nodejs:python3.12-nodejs22',
      'docker.io',
      'nikolaik/python-nodejs',
      'python3.12-nodejs22',
      null,
      'nikolaik/python-nodejs:python3.12-nodejs22',
    ],
    ['docker.io/ubuntu', 'docker.io', 'library/ubuntu', null, null, 'ubuntu'],
    ['index.docker.io/org/app:1', 'docker.io', 'org/app', '1', null, 'org/app:1'],
    ['registry-1.docker.io/ubuntu', 'docker.io', 'library/ubuntu', null, null, 'ubuntu'],
    ['ghcr.io/acme/app:v1', 'ghcr.io', 'acme/app', 'v1', null, 'ghcr.io/acme/app:v1'],
    ['ghcr.io/ubuntu', 'ghcr.io', 'ubuntu', null, null, 'ghcr.io/ubuntu'],
    ['localhost/app', 'localhost', 'app', null, null, 'localhost/app'],
    ['localhost:5000/app', 'localhost:5000', 'app', null, null, 'localhost:5000/app'],
    [
      'registry.example.com:5000/team/img',
      'registry.example.com:5000',
      'team/img',
      null,
      null,
      'registry.example.com:5000/team/img',
    ],
    [
      'registry.example.com:5000/team/img:1',
      'registry.example.com:5000',
      'team/img',
      '1',
      null,
      'registry.example.com:5000/team/img:1',
    ],
    ['[::1]/app', '[::1]', 'app', null, null, '[::1]/app'],
    ['[2001:db8::1]:5000/team/img:1', '[2001:db8::1]:5000', 'team/img', '1', null, '[2001:db8::1]:5000/team/img:1'],
    [`org/app@${DIGEST}`, 'docker.io', 'org/app', null, DIGEST, `org/app@${DIGEST}`],
    [`host:1/org/app:2@${DIGEST}`, 'host:1', 'org/app', '2', DIGEST, `host:1/org/app:2@${DIGEST}`],
    ['a/b/c/d', 'docker.io', 'a/b/c/d', null, null, 'a/b/c/d'],
    ['org/a_b__c.d-e--f', 'docker.io', 'org/a_b__c.d-e--f', null, null, 'org/a_b__c.d-e--f'],
    ['docker.io/library/a/b', 'docker.io', 'library/a/b', null, null, 'library/a/b'],
  ]
  test.each(good)('%s', (text, registry, path, tag, digest, shown) => {
    const parsed = parseReference(text)
    expect(parsed).toEqual({ ok: true, reference: { registry, path, tag, digest } })
    if (!parsed.ok) return
    expect(formatReference(parsed.reference)).toBe(shown)
    expect(parseReference(shown)).toEqual(parsed)
  })

  const bad: [text: string, reason: RegExp][] = [
    ['', /names no repository/],
    [':1', /names no repository/],
    ['ghcr.io/', /names no repository/],
    ['ghcr.io/:1', /names no repository/],
    ['Org/app', /upper-case/],
    ['ghcr.io/Acme/app', /upper-case/],
    ['org//app', /has the part ""/],
    ['/app', /has the part ""/],
    ['org/app/', /has the part ""/],
    ['org/-app', /has the part "-app"/],
    ['org/a..b', /has the part "a\.\.b"/],
    ['org/a___b', /has the part "a___b"/],
    ['org/a b', /has the part "a b"/],
    ['org/../app', /has the part "\.\."/],
    ['app:', /has the tag ""/],
    ['app:-x', /has the tag "-x"/],
    ['app:.x', /has the tag "\.x"/],
    ['app:a b', /has the tag "a b"/],
    [`app:${'x'.repeat(129)}`, /1 to 128/],
    ['host:port/app', /for a registry/],
    ['host:99999999/app', /for a registry/],
    ['-x.io/app', /for a registry/],
    ['[::1/app', /for a registry/],
    ['[zz::1]:5000/app', /for a registry/],
    ['app@sha256:abc', /digest/],
    [`app@sha512:${'0'.repeat(64)}`, /digest/],
    [`app@${DIGEST}@${DIGEST}`, /more than one "@"/],
    [`ghcr.io/${'a'.repeat(256)}`, /more than 255/],
  ]
  test.each(bad)('%j is none', (text, reason) => {
    expect(parseReference(text)).toEqual({ ok: false, reason: expect.stringMatching(reason) } satisfies ParsedReference)
  })

  test.each([
    'a'.repeat(100_000),
    'a-'.repeat(50_000),
    `${'a.'.repeat(50_000)}/x`,
    `[${':'.repeat(100_000)}/x`,
    `a/${'-'.repeat(100_000)}`,
  ])('is read at once, whatever it is (%#)', (text) => {
    const started = performance.now()
    expect(parseReference(text).ok).toBe(false)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

test.each([
  ['app', 'app', null],
  ['app:1', 'app', '1'],
  ['host:5000/app', 'host:5000/app', null],
  ['host:5000/app:1', 'host:5000/app', '1'],
  ['[::1]:5000/app', '[::1]:5000/app', null],
  ['app:', 'app', ''],
])('the tag of %s', (text, name, tag) => {
  expect(splitTag(text)).toEqual({ name, tag })
})

test.each([
  ['a', true],
  ['_', true],
  ['A.b-c_9', true],
  ['x'.repeat(128), true],
  ['x'.repeat(129), false],
  ['', false],
  ['.a', false],
  ['-a', false],
  ['a/b', false],
  ['a\n', false],
  ['é', false],
])('%j is a tag: %s', (text, expected) => {
  expect(isTag(text)).toBe(expected)
})

test('a repository is shown without tag and digest', () => {
  expect(formatRepository({ registry: 'docker.io', path: 'library/ubuntu' })).toBe('ubuntu')
  expect(formatRepository({ registry: 'ghcr.io', path: 'library/ubuntu' })).toBe('ghcr.io/library/ubuntu')
})

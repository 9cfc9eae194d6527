import { describe, expect, test } from 'vitest'
import { parseImageSimulation, simulateImages } from '../../src/domain/image-simulation.ts'

const leaf = { mediaType: 'application/vnd.oci.image.manifest.v1+json', children: [], subject: null }
const CASE = {
  now: '2026-03-01T12:00:00Z',
  policy: { rules: [{ pull_requests: 'closed' }, { keep_semver: { major: 1, minor: null } }], keep: ['latest'] },
  versions: [
    {
      id: 7,
      digest: 'sha256:i',
      tags: ['pr-1', 'latest'],
      created_at: '2026-01-01T00:00:00Z',
      size: 10,
      manifest: { ...leaf, children: ['sha256:a'] },
    },
    { id: 'x', digest: 'sha256:a', tags: [], created_at: '2026-01-01T00:00:00Z', size: 10, manifest: leaf },
    { id: 9, digest: 'sha256:b', tags: ['pr-1-web'], created_at: '2026-01-01T00:00:00Z', size: null, manifest: leaf },
    {
      id: 10,
      digest: 'sha256:s',
      tags: ['sha256-b.sig'],
      created_at: '2026-01-01T00:00:00Z',
      size: null,
      manifest: leaf,
    },
    { id: 11, digest: 'sha256:u', tags: ['pr-1-u'], created_at: '2026-01-01T00:00:00Z', size: null, manifest: null },
  ],
  pull_requests: [{ number: 1, state: 'closed', head_sha: 'a'.repeat(40) }],
  branches: ['main'],
  in_use: [],
}

function simulate(value: unknown) {
  const parsed = parseImageSimulation(JSON.stringify(value))
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.cases.map(simulateImages)
}

test('a case is decided, with ids as they were', () => {
  expect(simulate(CASE)).toEqual([
    {
      decisions: [
        {
          id: 7,
          digest: 'sha256:i',
          tags: ['pr-1', 'latest'],
          keep: true,
          untag: ['pr-1'],
          reason: 'kept: latest: `keep` names it; pr-1 goes: rule 1 (pull requests): pull request #1 is closed',
        },
        {
          id: 'x',
          digest: 'sha256:a',
          tags: [],
          keep: true,
          untag: [],
          reason: 'kept: the kept index sha256:i needs it',
        },
        {
          id: 9,
          digest: 'sha256:b',
          tags: ['pr-1-web'],
          keep: false,
          untag: [],
          reason: 'pr-1-web: rule 1 (pull requests): pull request #1 is closed',
        },
        {
          id: 10,
          digest: 'sha256:s',
          tags: ['sha256-b.sig'],
          keep: false,
          untag: [],
          reason: 'it goes with sha256:b, which it belongs to',
        },
        {
          id: 11,
          digest: 'sha256:u',
          tags: ['pr-1-u'],
          keep: true,
          untag: [],
          reason: 'kept: what it contains cannot be read (sha256:u)',
        },
      ],
    },
  ])
})

test('several cases are a list', () => {
  expect(parseImageSimulation(JSON.stringify([CASE, CASE]))).toMatchObject({ ok: true, isArray: true })
  expect(parseImageSimulation(JSON.stringify(CASE))).toMatchObject({ ok: true, isArray: false })
  expect(simulate([CASE, { ...CASE, versions: [] }]).map(({ decisions }) => decisions.length)).toEqual([5, 0])
})

test('neither a budget nor a guard hides a decision', () => {
  const policy = { rules: [{ keep_latest: 0 }], operations_per_run: 1, max_delete_percent: 1, confirmed: false }
  const versions = ['a', 'b'].map((name) => ({
    digest: `sha256:${name}`,
    tags: [name],
    created_at: CASE.now,
    manifest: leaf,
  }))
  const [result] = simulate({ ...CASE, policy, versions })
  expect(result?.decisions.map(({ keep }) => keep)).toEqual([false, false])
})

test('what is missing has the obvious value', () => {
  const versions = [
    { digest: 'sha256:a', created_at: '2026-01-01T00:00:00Z', manifest: {} },
    {
      digest: 'sha256:i',
      tags: ['x'],
      created_at: 1_767_225_600_000,
      manifest: { children: [{ digest: 'sha256:a' }] },
    },
  ]
  const [result] = simulate({ now: CASE.now, policy: { rules: [{ untagged: true }] }, versions })
  expect(result?.decisions.map(({ id, keep, tags }) => [id, keep, tags])).toEqual([
    ['sha256:a', true, []],
    ['sha256:i', true, ['x']],
  ])
  expect(simulate({ now: CASE.now, versions: [] })).toEqual([{ decisions: [] }])
})

describe('what is no case', () => {
  test.each<[string, string, RegExp]>([
    ['no JSON', 'x', /^it is not JSON: /],
    ['a number', '7', /^the case: /],
    ['no time', JSON.stringify({ ...CASE, now: 'soon' }), /^now: /],
    [
      'no time of a version',
      JSON.stringify({ ...CASE, versions: [{ digest: 'sha256:a', created_at: null }] }),
      /^versions\.0\.created_at: /,
    ],
    ['no digest', JSON.stringify({ ...CASE, versions: [{ created_at: CASE.now }] }), /^versions\.0\.digest: /],
    ['the second of a list', JSON.stringify([CASE, {}]), /^\[1\]\.now: /],
    ['a policy that is none', JSON.stringify({ ...CASE, policy: { rules: [{ tag: ['x'] }] } }), /^policy: /],
  ])('%s', (_, text, problem) => {
    const parsed = parseImageSimulation(text)
    expect(parsed).toMatchObject({ ok: false })
    expect(parsed.ok ? '' : parsed.problem).toMatch(problem)
  })
})

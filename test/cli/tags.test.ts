import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readBuildSubject } from '../../src/cli/images/build-subject.ts'
import type { BuildSubject } from '../../src/domain/build-subject.ts'
import { decideTags, nameTags } from '../../src/domain/image-tags.ts'

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname
const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37'
const OTHER_SHA = '3370e228f2209994d57af4427fe64e71bb79ac96'
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-tags-'))
})
afterAll(() => rm(directory, { recursive: true }))

type Env = Readonly<Record<string, string>>

async function signalbox(env: Env, ...words: string[]) {
  const options = { cwd: directory, env: { PATH: process.env.PATH ?? '', ...env }, extendEnv: false, reject: false }
  const { stdout, stderr, exitCode } = await execa(process.execPath, [CLI, 'tags', ...words], options)
  return { stdout, stderr, exitCode }
}

let files = 0
async function payloadFile(payload: unknown): Promise<string> {
  files += 1
  const file = join(directory, `event-${files}.json`)
  await writeFile(file, typeof payload === 'string' ? payload : JSON.stringify(payload))
  return file
}

interface OracleCase {
  readonly id: number
  readonly env: Env
  readonly payload: unknown
  readonly now: string
  readonly images: readonly string[]
  readonly rules: readonly string[]
  readonly flavor: readonly string[]
  readonly expect: { readonly version: string; readonly tags: readonly string[] }
}

const ORACLE: readonly OracleCase[] = JSON.parse(
  await readFile(new URL('../fixtures/oracles/image-tags-cases.json', import.meta.url), 'utf8'),
)

describe('what docker/metadata-action answered', () => {
  test.each(ORACLE.map((each) => [each.id, each] as const))('case %i', async (_, each) => {
    const env = { ...each.env, GITHUB_EVENT_PATH: await payloadFile(each.payload) }
    const subject = await readBuildSubject(env, {})
    const decided = decideTags({ rules: each.rules, flavor: each.flavor }, subject, new Date(each.now))
    const namesOnly = each.expect.tags.length > 0 && each.expect.tags.every((tag) => !tag.includes(':'))
    const tags = namesOnly ? decided.tags : nameTags(each.images, decided)
    expect({ version: decided.version, tags }).toEqual(each.expect)
  })

  test('is what the command prints', async () => {
    for (const each of ORACLE.filter(({ id }) => [0, 18, 54, 78, 96].includes(id))) {
      const env = { ...each.env, GITHUB_EVENT_PATH: await payloadFile(each.payload) }
      const words = [
        ...each.images.flatMap((image) => ['--images', image]),
        ...each.rules.flatMap((rule) => ['--rule', rule]),
        ...each.flavor.flatMap((flavor) => ['--flavor', flavor]),
        ...(each.id === 96 ? ['--names-only'] : []),
      ]
      const { stdout, exitCode } = await signalbox(env, ...words, '--now', each.now, '--json')
      expect(exitCode).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject(each.expect)
    }
  })
})

describe('tags', () => {
  const onTag = {
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REF: 'refs/tags/v1.2.3',
    GITHUB_SHA: SHA,
    GITHUB_REPOSITORY: 'acme/app',
  }

  test('prints full names one a line, with the rules of the action when there are none', async () => {
    expect(await signalbox(onTag, '--images', 'acme/app,ghcr.io/acme/app')).toEqual({
      stdout: 'acme/app:v1.2.3\nacme/app:latest\nghcr.io/acme/app:v1.2.3\nghcr.io/acme/app:latest',
      stderr: '',
      exitCode: 0,
    })
  })

  test('takes what is built from flags alone', async () => {
    const words = ['--ref', 'refs/heads/my/branch', '--sha', SHA, '--repository', 'acme/app', '--images', 'acme/app']
    const { stdout } = await signalbox(
      {},
      ...words,
      '--rule',
      'type=sha\n# a comment\n\ntype=ref,event=branch',
      '--json',
      '--now',
      '2020-01-10T00:30:00Z',
    )
    expect(JSON.parse(stdout)).toEqual({
      version: 'my-branch',
      tags: ['acme/app:my-branch', 'acme/app:sha-860c190'],
      labels: {
        'org.opencontainers.image.created': '2020-01-10T00:30:00.000Z',
        'org.opencontainers.image.revision': SHA,
        'org.opencontainers.image.source': 'https://github.com/acme/app',
        'org.opencontainers.image.title': 'app',
        'org.opencontainers.image.url': 'https://github.com/acme/app',
        'org.opencontainers.image.version': 'my-branch',
      },
    })
  })

  test('writes outputs that no value can break out of', async () => {
    const file = join(directory, 'output')
    await writeFile(file, 'before=1\n')
    const repository = { description: 'two\nlines', default_branch: 'main' }
    const env = { ...onTag, GITHUB_OUTPUT: file, GITHUB_EVENT_PATH: await payloadFile({ repository }) }
    await signalbox(env, '--images', 'acme/app', '--github-output', '--now', '2020-01-10T00:30:00Z')
    const written = await readFile(file, 'utf8')
    const outputs = [...written.matchAll(/^(\w+)<<(signalbox-[0-9a-f-]{36})\n([\s\S]*?)\n\2\n/gm)]
    expect(outputs.map(([, name, , value]) => [name, value])).toEqual([
      ['version', 'v1.2.3'],
      ['tags', 'acme/app:v1.2.3\nacme/app:latest'],
      ['labels', expect.stringContaining('org.opencontainers.image.description=two lines\n')],
    ])
    expect(new Set(outputs.map(([, , delimiter]) => delimiter)).size).toBe(3)
    expect(written.startsWith('before=1\nversion<<')).toBe(true)
  })

  test('warns on standard error, with nothing that a terminal would obey', async () => {
    const env = { ...onTag, GITHUB_REF: 'refs/tags/-\u202ex' }
    const { stdout, stderr, exitCode } = await signalbox(
      env,
      '--images',
      'app',
      '--rule',
      'type=semver,pattern={{version}}',
    )
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 })
    expect(stderr.split('\n')).toEqual([
      'warning: "-\u{FFFD}x" is no semantic version (https://semver.org), so that the tag rule "type=semver,pattern={{version}}" makes no tag.',
      'warning: No tag was made: no rule is about what is built.',
    ])
  })

  const wrong: [env: Env, words: string[], message: string][] = [
    [{}, [], 'tags needs --image NAME of the configuration, or --images org/app with perhaps --rule.'],
    [
      {},
      ['--image', 'a', '--rule', 'x'],
      '--image takes names, rules and flavor from the configuration; leave out --images, --rule and --flavor.',
    ],
    [
      {},
      ['--images', 'a', '-t', 'x'],
      '--org and --tag-suffix change an image of the configuration; name it with --image.',
    ],
    [
      {},
      ['--images', 'a', '--github-output'],
      '--github-output writes to GITHUB_OUTPUT, which is not set; leave it out outside of GitHub Actions.',
    ],
    [
      {},
      ['--images', 'a', '--now', 'noon'],
      '--now is "noon", which is no time; write one such as 2025-01-10T00:30:00Z.',
    ],
    [{}, ['--images', 'a', '--rule', 'type=shaa'], 'The tag rule "type=shaa" has type="shaa"; did you mean "sha"?'],
    [onTag, ['--images', 'A b'], 'The image "a b" has the part "a b", which is no name of a repository.'],
    [
      {},
      ['--images', 'a', '--ref', 'v1'],
      '--ref is "v1", which is no full ref; write refs/heads/v1 for a branch or refs/tags/v1 for a tag.',
    ],
    [
      {},
      ['--images', 'a', '--sha', 'abc'],
      '--sha is "abc", which is no commit; write all 40 digits of it (git rev-parse <commit>).',
    ],
    [{}, ['--images', 'a', '--pull-request', '0'], '--pull-request is "0", which is no number; write one such as 15.'],
    [
      {},
      ['--images', 'a', '--repository', 'app'],
      '--repository is "app", which is no owner/name; write one such as acme/app.',
    ],
    [
      {},
      ['--image', 'app'],
      'There is no image "app": the configuration here has no "images". Choose the repository with -C, or name images with --images.',
    ],
  ]
  test.each(wrong)('with %j %j says what is wrong', async (env, words, message) => {
    expect(await signalbox(env, ...words)).toEqual({ stdout: '', stderr: `signalbox: ${message}`, exitCode: 1 })
  })
})

describe('tags --image', () => {
  let repository: string
  beforeAll(async () => {
    repository = join(directory, 'repository')
    await mkdir(join(repository, '.github'), { recursive: true })
    const config = `version: 1
pipelines: { docker: { on: { push: {} }, jobs: { app: { workflow: build.yml } } } }
images:
  app: { repository: ghcr.io/acme/app, tags: ["type=ref,event=branch", "type=sha"] }
`
    await writeFile(join(repository, '.github/signalbox.yml'), config)
  })
  const of = (...words: string[]) => signalbox({}, '-C', repository, '--ref', 'refs/heads/dev', '--sha', SHA, ...words)

  test('prints what the configuration says', async () => {
    expect(await of('--image', 'app')).toEqual({
      stdout: 'ghcr.io/acme/app:dev\nghcr.io/acme/app:sha-860c190',
      stderr: '',
      exitCode: 0,
    })
    expect((await of('--image', 'app', '-o', 'Other', '-t', 'ubuntu', '--names-only')).stdout).toBe(
      'dev-ubuntu\nsha-860c190-ubuntu',
    )
    expect((await of('--image', 'app', '-o', 'Other')).stdout).toMatch(/^ghcr\.io\/other\/app:dev$/m)
  })

  test('asks whether another image was meant', async () => {
    expect(await of('--image', 'ap')).toEqual({
      stdout: '',
      stderr: 'signalbox: There is no image "ap" in the configuration; did you mean "app"?',
      exitCode: 1,
    })
  })
})

describe('what is built', () => {
  const subject = async (env: Env, flags = {}, payload: unknown = {}) =>
    readBuildSubject({ GITHUB_EVENT_PATH: await payloadFile(payload), ...env }, flags)
  const pullRequestPayload = {
    number: 15,
    pull_request: {
      number: 15,
      head: { ref: 'fix', sha: OTHER_SHA, repo: { full_name: 'acme/app' } },
      base: { ref: 'main', repo: { full_name: 'acme/app' } },
    },
    repository: {
      default_branch: 'main',
      description: 'An app',
      html_url: 'https://github.example.com/acme/app',
      license: { spdx_id: 'MIT' },
    },
  }
  const onPullRequest = {
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_REF: 'refs/pull/15/merge',
    GITHUB_SHA: SHA,
    GITHUB_REPOSITORY: 'acme/app',
  }
  const told = {
    event: 'tag',
    ref_name: 'v1.2.3',
    sha: OTHER_SHA,
    pull_request: null,
    head_ref: null,
    base_ref: null,
    default_branch: 'trunk',
    matrix: { base_image: { image: 'ubuntu:24.04', tag: 'ubuntu' } },
    trusted: true,
  }

  test('is nothing when nothing is known', async () => {
    expect(await readBuildSubject({}, {})).toEqual({
      event: '',
      ref: '',
      refName: '',
      sha: '',
      commitDate: null,
      baseRef: '',
      pullRequest: null,
      defaultBranch: '',
      repository: { owner: '', name: '', description: '', url: '', license: '' },
      matrix: {},
      trusted: true,
    } satisfies BuildSubject)
  })

  test('is what GitHub says of a pull request', async () => {
    expect(await subject(onPullRequest, {}, pullRequestPayload)).toEqual({
      event: 'pull_request',
      ref: 'refs/pull/15/merge',
      refName: '15/merge',
      sha: SHA,
      commitDate: null,
      baseRef: 'main',
      pullRequest: { number: 15, headRef: 'fix', baseRef: 'main' },
      defaultBranch: 'main',
      repository: {
        owner: 'acme',
        name: 'app',
        description: 'An app',
        url: 'https://github.example.com/acme/app',
        license: 'MIT',
      },
      matrix: {},
      trusted: true,
    } satisfies BuildSubject)
  })

  const { head, base } = pullRequestPayload.pull_request
  const fork = {
    ...pullRequestPayload,
    pull_request: { number: 15, head: { ...head, repo: { full_name: 'eve/app' } }, base },
  }
  const deleted = { ...pullRequestPayload, pull_request: { number: 15, head: { ...head, repo: null }, base } }
  const cases: [name: string, env: Env, flags: object, payload: unknown, expected: Partial<BuildSubject>][] = [
    ['a fork is not trusted', onPullRequest, {}, fork, { trusted: false }],
    ['nor is one that was deleted', onPullRequest, {}, deleted, { trusted: false }],
    ['nor one that the event says nothing of', onPullRequest, {}, { number: 15 }, { trusted: false, baseRef: '' }],
    ['nor one without its event', { GITHUB_EVENT_NAME: 'pull_request_target' }, {}, {}, { trusted: false }],
    ['nor the ref of one', { GITHUB_REF: 'refs/pull/5/merge' }, {}, {}, { trusted: false }],
    [
      'nor a run that follows one of a fork',
      { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REF: 'refs/heads/main' },
      {},
      { repository: { full_name: 'acme/app' }, workflow_run: { head_repository: { full_name: 'eve/app' } } },
      { trusted: false },
    ],
    [
      'a run that follows one of the repository itself is',
      { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REF: 'refs/heads/main' },
      {},
      { repository: { full_name: 'acme/app' }, workflow_run: { head_repository: { full_name: 'acme/app' } } },
      { trusted: true },
    ],
    [
      "what was told stands in the executor's event, too",
      { GITHUB_EVENT_NAME: 'workflow_dispatch', GITHUB_REF: 'refs/heads/main', GITHUB_SHA: SHA, SIGNALBOX: '' },
      {},
      { inputs: { signalbox: JSON.stringify({ ...told, trusted: false }) } },
      { ref: 'refs/tags/v1.2.3', sha: OTHER_SHA, trusted: false },
    ],
    [
      'a pull request of the environment alone',
      { ...onPullRequest, GITHUB_BASE_REF: 'main', GITHUB_HEAD_REF: 'fix' },
      {},
      {},
      { pullRequest: { number: 15, headRef: 'fix', baseRef: 'main' }, baseRef: 'main' },
    ],
    [
      'the ref of pull_request_target is the pull request',
      {
        ...onPullRequest,
        GITHUB_EVENT_NAME: 'pull_request_target',
        GITHUB_REF: 'refs/heads/main',
        GITHUB_REF_NAME: 'main',
      },
      {},
      pullRequestPayload,
      { ref: 'refs/pull/15/merge', refName: '15/merge' },
    ],
    ['RELEVANT_SHA wins', { ...onPullRequest, RELEVANT_SHA: OTHER_SHA }, {}, {}, { sha: OTHER_SHA }],
    [
      'the head is taken when it is asked for',
      { ...onPullRequest, DOCKER_METADATA_PR_HEAD_SHA: 'true' },
      {},
      pullRequestPayload,
      { sha: OTHER_SHA },
    ],
    ['a name without a ref is known', { GITHUB_REF_NAME: 'main' }, {}, {}, { ref: '', refName: 'main' }],
    ['a ref without a name has one', { GITHUB_REF: 'refs/tags/a/b' }, {}, {}, { ref: 'refs/tags/a/b', refName: 'a/b' }],
    ['where a tag is from', { GITHUB_REF: 'refs/tags/v1' }, {}, { base_ref: 'refs/heads/main' }, { baseRef: 'main' }],
    [
      'where a merge group goes',
      { GITHUB_EVENT_NAME: 'merge_group', GITHUB_REF: 'refs/heads/gh-readonly-queue/main/pr-1-x' },
      {},
      { merge_group: { base_ref: 'refs/heads/main' } },
      { baseRef: 'main', refName: 'gh-readonly-queue/main/pr-1-x', pullRequest: null },
    ],
    [
      'when the commit was made',
      { GITHUB_SHA: SHA },
      {},
      { head_commit: { id: SHA, timestamp: '2024-11-13T14:42:28+01:00' } },
      { commitDate: new Date('2024-11-13T13:42:28Z') },
    ],
    [
      'the date of another commit is not it',
      { GITHUB_SHA: SHA },
      {},
      { commits: [{ id: OTHER_SHA, timestamp: '2024-11-13T13:42:28Z' }] },
      { commitDate: null },
    ],
    [
      'the page of a repository on a server of its own',
      { GITHUB_REPOSITORY: 'acme/app', GITHUB_SERVER_URL: 'https://ghe.example.com/' },
      {},
      {},
      {
        repository: {
          owner: 'acme',
          name: 'app',
          description: '',
          url: 'https://ghe.example.com/acme/app',
          license: '',
        },
      },
    ],
    [
      'what was told wins',
      { ...onPullRequest, SIGNALBOX: JSON.stringify(told) },
      {},
      pullRequestPayload,
      {
        event: 'push',
        ref: 'refs/tags/v1.2.3',
        refName: 'v1.2.3',
        sha: OTHER_SHA,
        pullRequest: null,
        baseRef: '',
        defaultBranch: 'trunk',
        matrix: told.matrix,
        trusted: true,
      },
    ],
    [
      'a pull request that was told',
      {
        SIGNALBOX: JSON.stringify({
          ...told,
          event: 'pull_request',
          ref_name: '7/merge',
          pull_request: 7,
          head_ref: 'fix',
          base_ref: 'main',
          trusted: false,
        }),
      },
      {},
      {},
      {
        event: 'pull_request',
        ref: 'refs/pull/7/merge',
        refName: '7/merge',
        pullRequest: { number: 7, headRef: 'fix', baseRef: 'main' },
        baseRef: 'main',
        trusted: false,
      },
    ],
    [
      'what was told by hand',
      { SIGNALBOX: JSON.stringify({ event: 'manual', ref_name: 'main', sha: SHA }) },
      {},
      pullRequestPayload,
      { event: 'workflow_dispatch', ref: 'refs/heads/main', defaultBranch: 'main', matrix: {}, trusted: false },
    ],
    [
      'RELEVANT_SHA wins over what was told',
      { SIGNALBOX: JSON.stringify(told), RELEVANT_SHA: SHA },
      {},
      {},
      { sha: SHA },
    ],
    [
      'flags win over what was told',
      { SIGNALBOX: JSON.stringify(told) },
      { ref: 'refs/heads/dev', sha: SHA, defaultBranch: 'dev', event: 'schedule' },
      {},
      { event: 'schedule', ref: 'refs/heads/dev', refName: 'dev', sha: SHA, defaultBranch: 'dev' },
    ],
    [
      'a number is a pull request',
      {},
      { pullRequest: '9', headRef: 'fix', baseRef: 'main' },
      {},
      {
        event: 'pull_request',
        ref: 'refs/pull/9/merge',
        refName: '9/merge',
        baseRef: 'main',
        pullRequest: { number: 9, headRef: 'fix', baseRef: 'main' },
      },
    ],
    [
      'a ref of another pull request knows nothing of this one',
      onPullRequest,
      { ref: 'refs/pull/9/head' },
      pullRequestPayload,
      { pullRequest: { number: 9, headRef: '', baseRef: '' }, baseRef: '' },
    ],
    [
      'a branch is no pull request',
      onPullRequest,
      { ref: 'refs/heads/x' },
      pullRequestPayload,
      { event: 'push', pullRequest: null, baseRef: '' },
    ],
    [
      'another repository has other facts',
      { GITHUB_REPOSITORY: 'acme/app' },
      { repository: 'b/c' },
      pullRequestPayload,
      { repository: { owner: 'b', name: 'c', description: '', url: 'https://github.example.com/b/c', license: '' } },
    ],
  ]
  test.each(cases)('%s', async (_, env, flags, payload, expected) => {
    expect(await subject(env, flags, payload)).toMatchObject(expected)
  })

  const malformed: [env: Env, message: RegExp][] = [
    [
      { GITHUB_EVENT_PATH: '/nowhere/event.json' },
      /^GITHUB_EVENT_PATH names \/nowhere\/event\.json, which does not exist; point it at/,
    ],
    [{ GITHUB_EVENT_PATH: '/' }, /^GITHUB_EVENT_PATH names \/, which cannot be read/],
    [{ GITHUB_REF: 'main' }, /^GITHUB_REF is "main", which is no full ref; write one such as refs\/heads\/main/],
    [{ GITHUB_SHA: 'abc' }, /^GITHUB_SHA is "abc", which is no commit/],
    [{ RELEVANT_SHA: 'abc' }, /^RELEVANT_SHA is "abc"/],
    [{ GITHUB_REPOSITORY: 'a/b/c' }, /^GITHUB_REPOSITORY is "a\/b\/c", which is no owner\/name/],
    [
      { SIGNALBOX: '{' },
      /^SIGNALBOX is not JSON: .*\. Hand over the input as it is \(SIGNALBOX: \$\{\{ inputs\.signalbox \}\}\)/,
    ],
    [{ SIGNALBOX: '[]' }, /^SIGNALBOX is not a map/],
    [{ SIGNALBOX: '{}' }, /^SIGNALBOX has the event ""; there are push, tag, pull_request/],
    [{ SIGNALBOX: '{"event":"pusch"}' }, /^SIGNALBOX has the event "pusch"; did you mean "push"\?/],
    [{ SIGNALBOX: '{"event":"push","sha":1}' }, /^SIGNALBOX has "sha" that is no text/],
    [{ SIGNALBOX: '{"event":"push","pull_request":"1"}' }, /^SIGNALBOX has "pull_request" that is no number/],
    [{ SIGNALBOX: '{"event":"push","matrix":[1]}' }, /^SIGNALBOX has "matrix" that is no map/],
    [{ SIGNALBOX: '{"event":"push","sha":"abc"}' }, /^SIGNALBOX has the sha "abc"/],
  ]
  test.each(malformed)('%j is malformed', async (env, message) => {
    await expect(readBuildSubject(env, {})).rejects.toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringMatching(message) }),
    )
  })

  test.each([
    ['{', /which is not JSON/],
    ['[]', /which holds no JSON map/],
  ])('an event that is %j', async (text, message) => {
    const env = { GITHUB_EVENT_PATH: await payloadFile(text) }
    await expect(readBuildSubject(env, {})).rejects.toThrow(message)
  })
  test('a pull request without a number', async () => {
    await expect(subject(onPullRequest, {}, { number: '15' })).rejects.toThrow(/no number/)
  })
})

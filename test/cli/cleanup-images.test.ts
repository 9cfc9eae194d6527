/** `signalbox cleanup images` and `restore` as processes of their own, against the sandbox's packages over HTTP. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { renderWorkflow } from '../../src/cli/init/render-workflow.ts'
import { formatImagePlan, makeImagePlan } from '../../src/domain/image-plan.ts'
import { CLEANUP_PLAN } from '../../src/domain/scaffold/workflow-plans.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { makeEnv } from '../support/app.ts'
import { environmentOf, runSignalbox } from '../support/run-signalbox.ts'
import { daysAgo } from '../support/stale-project.ts'
import { reportOf, wanted } from '../support/swept-repository.ts'
import { readWorkflow } from '../support/workflow-rules.ts'

// Each command is a process, and some of them make a database.
vi.setConfig({ testTimeout: 120_000 })

const REPOSITORY = 'acme/shop'
const CLI = resolve('src/cli.ts')
const config = (host: string) => `version: 1
cleanup:
  images:
    repositories: ["${host}/acme/shop", "${host}/acme/other", "${host}/acme/theirs"]
    rules:
      - { tags: ["old-*"], older_than: 10d }
      - { pull_requests: closed }
    confirmed: true
    max_delete_percent: 80
`

let github: Sandbox
let directory: string
let token: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-images-'))
  github = await startSandbox({ validateReplies: true })
  github.createRepository({
    owner: 'acme',
    name: 'shop',
    ownerType: 'Organization',
    files: { '.github/signalbox.yml': config(github.host) },
    collaborators: { ann: 'write' },
  })
  const scopes = ['read:packages', 'write:packages', 'delete:packages']
  token = github.createToken({ login: 'olga', scopes, organizations: ['acme'] })
})
afterAll(async () => {
  github.assertConforms()
  await github.stop()
  await rm(directory, { recursive: true })
})

/** As the app, which may delete packages where PACKAGES_TOKEN is set. */
function asApp(): NodeJS.ProcessEnv {
  return { ...environmentOf(github), SIGNALBOX_PACKAGES_HOSTS: github.host, PACKAGES_TOKEN: token }
}

/** As the steps of a workflow run have it, whose token may do this with packages. */
function asWorkflow(packages: 'read' | 'write' = 'write'): NodeJS.ProcessEnv {
  const { GHE_HOST: host, GHE_PROTOCOL: protocol } = makeEnv(github)
  return {
    GITHUB_API_URL: `${protocol}://${host}/api/v3`,
    GITHUB_SERVER_URL: `${protocol}://${host}`,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_TOKEN: github.workflowToken(REPOSITORY, {
      packages,
      metadata: 'read',
      contents: 'read',
      pull_requests: 'read',
    }),
    SIGNALBOX_PACKAGES_HOSTS: github.host,
  }
}

const signalbox = (args: readonly string[], env: NodeJS.ProcessEnv = {}, input = '') =>
  runSignalbox(['cleanup', ...args], { cwd: directory, env: { HOME: directory, ...env }, input })

/** Two that are old, one of them with two platforms, and one that is in nobody's way. */
function pushImages(name: string) {
  const path = `acme/${name}`
  const push = (options: Parameters<Sandbox['pushImage']>[1]) =>
    github.pushImage(path, { repository: REPOSITORY, at: daysAgo(30), ...options })
  const [amd64, arm64] = [push({}), push({})]
  const index = push({ tags: ['old-1'], children: [amd64, arm64] })
  const second = push({ tags: ['old-2', 'latest'] })
  const young = push({ tags: ['old-3'], at: daysAgo(1) })
  return { path, amd64, arm64, index, second, young, tags: () => github.state.packageTags(path) }
}

test('a dry run, the same for real, what it recorded, and back', async () => {
  const images = pushImages('shop')
  const before = images.tags()
  const dry = await signalbox(['images', REPOSITORY, '--registry', github.host, '--dry-run', '--json'], asApp())
  expect(dry).toMatchObject({ code: 0, err: '' })
  const subjectOf = (digest: string) => `${github.host}/acme/shop@${digest}`
  expect(new Map(wanted(reportOf(dry.out)))).toEqual(
    new Map([
      [subjectOf(images.index), 'delete'],
      [subjectOf(images.amd64), 'delete'],
      [subjectOf(images.arm64), 'delete'],
      [subjectOf(images.second), 'untag'],
    ]),
  )
  expect(images.tags()).toEqual(before)

  const run = await signalbox(['images', `${github.host}/${REPOSITORY}`], asApp())
  expect(run).toMatchObject({ code: 0, err: '' })
  expect(run.out).toContain(`${subjectOf(images.index)}  delete: old-1: rule 1`)
  expect(run.out).toContain('untag 1, delete 3')
  expect(images.tags()).toEqual({ latest: images.second, 'old-3': images.young })

  const listed = await runSignalbox(['sweeps', '--kind', 'images', '--json'], { cwd: directory, env: asApp() })
  const sweep = JSON.parse(listed.out).find(({ outcomes }: SweepReport) => outcomes.length > 0).id
  const back = await signalbox(['restore', sweep], asApp())
  expect(back).toMatchObject({ code: 0, err: '' })
  expect(back.out).toContain('3 of 3 restored. What no rule keeps goes with the next sweep again.')
  expect(back.out).toContain('Of 1 that lost tags nothing can be brought back')
  expect(back.out.indexOf(images.amd64)).toBeLessThan(back.out.indexOf(images.index))
  expect(images.tags()).toEqual({ latest: images.second, 'old-1': images.index, 'old-3': images.young })
  const again = JSON.parse((await signalbox(['restore', sweep, '--json'], asApp())).out)
  expect(again.restored.map(({ outcome }: { outcome: string }) => outcome)).toEqual(Array(3).fill('not deleted'))
  const { PACKAGES_TOKEN: _, ...without } = asApp()
  const refused = await signalbox(['restore', sweep], without)
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err).toContain('set PACKAGES_TOKEN')
})

test("in a workflow, whose token is enough, nothing is recorded and the repository's configuration decides", async () => {
  const images = pushImages('other')
  const args = ['images', 'acme/other', '--registry', `http://${github.host}`]
  const { code, err, out } = await signalbox(args, asWorkflow())
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain(`${images.index}  delete`)
  expect(images.tags()).toEqual({ latest: images.second, 'old-3': images.young })
})

describe('a plan', () => {
  const planOf = (name: string, digests: readonly string[], decidedAt = new Date()) =>
    formatImagePlan(
      makeImagePlan({
        sweep: 's1',
        repository: `${github.host}/acme/${name}`,
        decidedAt,
        actions: digests.map((digest) => ({
          digest,
          tags: Object.entries(github.state.packageTags(`acme/${name}`)).flatMap(([tag, of]) =>
            of === digest ? [tag] : [],
          ),
          keep: false,
          untag: [],
        })),
      }),
    )

  /** The command of the scaffolded workflow, as its runner has it. */
  async function runWorkflow(plan: string, env: NodeJS.ProcessEnv) {
    const workflow = readWorkflow(renderWorkflow({ ...CLEANUP_PLAN, values: { ...CLEANUP_PLAN.values, ...SHARED } }))
    const run = workflow.jobs.images?.steps?.at(-1)?.run ?? ''
    const command = run.replace('npx --yes "$SIGNALBOX_CLI"', `${process.execPath} ${CLI}`)
    const { exitCode, stdout, stderr } = await execa('bash', ['-eo', 'pipefail', '-c', command], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory, ...env, PLAN: plan },
      extendEnv: false,
      reject: false,
    })
    return { code: exitCode, out: stdout, err: stderr }
  }
  const SHARED = { runner: 'ubuntu-24.04', cli: null, forks: false }

  test('is carried out by the scaffolded workflow, once', async () => {
    const images = pushImages('planned')
    const plan = planOf('planned', [images.index, images.amd64, images.arm64])
    const run = await runWorkflow(plan, asWorkflow())
    expect(run).toMatchObject({ code: 0, err: '' })
    expect(run.out).toContain(`${images.index}  delete: tagged old-1; the sweep s1 decided so`)
    expect(Object.keys(images.tags()).sort()).toEqual(['latest', 'old-2', 'old-3'])
    const again = reportOf((await signalbox(['images', '--apply', '-', '--json'], asWorkflow(), plan)).out)
    expect(again.outcomes.map(({ note }) => note)).toEqual(Array(3).fill('it was gone already'))
  })

  test('leaves alone what has another tag by now, and what that needs', async () => {
    const images = pushImages('tagged-since')
    const plan = planOf('tagged-since', [images.index, images.amd64, images.arm64])
    github.pushImage(images.path, { tags: ['v1'], children: [images.amd64], repository: REPOSITORY })
    const { outcomes } = reportOf((await signalbox(['images', '--apply', '-', '--json'], asWorkflow(), plan)).out)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'skipped', 'done'])
    expect(outcomes[1]?.note).toContain('needs it, which stays: it was pushed, or got a tag, since that was decided')
  })

  test('shows what it would do, and a token that may not delete says so', async () => {
    const images = pushImages('refused')
    await writeFile(join(directory, 'plan.json'), planOf('refused', [images.index, images.amd64]))
    const dry = await signalbox(['images', '--apply', 'plan.json', '--dry-run'], asWorkflow())
    expect(dry).toMatchObject({ code: 0, err: '' })
    expect(dry.out).toContain(images.amd64)
    const refused = await signalbox(['images', '--apply', 'plan.json', '--json'], asWorkflow('read'))
    expect(refused.code).toBe(1)
    expect(reportOf(refused.out).outcomes.map(({ outcome }) => outcome)).toEqual(['refused', 'refused'])
    expect(Object.keys(images.tags())).toHaveLength(4)
    const { GITHUB_TOKEN: _, ...without } = asWorkflow()
    const stopped = reportOf((await signalbox(['images', '--apply', 'plan.json', '--json'], without)).out)
    expect(stopped.stopped).toContain('without a token')
  })

  test.each<[string, () => string, string]>([
    [
      'cut off',
      () => planOf('shop', [`sha256:${'a'.repeat(64)}`]).slice(0, 100),
      'is not JSON: it may have been cut off',
    ],
    ['of something else', () => '{"version":1}', 'is none that Signalbox made'],
    ['old', () => planOf('shop', [], new Date(Date.now() - 25 * 3_600_000)), 'more than 24 hours ago'],
  ])('that is %s is not carried out', async (_, plan, expected) => {
    const { code, err, out } = await signalbox(['images', '--apply', '-'], asWorkflow(), plan())
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(expected)
  })
})

const CASE = {
  now: '2026-01-01T00:00:00Z',
  policy: { rules: [{ pull_requests: 'closed' }], keep: ['latest'] },
  versions: [
    { id: 1, digest: 'sha256:aa', tags: ['pr-7', 'latest'], created_at: '2025-12-01T00:00:00Z', manifest: {} },
    { id: 2, digest: 'sha256:bb', tags: ['pr-7-arm'], created_at: '2025-12-01T00:00:00Z', manifest: {} },
  ],
  pull_requests: [{ number: 7, state: 'closed', head_sha: 'abc' }],
  branches: ['main'],
  in_use: [],
}

test('a simulation, of one case or many', async () => {
  const one = JSON.parse((await signalbox(['images', '--simulate', '-', '--json'], {}, JSON.stringify(CASE))).out)
  expect(one.decisions).toEqual([
    expect.objectContaining({ id: 1, digest: 'sha256:aa', tags: ['pr-7', 'latest'], keep: true, untag: ['pr-7'] }),
    expect.objectContaining({ id: 2, digest: 'sha256:bb', keep: false, untag: [], reason: expect.any(String) }),
  ])
  const many = await signalbox(['images', '--simulate', '-', '--json'], {}, JSON.stringify([CASE, CASE]))
  expect(JSON.parse(many.out)).toEqual([one, one])
  const shown = await signalbox(['images', '--simulate', '-'], {}, JSON.stringify(CASE))
  expect(shown.out).toMatch(/^sha256:aa \(pr-7, latest\) {2}untag pr-7: .+\nsha256:bb \(pr-7-arm\) {2}delete: .+$/)
})

test.each<[readonly string[], string]>([
  [['images'], 'needs the package as OWNER/PACKAGE, or --simulate FILE, or --apply PLAN'],
  [['images', 'acme/shop', '--simulate', 'x'], 'takes one of these: the package, --simulate FILE, or --apply PLAN'],
  [['images', '--apply', 'x', '--simulate', 'x'], 'takes one of these'],
  [['images', 'shop'], 'needs OWNER/PACKAGE, without tag and digest, but it is given «shop»'],
  [['images', 'acme/shop:1'], 'without tag and digest'],
  [
    ['images', 'acme/shop', '--registry', 'https://x.test/path'],
    '--registry is the address of a registry and nothing more',
  ],
  [['images', 'acme/shop', '--registry', 'https://ann:secret@x.test'], 'credentials are read from'],
  [['images', 'quay.test/acme/shop', '--registry', 'ghcr.io'], 'names the registry quay.test'],
  [['images', 'acme/shop', '--repository', 'shop'], 'needs the repository as owner/name'],
  [['images', 'acme/shop'], 'there are no credentials. Set GITHUB_TOKEN'],
  [['images', '--apply', 'nothing.json'], 'the plan cannot be read from nothing.json: there is no such file'],
  [['images', '--simulate', 'nothing.json'], 'the versions cannot be read from nothing.json'],
])('%j is explained', async (args, expected) => {
  const { code, out, err } = await signalbox(args)
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain(expected)
})

test("another repository's images are left alone, unless who runs Signalbox shares them", async () => {
  github.createRepository({ owner: 'acme', name: 'site', ownerType: 'Organization', files: { 'README.md': 'Site' } })
  github.pushImage('acme/theirs', { repository: 'acme/site', tags: ['old-1'], at: daysAgo(30) })
  github.pushImage('acme/theirs', { repository: 'acme/site', tags: ['v1'], at: daysAgo(30) })
  const name = `${github.host}/acme/theirs`
  const args = ['images', name, '--repository', REPOSITORY, '--json']
  const refused = await signalbox(args, asApp())
  expect(refused.code).toBe(1)
  expect(reportOf(refused.out)).toMatchObject({ state: 'stopped', decisions: [], outcomes: [] })
  expect(reportOf(refused.out).stopped).toContain(`${name} belongs to acme/site, and not to acme/shop`)
  expect(Object.keys(github.state.packageTags('acme/theirs'))).toEqual(['old-1', 'v1'])
  const shared = await signalbox(args, { ...asApp(), SIGNALBOX_SHARED_IMAGES: `x, ${github.host}/acme/*` })
  expect(reportOf(shared.out)).toMatchObject({ state: 'done', stopped: null, problems: [] })
  expect(shared.code).toBe(0)
  expect(Object.keys(github.state.packageTags('acme/theirs'))).toEqual(['v1'])
})

test('a package that the configuration is not about is left alone', async () => {
  const { code, err } = await signalbox(['images', 'acme/secret', '--repository', REPOSITORY], asApp())
  expect(code).toBe(1)
  expect(err).toContain(
    `The configuration of acme/shop is not about ghcr.io/acme/secret, but about ${github.host}/acme/shop`,
  )
  expect((await signalbox(['restore', 'nothing'], asApp())).err).toContain('There is no sweep nothing')
})

/** `signalbox doctor` as a process of its own, against the sandbox over HTTP. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Finding } from '../../src/domain/doctor.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { makeEnv } from '../support/app.ts'
import { CONFIG, GATE, WORKFLOW } from '../support/project.ts'

let github: Sandbox
let directory: string
let permissions: Record<string, 'read' | 'write'>

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-doctor-'))
  const manifest = parse(await readFile('app.yml', 'utf8'))
  permissions = manifest.default_permissions
  github = await startSandbox({ validateReplies: true, app: { permissions, events: manifest.default_events } })
})
afterAll(async () => {
  await github.stop()
  await rm(directory, { recursive: true })
})

async function doctor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const result = await execa(process.execPath, [resolve('src/cli.ts'), 'doctor', ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...makeEnv(github), ...env },
    extendEnv: false,
    reject: false,
  })
  return { code: result.exitCode, out: result.stdout, err: result.stderr }
}

async function findings(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finding[]> {
  const { out } = await doctor([...args, '--json'], env)
  return (JSON.parse(out) as { findings: Finding[] }).findings
}

const WORKFLOWS = { '.github/workflows/build.yml': WORKFLOW, '.github/workflows/test.yml': WORKFLOW }

function makeRepository(name: string, files: Record<string, string>, owner = 'acme'): string {
  github.createRepository({ owner, name, ownerType: 'Organization', files })
  return `${owner}/${name}`
}

test('a repository that is set up well', async () => {
  const repo = makeRepository('well', { '.github/signalbox.yml': CONFIG, ...WORKFLOWS })
  github.setRuleset(repo, 'main', { checks: [{ context: GATE, appId: github.app.id }], mergeQueue: true })
  expect(await doctor([repo])).toEqual({
    code: 0,
    err: '',
    out: `acme/well, branch main: everything is as it should be

installation
  ✓ has every permission and event that Signalbox uses here

.github/signalbox.yml
  ✓ is good: 1 pipeline, 1 gate

gate Tests Passed
  ✓ is required on main, of this app alone

workflow build.yml
  ✓ does what the job build of ci asks of it

workflow test.yml
  ✓ does what the job test of ci asks of it`,
  })
})

test('a repository that is not', async () => {
  const config = `${CONFIG.replace('merge_group: {}, ', '')}previews:
  web: { label: deploy, repository: other/deploy, workflow: deploy.yml, ref: main }
`
  const repo = makeRepository('ill', {
    '.github/signalbox.yml': config,
    '.github/workflows/build.yml': WORKFLOW.replace('workflow_dispatch', 'push'),
  })
  github.protectBranch(repo, 'main', [{ context: GATE, appId: null }])
  github.setRuleset(repo, 'main', { checks: [{ context: 'Old', appId: github.app.id }], mergeQueue: true })
  const { code, out } = await doctor([repo])
  expect(code).toBe(1)
  expect(out).toBe(`acme/ill, branch main: 6 problems

gate Tests Passed
  ✗ is required of any app: whoever may write checks or statuses can post one of this name, and merge
    → Choose Signalbox (app ${github.app.id}) as the source of the check in the branch protection: Settings → Branches.
  ✗ is required and main has a merge queue, but the pipeline ci does not run for it: the queue waits for ever
    → Add \`merge_group: {}\` to \`pipelines.ci.on\`.

required check Old
  ✗ is required of Signalbox, but the configuration has no such gate: pull requests wait for it for ever
    → Remove it in the ruleset: Settings → Rules → Rulesets (those of the organisation are in its own settings), or name a gate so (there are: Tests Passed).

workflow build.yml
  ✗ has no \`workflow_dispatch\`, so it cannot be dispatched for the job build of ci
    → Add \`workflow_dispatch:\` with the inputs \`signalbox\` under \`on:\` in .github/workflows/build.yml.

workflow test.yml
  ✗ does not exist on the default branch, but the job test of ci names it
    → Add .github/workflows/test.yml to the default branch, or correct the name in the configuration.

preview web
  ✗ is dispatched in other/deploy, which is not of this repository's owner
    → Who runs Signalbox can allow it: add other/deploy to SIGNALBOX_PREVIEW_REPOSITORIES.

installation
  ✓ has every permission and event that Signalbox uses here

.github/signalbox.yml
  ✓ is good: 1 pipeline, 1 gate`)
})

test("a preview's repository of another owner, which is allowed", async () => {
  const config = `version: 1
previews: { web: { label: deploy, repository: partner/deploy, workflow: deploy.yml, ref: main, inputs: { tag: x } } }
pipelines: { ci: { on: { push: {} }, jobs: { build: { workflow: build.yml } } } }
`
  const repo = makeRepository('shown', { '.github/signalbox.yml': config, ...WORKFLOWS })
  const allowed = { SIGNALBOX_PREVIEW_REPOSITORIES: 'x/y, Partner/Deploy' }
  const about = async () => {
    const all = await findings([repo], allowed)
    return all
      .filter(({ subject }) => /preview|deploy/.test(subject))
      .map(({ subject, finding }) => `${subject} ${finding}`)
  }
  expect(await about()).toEqual(['preview web is dispatched in partner/deploy, where the app is not installed'])
  makeRepository('deploy', { '.github/workflows/deploy.yml': 'on: { workflow_dispatch: }' }, 'partner')
  expect(await about()).toEqual([
    'workflow partner/deploy: deploy.yml on main does not declare `tag`, which the preview web gives it: GitHub refuses to dispatch it',
    'preview web may be dispatched in partner/deploy',
  ])
})

test('an installation that may not read, and one that is suspended', async () => {
  const repo = makeRepository('shop', { '.github/signalbox.yml': CONFIG, ...WORKFLOWS }, 'weak')
  const { contents: _, ...others } = permissions
  github.setInstallationPermissions('weak', others)
  const told = (await findings([repo])).map(({ level, subject, finding }) => `${level} ${subject} ${finding}`)
  expect(told).toEqual([
    'problem installation lacks the permission «Contents: read»: without it neither the configuration nor changed files can be read',
    expect.stringMatching(/^problem .github\/signalbox.yml cannot be read: GitHub refused/),
    expect.stringMatching(/^problem branch main has a protection that cannot be read: GitHub refused/),
  ])
  github.suspendInstallation('weak')
  expect((await findings([repo])).map(({ finding }) => finding)).toEqual([expect.stringContaining('is suspended')])
})

test('a branch of its own, and one that is not there', async () => {
  const repo = makeRepository('branches', { '.github/signalbox.yml': CONFIG, ...WORKFLOWS })
  github.createBranch(repo, 'next', 'main')
  github.protectBranch(repo, 'next', [{ context: GATE, appId: github.app.id }])
  expect((await doctor([repo, '--branch', 'next'])).code).toBe(0)
  expect((await findings([repo, '--branch', 'gone']))[0]).toMatchObject({
    subject: 'branch gone',
    finding: 'does not exist',
  })
})

test.each<[string, string[], NodeJS.ProcessEnv, RegExp]>([
  [
    'no credentials',
    ['acme/well'],
    { APP_ID: '' },
    /^signalbox: doctor asks GitHub as the app, and there are no credentials\. Set APP_ID/,
  ],
  [
    'a key that is none',
    ['acme/well'],
    { PRIVATE_KEY: 'secret' },
    /^signalbox: PRIVATE_KEY, or the file that PRIVATE_KEY_PATH names, is not the private key/,
  ],
  ['no repository', ['acme'], {}, /^signalbox: doctor needs the repository as owner\/name, but it is given «acme»/],
])('%s', async (_what, args, env, message) => {
  const { code, out, err } = await doctor(args, env)
  expect([code, out]).toEqual([1, ''])
  expect(err).toMatch(message)
  expect(err).not.toMatch(/secret|BEGIN/)
})

test('a repository where the app is not', async () => {
  const { code, out } = await doctor(['nobody/nothing'])
  expect(code).toBe(1)
  expect(out).toContain(`✗ is missing: the app ${github.app.id} is not installed on nobody/nothing`)
})

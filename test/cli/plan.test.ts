import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleRepository } from '../../src/sandbox/sample-repository.ts'

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname
let directory: string
const examples: { name: string; examples: Record<string, unknown>[] }[] = createRequire(import.meta.url)(
  '@octokit/webhooks-examples',
)

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-plan-'))
  await writeFile(join(directory, 'signalbox.yml'), sampleRepository()['.github/signalbox.yml'] ?? '')
  await writeFile(join(directory, 'pull_request.json'), JSON.stringify(recorded('pull_request', 'opened')))
})
afterAll(() => rm(directory, { recursive: true }))

function recorded(event: string, action: string): unknown {
  return examples.find((one) => one.name === event)?.examples.find((one) => one.action === action)
}

async function signalbox(...words: string[]) {
  const { stdout, stderr, exitCode } = await execa(process.execPath, [CLI, ...words], { cwd: directory, reject: false })
  return { stdout, stderr, exitCode }
}
const planPullRequest = (...more: string[]) =>
  signalbox('plan', '--event', 'pull_request', '--payload', 'pull_request.json', '--config', 'signalbox.yml', ...more)

describe('plan', () => {
  test('prints JSON in the documented shape', async () => {
    const { stdout, exitCode } = await planPullRequest('--json')
    expect(exitCode).toBe(0)
    const plan = JSON.parse(stdout)
    expect(plan.trigger).toEqual({
      kind: 'pull_request',
      repo: 'Codertocat/Hello-World',
      sha: 'ec26c3e57ca3a959ca5aad62de7213c562f8c821',
      ref_name: '2/merge',
      pull_request: 2,
      trusted: true,
    })
    expect(plan.runs).toHaveLength(1)
    const [run] = plan.runs
    expect(run).toMatchObject({ pipeline: 'docker', skipped: null })
    expect(run.legs.map((leg: { name: string }) => leg.name)).toEqual([
      'docker / app',
      'docker / runtime (nikolaik)',
      'docker / runtime (ubuntu)',
      'docker / test-runtime (nikolaik)',
      'docker / test-runtime (ubuntu)',
    ])
    expect(run.legs[3]).toEqual({
      job: 'test-runtime',
      name: 'docker / test-runtime (nikolaik)',
      matrix: { base_image: { image: 'nikolaik/python-nodejs:python3.12-nodejs22', tag: 'nikolaik' } },
      needs: ['docker / runtime (nikolaik)', 'docker / runtime (ubuntu)'],
      start: { kind: 'dispatch', workflow: 'test-runtime.yml', ref: 'master' },
      hold: null,
      inputs: { base_tag: 'nikolaik' },
      skip: null,
    })
    expect(run.gates).toEqual([
      {
        id: 'runtime-tests',
        name: 'All Runtime Tests Passed',
        needs: ['docker / test-runtime (nikolaik)', 'docker / test-runtime (ubuntu)'],
      },
    ])
  })

  test('is the same each time', async () => {
    expect((await planPullRequest('--json')).stdout).toBe((await planPullRequest('--json')).stdout)
  })

  test('prints a tree for people', async () => {
    const { stdout } = await planPullRequest()
    expect(stdout).toMatchInlineSnapshot(`
      "pull request #2 of Codertocat/Hello-World at ec26c3e (2/merge)

      docker: 5 legs, 1 gate
      ├─ docker / app  →  build-app.yml on master
      ├─ docker / runtime (nikolaik)  →  build-runtime.yml on master
      │    ├─ base_image: "nikolaik/python-nodejs:python3.12-nodejs22"
      │    └─ base_tag: "nikolaik"
      ├─ docker / runtime (ubuntu)  →  build-runtime.yml on master
      │    ├─ base_image: "ubuntu:24.04"
      │    └─ base_tag: "ubuntu"
      ├─ docker / test-runtime (nikolaik)  →  test-runtime.yml on master
      │    ├─ after docker / runtime (nikolaik), docker / runtime (ubuntu)
      │    └─ base_tag: "nikolaik"
      ├─ docker / test-runtime (ubuntu)  →  test-runtime.yml on master
      │    ├─ after docker / runtime (nikolaik), docker / runtime (ubuntu)
      │    └─ base_tag: "ubuntu"
      └─ gate «All Runtime Tests Passed»
           └─ waits for docker / test-runtime (nikolaik), docker / test-runtime (ubuntu)"
    `)
  })

  test('takes changed files as lines and as JSON', async () => {
    const config = (sampleRepository()['.github/signalbox.yml'] ?? '').replace(
      'pull_request: {}',
      'pull_request: { paths: ["src/**"] }',
    )
    await writeFile(join(directory, 'paths.yml'), config)
    await writeFile(join(directory, 'docs.txt'), 'docs/a.md\ndocs/b.md\n')
    await writeFile(join(directory, 'src.json'), '["docs/a.md", "src/shop.py"]')
    const plan = async (file: string) => {
      const { stdout } = await planPullRequest('--config', 'paths.yml', '--changed-files', file, '--json')
      return JSON.parse(stdout).runs[0]
    }
    expect(await plan('docs.txt')).toEqual({
      pipeline: 'docker',
      skipped: "none of the 2 changed files matches the pipeline's paths",
      legs: [],
      gates: [{ id: 'runtime-tests', name: 'All Runtime Tests Passed', needs: [] }],
    })
    expect((await plan('src.json')).skipped).toBeNull()
  })

  test('says why an event starts nothing', async () => {
    await writeFile(join(directory, 'closed.json'), JSON.stringify(recorded('pull_request', 'closed')))
    const { stdout, exitCode } = await signalbox(
      'plan',
      '--event',
      'pull_request',
      '--payload',
      'closed.json',
      '--config',
      'signalbox.yml',
    )
    expect([stdout, exitCode]).toEqual(['Nothing is started: pull request #2 was closed, which cancels its runs.', 0])
  })

  test('shows what is observed, and what is held for a fork', async () => {
    const config = (sampleRepository()['.github/signalbox.yml'] ?? '').replace(
      '    jobs:\n',
      '    jobs:\n      lint: { observe: { workflow: lint.yml } }\n      scan: { observe: { check: CodeQL, app: security } }\n',
    )
    await writeFile(join(directory, 'observed.yml'), `${config}label_actions: { fix: { workflow: fix.yml } }\n`)
    const payload = recorded('pull_request', 'opened') as { pull_request: { head: { repo: object } } }
    const { head } = payload.pull_request
    const fork = { ...head, repo: { ...head.repo, full_name: 'stranger/Hello-World' } }
    const opened = { ...payload, pull_request: { ...payload.pull_request, head: fork } }
    await writeFile(join(directory, 'fork.json'), JSON.stringify(opened))
    const plan = ['plan', '--config', 'observed.yml', '--event', 'pull_request', '--payload']
    const { stdout } = await signalbox(...plan, 'fork.json')
    expect(stdout.split('\n').slice(0, 9)).toEqual([
      'pull request #2 of Codertocat/Hello-World at ec26c3e (2/merge, from a fork)',
      '',
      'docker: 7 legs, 1 gate',
      '├─ docker / lint  ⇠  observes lint.yml',
      '│    └─ held until a maintainer approves the commit',
      '├─ docker / scan  ⇠  observes the check «CodeQL» of security',
      '├─ docker / app  →  build-app.yml on master',
      '│    └─ held until a maintainer approves the commit',
      '├─ docker / runtime (nikolaik)  →  build-runtime.yml on master',
    ])
    const labelled = { ...payload, action: 'labeled', label: { name: 'Fix' } }
    await writeFile(join(directory, 'labelled.json'), JSON.stringify(labelled))
    expect((await signalbox(...plan, 'labelled.json')).stdout).toBe(
      'Nothing is started: no pipeline runs on labels; fix asks for fix.yml, from somebody who may write.',
    )
  })

  const MISTAKES: [string, string[], string][] = [
    [
      'no event',
      ['plan', '--config', 'signalbox.yml'],
      'signalbox: plan needs --event NAME with --payload FILE, or --from-git BASE..HEAD.',
    ],
    [
      'no configuration',
      ['plan', '--event', 'push', '--payload', 'x'],
      'signalbox: the configuration cannot be read from .github/signalbox.yml: there is no such file.',
    ],
    [
      'no payload',
      ['plan', '--event', 'push', '--payload', 'x', '--config', 'signalbox.yml'],
      'signalbox: the payload cannot be read from x: there is no such file.',
    ],
    [
      'not JSON',
      ['plan', '--event', 'push', '--payload', 'signalbox.yml', '--config', 'signalbox.yml'],
      'signalbox: signalbox.yml is not JSON: ',
    ],
    [
      'another event',
      ['plan', '--event', 'push', '--payload', 'pull_request.json', '--config', 'signalbox.yml'],
      'signalbox: pull_request.json: the push payload is not as GitHub documents it: ref: ',
    ],
    [
      'a range of three',
      ['plan', '--from-git', 'a..b..c', '--config', 'signalbox.yml'],
      'signalbox: --from-git takes BASE..HEAD, as main..HEAD; «a..b..c» is none.',
    ],
    [
      'not a clone',
      ['plan', '--from-git', 'main..HEAD', '--config', 'signalbox.yml'],
      'signalbox: git rev-parse failed in ',
    ],
  ]
  test.each(MISTAKES)('%s is one clear sentence', async (_name, words, message) => {
    const { stderr, stdout, exitCode } = await signalbox(...words)
    expect(stderr.startsWith(message), stderr).toBe(true)
    expect([stdout, exitCode]).toEqual(['', 1])
  })
})

describe('plan --from-git', () => {
  const git = (...words: string[]) =>
    execa('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...words], {
      cwd: join(directory, 'clone'),
    })

  test('plans a local clone as a pull request would', async () => {
    await execa('git', ['init', '-q', '-b', 'main', 'clone'], { cwd: directory })
    await git('remote', 'add', 'origin', 'https://github.com/acme/shop.git')
    const config = (sampleRepository()['.github/signalbox.yml'] ?? '').replace(
      'pull_request: {}',
      'pull_request: { paths: ["src/**"] }',
    )
    const write = (file: string, text: string) => writeFile(join(directory, 'clone', file), text)
    await execa('mkdir', ['-p', 'clone/.github', 'clone/src'], { cwd: directory })
    await write('.github/signalbox.yml', config)
    await git('add', '-A')
    await git('commit', '-qm', 'one')
    await git('checkout', '-qb', 'feature')
    await write('README.md', 'x')
    await git('add', '-A')
    await git('commit', '-qm', 'two')
    const first = JSON.parse((await signalbox('-C', 'clone', 'plan', '--from-git', 'main..HEAD', '--json')).stdout)
    expect(first.trigger).toMatchObject({ kind: 'pull_request', repo: 'acme/shop', pull_request: 0, trusted: true })
    expect(first.runs[0].skipped).toBe("none of the 1 changed file matches the pipeline's paths")
    await write('src/a b "ü".py', 'x')
    await git('add', '-A')
    await git('commit', '-qm', 'three')
    const second = JSON.parse((await signalbox('-C', 'clone', 'plan', '--from-git', 'main..feature', '--json')).stdout)
    expect(second.runs[0].skipped).toBeNull()
    expect(second.trigger.sha).toBe((await git('rev-parse', 'HEAD')).stdout)
  })
})

test('help names every command, and a directory named like a command is no command', async () => {
  const { stdout } = await signalbox('--help')
  for (const command of ['start', 'validate', 'plan', 'demo']) expect(stdout).toContain(command)
  const { stderr } = await signalbox('-C', 'plan', 'validate')
  expect(stderr).toContain('there is no such file')
})

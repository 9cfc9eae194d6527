import { describe, expect, test } from 'vitest'
import { readWorkflowFile } from '../../src/domain/doctor/workflow-file.ts'
import { workflowKey, workflowUses } from '../../src/domain/doctor/workflow-uses.ts'
import {
  type DoctorFacts,
  decideFindings,
  type Finding,
  type InstallationFacts,
  type RequiredCheck,
  type WorkflowFacts,
} from '../../src/domain/doctor.ts'
import { parseConfig } from '../../src/domain/parse-config.ts'

const APP = 4711
const OTHER_APP = 15368
const GATE = 'All Tests Passed'
const UNREADABLE = { kind: 'unreadable', reason: 'Resource not accessible by integration (403)' } as const

const EXECUTOR = `
run-name: "\${{ fromJSON(inputs.signalbox).attempt }} tests"
on: { workflow_dispatch: { inputs: { signalbox: { required: true } } } }
`

function makeConfig(text: string) {
  const parsed = parseConfig(text, { path: 'signalbox.yml' })
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => problem.message).join('\n'))
  return { kind: 'good', config: parsed.config } as const
}

const CI = `version: 1
pipelines:
  ci:
    on: { pull_request: {}, merge_group: {} }
    jobs: { test: { workflow: test.yml } }
    gates: { all: { name: ${GATE}, needs: [test] } }
`

function makeInstallation(installation: Partial<InstallationFacts> = {}): InstallationFacts {
  const permissions = { actions: 'write', checks: 'write', deployments: 'write', members: 'read' }
  const url = 'https://github.com/organizations/acme/settings/installations/9'
  return { id: 9, suspended: false, permissions, events: ['push', 'pull_request'], url, ...installation }
}

function known(text: string, state = 'active'): WorkflowFacts {
  return { kind: 'known', state, file: readWorkflowFile(new TextEncoder().encode(text)) }
}

const workflow = (name: string, facts: WorkflowFacts, ref: string | null = null, repository = null) =>
  [workflowKey({ repository, workflow: name, ref }), facts] as const

function required(name: string, appId: number | null, source: RequiredCheck['source'] = 'ruleset'): RequiredCheck {
  return { name, appId, source }
}

function branchWith(checks: readonly RequiredCheck[], mergeQueue = false) {
  return { kind: 'known', checks, mergeQueue } as const
}

/** A repository in which everything is as it should be. */
function makeFacts(facts: Partial<DoctorFacts> = {}): DoctorFacts {
  return {
    repository: 'acme/shop',
    appId: APP,
    manifest: {
      permissions: { actions: 'write', checks: 'write', deployments: 'write', members: 'read' },
      events: ['push', 'pull_request'],
    },
    installation: makeInstallation(),
    config: makeConfig(CI),
    hasPackagesToken: false,
    branch: 'main',
    branchFacts: branchWith([required(GATE, APP)]),
    workflows: new Map([workflow('test.yml', known(EXECUTOR))]),
    previewInstallations: new Map(),
    ...facts,
  }
}

const line = ({ level, subject, finding }: Finding) => `${level}: ${subject} ${finding}`
/** What is not as it should be. */
const wrong = (facts: Partial<DoctorFacts>) =>
  decideFindings(makeFacts(facts)).filter((finding) => finding.level !== 'ok')
const wrongLines = (facts: Partial<DoctorFacts>) => wrong(facts).map(line)

test('a repository that is set up well', () => {
  const findings = decideFindings(makeFacts())
  expect(findings.map(line)).toEqual([
    'ok: installation has every permission and event that Signalbox uses here',
    'ok: .github/signalbox.yml is good: 1 pipeline, 1 gate',
    `ok: gate ${GATE} is required on main, of this app alone`,
    'ok: workflow test.yml does what the job test of ci asks of it',
  ])
  expect(findings.map((finding) => finding.remedy)).toEqual([null, null, null, null])
})

describe('sweeps', () => {
  const withImages = (images: string) =>
    makeConfig(
      `${CI}cleanup: { images: { repositories: [${images}], rules: [{ untagged: true }], confirmed: true } }\n`,
    )
  const deleting = makeConfig(`${CI}stale: { delete_branch: true }\n`)

  test('that delete branches need a permission', () => {
    expect(wrongLines({ config: deleting })).toEqual([
      'problem: stale has `delete_branch`, for which the app lacks the permission «Contents: write»',
    ])
    const installation = makeInstallation()
    const permissions = { ...installation.permissions, contents: 'write' }
    expect(wrongLines({ config: deleting, installation: { ...installation, permissions } })).toEqual([])
  })

  test('of images say that they are not confirmed', () => {
    const config = makeConfig(
      `${CI}cleanup: { images: { repositories: [r.test/acme/app], rules: [{ untagged: true }] } }\n`,
    )
    expect(wrongLines({ config })).toEqual([
      'warning: cleanup.images is not confirmed: its sweeps are dry runs, which delete nothing',
    ])
  })

  test('of images at GitHub need a token or a workflow that takes a plan', () => {
    const uses = (images: string, hasPackagesToken: boolean) =>
      workflowUses(withImages(images).config, hasPackagesToken).map(({ workflow: file }) => file)
    expect(uses('ghcr.io/acme/app', false)).toEqual(['test.yml', 'signalbox-cleanup.yml'])
    expect(uses('ghcr.io/acme/app', true)).toEqual(['test.yml'])
    expect(uses('r.test/acme/app', false)).toEqual(['test.yml'])
    const workflows = (text: string) =>
      new Map([workflow('test.yml', known(EXECUTOR)), workflow('signalbox-cleanup.yml', known(text))])
    const config = withImages('ghcr.io/acme/app')
    expect(wrongLines({ config, workflows: workflows('on: { workflow_dispatch: { inputs: { plan: {} } } }') })).toEqual(
      [],
    )
    expect(wrongLines({ config, workflows: workflows('on: workflow_dispatch') }).join()).toMatch(
      /^problem: workflow signalbox-cleanup\.yml .*plan/,
    )
  })
})

test('what is wrong comes first, and by subject', () => {
  const workflows = new Map([workflow('test.yml', known(EXECUTOR.replace('run-name', 'name'), 'disabled_manually'))])
  const findings = decideFindings(makeFacts({ workflows, branchFacts: branchWith([]) }))
  expect(findings.map(({ level, subject }) => `${level} ${subject}`)).toEqual([
    'problem workflow test.yml',
    'warning workflow test.yml',
    `warning gate ${GATE}`,
    'ok installation',
    'ok .github/signalbox.yml',
  ])
})

test('whatever is wrong has a remedy', () => {
  const findings = [
    ...wrong({ installation: null }),
    ...wrong({ installation: makeInstallation({ permissions: {}, events: [] }) }),
    ...wrong({ config: { kind: 'none' }, branchFacts: { kind: 'none' } }),
    ...wrong({
      branchFacts: branchWith([required(GATE, null)], true),
      workflows: new Map([workflow('test.yml', known(''))]),
    }),
  ]
  expect(findings.length).toBeGreaterThan(8)
  for (const finding of findings) expect([finding.finding, finding.remedy]).not.toContain(null)
})

describe('the installation', () => {
  test.each<[string, Partial<DoctorFacts>, RegExp[]]>([
    [
      'missing, and nothing else is said',
      { installation: null, config: UNREADABLE },
      [/^problem: installation is missing: the app 4711 is not installed on acme\/shop/],
    ],
    [
      'suspended, and nothing else is said',
      { installation: makeInstallation({ suspended: true }), config: UNREADABLE },
      [/is suspended/],
    ],
    [
      'a permission too few, and one too small',
      { installation: makeInstallation({ permissions: { actions: 'read', deployments: 'write' } }) },
      [
        /lacks the permission «Actions: write», only «read»: without it no workflow can be dispatched/,
        /lacks the permission «Checks: write»: without it no leg and no gate is shown/,
      ],
    ],
    [
      'more than is asked for',
      { installation: makeInstallation({ permissions: { actions: 'write', checks: 'admin', issues: 'write' } }) },
      [],
    ],
    [
      'an event too few',
      { installation: makeInstallation({ events: ['push'] }) },
      [/does not get the event «pull_request»: without it pull requests start nothing/],
    ],
  ])('%s', (_what, facts, expected) => {
    expect(wrongLines(facts)).toEqual(expected.map((one) => expect.stringMatching(one)))
  })

  test('what only previews and override teams need, where there are some', () => {
    const installation = makeInstallation({ permissions: { actions: 'write', checks: 'write' } })
    expect(wrongLines({ installation })).toEqual([])
    const config = makeConfig(
      `${CI}previews: { web: { label: deploy, repository: acme/shop, workflow: deploy.yml } }\noverride: { teams: [acme/leads] }\n`,
    )
    const previewInstallations = new Map([['acme/shop', installation]])
    const lines = wrongLines({ installation, config, previewInstallations })
    expect(lines).toContainEqual(expect.stringContaining('«Deployments: write»'))
    expect(lines).toContainEqual(expect.stringContaining('«Members: read»'))
  })
})

describe('the configuration', () => {
  test.each<[DoctorFacts['config'], RegExp]>([
    [{ kind: 'none' }, /^problem: .github\/signalbox.yml is not on the default branch: the repository is left alone/],
    [
      { kind: 'broken', problem: 'signalbox.yml:3:1: no' },
      /cannot be used, so every gate fails:\nsignalbox.yml:3:1: no/,
    ],
    [UNREADABLE, /cannot be read: Resource not accessible/],
  ])('%j', (config, expected) => {
    expect(wrongLines({ config, branchFacts: branchWith([required('lint', null)]) })).toEqual([
      expect.stringMatching(expected),
    ])
  })
})

describe('gates', () => {
  const on = (text: string) => makeConfig(CI.replace('{ pull_request: {}, merge_group: {} }', text))
  const bound = branchWith([required(GATE, APP)])
  test.each<[string, Partial<DoctorFacts>, RegExp[]]>([
    ['not required', { branchFacts: branchWith([]) }, [/^warning: gate All Tests Passed is not required on main/]],
    ['not required, of a pipeline for pushes alone', { branchFacts: branchWith([]), config: on('{ push: {} }') }, []],
    [
      'not required, of one for other branches',
      { branchFacts: branchWith([]), config: on('{ pull_request: { branches: [next] } }') },
      [],
    ],
    [
      'of any app',
      { branchFacts: branchWith([required(GATE, null)]) },
      [/^problem: gate .* is required of any app: whoever may write checks/],
    ],
    [
      'of any app in one rule, bound in another',
      { branchFacts: branchWith([required(GATE, null, 'branch protection'), required(GATE, APP)]) },
      [],
    ],
    [
      'of another app',
      { branchFacts: branchWith([required(GATE, OTHER_APP)]) },
      [/^problem: .* is required of the app 15368, which does not post it/],
    ],
    [
      'of this app and of another',
      { branchFacts: branchWith([required(GATE, APP), required(GATE, OTHER_APP)]) },
      [/is required of the app 15368/],
    ],
    [
      'never posted',
      { branchFacts: bound, config: on('{ push: {} }') },
      [/^problem: .* its pipeline ci does not run for pull requests: they wait/],
    ],
    [
      'never posted for this branch',
      { branchFacts: bound, config: on('{ pull_request: { branches: [next] } }') },
      [/does not run for pull requests into main/],
    ],
    ['with a queue that its pipeline runs for', { branchFacts: branchWith([required(GATE, APP)], true) }, []],
    [
      'with a queue that it does not run for',
      { branchFacts: branchWith([required(GATE, APP)], true), config: on('{ pull_request: {} }') },
      [/^problem: .* main has a merge queue, but the pipeline ci does not run for it/],
    ],
    [
      'with a queue of a branch that it does not run for',
      {
        branchFacts: branchWith([required(GATE, APP)], true),
        config: on('{ pull_request: {}, merge_group: { branches: [next] } }'),
      },
      [/the pipeline ci does not run for it/],
    ],
    ['without a queue', { branchFacts: bound, config: on('{ pull_request: {} }') }, []],
    [
      'required, but there is no such gate',
      { branchFacts: branchWith([required(GATE, APP), required('Old', APP)]) },
      [/^problem: required check Old is required of Signalbox, but the configuration has no such gate/],
    ],
    [
      'required of anybody, and no gate',
      { branchFacts: branchWith([required(GATE, APP), required('lint', null)]) },
      [/^warning: required check lint is no gate of the configuration, and may come from any app/],
    ],
    [
      'required of another app, and its matter',
      { branchFacts: branchWith([required(GATE, APP), required('lint', OTHER_APP)]) },
      [],
    ],
    [
      'a leg',
      { branchFacts: branchWith([required(GATE, APP), required('ci / test (debian)', APP)]) },
      [/^warning: required check ci \/ test \(debian\) is a leg/],
    ],
    [
      'none',
      { branchFacts: branchWith([]), config: makeConfig(CI.replace(/ {4}gates.*\n/, '')) },
      [/^warning: gates are none/],
    ],
    ['no such branch', { branchFacts: { kind: 'none' }, branch: 'x' }, [/^problem: branch x does not exist/]],
    [
      'a protection that cannot be read',
      { branchFacts: UNREADABLE },
      [/^problem: branch main has a protection that cannot be read: Resource/],
    ],
  ])('%s', (_what, facts, expected) => {
    expect(wrongLines(facts)).toEqual(expected.map((one) => expect.stringMatching(one)))
  })

  test('where to change it', () => {
    const remedies = (source: RequiredCheck['source']) =>
      wrong({ branchFacts: branchWith([required(GATE, null, source)]) }).map((finding) => finding.remedy)
    expect(remedies('branch protection')).toEqual([
      'Choose Signalbox (app 4711) as the source of the check in the branch protection: Settings → Branches.',
    ])
    expect(remedies('ruleset')[0]).toContain('Settings → Rules → Rulesets')
  })
})

describe('workflows that are dispatched', () => {
  const facts = (file: WorkflowFacts) => ({ workflows: new Map([workflow('test.yml', file)]) })
  const text = (from: string | RegExp, to: string) => facts(known(EXECUTOR.replace(from, to)))
  test.each<[string, Partial<DoctorFacts>, RegExp[]]>([
    [
      'missing',
      facts({ kind: 'none' }),
      [/^problem: workflow test.yml does not exist on the default branch, but the job test of ci names it/],
    ],
    ['not to be read', facts(UNREADABLE), [/^problem: workflow test.yml cannot be read: Resource/]],
    ['disabled', facts(known(EXECUTOR, 'disabled_manually')), [/^problem: .* is disabled \(disabled_manually\)/]],
    [
      'disabled by GitHub',
      facts(known(EXECUTOR, 'disabled_inactivity')),
      [/because nothing happened in the repository for long/],
    ],
    ['no YAML', facts(known('{')), [/^problem: .* is no YAML of a workflow/]],
    [
      'without workflow_dispatch',
      text(/on:.*/, 'on: [push]'),
      [/^problem: .* has no `workflow_dispatch`, so it cannot be dispatched for the job test of ci/],
    ],
    [
      'without the input',
      text(/on:.*/, 'on: workflow_dispatch'),
      [/^problem: .* does not declare `signalbox`, which the job test of ci gives it/],
    ],
    [
      'with an input that it does not get',
      text('signalbox: {', 'why: { required: true }, signalbox: {'),
      [/^problem: .* requires the input `why`, which the job test of ci does not give it/],
    ],
    [
      'with an input that has a default',
      text('signalbox: {', 'why: { required: true, default: no }, x: {}, signalbox: {'),
      [],
    ],
    [
      'without a name of its runs',
      text(/run-name.*/, ''),
      [/^warning: .* has a `run-name` that does not begin with the attempt's id/],
    ],
    ['with a name that ends with the attempt', text('"$', '"tests $'), [/^warning: .* does not begin/]],
    [
      'with a choice in the name',
      text('inputs.signalbox).attempt', "inputs.signalbox || '{}').attempt || github.ref"),
      [/^warning/],
    ],
    [
      'with two triggers in the name',
      text(/run-name.*/, "run-name: ${{ inputs.signalbox && fromJSON( inputs.signalbox ).attempt || 'pull request' }}"),
      [],
    ],
  ])('%s', (_what, some, expected) => {
    expect(wrongLines(some)).toEqual(expected.map((one) => expect.stringMatching(one)))
  })

  test('inputs of the job, at the ref of the job', () => {
    const config = makeConfig(
      CI.replace('{ workflow: test.yml }', '{ workflow: test.yml, ref: ci, inputs: { os: debian } }'),
    )
    const workflows = new Map([workflow('test.yml', known(EXECUTOR), 'ci')])
    expect(wrongLines({ config, workflows })).toEqual([
      expect.stringMatching(
        /^problem: workflow test.yml on ci does not declare `os`, which the job test of ci gives it/,
      ),
    ])
  })

  test('a label action, and the workflow of forks, which finds the inputs inside of `signalbox`', () => {
    const config = makeConfig(
      `${CI.replace('{ workflow: test.yml }', '{ workflow: test.yml, inputs: { os: debian } }')}
forks: { workflow: fork.yml }
label_actions: { lint-fix: { workflow: fix.yml, inputs: { all: "true" } } }
`,
    )
    const workflows = new Map([
      workflow('test.yml', known(EXECUTOR.replace('signalbox: {', 'os: {}, signalbox: {'))),
      workflow('fork.yml', known(EXECUTOR)),
      workflow('fix.yml', known(EXECUTOR)),
    ])
    expect(wrongLines({ config, workflows })).toEqual([
      expect.stringMatching(
        /^problem: workflow fix.yml does not declare `all`, which the label action lint-fix gives it/,
      ),
    ])
  })

  test('one that two jobs name is looked at once', () => {
    const config = makeConfig(CI.replace('{ test: ', '{ lint: { workflow: test.yml }, test: '))
    expect(wrongLines({ config, ...facts({ kind: 'none' }) })).toEqual([
      expect.stringContaining('the job lint of ci, the job test of ci name it'),
    ])
    expect(wrongLines({ config, ...text(/run-name.*/, '') })).toHaveLength(1)
  })
})

describe('workflows that are followed', () => {
  const observed = CI.replace('{ workflow: test.yml }', '{ observe: { workflow: test.yml } }')
  const facts = (config: string, text: string) => ({
    config: makeConfig(config),
    workflows: new Map([workflow('test.yml', known(text))]),
  })
  test.each<[string, string, string, RegExp[]]>([
    ['by every event', observed, 'on: [pull_request, merge_group]', []],
    [
      'not by pull requests',
      observed,
      'on: { merge_group: }',
      [/^problem: .* is not started by `pull_request`: the job test of ci follows it/],
    ],
    ['not by the queue', observed, 'on: pull_request', [/is not started by `merge_group`/]],
    ['by pushes', observed.replace('merge_group: {}', 'push: {}'), 'on: [pull_request]', [/is not started by `push`/]],
    [
      'for some paths only',
      observed,
      'on: { pull_request: { paths: [src] }, merge_group: }',
      [/^warning: .* is started by `pull_request` for some branches or paths only/],
    ],
    [
      'for forks',
      `${CI}forks: { start: observe }\n`,
      EXECUTOR,
      [/^problem: .* is not started by `pull_request`: the job test of ci for forks follows it/],
    ],
  ])('%s', (_what, config, text, expected) => {
    expect(wrongLines(facts(config, text))).toEqual(expected.map((one) => expect.stringMatching(one)))
  })

  test('a check of another app names no workflow', () => {
    const config = makeConfig(CI.replace('{ workflow: test.yml }', '{ observe: { check: lint, app: github-actions } }'))
    expect(workflowUses(config.config, false)).toEqual([])
  })
})

describe('previews', () => {
  const config = makeConfig(
    `${CI}previews: { web: { label: deploy, repository: other/deploy, workflow: deploy.yml, ref: main, inputs: { tag: x } } }\n`,
  )
  const repository = { owner: 'other', name: 'deploy' }
  const key = workflowKey({ repository, workflow: 'deploy.yml', ref: 'main' })
  const at = (installation: InstallationFacts | null, text = 'on: { workflow_dispatch: { inputs: { tag: } } }') => ({
    config,
    previewInstallations: new Map([['other/deploy', installation]]),
    workflows: new Map([workflow('test.yml', known(EXECUTOR)), [key, known(text)]]),
  })
  test.each<[string, Partial<DoctorFacts>, RegExp[]]>([
    ['all is well: they get no input `signalbox`', at(makeInstallation()), []],
    [
      'not allowed',
      { config },
      [/^problem: preview web is dispatched in other\/deploy, which is not of this repository's owner/],
    ],
    ['not installed', at(null), [/where the app is not installed/]],
    ['suspended', at(makeInstallation({ suspended: true })), [/where the installation is suspended/]],
    [
      'may not dispatch',
      at(makeInstallation({ permissions: { actions: 'read' } })),
      [/lacks the permission «Actions: write»/],
    ],
    [
      'an input that is not declared',
      at(makeInstallation(), 'on: workflow_dispatch'),
      [/^problem: workflow other\/deploy: deploy.yml on main does not declare `tag`, which the preview web gives it/],
    ],
  ])('%s', (_what, facts, expected) => {
    expect(wrongLines(facts)).toEqual(expected.map((one) => expect.stringMatching(one)))
  })
})

describe('workflow files', () => {
  const read = (text: string) => readWorkflowFile(new TextEncoder().encode(text))
  test.each([
    ['a list', '- a'],
    ['nothing', ''],
    ['text', 'hello'],
    ['bytes', '\0\u{FFFD}'],
    ['broken', 'on: ['],
  ])('%s is none', (_what, text) => expect(read(text)).toBeNull())

  test('one without triggers', () => {
    expect(read('name: x')).toEqual({ events: new Set(), filtered: new Set(), inputs: null, startsWithAttempt: false })
  })

  test('aliases without end are no workflow', () => {
    const rows = Array.from(
      { length: 12 },
      (_, index) => `a${index + 1}: &a${index + 1} [${Array(9).fill(`*a${index}`)}]`,
    )
    expect(read(['a0: &a0 [x]', ...rows].join('\n'))).toBeNull()
  })
})

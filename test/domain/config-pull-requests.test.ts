/** What a configuration says of pull requests: observed jobs, reports, reuse, forks, labels, previews, summary, override. */
import { describe, expect, test } from 'vitest'
import { type Config, DEFAULT_FORKS, type Job } from '../../src/domain/config.ts'
import { formatProblem, parseConfig } from '../../src/domain/parse-config.ts'

const PATH = '.github/signalbox.yml'

function problemsOf(source: string): readonly string[] {
  const parsed = parseConfig(source, { path: PATH })
  if (parsed.ok) throw new Error('The configuration was taken for good')
  return parsed.problems.map((problem) => `${problem.line}:${problem.column} ${problem.message}`)
}

function configOf(source: string): Config {
  const parsed = parseConfig(source, { path: PATH })
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'))
  return parsed.config
}

/** The job `a` of the pipeline `ci` begins on line 2, at column 51. */
function withJob(job: string): string {
  return `version: 1\npipelines: { ci: { on: { pull_request: }, jobs: { a: { ${job} } } } }\n`
}

function jobOf(job: string): Job | undefined {
  return configOf(withJob(job)).pipelines[0]?.jobs[0]
}

/** Pipelines with dots in their names on line 2; what is given begins on line 3. */
function withPipelines(rest: string): string {
  const jobs = '{ app: { workflow: a.yml }, app.slim: { workflow: a.yml } }'
  return `version: 1\npipelines: { docker: { on: { pull_request: }, jobs: ${jobs} }, docker.x: { on: { pull_request: }, jobs: ${jobs} }, late: { on: { push: }, jobs: ${jobs} } }\n${rest}\n`
}

const PREVIEW = 'label: deploy, repository: acme/deploy, workflow: deploy.yml'
const withPreview = (keys: string) => withPipelines(`previews: { p: { ${PREVIEW}, ${keys} } }`)
const withCommand = (keys: string, images = '') =>
  `version: 1\n${images}pull_request_summary: { commands: [{ title: Run, ${keys} }] }\n`

describe('jobs', () => {
  test.each<[string, Partial<Job>]>([
    ['observe: { workflow: lint.yml }', { start: { kind: 'observe_workflow', workflow: 'lint.yml' } }],
    [
      'observe: { workflow: .github/workflows/lint.yml }, forks: skip, timeout: 1h',
      { start: { kind: 'observe_workflow', workflow: 'lint.yml' }, forks: 'skip', timeoutMs: 3_600_000 },
    ],
    [
      'observe: { check: "CodeQL (js)", app: github-advanced-security }',
      { start: { kind: 'observe_check', name: 'CodeQL (js)', app: 'github-advanced-security' } },
    ],
    [
      'observe: { workflow: t.yml }, report: junit, artifact: "results-${{ short_sha }}"',
      { report: { format: 'junit', artifact: 'results-${{ short_sha }}' } },
    ],
    [
      'workflow: t.yml, matrix: { os: [x] }, report: junit, artifact: "r-${{ matrix.os }}"',
      { report: { format: 'junit', artifact: 'r-${{ matrix.os }}' } },
    ],
    ['workflow: t.yml', { report: null, reuse: null, retries: { max: 0, delayMs: 0, only: 'any' } }],
    ['workflow: t.yml, retries: { max: 2, only: flaky }', { retries: { max: 2, delayMs: 0, only: 'flaky' } }],
    [
      'workflow: t.yml, reuse: { inputs: ["src/**", "!**/*.md"] }',
      { reuse: { inputs: ['src/**', '!**/*.md'], maxAgeMs: 7 * 86_400_000 } },
    ],
    [
      'workflow: t.yml, ref: v1, reuse: { inputs: [a], max_age: 30d }',
      { reuse: { inputs: ['a'], maxAgeMs: 2_592_000_000 } },
    ],
  ])('%s', (job, expected) => {
    expect(jobOf(job)).toMatchObject(expected)
  })

  test.each([
    [
      'needs: []',
      '2:51 "a" has no "workflow", which is the file name of a workflow in .github/workflows, such as "build.yml", and no "observe" instead',
    ],
    [
      'workflow: a.yml, observe: { workflow: a.yml }',
      '2:51 "a" has "workflow" and "observe"; a job dispatches a workflow or follows one',
    ],
    [
      'observe: lint.yml',
      '2:65 "observe" must be a map, such as { workflow: lint.yml } or { check: CodeQL, app: github-advanced-security }, but it is the text "lint.yml"',
    ],
    ['observe: {}', '2:56 "observe" names nothing to follow; give it a "workflow", or a "check" and its "app"'],
    ['observe: { app: x }', '2:56 "observe" names nothing to follow; give it a "workflow", or a "check" and its "app"'],
    [
      'observe: { check: x }',
      '2:56 "observe" has a "check" without its "app", and any app could post one of that name',
    ],
    [
      'observe: { check: x, app: y, workflow: z.yml }',
      '2:56 "observe" follows one thing: a "workflow", or a "check" of an "app"',
    ],
    ['observe: { checks: x }', '2:67 "observe" has an unknown key "checks"; did you mean "check"?'],
    [
      'observe: { check: x, app: GitHub Actions }',
      '2:82 "app" must be the slug of a GitHub App, such as "github-actions", but it is the text "GitHub Actions"',
    ],
    [
      'observe: { check: "${{ sha }}", app: y }',
      '2:74 "check" must be the same for every run, so it cannot hold "${{"',
    ],
    [
      'observe: { workflow: a.yml }, ref: main',
      '2:86 "ref" is not for a job with "observe", which dispatches the workflow file of no branch; remove it',
    ],
    [
      'observe: { workflow: a.yml }, inputs: { x: 1 }',
      '2:86 "inputs" is not for a job with "observe", which has no workflow that it could tell them; remove it',
    ],
    [
      'observe: { workflow: a.yml }, matrix: { os: [x] }',
      '2:86 "matrix" is not for a job with "observe", which is one leg: there is one run to follow; remove it',
    ],
    [
      'observe: { workflow: a.yml }, max_parallel: 1',
      '2:86 "max_parallel" is not for a job with "observe", which is one leg: there is one run to follow; remove it',
    ],
    [
      'observe: { workflow: a.yml }, retries: 1',
      '2:86 "retries" is not for a job with "observe", which cannot start again what it did not start; remove it',
    ],
    [
      'observe: { workflow: a.yml }, image: app',
      '2:86 "image" is not for a job with "observe", which has no workflow that it could tell what to build; remove it',
    ],
    [
      'observe: { workflow: a.yml }, reuse: { inputs: [a] }',
      '2:86 "reuse" is not for a job with "observe", which starts nothing, so that nothing could be saved; remove it',
    ],
    [
      'observe: { workflow: a.yml }, forks: build-only',
      '2:93 "forks" cannot be build-only for a job with "observe", which builds nothing; write run or skip',
    ],
    [
      'observe: { check: x, app: y }, report: junit, artifact: r',
      '2:87 "report" is not for a job that observes a check, which has no artifacts; observe its workflow',
    ],
    ['workflow: a.yml, report: junit', '2:51 "a" has a "report" without the "artifact" that holds it'],
    ['workflow: a.yml, artifact: r', '2:51 "a" has an "artifact" without "report"; add report: junit'],
    ['workflow: a.yml, report: tap, artifact: r', '2:81 "report" must be "junit", but it is the text "tap"'],
    [
      'workflow: a.yml, report: junit, artifact: a/b',
      '2:98 "artifact" must be the name of an artifact: 1 to 200 characters, none of them one of " : < > | * ? / \\',
    ],
    [
      'workflow: a.yml, report: junit, artifact: "${{ matrix.os }}"',
      '2:98 "artifact" names "matrix.os", but the job has no matrix',
    ],
    ['workflow: a.yml, reuse: { inputs: [] }', '2:82 "inputs" names no files; the result depends on some'],
    [
      'workflow: a.yml, reuse: {}',
      '2:73 "reuse" has no "inputs", which must be a list of patterns, such as ["src/**", "!src/**/*.md"]',
    ],
    ['workflow: a.yml, reuse: { inputs: [a], max_age: 31d }', '2:104 "max_age" must be from 1m to 30d, but it is 31d'],
    [
      'workflow: a.yml, ref: "${{ sha }}", reuse: { inputs: [a] }',
      '2:92 "reuse" has to know the workflow file, but "ref" holds "${{"; name one branch or tag, or remove it',
    ],
    ['workflow: a.yml, retries: { only: flakey }', '2:90 "only" must be "any" or "flaky", but it is the text "flakey"'],
  ])('refuses %s', (job, problem) => {
    expect(problemsOf(withJob(job))).toEqual([problem])
  })
})

describe('forks and override', () => {
  test.each<[string, Partial<Config>]>([
    ['', { forks: DEFAULT_FORKS, overrideTeams: [] }],
    ['forks: {}', { forks: DEFAULT_FORKS }],
    ['forks: { policy: never }', { forks: { ...DEFAULT_FORKS, policy: 'never' } }],
    ['forks: { start: observe }', { forks: { ...DEFAULT_FORKS, start: 'observe' } }],
    ['forks: { workflow: .github/workflows/fork.yml }', { forks: { ...DEFAULT_FORKS, workflow: 'fork.yml' } }],
    [
      'forks: { trusted_authors: [Octocat, "renovate[bot]", octocat], members: true }',
      { forks: { ...DEFAULT_FORKS, trustedAuthors: ['octocat', 'renovate[bot]'], trustMembers: true } },
    ],
    ['override: {}', { overrideTeams: [] }],
    [
      'override: { teams: [acme/release, Acme/Release, acme/ops_1] }',
      { overrideTeams: ['Acme/Release', 'acme/ops_1'] },
    ],
  ])('%s', (yaml, expected) => {
    expect(configOf(`version: 1\n${yaml}\n`)).toMatchObject(expected)
  })

  test.each([
    ['forks: { policy: ask }', '2:18 "policy" must be "approve", "run" or "never", but it is the text "ask"'],
    ['forks: approve', '2:8 "forks" must be a map, such as { policy: approve }, but it is the text "approve"'],
    ['forks: { polcy: run }', '2:10 "forks" has an unknown key "polcy"; did you mean "policy"?'],
    [
      'forks: { start: observe, workflow: fork.yml }',
      '2:1 "forks" has "workflow" beside "start: observe", which dispatches nothing for forks; remove one of them',
    ],
    [
      'forks: { trusted_authors: ["@octocat"] }',
      '2:28 item 1 of "trusted_authors" must be the login of a user, such as "octocat" or "renovate[bot]", without "@", but it is the text "@octocat"',
    ],
    ['forks: { members: "yes" }', '2:19 "members" must be true or false, but it is the text "yes"'],
    [
      'override: { teams: ["@acme/release"] }',
      '2:21 item 1 of "teams" must be a team as organisation/team, such as "acme/release", without "@", but it is the text "@acme/release"',
    ],
    [
      'override: { teams: [release] }',
      '2:21 item 1 of "teams" must be a team as organisation/team, such as "acme/release", without "@", but it is the text "release"',
    ],
  ])('refuses %s', (yaml, problem) => {
    expect(problemsOf(`version: 1\n${yaml}\n`)).toEqual([problem])
  })
})

describe('label actions', () => {
  const actionsOf = (actions: string) => configOf(`version: 1\nlabel_actions: ${actions}\n`).labelActions

  test('one that says only its workflow has the defaults of everything else', () => {
    expect(actionsOf('{ lint-fix: { workflow: lint-fix.yml } }')).toEqual([
      { label: 'lint-fix', workflow: 'lint-fix.yml', ref: null, inputs: {}, pushes: true, timeoutMs: 3_600_000 },
    ])
  })

  test('everything that one can say, and labels of any text', () => {
    const all =
      'workflow: x.yml, ref: v1, inputs: { pr: "${{ pr.number }} ${{ pr.head_ref }} ${{ sha }} ${{ event }} ${{ repo.owner }}" }, pushes: false, timeout: 2h'
    expect(actionsOf(`{ "good 🙂 <b>: fix": { ${all} }, 1: { workflow: y.yml } }`)).toEqual(
      [
        { ...actionsOf('{ "1": { workflow: y.yml } }')[0] },
        {
          label: 'good 🙂 <b>: fix',
          workflow: 'x.yml',
          ref: 'v1',
          inputs: { pr: '${{ pr.number }} ${{ pr.head_ref }} ${{ sha }} ${{ event }} ${{ repo.owner }}' },
          pushes: false,
          timeoutMs: 7_200_000,
        },
      ].reverse(),
    )
  })

  const KEY = 'must be the name of a label: 1 to 50 characters in one line, without commas and without spaces around it'
  test.each([
    ['{ "a,b": { workflow: x.yml } }', `2:18 the key "a,b" ${KEY}`],
    ['{ "a\\nb": { workflow: x.yml } }', `2:18 the key "a\\nb" ${KEY}`],
    ['{ " a": { workflow: x.yml } }', `2:18 the key " a" ${KEY}`],
    [`{ ${'x'.repeat(51)}: { workflow: x.yml } }`, `2:18 the key "${'x'.repeat(51)}" ${KEY}`],
    ['{ a: }', '2:18 "a" must be a map, such as { workflow: lint-fix.yml }, but it is empty'],
    [
      '{ Fix: { workflow: x.yml }, fix: { workflow: x.yml } }',
      '2:44 the label "fix" belongs to label_actions.Fix already, whatever its case; a label asks for one thing, so choose another',
    ],
    [
      '{ OK-to-test: { workflow: x.yml } }',
      '2:18 the label "OK-to-test" approves commits of pull requests from forks; choose another label',
    ],
    [
      '{ a: { workflow: x.yml, ref: "${{ pr.head_ref }}" } }',
      '2:45 "ref" must name one branch or tag, so it cannot hold "${{"',
    ],
    [
      '{ a: { workflow: x.yml, inputs: { x: "${{ matrix.os }}" } } }',
      '2:53 "x" names "matrix.os", which is not a value that a label action has; there are sha, short_sha, ref_name, event, version, pr.number, pr.head_ref, pr.base_ref, repo.owner, repo.name',
    ],
    [
      '{ a: { workflow: x.yml, inputs: { x: "${{ pr.numbr }}" } } }',
      '2:53 "x" names "pr.numbr", which is not a value that a label action has; did you mean "pr.number"?',
    ],
    [
      '{ a: { workflow: x.yml, inputs: { signalbox: x } } }',
      '2:61 "signalbox" is the input that Signalbox itself fills in; choose another name',
    ],
    [
      '{ a: { workflow: x.yml, inputs: { x: 3.10 } } }',
      '2:53 "x" is the number 3.1 to YAML; put 3.10 in quotes to keep it as it is written',
    ],
    [
      `{ ${Array.from({ length: 101 }, (_, index) => `a${index}: { workflow: x.yml }`).join(', ')} }`,
      '2:1 "label_actions" has more than 100 labels',
    ],
  ])('refuses %s', (actions, problem) => {
    expect(problemsOf(`version: 1\nlabel_actions: ${actions}\n`)).toEqual([problem])
  })

  test("their check runs are nobody else's", () => {
    const source = `version: 1
label_actions: { fix: { workflow: x.yml } }
pipelines:
  label: { on: { push: }, jobs: { fix: { workflow: a.yml } } }
  ci:
    on: { push: }
    jobs: { a: { workflow: a.yml } }
    gates: { a: { name: "label / fix", needs: a }, b: { name: "signalbox config", needs: a } }
`
    expect(problemsOf(source)).toEqual([
      '4:3 a pipeline cannot be called "label" beside "label_actions", whose check runs are called "label / …"; choose another name',
      '8:25 the check name "label / fix" is how legs of the job "label / fix" are called; choose another name',
      '8:25 the check name "label / fix" is how the check run of a label is called; choose another name',
      '8:63 the check name "signalbox config" is how the check of this file is called; choose another name',
    ])
    expect(
      configOf(
        source
          .replace(/label_actions.*\n/, '')
          .replaceAll(/, b: .* }/g, ' }')
          .replace('label / fix', 'x'),
      ),
    ).toBeDefined()
  })
})

describe('previews', () => {
  const previewOf = (keys: string) => configOf(withPreview(keys)).previews[0]

  test('one that says only what it must has the defaults of everything else', () => {
    expect(previewOf('')).toEqual({
      name: 'p',
      label: 'deploy',
      needs: [],
      repository: { owner: 'acme', name: 'deploy' },
      deploy: { workflow: 'deploy.yml', ref: 'main', inputs: {} },
      teardown: null,
      redeploy: true,
      environment: 'preview/p/pr-${{ pr.number }}',
      url: null,
      timeoutMs: 3_600_000,
    })
  })

  test('everything that one can say', () => {
    const inputs = Array.from({ length: 24 }, (_, index) => `i${index}: ${index}`).join(', ')
    const keys = [
      'needs: [docker.app, docker.app.slim, docker.x.app.slim, docker.app]',
      `ref: v1, inputs: { branch: "\${{ pr.head_ref }}", ${inputs} }`,
      'teardown: { workflow: down.yml, ref: v2, inputs: { signalbox: "${{ pr.number }}" } }, redeploy: false',
      'environment: "${{ repo.owner }}/${{ short_sha }}", url: "http://${{ repo.name }}-${{ pr.number }}.example.com/?at=${{ sha }}", timeout: 5m',
    ]
    expect(previewOf(keys.join(', '))).toMatchObject({
      needs: [
        { pipeline: 'docker', job: 'app' },
        { pipeline: 'docker', job: 'app.slim' },
        { pipeline: 'docker.x', job: 'app.slim' },
      ],
      deploy: { workflow: 'deploy.yml', ref: 'v1', inputs: { branch: '${{ pr.head_ref }}', i0: '0', i23: '23' } },
      teardown: { workflow: 'down.yml', ref: 'v2', inputs: { signalbox: '${{ pr.number }}' } },
      redeploy: false,
      environment: '${{ repo.owner }}/${{ short_sha }}',
      url: 'http://${{ repo.name }}-${{ pr.number }}.example.com/?at=${{ sha }}',
      timeoutMs: 300_000,
    })
  })

  test('a teardown is of the same ref, and one job may be needed alone', () => {
    expect(previewOf('needs: docker.app, ref: v1, teardown: { workflow: down.yml }')).toMatchObject({
      needs: [{ pipeline: 'docker', job: 'app' }],
      teardown: { workflow: 'down.yml', ref: 'v1', inputs: {} },
    })
  })

  const SAFE = 'there are pr.number, sha, short_sha, repo.owner, repo.name'
  test.each([
    ['needs: docker.ap', '3:87 "needs" names "docker.ap", which is no job of any pipeline; did you mean "docker.app"?'],
    [
      'needs: [docker.app, elsewhere.thing]',
      '3:100 "needs" names "elsewhere.thing", which is no job of any pipeline; there are docker.app, docker.app.slim, docker.x.app, docker.x.app.slim, late.app, late.app.slim',
    ],
    ['needs: app', '3:87 "needs" must be a job with its pipeline, as pipeline.job, but it is the text "app"'],
    [
      'needs: late.app',
      '3:87 "needs" names "late.app", whose pipeline does not run on pull requests, so the preview would wait for ever; add pull_request to its "on"',
    ],
    ['ref: "${{ pr.head_ref }}"', '3:85 "ref" must name one branch or tag, so it cannot hold "${{"'],
    ['url: example.com', '3:85 "url" must begin with "https://" or "http://"'],
    ['url: "javascript:alert(1)"', '3:85 "url" must begin with "https://" or "http://"'],
    ['url: "https://a b"', '3:85 "url" is not a URL'],
    ['url: "https://"', '3:85 "url" is not a URL'],
    ['url: "https://${{ pr.head_ref }}"', `3:85 "url" names "pr.head_ref", which no preview's URL can hold; ${SAFE}`],
    [
      'environment: "${{ matrix.os }}"',
      `3:93 "environment" names "matrix.os", which no environment's name can hold; ${SAFE}`,
    ],
    [
      'environment: "${{ pr.nubmer }}"',
      `3:93 "environment" names "pr.nubmer", which no environment's name can hold; did you mean "pr.number"?`,
    ],
    ['environment: ""', '3:80 "environment" must be a name in one line'],
    [
      'environment: "${{ sha }}${{ sha }}${{ sha }}"',
      '3:93 "environment" could have more than the 255 characters of a name',
    ],
    [
      'inputs: { x: "${{ image.name }}" }',
      '3:93 "x" names "image.name", which is not a value that a preview has; there are sha, short_sha, ref_name, event, version, pr.number, pr.head_ref, pr.base_ref, repo.owner, repo.name',
    ],
    [
      'teardown: { workflow: d.yml, inputs: { x: "${{ pr.title }}" } }',
      '3:122 "x" names "pr.title", which is not a value that a preview has; there are sha, short_sha, ref_name, event, version, pr.number, pr.head_ref, pr.base_ref, repo.owner, repo.name',
    ],
    [
      'teardown: {}',
      '3:80 "teardown" has no "workflow", which must be the file name of a workflow in .github/workflows, such as "build.yml"',
    ],
    [
      `inputs: { ${Array.from({ length: 26 }, (_, index) => `i${index}: x`).join(', ')} }`,
      '3:80 "inputs" has 26 inputs; GitHub takes 25',
    ],
    ['timeout: 36d', '3:89 "timeout" must be from 1s to 35d, but it is 36d'],
    [`needs: [${'docker.app, '.repeat(101)}]`, '3:80 "needs" names more than 100 jobs'],
  ])('refuses %s', (keys, problem) => {
    expect(problemsOf(withPreview(keys))).toEqual([problem])
  })

  test.each([
    [
      '{ label: x, workflow: d.yml }',
      '2:13 "p" has no "repository", which must be a repository as owner/name, such as "acme/deploy"',
    ],
    [
      '{ repository: a/b, workflow: d.yml }',
      '2:13 "p" has no "label", which must be the name of a label: 1 to 50 characters in one line, without commas and without spaces around it',
    ],
    [
      '{ label: x, repository: deploy, workflow: d.yml }',
      '2:40 "repository" must be a repository as owner/name, such as "acme/deploy"',
    ],
    [
      '{ label: x, repository: acme/.., workflow: d.yml }',
      '2:40 "repository" must be a repository as owner/name, such as "acme/deploy"',
    ],
    [
      '{ label: Ok-To-Test, repository: a/b, workflow: d.yml }',
      '2:25 the label "Ok-To-Test" approves commits of pull requests from forks; choose another label',
    ],
  ])('refuses %s', (preview, problem) => {
    expect(problemsOf(`version: 1\npreviews: { p: ${preview} }\n`)).toEqual([problem])
  })

  test('labels of previews and of label actions are all different', () => {
    const source = `version: 1
label_actions: { Deploy: { workflow: x.yml } }
previews:
  one: { label: stage, repository: a/b, workflow: d.yml }
  two: { label: STAGE, repository: a/b, workflow: d.yml }
  three: { label: deploy, repository: a/b, workflow: d.yml }
`
    const rest = 'already, whatever its case; a label asks for one thing, so choose another'
    expect(problemsOf(source)).toEqual([
      `5:17 the label "STAGE" belongs to previews.one.label ${rest}`,
      `6:19 the label "deploy" belongs to label_actions.Deploy ${rest}`,
    ])
  })

  test('a name with dots that is two jobs', () => {
    const source = `version: 1
pipelines:
  a: { on: { pull_request: }, jobs: { b.c: { workflow: x.yml } } }
  a.b: { on: { pull_request: }, jobs: { c: { workflow: x.yml } } }
previews: { p: { label: x, repository: a/b, workflow: d.yml, needs: a.b.c } }
`
    expect(problemsOf(source)).toEqual([
      '5:69 "needs" names "a.b.c", which is both the job "b.c" of "a" and the job "c" of "a.b"; rename one of them',
    ])
  })
})

describe('the summary', () => {
  test.each([
    ['comment', { place: 'comment', commands: [] }],
    ['description', { place: 'description', commands: [] }],
    ['off', { place: 'off', commands: [] }],
    ['{}', { place: 'comment', commands: [] }],
    ['{ place: off }', { place: 'off', commands: [] }],
    [
      '{ place: description, commands: [{ title: Run, command: "run ${{ sha }} ${{ repo.name }} " }] }',
      {
        place: 'description',
        commands: [{ title: 'Run', image: null, command: 'run ${{ sha }} ${{ repo.name }}' }],
      },
    ],
    [
      '{ commands: [{ title: Run, image: app, command: "a ${{ image.repository }}:${{ image.version }}\\nb" }] }',
      {
        place: 'comment',
        commands: [{ title: 'Run', image: 'app', command: 'a ${{ image.repository }}:${{ image.version }}\nb' }],
      },
    ],
  ])('%s', (summary, expected) => {
    expect(configOf(`version: 1\npull_request_summary: ${summary}\n`).summary).toEqual(expected)
  })

  test('is off where nothing is said', () => {
    expect(configOf('version: 1\n').summary).toEqual({ place: 'off', commands: [] })
  })

  const PLACES = 'must be "comment", "description", "off", or a map such as { place: comment }'
  test.each([
    ['pull_request_summary:', `2:1 "pull_request_summary" ${PLACES}, but it is empty`],
    ['pull_request_summary: true', `2:23 "pull_request_summary" ${PLACES}, but it is true`],
    ['pull_request_summary: [a]', `2:1 "pull_request_summary" ${PLACES}, but it is a list`],
    [
      'pull_request_summary: coment',
      '2:23 "pull_request_summary" must be "comment", "description" or "off", but it is the text "coment"',
    ],
    [
      'pull_request_summary: { plce: off }',
      '2:25 "pull_request_summary" has an unknown key "plce"; did you mean "place"?',
    ],
    [
      'pull_request_summary: { place: nowhere }',
      '2:32 "place" must be "comment", "description" or "off", but it is the text "nowhere"',
    ],
  ])('refuses %s', (yaml, problem) => {
    expect(problemsOf(`version: 1\n${yaml}\n`)).toEqual([problem])
  })

  const SAFE = 'there are pr.number, sha, short_sha, repo.owner, repo.name'
  test.each([
    [
      withCommand('command: "git switch ${{ pr.head_ref }}"'),
      `2:59 "command" names "pr.head_ref", which no command without an "image" can hold; ${SAFE}`,
    ],
    [
      withCommand('image: app, command: "git switch ${{ ref_name }}"'),
      `2:71 "command" names "ref_name", which no command that people copy can hold; did you mean "repo.name"?`,
    ],
    [
      withCommand('command: "run ${{ image.repository }}"'),
      `2:59 "command" names "image.repository", which no command without an "image" can hold; ${SAFE}`,
    ],
    [withCommand('command: ""'), '2:50 "command" is empty'],
    [withCommand('command: "a\\u001bb"'), '2:59 "command" holds a control character'],
    [withCommand(`command: ${'x'.repeat(2001)}`), '2:59 "command" has more than 2000 characters'],
    [withCommand('image: app'), '2:36 item 1 of "commands" has no "command", which must be text'],
    [
      withCommand('image: ap, command: x', 'images: { app: { repository: a/b } }\n'),
      '3:57 "image" names "ap", which is none of "images"; did you mean "app"?',
    ],
    [
      withCommand('command: x').replace('title: Run', 'title: "Run ${{ sha }}"'),
      '2:45 "title" is shown as it is written, so it cannot hold "${{"',
    ],
    [
      withCommand('command: x').replace('title: Run', 'title: "a\\nb"'),
      '2:45 "title" must be 1 to 100 characters in one line',
    ],
    [
      `version: 1\npull_request_summary: { commands: [${'{ title: a, command: b }, '.repeat(21)}] }\n`,
      '2:25 "commands" has more than 20 commands',
    ],
  ])('refuses %s', (source, problem) => {
    expect(problemsOf(source)).toEqual([problem])
  })
})

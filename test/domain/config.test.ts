import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nearestName } from '../../src/domain/config/problem-wording.ts'
import { parseDuration } from '../../src/domain/config/value-schemas.ts'
import type { Config, Job } from '../../src/domain/config.ts'
import { MAX_CONFIG_BYTES, NO_CONFIG } from '../../src/domain/config.ts'
import { formatProblem, parseConfig } from '../../src/domain/parse-config.ts'

const PATH = '.github/signalbox.yml'

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/config/${name}`, import.meta.url))
}

function problemsOf(source: Uint8Array | string): readonly string[] {
  const parsed = parseConfig(source, { path: PATH })
  if (parsed.ok) throw new Error('The configuration was taken for good')
  return parsed.problems.map((problem) => `${problem.line}:${problem.column} ${problem.message}`)
}

function configOf(source: Uint8Array | string): Config {
  const parsed = parseConfig(source, { path: PATH })
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'))
  return parsed.config
}

/** The only pipeline's jobs, by name. */
function jobsOf(source: string): Record<string, Job> {
  const jobs = configOf(source).pipelines.flatMap((pipeline) => pipeline.jobs)
  return Object.fromEntries(jobs.map((job) => [job.name, job]))
}

/** Two jobs; what is given are further keys of the second, on line 7. */
function withJob(keys: string): string {
  return `version: 1\npipelines:\n  ci:\n    on: { push: }\n    jobs:\n      a: { workflow: a.yml }\n      b: { workflow: b.yml, ${keys} }\n`
}

/** What is given stands on line 4. */
function withTriggers(on: string): string {
  return `version: 1\npipelines:\n  ci:\n    on: ${on}\n    jobs: { a: { workflow: a.yml } }\n`
}

/** What is given stands on line 6, or on line 7 below a line of `matrices`. */
function withMatrix(matrix: string, matrices = ''): string {
  return `version: 1\n${matrices}pipelines:\n  ci:\n    on: { push: }\n    jobs:\n      a: { workflow: a.yml, matrix: ${matrix} }\n`
}

/** What is given stands on line 6. */
function withGates(gates: string): string {
  return `version: 1\npipelines:\n  ci:\n    on: { push: }\n    jobs: { a: { workflow: a.yml, matrix: { os: [x] } } }\n    gates: ${gates}\n`
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

type Refusal = readonly [title: string, yaml: string, problems: readonly string[]]

const REFUSED: Readonly<Record<string, readonly Refusal[]>> = {
  'the file': [
    ['nothing', '', ['1:1 the file is empty; a configuration begins with "version: 1"']],
    ['only a comment', '# later\n', ['1:1 the file is empty; a configuration begins with "version: 1"']],
    ['a list', '- version: 1\n', ['1:1 the file must be a map that begins with "version: 1", but it is a list']],
    [
      'a single value',
      'hello\n',
      ['1:1 the file must be a map that begins with "version: 1", but it is a single value'],
    ],
    ['a NUL byte', 'version: 1\na: \0\n', ['2:4 the file is not text: it holds a NUL byte']],
    [
      'a syntax error',
      'version: 1\npipelines: [a, b\n',
      ['3:1 this is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    [
      'a tab',
      'version: 1\npipelines:\n\tci: {}\n',
      ['3:1 this is not valid YAML: Tabs are not allowed as indentation'],
    ],
    [
      'two syntax errors',
      'version: @1\npipelines: @x\n',
      [
        '1:10 this is not valid YAML: Plain value cannot start with reserved character @',
        '2:12 this is not valid YAML: Plain value cannot start with reserved character @',
      ],
    ],
    [
      'two documents',
      'version: 1\n---\nversion: 1\n',
      ['2:1 a second YAML document begins here; keep one document in the file'],
    ],
    [
      'a tag',
      'version: !number 1\n',
      ['1:10 YAML tags such as "!name" mean nothing here (Unresolved tag: !number); remove the tag'],
    ],
    [
      'a repeated key',
      'version: 1\npipelines: {}\npipelines: {}\n',
      ['3:1 the key "pipelines" is here twice, first on line 2'],
    ],
    [
      'a repeated key deep inside, and another problem',
      withJob('timeout: 5m, timeout: 6m, imag: x'),
      [
        '7:42 the key "timeout" is here twice, first on line 7',
        '7:55 "b" has an unknown key "imag"; did you mean "image"?',
      ],
    ],
    [
      'an alias without an anchor',
      'version: 1\npipelines: *ci\n',
      ['2:1 "pipelines" must be a map, but it is empty', '2:12 the alias *ci has no anchor &ci before it'],
    ],
    [
      'an alias inside its own anchor',
      'version: 1\nmatrices: { m: &a [*a] }\n',
      [
        '2:20 item 1 of "m" must be text, a number, true, false or a map of such, but it is empty',
        '2:20 the alias *a stands inside the value that it repeats',
      ],
    ],
    [
      'a merge key with a value',
      'version: 1\npipelines: { <<: 1 }\n',
      ['2:14 "<<" merges maps: give it an alias of a map, or a list of such'],
    ],
    ['an empty key', 'version: 1\n: 5\n', ['2:1 a key is a text; this one is empty, a list or a map']],
    ['a list as a key', 'version: 1\n[a]: 5\n', ['2:1 a key is a text; this one is empty, a list or a map']],
    [
      'the prototype as a key',
      'version: 1\npipelines: { __proto__: {} }\n',
      ['2:14 "__proto__" cannot be a key; choose another name'],
    ],
    [
      'too many levels',
      `version: 1\nstale: ${'['.repeat(40)}${']'.repeat(40)}\n`,
      ['2:40 lists and maps are nested more than 32 levels deep; a configuration needs far fewer'],
    ],
    [
      'a name that is no text',
      'version: 1\npipeline: {}\n',
      ['2:1 the file has an unknown key "pipeline"; did you mean "pipelines"?'],
    ],
  ],
  'version and the top level': [
    ['no version', 'pipelines: {}\n', ['1:1 the file has no "version", which must be 1']],
    [
      'a later version, and nothing about the rest',
      'version: 2\npipeline: {}\n',
      ['1:10 version 2 is not one that this Signalbox reads; write "version: 1", or update Signalbox'],
    ],
    ['a version in quotes', 'version: "1"\n', ['1:10 "version" must be 1, but it is the text "1"']],
    ['an empty version', 'version:\n', ['1:1 "version" must be 1, but it is empty']],
    [
      'unknown keys, near and far',
      'version: 1\nimage: {}\nschedule: {}\n',
      [
        '2:1 the file has an unknown key "image"; did you mean "images"?',
        '3:1 the file has an unknown key "schedule"; it takes version, _extends, matrices, pipelines, forks, label_actions, previews, images, stale, cleanup, sweeps, pull_request_summary, override',
      ],
    ],
    ['pipelines as a list', 'version: 1\npipelines: [ci]\n', ['2:1 "pipelines" must be a map, but it is a list']],
    [
      'an empty pipeline',
      'version: 1\npipelines: { ci: }\n',
      ['2:14 "ci" must be a map with "on" and "jobs", but it is empty'],
    ],
    [
      'a pipeline name with a space',
      'version: 1\npipelines: { "my ci": { on: { push: }, jobs: { a: { workflow: a.yml } } } }\n',
      [
        '2:14 the key "my ci" must be a name of at most 100 letters, digits, "_", "." and "-" that begins with a letter, a digit or "_"',
      ],
    ],
    [
      '_extends that is no reference',
      'version: 1\n_extends: ../secrets\n',
      [
        '2:11 "_extends" must be "repo", "owner/repo" or "owner/repo:path/to/file.yml", but it is the text "../secrets"',
      ],
    ],
    [
      '_extends that is no text',
      'version: 1\n_extends: [a]\n',
      ['2:1 "_extends" must be "repo", "owner/repo" or "owner/repo:path/to/file.yml", but it is a list'],
    ],
    [
      'an empty list of values',
      'version: 1\nmatrices: { os: [] }\n',
      ['2:13 "os" has no values; a matrix with an empty axis runs nothing'],
    ],
    [
      'a matrix that is no list',
      'version: 1\nmatrices: { os: linux }\n',
      ['2:17 "os" must be a list of values, but it is the text "linux"'],
    ],
    [
      'a matrix name with a dot',
      'version: 1\nmatrices: { o.s: [a] }\n',
      [
        '2:13 the key "o.s" must be a name of at most 100 letters, digits, "_" and "-" that begins with a letter or "_"',
      ],
    ],
  ],
  'pipelines and triggers': [
    [
      'no trigger and no jobs',
      'version: 1\npipelines: { ci: {} }\n',
      [
        '2:14 "ci" has no "jobs", which must be a map of jobs, such as { build: { workflow: build.yml } }',
        '2:14 "ci" has no "on", which must be a map of triggers, such as { push: { branches: [main] } }',
      ],
    ],
    [
      'an empty trigger map and no job',
      'version: 1\npipelines: { ci: { on: {}, jobs: {} } }\n',
      [
        '2:20 "on" starts on nothing; name at least one of push, tag, pull_request, merge_group and manual',
        '2:28 "jobs" is empty; a pipeline has at least one job',
      ],
    ],
    [
      'an unknown key',
      'version: 1\npipelines: { ci: { on: { push: }, job: { a: { workflow: a.yml } } } }\n',
      [
        '2:14 "ci" has no "jobs", which must be a map of jobs, such as { build: { workflow: build.yml } }',
        '2:35 "ci" has an unknown key "job"; did you mean "jobs"?',
      ],
    ],
    [
      'triggers as in GitHub Actions',
      withTriggers('[push, pull_request]'),
      ['4:5 "on" must be a map of triggers, such as { push: { branches: [main] } }, but it is a list'],
    ],
    [
      'an unknown trigger',
      withTriggers('{ pull_requests: }'),
      ['4:11 "on" has an unknown key "pull_requests"; did you mean "pull_request"?'],
    ],
    [
      'a trigger without a near name',
      withTriggers('{ schedule: }'),
      ['4:11 "on" has an unknown key "schedule"; it takes push, tag, pull_request, merge_group, manual'],
    ],
    [
      'branches as a trigger',
      withTriggers('{ push: [main] }'),
      ['4:11 "push" must be a map, such as { branches: [main] }, but it is a list'],
    ],
    [
      'one branch',
      withTriggers('{ push: { branches: main } }'),
      ['4:29 "branches" must be a list of patterns, such as [main, "release/**"], but it is the text "main"'],
    ],
    [
      'a key with a dash',
      withTriggers('{ push: { paths-ignore: [a] } }'),
      ['4:19 "push" has an unknown key "paths-ignore"; did you mean "paths_ignore"?'],
    ],
    [
      'drafts as a word',
      withTriggers('{ pull_request: { drafts: "yes" } }'),
      ['4:35 "drafts" must be true or false, but it is the text "yes"'],
    ],
    [
      'settings for manual',
      withTriggers('{ manual: { reason: x } }'),
      ['4:21 "manual" has an unknown key "reason"; it takes no keys'],
    ],
    [
      'a branch that is a number',
      withTriggers('{ push: { branches: [1.0] } }'),
      ['4:30 item 1 of "branches" must be text, but it is the number 1'],
    ],
    [
      'a pattern with braces',
      withTriggers('{ push: { paths: ["src/*.{ts,js}"] } }'),
      [
        '4:27 item 1 of "paths" has a "{", but alternatives in braces do not exist here; write one pattern for each, or "\\{" for the character',
      ],
    ],
    [
      'an extended pattern',
      withTriggers('{ push: { paths: ["!(docs)/**"] } }'),
      ['4:27 item 1 of "paths" has "!(", but extended patterns do not exist here; write "\\(" for the character'],
    ],
    [
      'a set that does not end',
      withTriggers('{ push: { branches: ["v[0-9"] } }'),
      ['4:30 item 1 of "branches" has a "[" without the "]" that ends it; write "\\[" for the character'],
    ],
    [
      'a set that is the wrong way round',
      withTriggers('{ push: { branches: ["v[9-0]"] } }'),
      ['4:30 item 1 of "branches" has "[9-0]", which is not a set of characters such as "[a-z0-9]"'],
    ],
    [
      'a repeated set',
      withTriggers('{ tag: { include: ["v[0-9]+"] } }'),
      ['4:28 item 1 of "include" has a "+" after "]", but nothing repeats here; write "*" instead of "+"'],
    ],
    ['an empty pattern', withTriggers('{ tag: { exclude: [""] } }'), ['4:28 item 1 of "exclude" is empty']],
    [
      'a pattern that ends in a backslash',
      withTriggers("{ tag: { exclude: ['a\\'] } }"),
      ['4:28 item 1 of "exclude" ends in "\\", which has nothing to escape'],
    ],
    [
      'a pattern that is too long',
      withTriggers(`{ tag: { exclude: [${'x'.repeat(257)}] } }`),
      ['4:28 item 1 of "exclude" is 257 characters long; a pattern may have 256'],
    ],
    [
      'a pattern with too many wildcards',
      withTriggers('{ tag: { exclude: ["*a*b*c*d*e*f*g*h*i*j*k"] } }'),
      ['4:28 item 1 of "exclude" has more than 10 wildcards; split it into several patterns'],
    ],
    [
      'a pattern with a newline',
      withTriggers('{ tag: { exclude: ["a\\nb"] } }'),
      ['4:28 item 1 of "exclude" holds a control character, which no pattern can'],
    ],
    [
      'patterns that only take away',
      withTriggers('{ push: { branches: ["!main"] } }'),
      ['4:19 "branches" only takes away, so nothing is left; put "**" before the patterns with "!"'],
    ],
    [
      'an unknown concurrency',
      `${withTriggers('{ push: }')}    concurrency: queue\n`,
      ['6:18 "concurrency" must be "cancel" or "keep", but it is the text "queue"'],
    ],
  ],
  jobs: [
    [
      'an unknown key',
      'version: 1\npipelines: { ci: { on: { push: }, jobs: { a: { workflw: a.yml } } } }\n',
      ['2:48 "a" has an unknown key "workflw"; did you mean "workflow"?'],
    ],
    [
      'a job that is a text',
      'version: 1\npipelines: { ci: { on: { push: }, jobs: { a: a.yml } } }\n',
      ['2:46 "a" must be a map, such as { workflow: build.yml }, but it is the text "a.yml"'],
    ],
    [
      'an empty job',
      'version: 1\npipelines:\n  ci:\n    on: { push: }\n    jobs:\n      a:\n',
      ['6:7 "a" must be a map, such as { workflow: build.yml }, but it is empty'],
    ],
    [
      'a job name with a slash',
      'version: 1\npipelines: { ci: { on: { push: }, jobs: { a/b: { workflow: a.yml } } } }\n',
      [
        '2:43 the key "a/b" must be a name of at most 100 letters, digits, "_", "." and "-" that begins with a letter, a digit or "_"',
      ],
    ],
    [
      'a workflow that is a path',
      withJob('').replace('a.yml', 'ci/a.yml').replace(', }', ' }'),
      [
        '6:22 "workflow" must be the file name of a workflow in .github/workflows, such as "build.yml", but it is the text "ci/a.yml"',
      ],
    ],
    [
      'a workflow that is no YAML file',
      withJob('').replace('a.yml', 'a.sh').replace(', }', ' }'),
      [
        '6:22 "workflow" must be the file name of a workflow in .github/workflows, such as "build.yml", but it is the text "a.sh"',
      ],
    ],
    [
      'a workflow that is a number',
      withJob('').replace('a.yml', '5').replace(', }', ' }'),
      [
        '6:22 "workflow" must be the file name of a workflow in .github/workflows, such as "build.yml", but it is the number 5',
      ],
    ],
    [
      'an unknown job in needs',
      withJob('needs: [a, aa, zzz]'),
      [
        '7:40 "needs" names "aa", which is no job of this pipeline; did you mean "a"?',
        '7:44 "needs" names "zzz", which is no job of this pipeline; its jobs are a, b',
      ],
    ],
    [
      'an unknown job as a text',
      withJob('needs: c'),
      ['7:36 "needs" names "c", which is no job of this pipeline; its jobs are a, b'],
    ],
    [
      'needs that is a map',
      withJob('needs: { a: }'),
      ['7:29 "needs" must be the name of a job or a list of them, such as [build, lint], but it is a map'],
    ],
    [
      'a job that needs itself',
      withJob('needs: b'),
      ['7:36 "b" needs itself, so it could never start; remove it from "needs"'],
    ],
    [
      'an image with a space',
      withJob('image: "a b"'),
      [
        '7:36 "image" must be a name of at most 100 letters, digits, "_", "." and "-" that begins with a letter, a digit or "_", but it is the text "a b"',
      ],
    ],
    [
      'an unknown fork rule',
      withJob('forks: build_only'),
      ['7:36 "forks" must be "run", "build-only" or "skip", but it is the text "build_only"'],
    ],
    [
      'fail_fast as text',
      withJob('fail_fast: "no"'),
      ['7:40 "fail_fast" must be true or false, but it is the text "no"'],
    ],
    [
      'max_parallel of 0',
      withJob('max_parallel: 0'),
      ['7:43 "max_parallel" must be from 1 to 256, but it is the number 0'],
    ],
    [
      'max_parallel of 300',
      withJob('max_parallel: 300'),
      ['7:43 "max_parallel" must be from 1 to 256, but it is the number 300'],
    ],
    [
      'max_parallel of 1.5',
      withJob('max_parallel: 1.5'),
      ['7:43 "max_parallel" must be a whole number, but it is the number 1.5'],
    ],
    [
      'a timeout without a unit',
      withJob('timeout: 60'),
      [
        '7:38 "timeout" must be a duration with its unit, such as "90s", "60m", "1h30m" or "2d", but it is the number 60',
      ],
    ],
    [
      'a timeout with a wrong unit',
      withJob('timeout: 60 minutes'),
      [
        '7:38 "timeout" must be a duration with its unit, such as "90s", "60m", "1h30m" or "2d", but it is the text "60 minutes"',
      ],
    ],
    ['a timeout of nothing', withJob('timeout: 0s'), ['7:38 "timeout" must be from 1s to 35d, but it is 0s']],
    ['a timeout that is too long', withJob('timeout: 36d'), ['7:38 "timeout" must be from 1s to 35d, but it is 36d']],
    ['too many retries', withJob('retries: 11'), ['7:38 "retries" must be from 0 to 10, but it is the number 11']],
    ['negative retries', withJob('retries: -1'), ['7:38 "retries" must be from 0 to 10, but it is the number -1']],
    [
      'retries as text',
      withJob('retries: twice'),
      [
        '7:38 "retries" must be a whole number from 0 to 10, or a map such as { max: 2, delay: 5s }, but it is the text "twice"',
      ],
    ],
    [
      'retries with an unknown key and a wrong value',
      withJob('retries: { max: x, dela: 5s }'),
      [
        '7:45 "max" must be a whole number, but it is the text "x"',
        '7:48 "retries" has an unknown key "dela"; did you mean "delay"?',
      ],
    ],
    [
      'a delay that is too long',
      withJob('retries: { max: 1, delay: 2d }'),
      ['7:55 "delay" must be from 0s to 1d, but it is 2d'],
    ],
    [
      'a ref with a space',
      withJob('ref: "my branch"'),
      ['7:34 "ref" is not a branch or a tag, which has 1 to 255 characters and no spaces'],
    ],
    [
      'an unknown value in ref',
      withJob(`ref: "\${{ branch }}"`),
      [
        '7:34 "ref" names "branch", which is not a value that Signalbox fills in; there are sha, short_sha, ref_name, event, version, pr.number, pr.head_ref, pr.base_ref, repo.owner, repo.name, image.name, image.repository, image.version',
      ],
    ],
  ],
  'needs that go round': [
    [
      'two jobs',
      'version: 1\npipelines:\n  ci:\n    on: { push: }\n    jobs:\n      a: { workflow: a.yml, needs: b }\n      b: { workflow: a.yml, needs: [a] }\n',
      ['6:36 these jobs wait for one another: a → b → a; remove one of these "needs"'],
    ],
    [
      'three jobs behind one that is not in the circle',
      'version: 1\npipelines:\n  ci:\n    on: { push: }\n    jobs:\n      out: { workflow: a.yml, needs: [c] }\n      b: { workflow: a.yml, needs: [a] }\n      c: { workflow: a.yml, needs: [b] }\n      a: { workflow: a.yml, needs: [c] }\n',
      ['7:29 these jobs wait for one another: b → a → c → b; remove one of these "needs"'],
    ],
    [
      'two circles',
      'version: 1\npipelines:\n  ci:\n    on: { push: }\n    jobs:\n      a: { workflow: a.yml, needs: [b] }\n      b: { workflow: a.yml, needs: [a] }\n      c: { workflow: a.yml, needs: [d] }\n      d: { workflow: a.yml, needs: [c] }\n',
      [
        '6:29 these jobs wait for one another: a → b → a; remove one of these "needs"',
        '8:29 these jobs wait for one another: c → d → c; remove one of these "needs"',
      ],
    ],
    [
      'a job of wrong shape in the circle',
      'version: 1\npipelines:\n  ci:\n    on: { push: }\n    jobs:\n      a: { workflow: a.yml, needs: [b], timeout: 5 }\n      b: { workflow: a.yml, needs: [a] }\n',
      [
        '6:29 these jobs wait for one another: a → b → a; remove one of these "needs"',
        '6:50 "timeout" must be a duration with its unit, such as "90s", "60m", "1h30m" or "2d", but it is the number 5',
      ],
    ],
    [
      'twelve jobs',
      'version: 1\npipelines:\n  ci:\n    on: { push: }\n    jobs:\n' +
        Array.from({ length: 12 }, (_, i) => `      j${i}: { workflow: a.yml, needs: j${(i + 1) % 12} }\n`).join(''),
      [
        '6:37 these jobs wait for one another: j0 → j1 → j2 → j3 → j4 → j5 → j6 → j7 → 4 more → j0; remove one of these "needs"',
      ],
    ],
  ],
  inputs: [
    [
      'an input that is a list',
      withJob('inputs: { x: [1] }'),
      ['7:39 "x" must be text, a number, true or false, but it is a list'],
    ],
    ['inputs that are a list', withJob('inputs: [x]'), ['7:29 "inputs" must be a map, but it is a list']],
    [
      'an input with a dot',
      withJob('inputs: { a.b: 1 }'),
      [
        '7:39 the key "a.b" must be a name of at most 100 letters, digits, "_" and "-" that begins with a letter or "_"',
      ],
    ],
    [
      'the reserved input',
      withJob('inputs: { Signalbox: 1 }'),
      ['7:50 "Signalbox" is the input that Signalbox itself fills in; choose another name'],
    ],
    [
      'too many inputs',
      withJob(`inputs: { ${Array.from({ length: 25 }, (_, i) => `i${i}: 1`).join(', ')} }`),
      ['7:29 "inputs" has 25 inputs; GitHub takes 25, and one of them is "signalbox"'],
    ],
    [
      'a number that YAML changes',
      withJob('inputs: { python: 3.10, ok: 3.11 }'),
      ['7:47 "python" is the number 3.1 to YAML; put 3.10 in quotes to keep it as it is written'],
    ],
    [
      'an unknown value',
      withJob(`inputs: { x: "\${{ github.sha }}" }`),
      [
        '7:42 "x" names "github.sha", which is not a value that Signalbox fills in; there are sha, short_sha, ref_name, event, version, pr.number, pr.head_ref, pr.base_ref, repo.owner, repo.name, image.name, image.repository, image.version',
      ],
    ],
    [
      'a misspelt value',
      withJob(`inputs: { x: "a \${{ pr.numbr }} b \${{sha}}" }`),
      ['7:42 "x" names "pr.numbr", which is not a value that Signalbox fills in; did you mean "pr.number"?'],
    ],
    [
      'a value that does not end',
      withJob(`inputs: { x: "a \${{ sha" }`),
      [`7:42 "x" has a "\${{" without the "}}" that ends it`],
    ],
    [
      'an empty value',
      withJob(`inputs: { x: "\${{ }}" }`),
      [
        '7:42 "x" names "", which is not a value that Signalbox fills in; there are sha, short_sha, ref_name, event, version, pr.number, pr.head_ref, pr.base_ref, repo.owner, repo.name, image.name, image.repository, image.version',
      ],
    ],
    [
      'a matrix value without a matrix',
      withJob(`inputs: { x: "\${{ matrix.os }}" }`),
      ['7:42 "x" names "matrix.os", but the job has no matrix'],
    ],
    [
      'an axis that does not exist',
      withJob(`matrix: { os: [a], user: [b] }, inputs: { x: "\${{ matrix.usr }}", y: "\${{ matrix.zone }}" }`),
      [
        '7:74 "x" names "matrix.usr", but the matrix has no axis "usr"; did you mean "user"?',
        '7:98 "y" names "matrix.zone", but the matrix has no axis "zone"; it has os, user',
      ],
    ],
    [
      'a field that does not exist',
      withJob(
        `matrix: { os: [{ name: a, tag: b }] }, inputs: { x: "\${{ matrix.os.tga }}", y: "\${{ matrix.os.zone }}" }`,
      ),
      [
        '7:81 "x" names "matrix.os.tga", but no value of "os" has a field "tga"; they have name, tag',
        '7:108 "y" names "matrix.os.zone", but no value of "os" has a field "zone"; they have name, tag',
      ],
    ],
    [
      'a field of a text',
      withJob(`matrix: { os: [a] }, inputs: { x: "\${{ matrix.os.tag }}" }`),
      ['7:63 "x" names "matrix.os.tag", but the values of "os" have no fields; write matrix.os'],
    ],
    [
      'a map as a whole',
      withJob(`matrix: { os: [{ name: a, tag: b }] }, inputs: { x: "\${{ matrix.os }}" }`),
      ['7:81 "x" names "matrix.os", which is a map; name one of its fields: matrix.os.name, matrix.os.tag'],
    ],
    [
      'a field of a field',
      withJob(`matrix: { os: [{ name: a }] }, inputs: { x: "\${{ matrix.os.name.first }}" }`),
      [
        '7:73 "x" names "matrix.os.name.first", which is not a value that Signalbox fills in; there are sha, short_sha, ref_name, event, version, pr.number, pr.head_ref, pr.base_ref, repo.owner, repo.name, image.name, image.repository, image.version, matrix.os',
      ],
    ],
    [
      'a whole expression',
      withJob(`inputs: { x: "\${{ sha == 'x' }}" }`),
      [
        '7:42 "x" names "sha == \'x\'", which is not a value that Signalbox fills in; there are sha, short_sha, ref_name, event, version, pr.number, pr.head_ref, pr.base_ref, repo.owner, repo.name, image.name, image.repository, image.version',
      ],
    ],
  ],
  matrices: [
    [
      'no axis',
      withMatrix('{}'),
      ['6:29 "matrix" is empty, so the job would run nothing; give it an axis with values, or remove it'],
    ],
    [
      'a matrix by name',
      withMatrix('$os'),
      ['6:37 "matrix" must be a map of axes, such as { base_image: $base_image }, but it is the text "$os"'],
    ],
    [
      'an axis that is a text',
      withMatrix('{ os: linux }'),
      ['6:43 "os" must be a list of values, or "$" and the name of a matrix of "matrices", but it is the text "linux"'],
    ],
    [
      'an axis that is a number',
      withMatrix('{ os: 5 }'),
      ['6:43 "os" must be a list of values, or "$" and the name of a matrix of "matrices", but it is the number 5'],
    ],
    ['an empty axis', withMatrix('{ os: [] }'), ['6:39 "os" has no values; a matrix with an empty axis runs nothing']],
    [
      'an axis with a dot',
      withMatrix('{ o.s: [a] }'),
      ['6:39 "o.s" must be a name of at most 100 letters, digits, "_" and "-" that begins with a letter or "_"'],
    ],
    [
      'an unknown matrix',
      withMatrix('{ os: $oss }', 'matrices: { os: [a] }\n'),
      ['7:43 "os" names "$oss", but "matrices" has no "oss"; did you mean "$os"?'],
    ],
    [
      'an unknown matrix where there are none',
      withMatrix('{ os: $os }'),
      ['6:43 "os" names "$os", but "matrices" has no "os"; there are none'],
    ],
    [
      'a broken matrix is reported once',
      withMatrix('{ os: $os }', 'matrices: { os: [] }\n'),
      ['2:13 "os" has no values; a matrix with an empty axis runs nothing'],
    ],
    [
      'a null value',
      withMatrix('{ os: [~] }'),
      ['6:44 item 1 of "os" must be text, a number, true, false or a map of such, but it is empty'],
    ],
    [
      'a list as a value',
      withMatrix('{ os: [[a]] }'),
      ['6:44 item 1 of "os" must be text, a number, true, false or a map of such, but it is a list'],
    ],
    [
      'a nested map as a value',
      withMatrix('{ os: [{ a: { b: c } }] }'),
      ['6:46 "a" must be text, a number, true or false, but it is a map'],
    ],
    ['an empty map as a value', withMatrix('{ os: [{}] }'), ['6:44 item 1 of "os" is an empty map; give it a field']],
    [
      'a field with a dot',
      withMatrix('{ os: [{ a.b: c }] }'),
      [
        '6:46 the key "a.b" must be a name of at most 100 letters, digits, "_" and "-" that begins with a letter or "_"',
      ],
    ],
    [
      'a value with a newline',
      withMatrix('{ os: ["a\\nb"] }'),
      ['6:44 item 1 of "os" holds a control character, which no name can show'],
    ],
    [
      'a number that YAML changes',
      withMatrix('{ python: [3.9, 3.10], include: [{ node: 1e3 }] }'),
      [
        '6:53 item 2 of "python" is the number 3.1 to YAML; put 3.10 in quotes to keep it as it is written',
        '6:78 "node" is the number 1000 to YAML; put 1e3 in quotes to keep it as it is written',
      ],
    ],
    [
      'everything excluded',
      withMatrix('{ os: [a, b], exclude: [{ os: a }, { os: b }] }'),
      [
        '6:29 "matrix" loses all its combinations to "exclude", so the job would run nothing; give it an axis with values, or remove it',
      ],
    ],
    [
      'an exclude with an unknown axis',
      withMatrix('{ os: [a, b], exclude: [{ oss: a }] }'),
      ['6:63 "exclude" names an axis "oss", which the matrix does not have; did you mean "os"?'],
    ],
    [
      'exclude as a map',
      withMatrix('{ os: [a], exclude: { os: a } }'),
      ['6:48 "exclude" must be a list of combinations, such as [{ os: ubuntu }], but it is a map'],
    ],
    [
      'an empty include',
      withMatrix('{ os: [a], include: [{}] }'),
      ['6:58 item 1 of "include" is an empty map; name an axis and its value'],
    ],
    [
      '257 legs',
      withMatrix(`{ n: [${Array.from({ length: 257 }, (_, i) => i).join(', ')}] }`),
      ['6:29 "matrix" has 257 combinations; a job may have at most 256 legs'],
    ],
    [
      'more legs than are counted',
      withMatrix('{ a: $n, b: $n }', `matrices: { n: [${Array.from({ length: 100 }, (_, i) => i).join(', ')}] }\n`),
      ['7:29 "matrix" has 10000 combinations before "exclude"; a job may have at most 256 legs'],
    ],
    [
      '1001 legs in a pipeline',
      `version: 1\nmatrices: { n: [${Array.from({ length: 200 }, (_, i) => i).join(', ')}] }\npipelines:\n  ci:\n    on: { push: }\n    jobs:\n${'abcde'
        .split('')
        .map((j) => `      ${j}: { workflow: a.yml, matrix: { n: $n } }\n`)
        .join('')}      f: { workflow: a.yml }\n`,
      ['4:3 "ci" has 1001 legs; a pipeline may have at most 1000'],
    ],
    [
      '257 excludes',
      withMatrix(`{ os: [a], exclude: [${Array.from({ length: 257 }, (_, i) => `{ os: ${i} }`).join(', ')}] }`),
      ['6:48 "exclude" has 257 combinations; at most 256'],
    ],
    [
      'the same value twice',
      withMatrix('{ os: [a, b, a] }'),
      [
        '6:29 "matrix" has two combinations whose check runs would both be called "ci / a (a)"; make their values differ, or give maps a "name"',
      ],
    ],
    [
      'maps that are shown alike',
      withMatrix('{ os: [{ name: x, v: 1 }, { name: x, v: 2 }] }'),
      [
        '6:29 "matrix" has two combinations whose check runs would both be called "ci / a (x)"; make their values differ, or give maps a "name"',
      ],
    ],
  ],
  gates: [
    [
      'no name and no needs',
      withGates('{ g: {} }'),
      [
        '6:14 "g" has no "needs", which must be the name of a job or a list of them, such as [test]',
        '6:14 "g" has no "name", which must be the name of a check, such as "All Tests Passed"',
      ],
    ],
    [
      'an unknown key',
      withGates('{ g: { name: G, needs: a, need: a } }'),
      ['6:38 "g" has an unknown key "need"; did you mean "needs"?'],
    ],
    [
      'an unknown job',
      withGates('{ g: { name: G, needs: [b, xyz] } }'),
      [
        '6:36 "needs" names "b", which is no job of this pipeline; its jobs are a',
        '6:39 "needs" names "xyz", which is no job of this pipeline; its jobs are a',
      ],
    ],
    [
      'no job',
      withGates('{ g: { name: G, needs: [] } }'),
      ['6:28 "needs" names no job; a gate waits for at least one'],
    ],
    [
      'a gate id with a space',
      withGates('{ "g g": { name: G, needs: a } }'),
      [
        '6:14 the key "g g" must be a name of at most 100 letters, digits, "_", "." and "-" that begins with a letter, a digit or "_"',
      ],
    ],
    [
      'an empty name',
      withGates('{ g: { name: "", needs: a } }'),
      ['6:19 "name" must be 1 to 100 characters in one line, without spaces around them'],
    ],
    [
      'a name with spaces around it',
      withGates('{ g: { name: " G", needs: a } }'),
      ['6:25 "name" must be 1 to 100 characters in one line, without spaces around them'],
    ],
    [
      'a name with a value',
      withGates(`{ g: { name: "G \${{ sha }}", needs: a } }`),
      [`6:25 "name" must be the same for every run, so it cannot hold "\${{"`],
    ],
    [
      'a name with a newline',
      withGates('{ g: { name: "G\\nH", needs: a } }'),
      ['6:25 "name" must be 1 to 100 characters in one line, without spaces around them'],
    ],
    [
      'a name that is used twice',
      withGates('{ g: { name: G, needs: a }, h: { name: G, needs: a } }'),
      [
        '6:51 the check name "G" belongs to pipelines.ci.gates.g already; a required check must be one gate, so choose another name',
      ],
    ],
    [
      "a job's name",
      withGates('{ g: { name: "ci / a", needs: a } }'),
      ['6:25 the check name "ci / a" is how legs of the job "ci / a" are called; choose another name'],
    ],
    [
      "a leg's name",
      withGates('{ g: { name: "ci / a (x)", needs: a } }'),
      ['6:25 the check name "ci / a (x)" is how legs of the job "ci / a" are called; choose another name'],
    ],
    [
      'a name that a leg could have',
      withGates('{ g: { name: "ci / a (y)", needs: a } }'),
      ['6:25 the check name "ci / a (y)" is how legs of the job "ci / a" are called; choose another name'],
    ],
    [
      'wrong needs and a wrong name',
      withGates('{ g: { name: 5, needs: [q] } }'),
      [
        '6:25 "name" must be the name of a check, such as "All Tests Passed", but it is the number 5',
        '6:36 "needs" names "q", which is no job of this pipeline; its jobs are a',
      ],
    ],
    [
      'gates of two pipelines with one name',
      'version: 1\npipelines:\n  one: { on: { push: }, jobs: { a: { workflow: a.yml } }, gates: { g: { name: G, needs: a } } }\n  two: { on: { push: }, jobs: { a: { workflow: a.yml } }, gates: { g: { name: G, needs: a } } }\n',
      [
        '4:79 the check name "G" belongs to pipelines.one.gates.g already; a required check must be one gate, so choose another name',
      ],
    ],
  ],
}

describe.each(Object.entries(REFUSED))('refuses, in %s:', (_part, refusals) => {
  test.each(refusals)('%s', (_title, yaml, problems) => {
    expect(problemsOf(yaml)).toEqual(problems)
  })
})

describe('refuses a file that is', () => {
  test('too large', () => {
    const source = `version: 1\n# ${'x'.repeat(MAX_CONFIG_BYTES)}\n`
    expect(problemsOf(source)).toEqual(['1:1 the file has 262158 bytes; a configuration may have 262144'])
  })

  test('not UTF-8', () => {
    const source = Buffer.from('version: 1 # caf\xe9\n', 'latin1')
    expect(problemsOf(source)).toEqual(['1:1 the file is not UTF-8 text; save it as UTF-8'])
  })

  test('a billion laughs', () => {
    const begin = performance.now()
    expect(problemsOf(fixture('billion-laughs.yml'))).toEqual([
      '6:1 the file stands for more than 20000 values once its aliases are spelt out; use fewer aliases of large values',
    ])
    expect(performance.now() - begin).toBeLessThan(500)
  })

  test('a long text, a thousand times', () => {
    const source = `version: 1\nstale:\n  - &long ${'x'.repeat(100_000)}\n  - [${numbers(1000).map(() => '*long')}]\n`
    expect(problemsOf(source)).toEqual([
      '4:5 the file stands for more than 20000 values once its aliases are spelt out; use fewer aliases of large values',
    ])
  })

  test('deep through aliases, each of which adds a level', () => {
    const levels = numbers(40).map((level) => `  a${level}: &a${level} [${level === 0 ? 'x' : `*a${level - 1}`}]\n`)
    expect(problemsOf(`version: 1\nstale:\n${levels.join('')}`)).toEqual([
      '35:3 lists and maps are nested more than 32 levels deep; a configuration needs far fewer',
    ])
  })

  test('too deep for the YAML parser', () => {
    const [problem] = problemsOf(`a: ${'['.repeat(20_000)}`)
    expect(problem).toMatch(
      /^1:\d+ lists and maps are nested more than 32 levels deep; a configuration needs far fewer$/,
    )
  })
})

test('no more problems are shown than anybody reads', () => {
  const problems = problemsOf(
    `version: 1\n${numbers(150)
      .map((index) => `x-${index}: 1\n`)
      .join('')}`,
  )
  expect(problems).toHaveLength(101)
  expect(problems[99]).toMatch(/^101:1 the file has an unknown key "x-99"; it takes version/)
  expect(problems[100]).toBe('102:1 there are 50 more problems from here on; mend those above first')
})

test('what an alias repeats is reported once, where it is written', () => {
  const yaml = `version: 1
pipelines:
  one: &one { on: { push: }, jobs: { a: { workflow: a.yml, timeout: 5 } } }
  two: *one
`
  expect(problemsOf(yaml)).toEqual([
    '3:69 "timeout" must be a duration with its unit, such as "90s", "60m", "1h30m" or "2d", but it is the number 5',
  ])
})

test('a problem names its file, its place and its key', () => {
  const parsed = parseConfig(withJob('needs: [a, c]'), { path: PATH })
  const message = '"needs" names "c", which is no job of this pipeline; its jobs are a, b'
  const problem = { path: PATH, line: 7, column: 40, at: 'pipelines.ci.jobs.b.needs[1]', message }
  expect(parsed).toEqual({ ok: false, problems: [problem] })
  expect(formatProblem(problem)).toBe(`.github/signalbox.yml:7:40: ${message}`)
})

test.each([
  ['a byte order mark', (text: string) => `\u{feff}${text}`],
  ['Windows line ends', (text: string) => text.replaceAll('\n', '\r\n')],
])('%s moves no place', (_title, change) => {
  expect(problemsOf(Buffer.from(change(withJob('needs: c'))))).toEqual(problemsOf(withJob('needs: c')))
})

test('hostile files take bounded time', () => {
  const values = `[${numbers(32)}]`
  const job = (index: number) =>
    `      j${index}: { workflow: a.yml, matrix: { a: $n, b: $n }, needs: j${(index + 1) % 2000} }\n`
  const sources = [
    `version: 1\nmatrices: { n: ${values} }\npipelines:\n  ci:\n    on: { push: }\n    jobs:\n${numbers(2000).map(job).join('')}`,
    `version: 1\n${numbers(15_000)
      .map((index) => `k${index}: 1\n`)
      .join('')}`,
    `version: 1\nstale: [${numbers(15_000).map((index) => `&a${index} x`)}]\n`,
    `version: 1\npipelines: { ${'x'.repeat(200_000)}: 1 }\n`,
    withJob(`inputs: { x: "${'${{'.repeat(50_000)}" }`),
  ]
  for (const source of sources) {
    const begin = performance.now()
    parseConfig(source, { path: PATH })
    expect(performance.now() - begin).toBeLessThan(5000)
  }
})

test('no damage to a file makes the parser throw', () => {
  const good = fixture('openhands.yml')
  let seed = 42
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed % below
  }
  for (let round = 0; round < 300; round += 1) {
    const damaged = Buffer.from(good)
    for (let edit = 0; edit <= random(4); edit += 1) damaged[random(damaged.length)] = 32 + random(96)
    const parsed = parseConfig(damaged, { path: PATH })
    if (!parsed.ok) expect(parsed.problems.length).toBeGreaterThan(0)
  }
})

test('the configuration of OpenHands', () => {
  const { pipelines } = configOf(fixture('openhands.yml'))
  const baseImages = [
    { image: 'nikolaik/python-nodejs:python3.12-nodejs22', tag: 'nikolaik' },
    { image: 'ubuntu:24.04', tag: 'ubuntu' },
  ]
  const matrix = { axes: { base_image: baseImages }, include: [], exclude: [] }
  const plain = {
    needs: [],
    matrix: null,
    failFast: true,
    maxParallel: null,
    retries: { max: 0, delayMs: 0, only: 'any' },
    timeoutMs: 6 * 3_600_000,
    inputs: {},
    image: null,
    forks: 'run',
    report: null,
    reuse: null,
  }
  const dispatches = (workflow: string) => ({ ...plain, start: { kind: 'dispatch', workflow, ref: null } })
  expect(pipelines).toEqual([
    {
      name: 'docker',
      on: {
        push: { branches: ['main'], paths: { include: [], exclude: [] } },
        tag: { include: ['*'], exclude: ['ext-v*'] },
        pullRequest: { branches: [], paths: { include: [], exclude: [] }, drafts: true },
        mergeGroup: { branches: [] },
        manual: {},
      },
      concurrency: 'cancel',
      jobs: [
        { ...dispatches('build-app.yml'), name: 'app', image: 'openhands' },
        { ...dispatches('build-runtime.yml'), name: 'runtime', image: 'runtime', matrix },
        { ...dispatches('build-enterprise.yml'), name: 'enterprise', needs: ['app'], forks: 'skip' },
        {
          ...dispatches('test-runtime.yml'),
          name: 'test-runtime-root',
          needs: ['runtime'],
          matrix,
          failFast: false,
          maxParallel: 4,
          retries: { max: 2, delayMs: 5000, only: 'any' },
          timeoutMs: 3_600_000,
          inputs: { run_as_openhands: 'false', base_tag: '${{ matrix.base_image.tag }}' },
        },
        {
          ...dispatches('test-runtime.yml'),
          name: 'test-runtime-oh',
          needs: ['runtime'],
          matrix,
          inputs: { run_as_openhands: 'true' },
        },
      ],
      gates: [
        { id: 'runtime-tests', name: 'All Runtime Tests Passed', needs: ['test-runtime-root', 'test-runtime-oh'] },
      ],
    },
  ])
})

test('a file without anything, and one with sections that come later', () => {
  expect(configOf('version: 1\n')).toEqual(NO_CONFIG)
  expect(configOf('version: 1\ncleanup: {}\nsweeps: {}\n')).toEqual(NO_CONFIG)
})

test.each([
  ['{ push: }', { push: { branches: [], paths: { include: [], exclude: [] } } }],
  ['{ tag: }', { tag: { include: [], exclude: [] } }],
  ['{ pull_request: }', { pullRequest: { branches: [], paths: { include: [], exclude: [] }, drafts: true } }],
  [
    '{ pull_request: { drafts: false } }',
    { pullRequest: { branches: [], paths: { include: [], exclude: [] }, drafts: false } },
  ],
  ['{ merge_group: }', { mergeGroup: { branches: [] } }],
  ['{ manual: }', { manual: {} }],
  ['{ manual: {} }', { manual: {} }],
  [
    '{ push: { branches: ["*", "!x"], paths: ["a/**"], paths_ignore: [b] } }',
    { push: { branches: ['*', '!x'], paths: { include: ['a/**'], exclude: ['b'] } } },
  ],
  [
    '{ merge_group: { branches: [main] }, tag: { include: [v*] } }',
    { mergeGroup: { branches: ['main'] }, tag: { include: ['v*'], exclude: [] } },
  ],
])('the triggers %s', (on, expected) => {
  expect(configOf(withTriggers(on)).pipelines[0]?.on).toEqual(expected)
})

test.each([
  ['needs: a', { needs: ['a'] }],
  ['needs: [a, a]', { needs: ['a'] }],
  ['needs: []', { needs: [] }],
  ['retries: 3', { retries: { max: 3, delayMs: 0 } }],
  ['retries: { max: 1, delay: 1m30s }', { retries: { max: 1, delayMs: 90_000 } }],
  ['retries: { delay: 5s }', { retries: { max: 0, delayMs: 5000 } }],
  ['timeout: 1h30m', { timeoutMs: 5_400_000 }],
  ['timeout: 35d', { timeoutMs: 35 * 86_400_000 }],
  [
    'inputs: { a: 1, b: true, c: "1.0", d: -0.5, e: "" }',
    { inputs: { a: '1', b: 'true', c: '1.0', d: '-0.5', e: '' } },
  ],
  ['inputs: { constructor: x, toString: y }', { inputs: { constructor: 'x', toString: 'y' } }],
  ['ref: "release/${{ version }}"', { start: { kind: 'dispatch', workflow: 'b.yml', ref: 'release/${{ version }}' } }],
  ['image: app', { image: 'app' }],
  ['forks: build-only', { forks: 'build-only' }],
  ['fail_fast: false, max_parallel: 256', { failFast: false, maxParallel: 256 }],
])('the job keys %s', (keys, expected) => {
  expect(jobsOf(withJob(keys)).b).toMatchObject(expected)
})

test('the directory of a workflow may be written', () => {
  const yaml = withJob('needs: a').replace('b.yml', '.github/workflows/b.yaml')
  expect(jobsOf(yaml).b?.start).toMatchObject({ workflow: 'b.yaml' })
})

test.each([
  [
    'axes in the order of the file',
    '{ b: [1], a: [x, { k: v }] }',
    { axes: { b: [1], a: ['x', { k: 'v' }] }, include: [], exclude: [] },
  ],
  ['axes by name', '{ os: $os }', { axes: { os: ['linux', 'mac'] }, include: [], exclude: [] }],
  ['only include', '{ include: [{ os: x }] }', { axes: {}, include: [{ os: 'x' }], exclude: [] }],
  [
    'include and exclude',
    '{ os: $os, exclude: [{ os: mac }], include: [{ zone: 1 }] }',
    { axes: { os: ['linux', 'mac'] }, include: [{ zone: 1 }], exclude: [{ os: 'mac' }] },
  ],
])('a matrix: %s', (_title, matrix, expected) => {
  const job = jobsOf(withMatrix(matrix, 'matrices: { os: [linux, mac], unused: [x] }\n')).a
  expect(job?.matrix).toEqual(expected)
  expect(Object.keys(job?.matrix?.axes ?? {})).toEqual(Object.keys(expected.axes))
})

test.each([
  ['256 legs', withMatrix(`{ n: [${numbers(256)}] }`)],
  ['24 inputs', withJob(`inputs: { ${numbers(24).map((index) => `i${index}: 1`)} }`)],
  [
    'every value',
    withJob(
      'inputs: { x: "${{sha}} ${{ short_sha }} ${{ ref_name }} ${{ event }} ${{ version }} ${{ pr.number }} ${{ pr.head_ref }} ${{ pr.base_ref }} ${{ repo.owner }} ${{ repo.name }} ${{ image.name }}" }',
    ),
  ],
  [
    'a field that only include gives',
    withJob('matrix: { os: [a], include: [{ os: a, zone: { name: x } }] }, inputs: { x: "${{ matrix.zone.name }}" }'),
  ],
  ['a gate whose name looks like a leg of no job', withGates('{ g: { name: "ci / b (x)", needs: a } }')],
])('takes %s', (_title, yaml) => {
  expect(parseConfig(yaml, { path: PATH })).toMatchObject({ ok: true })
})

test.each([
  ['a, b, c', 'a b c'],
  ['a < c, b, c', 'b c a'],
  ['d < b c, b < a, c < a, a', 'a b c d'],
  ['2, 1 < 2, 10', '2 1 10'],
])('jobs come after those that they need, else as in the file: %s', (needs, order) => {
  const jobs = needs.split(', ').map((line) => {
    const [name, needed = ''] = line.split(' < ')
    const quoted = needed.split(' ').map((need) => JSON.stringify(need))
    return `      ${name}: { workflow: a.yml, needs: [${needed === '' ? '' : quoted}] }\n`
  })
  const config = configOf(`version: 1\npipelines:\n  ci:\n    on: { push: }\n    jobs:\n${jobs.join('')}`)
  expect(config.pipelines[0]?.jobs.map((job) => job.name).join(' ')).toBe(order)
})

test('anchors, aliases and merge keys', () => {
  const jobs = jobsOf(`version: 1
pipelines:
  ci:
    on: { push: }
    jobs:
      a: &base { workflow: a.yml, timeout: 5m, image: x }
      b: &other { <<: *base, timeout: 10m }
      c: { forks: skip, <<: [*other, { workflow: c.yml, ref: main }], workflow: own.yml }
      d: *base
`)
  expect(jobs).toMatchObject({
    a: { start: { workflow: 'a.yml' }, timeoutMs: 300_000, image: 'x' },
    b: { start: { workflow: 'a.yml' }, timeoutMs: 600_000, image: 'x' },
    c: { start: { workflow: 'own.yml', ref: 'main' }, timeoutMs: 600_000, image: 'x', forks: 'skip' },
    d: { start: { workflow: 'a.yml' }, timeoutMs: 300_000, image: 'x' },
  })
})

test('the document is given back as it was written', () => {
  const parsed = parseConfig('version: 1\nforks: &a { members: true }\npipelines: {}\n', { path: PATH })
  expect(parsed).toMatchObject({ ok: true, source: { version: 1, forks: { members: true }, pipelines: {} } })
})

test.each([
  ['5s', 5000],
  ['60m', 3_600_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
  ['1d1h1m1s', 90_061_000],
  ['0s', 0],
  ['', null],
  ['5', null],
  ['s', null],
  ['1.5h', null],
  ['30m1h', null],
  ['1h 30m', null],
  ['-5s', null],
  ['5S', null],
])('the duration %j', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds)
})

test.each([
  ['workflw', ['workflow', 'needs'], 'workflow'],
  ['paths-ignore', ['paths', 'paths_ignore'], 'paths_ignore'],
  ['Needs', ['needs'], 'needs'],
  ['steps', ['needs', 'ref'], null],
  ['z', ['a', 'b'], null],
  ['x'.repeat(101), ['x'.repeat(101)], null],
])('the name nearest to %j', (name, candidates, nearest) => {
  expect(nearestName(name, candidates)).toBe(nearest)
})

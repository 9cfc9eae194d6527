import { expect, test } from 'vitest'
import type { ImageConfig } from '../../src/domain/config.ts'
import { formatProblem, parseConfig } from '../../src/domain/parse-config.ts'

const PATH = '.github/signalbox.yml'

/** The images stand from line 2 on; a pipeline follows when its jobs are given. */
function withImages(images: string, jobs?: string): string {
  const pipelines = jobs === undefined ? '' : `pipelines: { ci: { on: { push: }, jobs: ${jobs} } }\n`
  return `version: 1\nimages: ${images}\n${pipelines}`
}

function problemsOf(source: string): readonly string[] {
  const parsed = parseConfig(source, { path: PATH })
  if (parsed.ok) throw new Error('The configuration was taken for good')
  return parsed.problems.map((problem) => `${problem.line}:${problem.column} ${problem.message}`)
}

function imagesOf(source: string): readonly ImageConfig[] {
  const parsed = parseConfig(source, { path: PATH })
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'))
  return parsed.config.images
}

test('an image that says only where it goes has the defaults of everything else', () => {
  expect(imagesOf(withImages('{ app: { repository: ghcr.io/acme/app } }'))).toEqual([
    {
      name: 'app',
      repository: 'ghcr.io/acme/app',
      dockerfile: 'Dockerfile',
      context: '.',
      target: null,
      platforms: ['linux/amd64', 'linux/arm64'],
      buildArgs: {},
      labels: {},
      cache: { repository: null, mode: 'max' },
      tags: { kind: 'default' },
      suffix: '',
      needs: [],
      runtime: null,
    },
  ])
})

test('a runtime image without settings has the defaults too', () => {
  const [image] = imagesOf(withImages('{ rt: { repository: acme/rt, runtime: {} } }'))
  expect(image?.runtime).toEqual({
    tagPrefix: 'oh',
    version: { file: 'pyproject.toml', key: 'tool.poetry.version' },
    lockFiles: ['pyproject.toml', 'poetry.lock'],
    source: 'openhands',
    include: [],
    ignore: ['.*/', '__pycache__/', '*.pyc'],
    baseImages: [],
    browser: true,
    template: null,
  })
})

test('everything that an image can say', () => {
  const [base, app] = imagesOf(
    withImages(`
  app:
    repository: ghcr.io/\${{ repo.owner }}/app
    dockerfile: docker/Dockerfile
    context: docker
    target: final
    platforms: [linux/arm64/v8]
    build_args: { VERSION: "\${{ image.version }}", PORT: 3000, DEBUG: false }
    labels: { org.example.team: ci }
    cache: { repository: ghcr.io/acme/cache, mode: min }
    tags: { rules: ["type=raw,value=a", "type=sha"], flavor: [latest=false] }
    suffix: "\${{ matrix.os }}"
    needs: base
  base:
    repository: ghcr.io/acme/base
    cache: false
    tags: [type=sha]
    runtime:
      tag_prefix: rt
      version: 1.2.3
      lock_files: [package-lock.json]
      source: src
      include: [assets]
      ignore: [dist/]
      base_images: ["registry.example.com:5000/team/img:1"]
      browser: false
      template: docker/rt.njk`),
  )
  expect(app).toMatchObject({
    name: 'app',
    repository: 'ghcr.io/${{ repo.owner }}/app',
    target: 'final',
    platforms: ['linux/arm64/v8'],
    buildArgs: { VERSION: '${{ image.version }}', PORT: '3000', DEBUG: 'false' },
    cache: { repository: 'ghcr.io/acme/cache', mode: 'min' },
    tags: { kind: 'rules', rules: ['type=raw,value=a', 'type=sha'], flavor: ['latest=false'] },
    suffix: '${{ matrix.os }}',
    needs: ['base'],
  })
  expect(base).toMatchObject({
    name: 'base',
    cache: null,
    tags: { kind: 'rules', rules: ['type=sha'], flavor: [] },
    runtime: {
      tagPrefix: 'rt',
      version: '1.2.3',
      lockFiles: ['package-lock.json'],
      source: 'src',
      include: ['assets'],
      ignore: ['dist/'],
      baseImages: ['registry.example.com:5000/team/img:1'],
      browser: false,
      template: 'docker/rt.njk',
    },
  })
})

const one = (keys: string) => withImages(`{ app: { repository: ghcr.io/acme/app, ${keys} } }`)
const JOB = '{ build: { workflow: b.yml, image: app, matrix: { os: [a, b] } } }'

test.each<[string, string, string]>([
  [
    'no repository',
    withImages('{ app: {} }'),
    '2:11 "app" has no "repository", which must be the name of a repository, such as ghcr.io/acme/app',
  ],
  [
    'a tag in it',
    withImages('{ app: { repository: "ghcr.io/acme/app:1" } }'),
    '2:30 "repository" has a tag or a digest; name only the repository',
  ],
  ['no name', withImages('{ app: { repository: "ghcr.io/" } }'), '2:30 "repository" names no repository'],
  ['an unknown key', one('dockerfil: x'), '2:48 "app" has an unknown key "dockerfil"; did you mean "dockerfile"?'],
  ['a path out of the repository', one('context: ../other'), '2:57 "context" leads out of the repository'],
  [
    'an absolute path',
    one('dockerfile: /etc/Dockerfile'),
    '2:60 "dockerfile" begins with "/"; paths are relative to the repository',
  ],
  [
    'a platform that is none',
    one('platforms: [amd64]'),
    '2:60 item 1 of "platforms" must be a platform, such as linux/amd64 or linux/arm64/v8, but it is the text "amd64"',
  ],
  ['no platform', one('platforms: []'), '2:48 "platforms" names no platform, but it is an empty list'],
  [
    'an argument with a dash',
    one('build_args: { a-b: x }'),
    '2:62 the key "a-b" must be the name of an argument: letters, digits and "_", not beginning with a digit',
  ],
  ['an argument of two lines', one('build_args: { A: "x\\ny" }'), '2:65 "A" has more than one line'],
  [
    'a number that YAML changes',
    one('build_args: { A: 3.10 }'),
    '2:65 "A" is the number 3.1 to YAML; put 3.10 in quotes to keep it as it is written',
  ],
  [
    'an unknown value',
    one('build_args: { A: "${{ github.sha }}" }'),
    '2:65 "A" names "github.sha", which is not a value that Signalbox fills in; there are',
  ],
  [
    'its version in its suffix',
    one('suffix: "${{ image.version }}"'),
    '2:56 "suffix" names "image.version", which is not known here yet',
  ],
  [
    'a branch in its repository',
    withImages('{ app: { repository: "acme/${{ pr.head_ref }}" } }'),
    `2:30 "repository" names "pr.head_ref", which no repository's name can hold; there are repo.owner, repo.name, image.name`,
  ],
  [
    'a matrix in the repository of its cache',
    one('cache: { repository: "acme/${{ matrix.os }}" }'),
    `2:69 "repository" names "matrix.os", which no repository's name can hold`,
  ],
  [
    'a registry that is not the same for all',
    withImages('{ app: { repository: "${{ repo.name }}.example.com/app" } }'),
    '2:30 "repository" begins with "${{"; a registry is the same for all',
  ],
  [
    'a repository that could be too long',
    withImages('{ app: { repository: "acme/${{ repo.name }}/${{ repo.name }}/${{ repo.name }}" } }'),
    '2:30 "repository" has more than 255 characters',
  ],
  [
    'an argument that is too long',
    one(`build_args: { A: "${'x'.repeat(501)}" }`),
    '2:65 "A" has more than 500 characters',
  ],
  [
    'an argument that grows too long',
    one(`suffix: "${'${{ sha }}'.repeat(6)}"`),
    '2:56 "suffix" has more than 5 of "${{ … }}"',
  ],
  [
    'too many arguments',
    one(`build_args: { ${Array.from({ length: 21 }, (_, index) => `A${index}: x`).join(', ')} }`),
    '2:48 "build_args" has more than 20 entries',
  ],
  [
    'an image that needs itself',
    one('needs: app'),
    '2:55 "app" needs itself, so it could never start; remove it from "needs"',
  ],
  [
    'an image that is needed and not there',
    one('needs: bas'),
    '2:55 "needs" names "bas", which is no image; there are app',
  ],
  [
    'a job with another image',
    withImages('{ apq: { repository: acme/apq } }', JOB),
    '3:76 "image" names "app", which is none of "images"; did you mean "apq"?',
  ],
  [
    'an axis that the job lacks',
    withImages('{ app: { repository: acme/app, suffix: "${{ matrix.arch }}" } }', JOB),
    '2:48 "suffix" names "matrix.arch", but the matrix has no axis "arch"; it has os; the job "ci.build" has this image',
  ],
  [
    'a base image that is none',
    one('runtime: { base_images: ["Ubuntu"] }'),
    '2:73 item 1 of "base_images" has upper-case letters; repositories are lower case',
  ],
  [
    'a version of another shape',
    one('runtime: { version: { file: x.toml } }'),
    '2:59 "version" has no "key", which must be a key, such as tool.poetry.version',
  ],
  ['a rule of no type', one('tags: ["type=nope"]'), '2:55 item 1 of "tags" '],
  ['a flavor of no kind', one('tags: { rules: [type=sha], flavor: [smell=good] }'), '2:84 item 1 of "flavor" '],
])('%s is a problem', (_what, source, problem) => {
  expect(problemsOf(source).map((said) => said.slice(0, problem.length))).toContain(problem)
})

test('what does not fit many jobs is said once', () => {
  const jobs = Array.from({ length: 900 }, (_, index) => `j${index}: { workflow: w.yml, image: app }`)
  const args = Array.from({ length: 20 }, (_, index) => `A${index}: "\${{ matrix.a${index} }}"`)
  const source = withImages(
    `{ app: { repository: acme/app, build_args: { ${args.join(', ')} } } }`,
    `{ ${jobs.join(', ')} }`,
  )
  expect(problemsOf(source)).toHaveLength(20)
})

test('a text of nothing but beginnings is judged', () => {
  expect(problemsOf(withImages(`{ app: { repository: "acme/${'${{'.repeat(60_000)}" } }`))).not.toEqual([])
})

test('images that need one another in a circle', () => {
  const circle = withImages('{ a: { repository: acme/a, needs: b }, b: { repository: acme/b, needs: a } }')
  expect(problemsOf(circle)).toEqual(['2:43 these images wait for one another: a → b → a; remove one of these "needs"'])
})

test('without images, a job may name any: the executor knows what it means', () => {
  expect(imagesOf(`version: 1\npipelines: { ci: { on: { push: }, jobs: ${JOB} } }\n`)).toEqual([])
})

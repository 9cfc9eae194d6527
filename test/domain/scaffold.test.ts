import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/domain/parse-config.ts'
import { isPinnedCommandLine } from '../../src/domain/scaffold/command-line.ts'
import { findImages } from '../../src/domain/scaffold/images.ts'
import { findProjects } from '../../src/domain/scaffold/projects.ts'
import { decideScaffold, readFindings } from '../../src/domain/scaffold.ts'
import { makeSurvey } from '../support/survey.ts'

const CHOICES = { gateName: 'CI passed', lintFix: false, cleanup: false, commandLine: null }
const node = (scripts: Record<string, string>, more: object = {}) => JSON.stringify({ scripts, ...more })
const TESTED = node({ test: 'x' })

describe('projects', () => {
  test.each<[string, Record<string, string>, string[]]>([
    ['npm', { 'package.json': TESTED, 'package-lock.json': '' }, ['npm ci', 'npm run test']],
    ['npm without a lock', { 'package.json': TESTED }, ['npm install', 'npm run test']],
    [
      'pnpm',
      { 'package.json': TESTED, 'pnpm-lock.yaml': '' },
      ['corepack enable', 'pnpm install --frozen-lockfile', 'pnpm run test'],
    ],
    [
      'yarn 1',
      { 'package.json': TESTED, 'yarn.lock': '' },
      ['corepack enable', 'yarn install --frozen-lockfile', 'yarn run test'],
    ],
    [
      'yarn 4',
      { 'package.json': node({ test: 'x' }, { packageManager: 'yarn@4.1.0' }), 'yarn.lock': '' },
      ['corepack enable', 'yarn install --immutable', 'yarn run test'],
    ],
    [
      'pnpm by its name alone',
      { 'package.json': node({ test: 'x' }, { packageManager: 'pnpm@9.0.0' }) },
      ['corepack enable', 'pnpm install --no-frozen-lockfile', 'pnpm run test'],
    ],
    [
      'yarn 1 by its name alone',
      { 'package.json': node({ test: 'x' }, { packageManager: 'yarn@1.22.22' }) },
      ['corepack enable', 'yarn install', 'yarn run test'],
    ],
    [
      'yarn 4 by its name alone',
      { 'package.json': node({ test: 'x' }, { packageManager: 'yarn@4.1.0' }) },
      ['corepack enable', 'yarn install --no-immutable', 'yarn run test'],
    ],
    [
      'bun by its name alone',
      { 'package.json': node({ test: 'x' }, { packageManager: 'bun@1.2.0' }) },
      ['bun install', 'bun run test'],
    ],
    [
      'a name that wins over the lock file of another one',
      {
        'package.json': node({ test: 'x' }, { packageManager: 'pnpm@9.0.0' }),
        'package-lock.json': '',
        'pnpm-lock.yaml': '',
      },
      ['corepack enable', 'pnpm install --frozen-lockfile', 'pnpm run test'],
    ],
    ['bun', { 'package.json': TESTED, 'bun.lockb': '' }, ['bun install --frozen-lockfile', 'bun run test']],
    ['only a build', { 'package.json': node({ build: 'x' }) }, ['npm install', 'npm run build']],
    [
      "npm's own placeholder",
      { 'package.json': node({ test: 'echo "Error: no test specified" && exit 1', lint: 'x', typecheck: 'x' }) },
      ['npm install', 'npm run lint', 'npm run typecheck'],
    ],
    [
      'poetry',
      { 'pyproject.toml': '[tool.poetry]\npytest = "*"\n[tool.ruff.lint]\n' },
      [
        'pipx install poetry==2.1.3',
        'poetry install --no-interaction',
        'poetry run pytest',
        'pipx run ruff==0.12.0 check .',
      ],
    ],
    [
      'uv',
      { 'pyproject.toml': '', 'uv.lock': '', 'tests/unit/test_a.py': '' },
      ['pipx install uv==0.9.5', 'uv sync --locked', 'uv run pytest'],
    ],
    [
      'pip with hooks',
      { 'requirements.txt': '', 'conftest.py': '', '.pre-commit-config.yaml': '' },
      [
        'python -m pip install -r requirements.txt',
        'python -m pip install pytest',
        'python -m pytest',
        'pipx run pre-commit==4.3.0 run --all-files --show-diff-on-failure',
      ],
    ],
    [
      'pip with a package',
      { 'pyproject.toml': '[project]\nname = "x"\n', 'tests/test_a.py': '' },
      ['python -m pip install -e .', 'python -m pip install pytest', 'python -m pytest'],
    ],
    [
      'tests without a package',
      { 'pyproject.toml': '[tool.ruff]\n', 'tests/test_a.py': '' },
      ['python -m pip install pytest', 'python -m pytest', 'pipx run ruff==0.12.0 check .'],
    ],
    ['go', { 'go.mod': '' }, ['go test ./...', 'go vet ./...', 'test -z "$(gofmt -l . | tee /dev/stderr)"']],
    [
      'rust',
      { 'Cargo.toml': '', 'Cargo.lock': '' },
      ['cargo test --locked', 'cargo fmt --check', 'cargo clippy --locked -- -D warnings'],
    ],
  ])('%s', (_name, files, expected) => {
    const [project, ...rest] = findProjects(makeSurvey(files)).projects
    expect([...(project?.install ?? []), ...(project?.test ?? []), ...(project?.lint ?? [])]).toEqual(expected)
    expect(rest).toEqual([])
  })

  const hooks = (language: string) => `repos:\n  - hooks:\n      - id: types\n        language: ${language}\n`

  test.each<[string, Record<string, string>, string[]]>([
    ['only tools that pipx runs', { 'pyproject.toml': '[tool.ruff]\n' }, ['pipx run ruff==0.12.0 check .']],
    [
      'hooks that bring their tools',
      { 'pyproject.toml': '[tool.poetry]\n', '.pre-commit-config.yaml': hooks('python') },
      ['pipx run pre-commit==4.3.0 run --all-files --show-diff-on-failure'],
    ],
    [
      'hooks that call what is installed',
      { 'pyproject.toml': '[tool.poetry]\n', '.pre-commit-config.yaml': hooks('system') },
      [
        'pipx install poetry==2.1.3',
        'poetry install --no-interaction',
        'pipx run pre-commit==4.3.0 run --all-files --show-diff-on-failure',
      ],
    ],
    [
      'linters among the dependencies',
      { 'package.json': node({ lint: 'x' }), 'package-lock.json': '' },
      ['npm ci', 'npm run lint'],
    ],
  ])('what runs to lint: %s', (_name, files, expected) => {
    for (const kind of ['lint', 'fix'] as const) {
      const { workflows } = decideScaffold(readFindings(makeSurvey(files)), {
        ...CHOICES,
        lintFix: true,
      })
      const plan = workflows.find(({ file }) => file === (kind === 'lint' ? 'lint.yml' : 'lint-fix.yml'))
      const [project] = (plan?.values.projects ?? []) as readonly { install: string[]; lint: string[]; fix: string[] }[]
      // Not every linter can repair.
      if (kind === 'lint' || project !== undefined)
        expect([...(project?.install ?? []), ...(project?.lint ?? [])]).toEqual(expected)
    }
  })

  test.each<[string, Record<string, string>, string[]]>([
    [
      'a part of a workspace is one of the root',
      { 'package.json': TESTED, 'packages/a/package.json': TESTED },
      ['node-js .'],
    ],
    [
      'what has a lock of its own is a project of its own',
      { 'package.json': TESTED, 'web/package.json': TESTED, 'web/package-lock.json': '' },
      ['node-js .', 'web web'],
    ],
    ['without one at the root, the nearest counts', { 'web/package.json': TESTED }, ['web web']],
    [
      'two languages in one directory',
      { 'app/package.json': TESTED, 'app/go.mod': '' },
      ['app app', 'app-node-js app'],
    ],
    ['a name that begins with a digit', { '3d/go.mod': '' }, ['go-3d 3d']],
    ['nothing to run', { 'package.json': '{}', 'pyproject.toml': '' }, []],
    ['manifests that cannot be read', { 'package.json': '{"scripts": [', 'a/package.json': 'null' }, []],
    ['files that are named like parts of JavaScript', { constructor: '', '__proto__/toString': '' }, []],
  ])('%s', (_name, files, expected) => {
    const { projects } = findProjects(makeSurvey(files))
    expect(projects.map(({ id, directory }) => `${id} ${directory}`)).toEqual(expected)
  })

  test('a directory with an unusual name is left out, and said so', () => {
    const { projects, notes } = findProjects(
      makeSurvey({ '$(touch x)/go.mod': '', "it's/go.mod": '', 'ok/go.mod': '' }),
    )
    expect(projects.map(({ directory }) => directory)).toEqual(['ok'])
    expect(notes).toEqual([
      'The Go project in $(touch x) is left out: the name of its directory has unusual characters.',
      "The Go project in it's is left out: the name of its directory has unusual characters.",
    ])
  })

  test('nothing that a manifest says becomes part of a command', () => {
    const evil = '"; touch x; ${{ secrets.T }}'
    const files = {
      'package.json': node({ test: evil, lint: evil, [evil]: evil }, { name: evil, packageManager: evil }),
    }
    expect(JSON.stringify(findProjects(makeSurvey(files)))).not.toContain('touch x')
  })
})

describe('images', () => {
  const place = (files: Record<string, string>) =>
    findImages(makeSurvey(files)).images.map((image) => `${image.name}: ${image.dockerfile} in ${image.context}`)

  test.each<[string, Record<string, string>, string[]]>([
    ['at the root: named after the repository', { Dockerfile: '' }, ['shop: Dockerfile in .']],
    [
      'copies from its own directory',
      { 'api/Dockerfile': 'COPY main.go /\n', 'api/main.go': '' },
      ['api: api/Dockerfile in api'],
    ],
    [
      'copies from the root',
      { 'docker/Dockerfile': 'COPY --chown=1 ./src /src\n', 'src/a.py': '' },
      ['docker: docker/Dockerfile in .'],
    ],
    [
      'several of one directory',
      { Dockerfile: '', 'Dockerfile.dev': '', 'worker.Dockerfile': '' },
      ['shop: Dockerfile in .', 'shop-dev: Dockerfile.dev in .', 'shop-worker: worker.Dockerfile in .'],
    ],
    [
      'the same name twice',
      { 'a/api/Dockerfile': '', 'b/api/Dockerfile': '' },
      ['api: a/api/Dockerfile in a/api', 'api-2: b/api/Dockerfile in b/api'],
    ],
    [
      'no Dockerfiles',
      { 'Dockerfile.j2': '', 'Dockerfile.dockerignore': '', 'Dockerfile/x': '', 'docs/Dockerfile.md': '' },
      [],
    ],
  ])('%s', (_name, files, expected) => {
    expect(place(files)).toEqual(expected)
  })

  test.each<[string, Record<string, string>, string[]]>([
    ['one: the repository itself', { 'api/Dockerfile': '' }, ['ghcr.io/${{ repo.owner }}/${{ repo.name }}']],
    [
      'several: below it',
      { 'api/Dockerfile': '', 'web/Dockerfile': '' },
      ['ghcr.io/${{ repo.owner }}/${{ repo.name }}/api', 'ghcr.io/${{ repo.owner }}/${{ repo.name }}/web'],
    ],
    [
      'one beside one of the older layout, which has its own and could be called like the repository',
      { 'api/Dockerfile': '', 'containers/app/Dockerfile': '', 'containers/app/config.sh': 'DOCKER_IMAGE=shop\n' },
      ['ghcr.io/${{ repo.owner }}/${{ repo.name }}/api', 'ghcr.io/${{ repo.owner }}/shop'],
    ],
  ])('where they go: %s', (_name, files, expected) => {
    expect(findImages(makeSurvey(files)).images.map(({ repository }) => repository)).toEqual(expected)
  })

  const old = (text: string, more: Record<string, string> = {}) =>
    findImages(makeSurvey({ 'containers/app/config.sh': text, 'containers/app/Dockerfile': '', ...more }))

  test.each<[string, string, string, string]>([
    [
      'as it was',
      'DOCKER_REGISTRY=ghcr.io\nDOCKER_ORG=acme\nDOCKER_IMAGE=shop\nDOCKER_BASE_DIR="."\n',
      'ghcr.io/${{ repo.owner }}/shop',
      '.',
    ],
    [
      'another registry',
      'DOCKER_REGISTRY=quay.io\nDOCKER_ORG=acme\nDOCKER_IMAGE=shop\nDOCKER_BASE_DIR=./src/\n',
      'quay.io/acme/shop',
      'src',
    ],
    ['nothing in it', '', 'ghcr.io/${{ repo.owner }}/app', 'containers/app'],
    [
      'something that only a shell could read',
      'DOCKER_IMAGE=$(touch x)\n',
      'ghcr.io/${{ repo.owner }}/app',
      'containers/app',
    ],
  ])('the older layout: %s', (_name, text, repository, context) => {
    expect(old(text).images).toEqual([
      expect.objectContaining({ repository, context, dockerfile: 'containers/app/Dockerfile', isRuntime: false }),
    ])
  })

  test('the older layout without a Dockerfile is a runtime image', () => {
    const { images } = findImages(makeSurvey({ 'containers/runtime/config.sh': 'DOCKER_IMAGE=runtime\n' }))
    expect(images).toEqual([
      expect.objectContaining({ name: 'runtime', isRuntime: true, context: 'containers/runtime' }),
    ])
  })

  test('a context that leads out is left out, and said so', () => {
    expect(old('DOCKER_BASE_DIR=../../..\n').notes).toEqual([
      'The image of containers/app/config.sh is left out: its path has unusual characters, or leads out of the repository.',
    ])
  })
})

describe('the configuration', () => {
  function configOf(files: Record<string, string>, known = {}, choices = {}) {
    const { config } = decideScaffold(readFindings(makeSurvey(files, known)), { ...CHOICES, ...choices })
    const parsed = parseConfig(config, { path: 'signalbox.yml' })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
    return { text: config, config: parsed.config }
  }

  test.each(['main', 'release/next', 'a"b', 'x-{y}', '!old', 'on', "it's", '1.0', '#1'])(
    'the default branch %s',
    (branch) => {
      const { config } = configOf({ 'go.mod': '' }, { defaultBranch: branch })
      const unescaped = config.pipelines[0]?.on.push?.branches.map((pattern) => pattern.replaceAll(/\\(.)/g, '$1'))
      expect(unescaped).toEqual([branch])
    },
  )

  test.each(['CI passed', 'a: b', '- x', '"', '# none', 'true', '${x}'])('the gate %s', (gateName) => {
    const { config } = configOf({ 'go.mod': '' }, {}, { gateName })
    expect(config.pipelines[0]?.gates.map(({ name }) => name)).toEqual([gateName])
  })

  test('one gate waits for every job', () => {
    const { config } = configOf({ Dockerfile: '', 'go.mod': '' })
    const [pipeline] = config.pipelines
    expect(pipeline?.gates[0]?.needs).toEqual(['build-shop', 'lint', 'test'])
    expect(pipeline?.jobs.map(({ name }) => name)).toEqual(['build-shop', 'lint', 'test'])
    expect(pipeline?.on).toMatchObject({ push: {}, tag: {}, pullRequest: {}, mergeGroup: {}, manual: {} })
  })

  test('what a small repository gets', () => {
    expect(
      configOf({ 'go.mod': '', Dockerfile: '' }).text,
    ).toBe(`# What Signalbox runs for this repository. It is read from the default branch: a change works once it is merged.
# Check it with: signalbox validate

version: 1

pipelines:
  ci:
    on:
      push:
        branches: [ main ]
      tag: {}
      pull_request: {}
      merge_group: {}
      manual: {}
    jobs:
      build-shop: { workflow: build-image.yml, image: shop, timeout: 1h }
      lint: { workflow: lint.yml, timeout: 30m }
      test: { workflow: test.yml, retries: 1, timeout: 1h }
    # Require this check in the protection of the branch, bound to the app.
    gates:
      all:
        name: CI passed
        needs: [ build-shop, lint, test ]

images:
  shop:
    repository: ghcr.io/\${{ repo.owner }}/\${{ repo.name }}
    dockerfile: Dockerfile
    platforms: [ linux/amd64 ]
`)
  })
})

describe('pull requests from forks', () => {
  const RUNTIME = { 'containers/runtime/config.sh': 'DOCKER_IMAGE=runtime\n' }
  const wait = (why: string) => [`Pull requests from forks wait for a maintainer's /ok-to-test: ${why}.`]
  const byVariable = wait(
    "a run that GitHub starts for them does not see the repository's variable SIGNALBOX_CLI; with --cli the workflows name the command line themselves, and these pull requests need no approval",
  )
  const byHand = wait(
    'a runtime image is handed from one workflow run to another, which takes runs that Signalbox dispatches',
  )

  test.each<[string, Record<string, string>, string | null, string, string[]]>([
    ['tests and linters', { 'go.mod': '' }, null, 'observe', []],
    ['an image, by the variable', { 'go.mod': '', Dockerfile: '' }, null, 'dispatch', byVariable],
    ['an image, by its name', { 'go.mod': '', Dockerfile: '' }, '@acme/signalbox@1.2.3', 'observe', []],
    ['a runtime image', { 'go.mod': '', ...RUNTIME }, '@acme/signalbox@1.2.3', 'dispatch', byHand],
    ['both kinds', { Dockerfile: '', ...RUNTIME }, null, 'dispatch', byHand],
  ])('%s', (_name, files, commandLine, start, notes) => {
    const scaffold = decideScaffold(readFindings(makeSurvey(files)), {
      ...CHOICES,
      lintFix: true,
      commandLine,
    })
    const parsed = parseConfig(scaffold.config, { path: 'signalbox.yml' })
    expect(parsed.ok && parsed.config.forks.start).toBe(start)
    expect(scaffold.notes).toEqual(notes)
    expect(new Set(scaffold.workflows.map(({ values }) => values.forks))).toEqual(new Set([start === 'observe']))
  })

  test('the configuration says what it does with them, and with labels', () => {
    const { config } = decideScaffold(readFindings(makeSurvey({ 'go.mod': '' })), {
      ...CHOICES,
      lintFix: true,
    })
    expect(config).toContain(`
# The legs of a pull request from a fork are not dispatched: they follow the runs of the same workflows that GitHub
# starts for it, without secrets. One that changes the workflows waits for /ok-to-test even so.
forks: { start: observe }

# Put on a pull request by somebody with write permission, the label starts the workflow, which pushes to the
# branch and is shown as the check «label / lint-fix». The label is removed when that is done.
label_actions:
`)
  })
})

describe('an image of the older layout', () => {
  const files = {
    'containers/runtime/config.sh': 'DOCKER_REGISTRY=ghcr.io\nDOCKER_ORG=acme\nDOCKER_IMAGE=runtime\n',
    'containers/app/config.sh': 'DOCKER_REGISTRY=ghcr.io\nDOCKER_ORG=acme\nDOCKER_IMAGE=shop\n',
    'containers/app/Dockerfile': '',
    'pyproject.toml': '[tool.poetry]\nname = "shop-server"\n',
    'evaluation/__init__.py': '',
    'shop/__init__.py': '',
  }
  const imagesOf = (more: Record<string, string> = {}) => {
    const { config } = decideScaffold(readFindings(makeSurvey({ ...files, ...more })), CHOICES)
    const parsed = parseConfig(config, { path: 'signalbox.yml' })
    return new Map((parsed.ok ? parsed.config.images : []).map((image) => [image.name, image]))
  }

  test.each(['shop', 'runtime'])('%s keeps the platforms and build arguments of the script', (name) => {
    expect(imagesOf().get(name)).toMatchObject({
      platforms: ['linux/amd64', 'linux/arm64'],
      buildArgs: { OPENHANDS_BUILD_VERSION: '${{ image.version }}' },
    })
  })

  test('has the microagents where there are some, and the package that the project is called after', () => {
    expect(imagesOf().get('runtime')?.runtime).toMatchObject({ source: 'shop', include: [] })
    expect(imagesOf({ 'microagents/one.md': '' }).get('runtime')?.runtime).toMatchObject({
      source: 'shop',
      include: ['microagents'],
    })
  })
})

test.each([
  ['@acme/signalbox@0.1.0', true],
  ['signalbox@1.2.3-rc.1', true],
  ['https://packages.test/signalbox-0.1.0.tgz', true],
  ['https://github.com/acme/signalbox/releases/download/v0.1.0/signalbox.tar.gz', true],
  ['signalbox', false],
  ['signalbox@latest', false],
  ['signalbox@^1.2.3', false],
  ['signalbox@1', false],
  ['@acme/signalbox', false],
  ['git+https://github.com/acme/signalbox.git', false],
  ['github:acme/signalbox', false],
  ['acme/signalbox', false],
  ['http://packages.test/signalbox.tgz', false],
  ['https://packages.test/signalbox', false],
  ['https://packages.test/signalbox.git#v1.tgz', false],
  ['https://someone:secret@packages.test/signalbox.tgz', false],
  ['file:../signalbox.tgz', false],
  ['../signalbox.tgz', false],
  ["x@1.2.3' || secrets.T || '", false],
  ['signalbox@1.2.3\n', false],
  ['', false],
])('the command line %j is pinned: %j', (text, expected) => {
  expect(isPinnedCommandLine(text)).toBe(expected)
})

test('what could not be found out, or needs a hand, is said', () => {
  const files = { 'containers/runtime/config.sh': 'DOCKER_REGISTRY=quay.io\nDOCKER_ORG=acme\nDOCKER_IMAGE=runtime\n' }
  expect(readFindings(makeSurvey(files, { defaultBranch: null })).notes).toEqual([
    'The image runtime goes to quay.io/acme/runtime: add a login for that registry to the workflow that builds it.',
    'Git does not know the default branch; main is taken for it.',
    'A runtime image needs pyproject.toml and poetry.lock: name the lock files under `runtime` in .github/signalbox.yml.',
  ])
})

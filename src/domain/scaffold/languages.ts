/**
 * What the manifests of each language say: which package manager, which scripts, which linters. Every command is one of
 * this file, with versions that are fixed here: nothing that a manifest says becomes part of one.
 */
import { nodeManager } from './node-manager.ts'
import { firstFile, inside, nameOf, PRE_COMMIT_FILE, type Survey } from './survey.ts'

export type Toolchain = 'node' | 'bun' | 'python' | 'go' | 'rust'

/** What one manifest says of its directory. */
export interface Draft {
  readonly language: string
  /** Whether it locks its own dependencies. */
  readonly hasLock: boolean
  readonly toolchain: Toolchain
  /** What to install when no file says it. */
  readonly version: string
  /** A file that says which version of the toolchain it wants; null: none. */
  readonly versionFile: string | null
  readonly install: readonly string[]
  /** What `lint` and `fix` need first; what brings its tools itself needs nothing. */
  readonly lintInstall: readonly string[]
  /** Empty: nothing to test. */
  readonly test: readonly string[]
  readonly lint: readonly string[]
  /** What repairs what `lint` complains about. */
  readonly fix: readonly string[]
}

type Reader = (survey: Survey, directory: string) => Draft

/** By the name of the manifest. */
export const MANIFESTS: Readonly<Record<string, Reader>> = {
  'package.json': readNode,
  'pyproject.toml': readPython,
  'requirements.txt': readPython,
  'go.mod': readGo,
  'Cargo.toml': readRust,
}

const POETRY = '2.1.3'
const UV = '0.9.5'
const RUFF = '0.12.0'
const PRE_COMMIT = '4.3.0'
const PYTEST = 'pytest'

function readNode(survey: Survey, directory: string): Draft {
  const manifest = readJson(survey.texts.get(inside(directory, 'package.json')) ?? '')
  const scripts = asRecord(manifest.scripts)
  const manager = nodeManager(survey, directory, manifest)
  const has = (script: string) =>
    typeof scripts[script] === 'string' && !String(scripts[script]).includes('no test specified')
  const run = (candidates: readonly string[]) => candidates.filter(has).map((script) => `${manager.run} ${script}`)
  return {
    language: 'Node.js',
    hasLock: manager.hasLock,
    toolchain: manager.run.startsWith('bun') ? 'bun' : 'node',
    version: '24',
    versionFile: firstFile(
      survey,
      directory,
      manager.run.startsWith('bun') ? ['.bun-version'] : ['.nvmrc', '.node-version'],
    ),
    install: manager.install,
    lintInstall: manager.install,
    test: has('test') ? run(['test']) : run(['build']),
    lint: run(['lint', 'typecheck']),
    fix: run(['lint:fix']),
  }
}

function readPython(survey: Survey, directory: string): Draft {
  const text = survey.texts.get(inside(directory, 'pyproject.toml')) ?? ''
  const has = (...names: string[]) => firstFile(survey, directory, names) !== null
  const manager = pythonManager(has, text)
  const requiresPython = /^(?:requires-)?python\s*=/m.test(text) ? ['pyproject.toml'] : []
  const isTested = has('pytest.ini', 'conftest.py') || /\bpytest\b/.test(text) || hasTests(survey, directory)
  const hooks = survey.texts.get(inside(directory, PRE_COMMIT_FILE)) ?? ''
  const style = pythonStyle(has, text)
  return {
    language: 'Python',
    hasLock: manager.hasLock,
    toolchain: 'python',
    version: '3.12',
    versionFile: firstFile(survey, directory, ['.python-version', ...requiresPython]),
    install: manager.install,
    // pipx brings the linters; only a hook that calls a program of the system may mean one of the dependencies.
    lintInstall: /^[ \t-]*language:[ \t]*["']?(?:system|script|unsupported)/m.test(hooks) ? manager.install : [],
    test: isTested ? [`${manager.run}${PYTEST}`] : [],
    ...style,
  }
}

function pythonManager(has: (...names: string[]) => boolean, text: string) {
  if (has('uv.lock')) return { hasLock: true, run: 'uv run ', install: [`pipx install uv==${UV}`, 'uv sync --locked'] }
  if (has('poetry.lock') || /^\[tool\.poetry\]/m.test(text)) {
    const install = [`pipx install poetry==${POETRY}`, 'poetry install --no-interaction']
    return { hasLock: has('poetry.lock'), run: 'poetry run ', install }
  }
  // Without these tables, pyproject.toml only configures tools, and there is no package to install.
  const isPackage = /^\[(?:project|build-system)\]/m.test(text) || has('setup.py', 'setup.cfg')
  const own = has('requirements.txt') ? ['-r requirements.txt'] : isPackage ? ['-e .'] : []
  return { hasLock: false, run: 'python -m ', install: [...own, PYTEST].map((what) => `python -m pip install ${what}`) }
}

function hasTests(survey: Survey, directory: string): boolean {
  const under = directory === '.' ? '' : `${directory}/`
  return [...survey.files].some((path) => path.startsWith(`${under}tests/`) && /^test_.*\.py$/.test(nameOf(path)))
}

function pythonStyle(has: (...names: string[]) => boolean, text: string) {
  if (has(PRE_COMMIT_FILE)) {
    const hooks = `pipx run pre-commit==${PRE_COMMIT} run --all-files`
    // It fails when it has repaired something, which is what it is here for.
    return { lint: [`${hooks} --show-diff-on-failure`], fix: [`${hooks} || true`] }
  }
  const ruff = `pipx run ruff==${RUFF}`
  const isRuff = has('ruff.toml', '.ruff.toml') || /^\[tool\.ruff/m.test(text)
  return isRuff ? { lint: [`${ruff} check .`], fix: [`${ruff} check --fix . || true`] } : { lint: [], fix: [] }
}

function readGo(_survey: Survey, directory: string): Draft {
  return {
    language: 'Go',
    hasLock: true,
    toolchain: 'go',
    version: '',
    versionFile: inside(directory, 'go.mod'),
    install: [],
    lintInstall: [],
    test: ['go test ./...'],
    lint: ['go vet ./...', 'test -z "$(gofmt -l . | tee /dev/stderr)"'],
    fix: ['gofmt -w .'],
  }
}

function readRust(survey: Survey, directory: string): Draft {
  const hasLock = firstFile(survey, directory, ['Cargo.lock']) !== null
  const locked = hasLock ? ' --locked' : ''
  return {
    language: 'Rust',
    hasLock,
    toolchain: 'rust',
    version: '',
    versionFile: null,
    install: [],
    lintInstall: [],
    test: [`cargo test${locked}`],
    lint: ['cargo fmt --check', `cargo clippy${locked} -- -D warnings`],
    fix: ['cargo fmt'],
  }
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(text))
  } catch {
    return {}
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

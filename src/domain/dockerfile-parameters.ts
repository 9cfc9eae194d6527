/**
 * What the Dockerfile templates are told. Every value has a grammar, and a value that does not follow it is refused. So
 * none can end the instruction that it stands in and begin another.
 */
import { type BaseImage, describeBaseImage, KNOWN_ACCOUNTS, type PackageNames, packageNames } from './base-image.ts'
import {
  APP_IMAGE,
  type AppImageSettings,
  type Download,
  type ImageUser,
  RUNTIME_IMAGE,
  type RuntimeDockerfileRequest,
  type RuntimeImageSettings,
} from './dockerfile-settings.ts'
import { UsageError } from './errors.ts'
import { parseReference } from './image-reference.ts'

/** What the runtime template sees, every value checked. */
export interface RuntimeDockerfileParameters
  extends RuntimeImageSettings,
    Pick<RuntimeDockerfileRequest, 'baseImage' | 'buildFrom' | 'enableBrowser'> {
  readonly extraDeps: string | null
  readonly docker: boolean
  readonly base: BaseImage
  readonly packages: PackageNames
  readonly knownAccounts: readonly string[]
}

/** @throws {UsageError} that names the value which does not follow its grammar. */
export function runtimeDockerfileParameters(request: RuntimeDockerfileRequest): RuntimeDockerfileParameters {
  const { template: _, ...given } = request
  const settings = { ...RUNTIME_IMAGE, ...withoutUndefined(given) }
  checkImage('base image', settings.baseImage)
  checkUser(settings.user)
  check('directory', settings.directory, DIRECTORY)
  checkPaths('lock file', settings.lockFiles)
  checkPaths('source', settings.sources)
  checkPaths('directory of VS Code extensions', [settings.vscodeExtensions.directory])
  check('prefix of VS Code extensions', settings.vscodeExtensions.prefix, EXTENSION_PREFIX)
  for (const group of settings.dependencyGroups) check('dependency group', group, GROUP)
  for (const name of ['python', 'poetry', 'node'] as const) check(`version of ${name}`, settings[name], VERSION)
  for (const name of ['micromamba', 'uv', 'vscode'] as const) checkDownload(name, settings[name])
  check('name that commits', settings.git.name, PERSON)
  check('email address that commits', settings.git.email, PERSON)
  const base = describeBaseImage(settings.baseImage)
  return {
    ...settings,
    extraDeps: checkCommand(settings.extraDeps),
    docker: settings.docker ?? base.benchmark === null,
    base,
    packages: packageNames(base),
    knownAccounts: KNOWN_ACCOUNTS,
  }
}

/** @throws {UsageError} that names the value which does not follow its grammar. */
export function appDockerfileParameters(given: Partial<AppImageSettings>): AppImageSettings {
  const settings = { ...APP_IMAGE, ...withoutUndefined(given) }
  checkImage('image with Node.js', settings.nodeImage)
  checkImage('image with Python', settings.pythonImage)
  check('version of poetry', settings.poetry, VERSION)
  checkUser(settings.user)
  check('name of a user', settings.endUser, ACCOUNT)
  checkPaths('source', settings.sources)
  checkPaths('file', [...settings.files, settings.entrypoint, settings.frontend])
  if (settings.preparation !== null) checkPaths('preparation', [settings.preparation])
  check('application', settings.application, APPLICATION)
  check('version argument', settings.versionArgument, ARGUMENT)
  check('directory of the workspace', settings.workspace, DIRECTORY)
  check('directory of the file store', settings.fileStore, DIRECTORY)
  check('package with third-party runtimes', settings.thirdPartyRuntimes, REQUIREMENT)
  if (!isBetween(settings.port, 1, 65_535)) refuse('port', String(settings.port), 'is no number from 1 to 65535')
  return settings
}

const ACCOUNT = /^[a-z_][a-z0-9_-]{0,31}$/
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/
const GROUP = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
/** Not empty: what begins with it is removed before what there is now is installed. */
const EXTENSION_PREFIX = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const DIRECTORY = /^(?:\/[A-Za-z0-9_.-]*[A-Za-z0-9_-])+$/
const PERSON = /^[\p{L}\p{N}@._+-]+(?: [\p{L}\p{N}@._+-]+)*$/u
const APPLICATION = /^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_.]*$/
const ARGUMENT = /^[A-Z_][A-Z0-9_]*$/
const REQUIREMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9._,-]+\])?(?:[=<>~!]=[A-Za-z0-9.*+!-]+)?$/
const SHA256 = /^[0-9a-f]{64}$/
/** What Docker would expand or read as a pattern in `COPY`, or what ends a line or a text. */
const NOT_IN_PATHS = /[\p{Cc}\u2028\u2029"'`\\$*?[\]<>]/u
/** BuildKit reads lines of at most 65,535 bytes, and a character may become six in JSON. */
const MAX_COMMAND = 10_000
const CONTROL = /(?![\t\n])\p{Cc}/u

function check(what: string, value: string, grammar: RegExp): void {
  if (!grammar.test(value)) refuse(what, value, `does not match ${grammar.source}`)
}

function checkImage(what: string, image: string): void {
  const parsed = parseReference(image)
  if (!parsed.ok) refuse(what, image, parsed.reason)
}

function checkUser({ name, id }: ImageUser): void {
  check('name of a user', name, ACCOUNT)
  if (!isBetween(id, 1, 2 ** 31 - 2)) refuse('id of a user', String(id), 'is no number from 1 to 2147483646')
}

function checkDownload(what: string, { version, sha256 }: Download): void {
  check(`version of ${what}`, version, VERSION)
  check(`sha256 of ${what} for x86_64`, sha256.x86_64, SHA256)
  check(`sha256 of ${what} for aarch64`, sha256.aarch64, SHA256)
}

function checkPaths(what: string, paths: readonly string[]): void {
  for (const path of paths) {
    if (NOT_IN_PATHS.test(path)) refuse(what, path, 'has a character that a Dockerfile reads as more than itself')
    const bad = path.split('/').some((part) => part === '' || part === '.' || part === '..')
    if (bad || path.startsWith('-')) refuse(what, path, 'is not a plain path below the repository')
  }
}

function checkCommand(command: string | null): string | null {
  if (command === null || command.trim() === '') return null
  if (command.length > MAX_COMMAND) {
    throw new UsageError(
      `the command for extra dependencies has ${command.length} characters, and ${MAX_COMMAND} are possible; put it in a script of the sources`,
    )
  }
  if (CONTROL.test(command)) refuse('command for extra dependencies', command, 'has a control character')
  return command
}

function isBetween(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

function refuse(what: string, value: string, reason: string): never {
  throw new UsageError(`the ${what} ${JSON.stringify(value)} ${reason}; write another one`)
}

/** An option that was passed on without a value leaves the default in place. */
function withoutUndefined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T
}

/**
 * Which program installs the packages of a Node.js project, and how. What `packageManager` names decides, else the lock file
 * that is there, else npm. With a lock file nothing but what it says is installed. Without one, what refuses that is told not to.
 */
import { firstFile, type Survey } from './survey.ts'

const LOCK_FILES = {
  pnpm: ['pnpm-lock.yaml'],
  yarn: ['yarn.lock'],
  bun: ['bun.lock', 'bun.lockb'],
  npm: ['package-lock.json', 'npm-shrinkwrap.json'],
} as const
type NodeManager = keyof typeof LOCK_FILES

export function nodeManager(survey: Survey, directory: string, manifest: Readonly<Record<string, unknown>>) {
  const has = (...names: string[]) => firstFile(survey, directory, names) !== null
  const written = String(manifest.packageManager ?? '')
  const managers = Object.keys(LOCK_FILES) as NodeManager[]
  const name =
    managers.find((manager) => written.startsWith(`${manager}@`)) ??
    managers.find((manager) => has(...LOCK_FILES[manager])) ??
    'npm'
  const hasLock = has(...LOCK_FILES[name])
  const isModernYarn = has('.yarnrc.yml') || /^yarn@(?:[2-9]|\d\d)/.test(written)
  return { hasLock, run: `${name} run`, install: installCommands(name, hasLock, isModernYarn) }
}

/** In CI, pnpm and the newer yarn refuse to install without a lock file unless they are told to. */
function installCommands(name: NodeManager, hasLock: boolean, isModernYarn: boolean): string[] {
  if (name === 'npm') return [hasLock ? 'npm ci' : 'npm install']
  if (name === 'bun') return [hasLock ? 'bun install --frozen-lockfile' : 'bun install']
  const isYarn2 = name === 'yarn' && isModernYarn
  const frozen = isYarn2 ? ' --immutable' : ' --frozen-lockfile'
  const free = isYarn2 ? ' --no-immutable' : name === 'pnpm' ? ' --no-frozen-lockfile' : ''
  return ['corepack enable', `${name} install${hasLock ? frozen : free}`]
}

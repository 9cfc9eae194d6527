/**
 * What the name of a base image tells about it. Mirrors keep the last part of a name, so that part alone decides; a tag
 * counts only for the images whose tags are releases. What the name does not tell is decided in the build.
 */
import { parseReference } from './image-reference.ts'

export interface BaseImage {
  /** Null: the name does not tell. */
  readonly system: 'debian' | 'ubuntu' | null
  /** `12`, `24.04`; null: the name does not tell. */
  readonly release: string | null
  /** The tasks of a benchmark, which must stay as they are. Null: none. */
  readonly benchmark: 'swebench' | 'mswebench' | null
  /** Whether Python and Node.js are in it already. */
  readonly languages: boolean
}

/** Packages whose name depends on the release. Null: which one it is, is decided in the build. */
export interface PackageNames {
  readonly opengl: string | null
  readonly sound: string | null
}

const DEBIAN: Readonly<Record<string, string>> = { buster: '10', bullseye: '11', bookworm: '12', trixie: '13' }
const UBUNTU: Readonly<Record<string, string>> = { focal: '20.04', jammy: '22.04', noble: '24.04' }

/** Names the accounts that known base images made with the id that the user is to have. */
export const KNOWN_ACCOUNTS: readonly string[] = ['ubuntu', 'pn', 'fakeroot', 'nonroot']

export function describeBaseImage(image: string): BaseImage {
  const parsed = parseReference(image)
  const { path, tag } = parsed.ok ? parsed.reference : { path: '', tag: null }
  const name = path.slice(path.lastIndexOf('/') + 1)
  const benchmark = path.includes('mswebench') ? 'mswebench' : path.includes('swebench') ? 'swebench' : null
  if (name === 'ubuntu') return { system: 'ubuntu', release: releaseOf(tag, UBUNTU), benchmark, languages: false }
  if (name === 'debian') return { system: 'debian', release: releaseOf(tag, DEBIAN), benchmark, languages: false }
  if (name === 'python-nodejs') return { system: 'debian', release: codenameIn(tag), benchmark, languages: true }
  return { system: null, release: null, benchmark, languages: false }
}

/** `24.04`, `noble`, `noble-20250101`, `12.11-slim` and `bookworm-slim` name a release; `latest` does not. */
function releaseOf(tag: string | null, codenames: Readonly<Record<string, string>>): string | null {
  const [first = ''] = (tag ?? '').split('-')
  const known = Object.values(codenames).find((release) => first === release || first.startsWith(`${release}.`))
  return known ?? (Object.hasOwn(codenames, first) ? (codenames[first] ?? null) : null)
}

/** `python3.12-nodejs22-bookworm` ends with the release's name. */
function codenameIn(tag: string | null): string | null {
  const part = (tag ?? '').split('-').find((word) => Object.hasOwn(DEBIAN, word))
  return part === undefined ? null : (DEBIAN[part] ?? null)
}

export function packageNames({ system, release }: BaseImage): PackageNames {
  if (system === null || release === null) return { opengl: null, sound: null }
  // Since 64-bit time_t, libasound2 is a name that two packages provide, and apt refuses to choose.
  const renamed = Number.parseInt(release, 10) >= (system === 'ubuntu' ? 24 : 13)
  return { opengl: 'libgl1', sound: renamed ? 'libasound2t64' : 'libasound2' }
}

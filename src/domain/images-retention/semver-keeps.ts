/**
 * Which versions are kept: the newest majors, of each the newest minors, of each the newest versions. A pre-release is older
 * than its release. It takes a place like any other, but never a release's: the newest are counted once with pre-releases and
 * once without, and what is among either stays.
 */
import type { ImageRule } from '../image-retention.ts'
import type { Version } from './tag-kinds.ts'

export interface SemverKeeps {
  keepsVersion(version: Version): boolean
  /** Null: no version of the line is known. */
  keepsLine(major: number, minor: number | null): boolean | null
}

interface Line {
  /** Whether one of its versions is a release. */
  released: boolean
}
interface MinorLine extends Line {
  /** By the version without its build. */
  readonly versions: Map<string, Version>
}
interface MajorLine extends Line {
  readonly minors: Map<number, MinorLine>
}

export function decideSemverKeeps(
  versions: Iterable<Version>,
  keep: NonNullable<ImageRule['keepSemver']>,
): SemverKeeps {
  const majors = sortIntoLines(versions)
  const keptVersions = new Set<string>()
  const keptLines = new Set<string>()
  for (const [major, { minors }] of newestLines(majors, keep.major)) {
    keptLines.add(String(major))
    for (const [minor, line] of newestLines(minors, keep.minor)) {
      keptLines.add(`${major}.${minor}`)
      for (const version of newestVersions(line, keep.patch)) keptVersions.add(version)
    }
  }
  return {
    keepsVersion: ({ version }) => keptVersions.has(version),
    keepsLine: (major, minor) => {
      const line = majors.get(major)
      if (line === undefined || (minor !== null && !line.minors.has(minor))) return null
      return keptLines.has(minor === null ? String(major) : `${major}.${minor}`)
    },
  }
}

function sortIntoLines(versions: Iterable<Version>): Map<number, MajorLine> {
  const majors = new Map<number, MajorLine>()
  for (const version of versions) {
    const major = majors.get(version.major) ?? { released: false, minors: new Map<number, MinorLine>() }
    majors.set(version.major, major)
    const minor = major.minors.get(version.minor) ?? { released: false, versions: new Map<string, Version>() }
    major.minors.set(version.minor, minor)
    minor.versions.set(version.version, version)
    if (version.prerelease.length === 0) {
      major.released = true
      minor.released = true
    }
  }
  return majors
}

/** @param most null: all. */
function newestLines<Value extends Line>(lines: ReadonlyMap<number, Value>, most: number | null): [number, Value][] {
  const sorted = [...lines].sort(([one], [other]) => other - one)
  return newest(sorted, most, ([, line]) => line.released)
}

function newestVersions({ versions }: MinorLine, most: number | null): string[] {
  const sorted = [...versions.values()].sort((one, other) => other.compare(one))
  return newest(sorted, most, ({ prerelease }) => prerelease.length === 0).map(({ version }) => version)
}

function newest<Value>(sorted: readonly Value[], most: number | null, isReleased: (value: Value) => boolean): Value[] {
  if (most === null) return [...sorted]
  return [...new Set([...sorted.slice(0, most), ...sorted.filter(isReleased).slice(0, most)])]
}

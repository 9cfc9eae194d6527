/**
 * Where templates come from. `signalbox/<name>` is one of ours; every other name is a file of the repository's own
 * template's directory, and nothing outside of it: neither by `..` nor by a link.
 */
import { readFileSync, realpathSync } from 'node:fs'
import { join, posix, sep } from 'node:path'

const OURS = 'signalbox/'

export interface TemplateSource {
  readonly src: string
  /** The template's name: what relative names in it count from. */
  readonly path: string
  readonly noCache: boolean
}

export interface TemplateLoader {
  getSource(name: string): TemplateSource
  isRelative(name: string): boolean
  resolve(from: string, to: string): string
}

/** @param theirs Directory of the repository's own template; null: it has none. */
export function templateLoader(ours: string, theirs: string | null): TemplateLoader {
  return {
    getSource(name) {
      const isOurs = name.startsWith(OURS)
      const directory = isOurs ? ours : theirs
      const path = directory === null ? null : fileBelow(directory, isOurs ? name.slice(OURS.length) : name)
      if (path === null)
        throw new Error(`there is no template "${name}" beside it, and none of Signalbox's is named so`)
      return { src: readFileSync(path, 'utf8'), path: name, noCache: true }
    },
    isRelative: (name) => name.startsWith('./') || name.startsWith('../'),
    resolve: (from, to) => posix.join(posix.dirname(from), to),
  }
}

/** The real path of a file; null: there is none, or it is elsewhere. */
function fileBelow(directory: string, name: string): string | null {
  try {
    const root = realpathSync(directory)
    const path = realpathSync(join(root, name))
    return path.startsWith(root + sep) ? path : null
  } catch {
    return null
  }
}

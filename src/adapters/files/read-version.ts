/** The version that a file of the repository states under a key: TOML, JSON or YAML, by the end of its name. */
import { valueAt } from '../../domain/config/key-path.ts'
import { UsageError } from '../../domain/errors.ts'
import { withFault } from './file-faults.ts'
import { readRegularFile } from './read-regular-file.ts'
import { findInTree, type RepositoryTree } from './repository-tree.ts'

export interface VersionPlace {
  readonly file: string
  /** With dots between its parts: `tool.poetry.version`. */
  readonly key: string
}

/** More than any project says of itself; what is longer is no such file, and would take long to parse. */
const LONGEST_BYTES = 4 * 1024 * 1024

export async function readVersion(tree: RepositoryTree, { file, key }: VersionPlace): Promise<string> {
  const remedy = 'say where it is in `runtime.version` of the image, or give the version itself there'
  const real = await findInTree(tree, file)
  if (real === null) throw new UsageError(`${file} should hold the version, but there is no such file; ${remedy}.`)
  const source = await withFault(file, 'cannot be read', () => readRegularFile(real, LONGEST_BYTES))
  const value = valueAt(await parse(file, source.toString('utf8')), key.split('.'))
  if (value === undefined || value === null)
    throw new UsageError(`${file} has no ${key}, which should hold the version; ${remedy}.`)
  if (typeof value === 'string') return value
  throw new UsageError(
    `${key} in ${file} is ${describe(value)} and no text; put the version in quotes, so that 1.10 does not become 1.1.`,
  )
}

async function parse(file: string, source: string): Promise<unknown> {
  const kind = /\.(toml|json|ya?ml)$/i.exec(file)?.[1]?.toLowerCase()
  try {
    if (kind === 'toml') return (await import('smol-toml')).parse(source)
    if (kind === 'json') return JSON.parse(source)
    if (kind !== undefined) return (await import('yaml')).parse(source)
  } catch (error) {
    const [why] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new UsageError(`${file} should hold the version, but cannot be read as ${kind?.toUpperCase()}: ${why}.`, {
      cause: error,
    })
  }
  throw new UsageError(`${file} should hold the version, but only .toml, .json, .yaml and .yml files are read for it.`)
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a table' : `a ${typeof value}`
}

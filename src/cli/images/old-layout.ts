/**
 * Images in the layout of `containers/<dir>/Dockerfile` with a `config.sh` beside it; `openhands` lives in
 * `containers/app`. The file is read as text and never run; what it leaves out may be in the environment, as for a shell
 * that sourced it.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { withFault } from '../../adapters/files/file-faults.ts'
import { LONGEST_FILE_BYTES, readRegularFile } from '../../adapters/files/read-regular-file.ts'
import type { RepositoryTree } from '../../adapters/files/repository-tree.ts'
import { DEFAULT_PLATFORMS, type ImageConfig } from '../../domain/config.ts'
import { readConfigSh } from '../../domain/config-sh.ts'
import { UsageError } from '../../domain/errors.ts'
import { findIn } from './repository-files.ts'

const CONTAINERS = 'containers'
const DIRECTORY_OF: Readonly<Record<string, string>> = { openhands: 'app' }

export interface OldImage {
  readonly image: ImageConfig
  /** Tags beside those that are decided: the source tag, then the image tag. */
  readonly extraTags: readonly string[]
}

export interface OldImageOptions {
  readonly env: NodeJS.ProcessEnv
  /** Stands in for DOCKER_ORG; null: it has to be there. */
  readonly org: string | null
  /** Nothing is built: the Dockerfile of `runtime` may not have been made yet. */
  readonly dry: boolean
}

/** What `-i` can name in this directory. */
export async function oldImageNames(directory: string): Promise<string[]> {
  const entries = await readdir(join(directory, CONTAINERS), { withFileTypes: true }).catch(() => [])
  const directories = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const renamed = Object.entries(DIRECTORY_OF).flatMap(([name, place]) => (directories.includes(place) ? [name] : []))
  return [...renamed, ...directories].toSorted()
}

/**
 * Null: there is no such directory.
 *
 * @throws {UsageError} a file is missing, outside of the repository, or its text cannot be read.
 */
export async function readOldImage(
  tree: RepositoryTree,
  name: string,
  options: OldImageOptions,
): Promise<OldImage | null> {
  const place = Object.hasOwn(DIRECTORY_OF, name) ? DIRECTORY_OF[name] : name
  // The name becomes a path, and must stay below containers/.
  if (place === undefined || !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(place)) return null
  const folder = `./${CONTAINERS}/${place}`
  if ((await findIn(tree, folder, 'directory')) === null) return null
  const dockerfile = `${folder}/Dockerfile`
  const made = options.dry && name === 'runtime'
  if (!made && (await findIn(tree, dockerfile, 'file')) === null) {
    throw new UsageError(
      `There is no ${dockerfile}. ${name === 'runtime' ? `Make it with signalbox runtime-image --build-folder ${CONTAINERS}/${place} first` : 'Write one, or build another image'}.`,
    )
  }
  const values = await readValues(tree, `${folder}/config.sh`)
  const textOf = (key: string) => values.get(key) ?? options.env[key] ?? ''
  const needed = (key: string) => {
    const value = textOf(key)
    if (value === '') throw new UsageError(`${folder}/config.sh has no ${key}. Add the line ${key}=….`)
    return value
  }
  const org = options.org ?? needed('DOCKER_ORG')
  return {
    image: oldImage(name, {
      repository: `${needed('DOCKER_REGISTRY')}/${org}/${needed('DOCKER_IMAGE')}`,
      dockerfile,
      context: textOf('DOCKER_BASE_DIR') || '.',
    }),
    extraTags: ['DOCKER_IMAGE_SOURCE_TAG', 'DOCKER_IMAGE_TAG'].map(textOf).filter((tag) => tag !== ''),
  }
}

function oldImage(name: string, own: Pick<ImageConfig, 'repository' | 'dockerfile' | 'context'>): ImageConfig {
  return {
    ...own,
    name,
    target: null,
    platforms: DEFAULT_PLATFORMS,
    buildArgs: { OPENHANDS_BUILD_VERSION: '${{ image.version }}' },
    labels: {},
    cache: { repository: null, mode: 'max' },
    tags: { kind: 'default' },
    suffix: '',
    needs: [],
    runtime: null,
  }
}

/** The assignments of a `config.sh`. */
async function readValues(tree: RepositoryTree, file: string): Promise<ReadonlyMap<string, string>> {
  const real = await findIn(tree, file, 'file')
  if (real === null) {
    throw new UsageError(
      `There is no ${file}. Write one with DOCKER_REGISTRY, DOCKER_ORG, DOCKER_IMAGE and DOCKER_BASE_DIR.`,
    )
  }
  const source = await withFault(file, 'cannot be read', () => readRegularFile(real, LONGEST_FILE_BYTES))
  const result = readConfigSh(source.toString('utf8'))
  if (result.ok) return result.values
  throw new UsageError(`${file}:${result.line}: ${result.reason}.`)
}

/** The tags that `runtime-image --build-folder` left beside a Dockerfile; none where it left none. */
export async function readExtraTags(
  tree: RepositoryTree,
  dockerfile: string,
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  const file = join(dockerfile, '..', 'config.sh')
  const there = (await findIn(tree, file, 'file')) !== null
  const values = there ? await readValues(tree, file) : new Map<string, string>()
  const tags = ['DOCKER_IMAGE_SOURCE_TAG', 'DOCKER_IMAGE_TAG'].map((key) => values.get(key) ?? env[key] ?? '')
  return tags.filter((tag) => tag !== '')
}

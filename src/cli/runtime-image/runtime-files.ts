/** What the files of the repository say about a runtime image: its tags, and what goes into its build context. */
import { join, resolve } from 'node:path'
import { type Context, findContext } from '../../adapters/files/build-context.ts'
import { findBuildFolder } from '../../adapters/files/build-folder.ts'
import { withFault } from '../../adapters/files/file-faults.ts'
import { hashTree } from '../../adapters/files/hash-tree.ts'
import { LONGEST_FILE_BYTES, readRegularFile } from '../../adapters/files/read-regular-file.ts'
import { readVersion } from '../../adapters/files/read-version.ts'
import { findInTree, isWithin, openRepositoryTree, type RepositoryTree } from '../../adapters/files/repository-tree.ts'
import { UsageError } from '../../domain/errors.ts'
import { isTag } from '../../domain/image-reference.ts'
import { compileIgnore } from '../../domain/runtime-image/ignore-patterns.ts'
import {
  checkVersion,
  lockHash,
  type RuntimeBuild,
  type RuntimeTags,
  runtimeTags,
  shortHash,
} from '../../domain/runtime-image.ts'
import type { RuntimeSettings } from './settings.ts'

export interface RuntimeTree extends RepositoryTree {
  /** Where the build folder really is; null: none was asked for. */
  readonly buildFolder: string | null
}

export async function openTree(directory: string, settings: RuntimeSettings): Promise<RuntimeTree> {
  const { runtime } = settings
  const folder = settings.buildFolder === null ? null : await findBuildFolder(resolve(directory), settings.buildFolder)
  const tree = await openRepositoryTree(directory, {
    ignored: compileIgnore(runtime.ignore),
    without: folder === null ? [] : [folder],
  })
  const needed = [runtime.source, ...runtime.include, ...runtime.lockFiles]
  const held = needed.find((path) => folder !== null && isWithin(folder, join(tree.root, path)))
  if (held !== undefined) {
    throw new UsageError(
      `The build folder ${folder} holds ${held}, which it is to be prepared from. Name another one with --build-folder.`,
    )
  }
  return { ...tree, buildFolder: folder }
}

/** @throws {UsageError} a file is missing or cannot be read, or the version can be in no tag. */
export async function readTags(tree: RepositoryTree, settings: RuntimeSettings): Promise<RuntimeTags> {
  const { runtime, baseImage, browser, extraDeps } = settings
  const version = typeof runtime.version === 'string' ? runtime.version : await readVersion(tree, runtime.version)
  const problem = checkVersion(version)
  if (problem !== null) {
    const place = typeof runtime.version === 'string' ? 'runtime.version' : runtime.version.file
    throw new UsageError(`The version ${JSON.stringify(version)} of ${place} ${problem}. Correct it there.`)
  }
  const lockFiles: Uint8Array[] = []
  for (const path of runtime.lockFiles) lockFiles.push(await readLockFile(tree, path))
  const { md5 } = await hashTree(tree, runtime.source)
  const tags = runtimeTags({
    tagPrefix: runtime.tagPrefix,
    version,
    baseImage,
    lockHash: lockHash({ baseImage, browser, extraDeps, lockFiles }),
    sourceHash: shortHash(md5),
  })
  const wrong = Object.values(tags).find((tag) => !isTag(tag))
  if (wrong === undefined) return tags
  throw new UsageError(`${JSON.stringify(wrong)} can be no tag. Shorten the version, or \`runtime.tag_prefix\`.`)
}

async function readLockFile(tree: RepositoryTree, path: string): Promise<Uint8Array> {
  const real = await findInTree(tree, path)
  if (real !== null) {
    return withFault(`The lock file ${path}`, 'cannot be read', () => readRegularFile(real, LONGEST_FILE_BYTES))
  }
  throw new UsageError(
    `There is no lock file ${path} in ${tree.root}: make it, or name others in \`runtime.lock_files\` of the image.`,
  )
}

/** The build context that makes the image, not written yet. */
export async function readContext(
  tree: RepositoryTree,
  settings: RuntimeSettings,
  build: RuntimeBuild,
): Promise<Context> {
  const { runtime, browser, extraDeps } = settings
  const { renderRuntimeDockerfile } = await import('../render-dockerfile.ts')
  const template = runtime.template === null ? null : await findInTree(tree, runtime.template)
  if (runtime.template !== null && template === null) {
    throw new UsageError(`There is no template ${runtime.template} in ${tree.root}: correct \`runtime.template\`.`)
  }
  const { source, include, lockFiles } = runtime
  const dockerfile = await renderRuntimeDockerfile({
    baseImage: build.from,
    buildFrom: build.kind,
    enableBrowser: browser,
    extraDeps,
    template,
    sources: [source, ...include],
    lockFiles,
  })
  return findContext(tree, { source, include, lockFiles, dockerfile })
}

/** What a builder is asked for: the plan of an image, with its paths made absolute. */
import { resolve } from 'node:path'
import type { ImageBuild } from '../../domain/image-build.ts'
import type { BuildRequest } from '../../ports.ts'

/** @param root of the repository, without links: what lies in it was found by its real path. */
export function buildRequest(root: string, build: ImageBuild, load: boolean): BuildRequest {
  return {
    context: resolve(root, build.context),
    dockerfile: resolve(root, build.dockerfile),
    target: build.target,
    tags: build.tags,
    platforms: build.platforms,
    buildArgs: build.buildArgs,
    labels: build.labels,
    cacheFrom: build.cacheFrom,
    cacheTo: build.cacheTo,
    push: build.push,
    load,
  }
}

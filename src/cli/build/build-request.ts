/** What a builder is asked for: the plan of an image, with its paths made absolute. */
import { resolve } from 'node:path'
import type { ImageBuild } from '../../domain/image-build.ts'
import type { BuildRequest } from '../../ports.ts'

export function buildRequest(directory: string, build: ImageBuild, load: boolean): BuildRequest {
  return {
    context: resolve(directory, build.context),
    dockerfile: resolve(directory, build.dockerfile),
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

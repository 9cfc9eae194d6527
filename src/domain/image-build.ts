/**
 * How one image is built: its tags, build arguments, cache and platforms, all decided from its configuration and from
 * what is built.
 */

/** One image as it is to be built: every value filled in. Paths are those of the configuration. */
export interface ImageBuild {
  readonly image: string
  /** Lower case, without a tag: `ghcr.io/acme/app`. */
  readonly repository: string
  /** What the tags call this version: `1.2.3`, `main`, `pr-15`, `dev`. */
  readonly version: string
  /** Full names, in order; the first is the one to show. */
  readonly tags: readonly string[]
  readonly dockerfile: string
  readonly context: string
  readonly target: string | null
  readonly platforms: readonly string[]
  readonly buildArgs: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** As `--cache-from` and `--cache-to` of `docker buildx build` take them. */
  readonly cacheFrom: readonly string[]
  /** Empty when nothing is pushed. */
  readonly cacheTo: readonly string[]
  readonly push: boolean
  /** What was repaired or left out, each a sentence. */
  readonly warnings: readonly string[]
}

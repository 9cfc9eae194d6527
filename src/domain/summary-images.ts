/**
 * The images that were made of one commit, and the commands that people paste into a shell to run them. An image is
 * there once a leg that builds it has succeeded, and can be run once it was pushed. A command that a shell would act on
 * in another way than its configuration says is not shown.
 */
import type { SummaryConfig } from './config.ts'
import type { ImageBuild } from './image-build.ts'
import { interpolate, interpolationValues } from './interpolate.ts'
import type { LegState } from './leg-state.ts'
import { valueLabel } from './matrix.ts'
import type { LegImage } from './plan.ts'
import type { LegFacts, RunFacts } from './run.ts'
import { clip } from './summary-line.ts'

export interface ImageLine {
  readonly name: string
  /** `ghcr.io/acme/app`. */
  readonly repository: string
  /** Without the repository; the first is the one to use. */
  readonly tags: readonly string[]
  readonly pushed: boolean
}

export interface CommandLine {
  /** Null: one of those that start an image. */
  readonly title: string | null
  /** Null: it is not shown, since a shell would act on a value in it. */
  readonly command: string | null
}

/** A leg that succeeded, and the image that it has. */
export interface BuiltLeg {
  readonly run: RunFacts
  readonly leg: LegFacts
  readonly image: LegImage
}

/** Of those that have the same tags, the first: a test may use what a job before it built. */
export function builtLegs(run: RunFacts, states: ReadonlyMap<string, LegState>): BuiltLeg[] {
  const found = new Map<string, BuiltLeg>()
  for (const leg of run.legs) {
    const { image } = leg.plan
    const state = states.get(leg.plan.name)
    if (image === null || state?.kind !== 'concluded' || state.conclusion !== 'success') continue
    const key = image.build?.tags.join(' ') || image.name
    if (!found.has(key)) found.set(key, { run, leg, image })
  }
  return [...found.values()]
}

function buildsOf(built: readonly BuiltLeg[]): ImageBuild[] {
  return built.flatMap(({ image }) => (image.build === null || image.build.tags.length === 0 ? [] : [image.build]))
}

export function imageLines(built: readonly BuiltLeg[]): ImageLine[] {
  return buildsOf(built).map((build) => ({
    name: build.image,
    repository: build.repository,
    tags: build.tags.map((tag) =>
      tag.startsWith(`${build.repository}:`) ? tag.slice(build.repository.length + 1) : tag,
    ),
    pushed: build.push,
  }))
}

export function commandLines(
  config: SummaryConfig,
  built: readonly BuiltLeg[],
  run: RunFacts | undefined,
): CommandLine[] {
  if (config.commands.length === 0) {
    const pushed = buildsOf(built).filter(({ push }) => push)
    return pushed.map(({ tags }) => ({ title: null, command: `docker run --rm -it ${tags[0]}` }))
  }
  return config.commands.flatMap(({ title, image, command }): CommandLine[] => {
    if (image === null)
      return run !== undefined && isVouchedFor(run) ? [{ title: clip(title), command: fill(command, run, null) }] : []
    const legs = built.filter((leg) => leg.image.name === image && isPushed(leg))
    const texts = new Map(legs.map((leg) => [fill(command, leg.run, leg), leg]))
    return [...texts].map(([text, leg]) => ({ title: titleOf(title, leg, texts.size), command: text }))
  })
}

/** Where the configuration does not say how it is built, the repository's own code is taken to be pushed. */
function isPushed({ run, image }: BuiltLeg): boolean {
  return image.build?.push ?? run.trusted
}

/** People run what a command names on their own machines: a stranger's commit only once somebody has read it. */
function isVouchedFor({ trusted, approval }: RunFacts): boolean {
  return trusted || approval !== null
}

/** A command that names nothing of the matrix is the same for all legs, and is shown once. */
function titleOf(title: string, { leg }: BuiltLeg, differing: number): string {
  const matrix = Object.values(leg.plan.matrix).map(valueLabel).join(', ')
  return clip(differing > 1 && matrix !== '' ? `${title} (${matrix})` : title)
}

/** People paste these into a shell, and no quoting holds wherever the command may have the value. The configuration lets none in that could be otherwise. */
const PLAIN = /^(?!-)[\w./:@+=,-]*$/

function fill(command: string, run: RunFacts, built: BuiltLeg | null): string | null {
  const { name, build } = built?.image ?? { name: null, build: null }
  const image = name === null ? null : { name, repository: build?.repository ?? '', version: build?.version ?? '' }
  let plain = true
  const text = interpolate(
    command,
    interpolationValues(run.trigger, { matrix: built?.leg.plan.matrix ?? {}, image }),
    (value) => {
      plain &&= PLAIN.test(value)
      return value
    },
  )
  return plain ? text : null
}

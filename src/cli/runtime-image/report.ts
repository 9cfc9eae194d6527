/** What came of it, for people and for programs. */
import type { RuntimeTags } from '../../domain/runtime-image.ts'
import { printable } from '../printable.ts'

export interface RuntimeReport {
  /** Full name of the image to use. */
  readonly image: string
  readonly repository: string
  /** Null: the base image is a runtime image itself, which has only the tag that it was named by. */
  readonly tags: RuntimeTags | null
  /** `unknown`: nothing that could tell did answer. */
  readonly buildFrom: 'reuse' | 'lock' | 'versioned' | 'scratch' | 'unknown'
  /** What the Dockerfile begins with. */
  readonly from: string
  /** As it was asked for. */
  readonly baseImage: string
  /** Names that the build gives; empty: nothing is built. */
  readonly names: readonly string[]
  readonly outcome: 'built' | 'pushed' | 'prepared' | 'planned' | 'there'
  /** Null: no build folder was asked for. */
  readonly buildFolder: string | null
}

export function reportToJson(report: RuntimeReport): object {
  const none = { source: null, lock: null, versioned: null, image: null }
  return {
    image: report.image,
    repository: report.repository,
    tags: report.tags ?? none,
    build_from: report.buildFrom === 'unknown' ? null : report.buildFrom,
    base_image: report.baseImage,
    built: report.outcome === 'built' || report.outcome === 'pushed',
  }
}

/** For later steps of a workflow. */
export function outputsOf({ image, repository, tags, buildFrom, outcome }: RuntimeReport): Record<string, string> {
  return {
    image,
    repository,
    build_from: buildFrom,
    built: String(outcome === 'built' || outcome === 'pushed'),
    source_tag: tags?.source ?? '',
    image_tag: tags?.image ?? '',
  }
}

export function renderReport(report: RuntimeReport): string {
  const { tags, names } = report
  const lines = [
    headline(report),
    ...(names.length === 0 ? [] : ['Names:', ...names.map((name) => `  ${name}`)]),
    ...(tags === null ? [] : ['Tags:', ...Object.entries(tags).map(([level, tag]) => `  ${level.padEnd(9)} ${tag}`)]),
  ]
  return printable(lines.join('\n'))
}

const HOW: Readonly<Record<string, (from: string) => string>> = {
  scratch: (from) => `from scratch, on ${from}`,
  versioned: (from) => `from ${from}: dependencies are installed again`,
  lock: (from) => `from ${from}: only sources are copied`,
  unknown: () => 'from what is there, which is not known',
}

function headline(report: RuntimeReport): string {
  const how = HOW[report.buildFrom]?.(report.from) ?? ''
  switch (report.outcome) {
    case 'there':
      return `${report.image} is there already: nothing is built.`
    case 'planned':
      return report.buildFrom === 'reuse'
        ? `${report.image} is there already: nothing would be built.`
        : `${report.image} would be built ${how}.`
    case 'prepared':
      return `${report.buildFolder} is ready to build ${report.image} ${how}.`
    case 'pushed':
      return `${report.image} was built ${how}, and pushed.`
    case 'built':
      return `${report.image} was built ${how}.`
  }
}

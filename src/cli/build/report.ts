/** What came of builds, for a person, for a program, and for the workflow run that the command is a step of. */
import type { ImageBuild } from '../../domain/image-build.ts'
import { count } from '../../domain/wording.ts'
import { printable } from '../printable.ts'

export interface BuildReport {
  readonly build: ImageBuild
  /** Null: it was not pushed, or the builder does not tell. */
  readonly digest: string | null
  readonly loaded: boolean
  readonly warnings: readonly string[]
}

export function reportToJson({ build, digest, loaded, warnings }: BuildReport): object {
  return {
    image: build.tags[0] ?? null,
    name: build.image,
    repository: build.repository,
    version: build.version,
    digest,
    tags: build.tags,
    platforms: build.platforms,
    pushed: build.push,
    loaded,
    warnings,
  }
}

export function printReport({ build, digest, loaded }: BuildReport): void {
  const place = build.push ? 'pushed' : loaded ? 'in the engine, not pushed' : 'not pushed'
  console.log(printable(`Built ${build.image} ${build.version} (${place})`))
  console.log(`  digest  ${digest ?? (build.push ? 'not told by the builder' : 'none: a registry gives it')}`)
  for (const [index, tag] of build.tags.entries())
    console.log(printable(`  ${index === 0 ? 'tags  ' : '      '}  ${tag}`))
}

/** As the outputs of a step of GitHub Actions. */
export function outputsOf({ build, digest }: BuildReport): Record<string, string> {
  return {
    image: build.tags[0] ?? '',
    digest: digest ?? '',
    tags: build.tags.join('\n'),
    version: build.version,
  }
}

/** The job summary, as Markdown. @param escaped Names that strangers chose, as what they are. */
export function renderSummary(reports: readonly BuildReport[], escaped: (text: string) => string): string {
  const rows = reports.map(({ build, digest }) => {
    const tags = build.tags.map((tag) => escaped(tag)).join('<br>')
    return `| ${escaped(build.image)} | ${escaped(build.version)} | ${tags} | ${digest ?? 'not pushed'} |`
  })
  const warnings = [...new Set(reports.flatMap((report) => report.warnings))].map((warning) => `- ${escaped(warning)}`)
  return [
    `### ${count(reports.length, 'image')} built`,
    '',
    '| Image | Version | Tags | Digest |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(warnings.length === 0 ? [] : ['', 'Warnings:', '', ...warnings]),
    '',
  ].join('\n')
}

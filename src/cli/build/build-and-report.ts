/** The part of `signalbox build` that needs an engine: builds, and reports what was built, all of it or not. */
import { appendFile } from 'node:fs/promises'
import type { DockerBuilder } from '../../adapters/builders/docker/docker-builder.ts'
import { writeOutputs } from '../images/github-output.ts'
import { printable } from '../printable.ts'
import type { ChosenBuild } from './choose-builds.ts'
import { type BuildReport, outputsOf, printReport, renderSummary, reportToJson } from './report.ts'
import { failureOf, runBuilds } from './run-builds.ts'

export interface ReportOptions {
  /** Of the repository, without links. */
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  readonly load: boolean
  readonly json: boolean
  /** Every image was asked for: the JSON is a list. */
  readonly all: boolean
  /** What the builder warned of since it was asked last. */
  readonly takeWarnings: () => readonly string[]
  readonly signal: AbortSignal
}

/** @throws {Error} something was not built; what was is reported first, since it may be pushed already. */
export async function buildAndReport(
  builder: DockerBuilder,
  chosen: readonly ChosenBuild[],
  options: ReportOptions,
): Promise<void> {
  const { json, all, env } = options
  const window = process.stdout.isTTY === true && !json && !env.CI
  const outcome = await runBuilds(builder, chosen, { ...options, window, keepsImages: builder.keepsImages })
  const { reports } = outcome
  const [report] = reports
  if (!json) for (const each of reports) printReport(each)
  else if (all) console.log(JSON.stringify(reports.map(reportToJson), null, 2))
  else if (report !== undefined) console.log(JSON.stringify(reportToJson(report), null, 2))
  if (report !== undefined) await writeSummary(reports, env)
  if (all) await writeOutputs(env, { images: JSON.stringify(reports.map(reportToJson)) })
  else if (report !== undefined) await writeOutputs(env, outputsOf(report))
  const failure = failureOf(outcome)
  if (failure !== null) throw failure
}

/** The summary of the job. Nothing is built any less without it. */
async function writeSummary(reports: readonly BuildReport[], env: NodeJS.ProcessEnv): Promise<void> {
  const file = env.GITHUB_STEP_SUMMARY
  if (!file) return
  const { escapeMarkdown } = await import('../../app/templates.ts')
  await appendFile(file, renderSummary(reports, escapeMarkdown)).catch((error: Error) => {
    const why = `GITHUB_STEP_SUMMARY names ${file}, which cannot be written (${error.message})`
    console.error(printable(`warning: The job has no summary: ${why}. Point it at a file, or unset it.`))
  })
}

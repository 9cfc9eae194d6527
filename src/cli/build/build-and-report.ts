/** The part of `signalbox build` that needs an engine: builds, can be interrupted, and reports. */
import { appendFile } from 'node:fs/promises'
import type { ImageBuild } from '../../domain/image-build.ts'
import type { ImageBuilder } from '../../ports.ts'
import { writeOutputs } from '../images/github-output.ts'
import { printable } from '../printable.ts'
import { type BuildReport, outputsOf, printReport, renderSummary, reportToJson } from './report.ts'
import { runBuilds } from './run-builds.ts'

export interface ReportOptions {
  readonly directory: string
  readonly env: NodeJS.ProcessEnv
  readonly load: boolean
  readonly json: boolean
  /** Every image was asked for: the JSON is a list. */
  readonly all: boolean
  /** What the builder warned of since it was asked last. */
  readonly takeWarnings: () => readonly string[]
}

/** As a shell has it for a program that SIGINT ended. */
const INTERRUPTED = 130

export async function buildAndReport(
  builder: ImageBuilder,
  builds: readonly ImageBuild[],
  options: ReportOptions,
): Promise<void> {
  const { directory, env, load, json, all, takeWarnings } = options
  const interrupt = new AbortController()
  const stop = () => interrupt.abort()
  // Not `once`: execa ends the process at a signal that nobody else listens to.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  const window = process.stdout.isTTY === true && !json && !env.CI
  try {
    const reports = await runBuilds(builder, builds, {
      directory,
      load,
      window,
      takeWarnings,
      signal: interrupt.signal,
    })
    if (json) console.log(JSON.stringify(all ? reports.map(reportToJson) : reportToJson(onlyOne(reports)), null, 2))
    else for (const report of reports) printReport(report)
    await tellActions(reports, env)
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    console.error(printable(`signalbox: ${error instanceof Error ? error.message : String(error)}`))
    process.exitCode = INTERRUPTED
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, stop)
  }
}

function onlyOne(reports: readonly BuildReport[]): BuildReport {
  const [report] = reports
  if (report === undefined) throw new Error('Nothing was built.')
  return report
}

/** Outputs of the step, of the last image where there are several, and the summary of the job. */
async function tellActions(reports: readonly BuildReport[], env: NodeJS.ProcessEnv): Promise<void> {
  const last = reports.at(-1)
  if (last !== undefined) await writeOutputs(env, outputsOf(last))
  if (!env.GITHUB_STEP_SUMMARY) return
  const { escapeMarkdown } = await import('../../app/render-check.ts')
  await appendFile(env.GITHUB_STEP_SUMMARY, renderSummary(reports, escapeMarkdown))
}

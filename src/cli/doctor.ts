/** `signalbox doctor OWNER/REPO`: whether a repository is set up as Signalbox needs it, and what to change where. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { connectApp } from '../adapters/github/github.ts'
import { connectInspector } from '../adapters/github/inspection.ts'
import { decideFindings } from '../domain/doctor.ts'
import { UsageError } from '../domain/errors.ts'
import { readManifest } from './doctor/manifest.ts'
import { observeRepository } from './doctor/observe-repository.ts'
import { renderReport } from './doctor/render-report.ts'
import { hasCredentials, readEnvironment } from './environment.ts'
import { makeLog } from './log.ts'
import { makeProbot } from './make-probot.ts'
import { readRepositoryName } from './repository-name.ts'

interface DoctorOptions {
  readonly branch?: string
  readonly json?: boolean
}

/** Adds the command to the program. It sets `process.exitCode` to 1 when there are problems. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Check how a repository is set up at GitHub: installation, required gates, workflows, previews.')
    .argument('<repository>', 'owner/name')
    .option('--branch <name>', 'the branch whose protection is looked at (default: the default branch)')
    .option('--json', 'print JSON')
    .action(doctor)
}

async function doctor(name: string, options: DoctorOptions): Promise<void> {
  const repo = readRepositoryName(name, 'doctor')
  if (existsSync('.env')) process.loadEnvFile('.env')
  const { env } = process
  if (!hasCredentials(env))
    throw new UsageError(
      'doctor asks GitHub as the app, and there are no credentials. Set APP_ID and PRIVATE_KEY or PRIVATE_KEY_PATH, with GHE_HOST for an Enterprise Server, or run it where the .env of `signalbox start` is.',
    )
  const probot = await makeProbot(env, makeLog('silent'))
  const appId = Number(env.APP_ID)
  const eyes = { app: connectApp(probot, appId), inspector: connectInspector(probot) }
  const facts = await observeRepository(eyes, {
    repo,
    branch: options.branch ?? null,
    appId,
    manifest: await readManifest(),
    hasPackagesToken: Boolean(env.PACKAGES_TOKEN || env.GITHUB_TOKEN),
    allowed: new Set(readEnvironment(env).SIGNALBOX_PREVIEW_REPOSITORIES),
  })
  const findings = decideFindings(facts)
  const { repository, branch } = facts
  console.log(
    options.json === true ? JSON.stringify({ repository, branch, findings }, null, 2) : renderReport(facts, findings),
  )
  if (findings.some((finding) => finding.level === 'problem')) process.exitCode = 1
}

/**
 * Probot's setup: a page that creates the GitHub App from app.yml and keeps its credentials in `.env`, both in the
 * working directory.
 */
import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { run } from 'probot'
import type { Environment } from './environment.ts'

const MANIFEST = new URL('../../app.yml', import.meta.url)
const ANY_ADDRESS = ['0.0.0.0', '::']

/** @returns a function that closes the page. */
export async function serveSetup(environment: Environment, log: Logger): Promise<() => Promise<void>> {
  if (environment.SIGNALBOX_ROLE === 'worker')
    throw new Error(
      'There are no credentials (APP_ID, PRIVATE_KEY, WEBHOOK_SECRET). A worker has no page that creates them: give it those of the web process.',
    )
  await provideManifest()
  // Otherwise Probot would have webhooks sent to a public relay, which the app does not listen to.
  process.env.NO_SMEE_SETUP = 'true'
  // In production Probot refuses to open its setup.
  delete process.env.NODE_ENV
  // What is written from here on is the private key.
  process.umask(0o077)
  const server = await run(() => {}, { env: process.env as Partial<Record<string, string>>, log })
  const host = ANY_ADDRESS.includes(environment.HOST) ? 'localhost' : environment.HOST
  console.log(
    `There are no credentials yet (APP_ID, PRIVATE_KEY, WEBHOOK_SECRET). Open http://${host}:${environment.PORT} to create the GitHub App from app.yml; then start again.`,
  )
  return () => server.stop()
}

/** Probot reads app.yml from the working directory; where there is none, it would ask for no permissions at all. */
async function provideManifest(): Promise<void> {
  await copyFile(MANIFEST, 'app.yml', constants.COPYFILE_EXCL).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST')
      throw new Error(
        `The setup keeps app.yml and .env in ${process.cwd()}, which cannot be written: ${error.message}`,
        {
          cause: error,
        },
      )
  })
}

/** Probot, with the app's credentials of the environment. It signs as the app; nothing is asked until it is used. */
import type { Logger } from 'pino'
import { createProbot, type Probot } from 'probot'
import { fetchWithTimeout, SignalboxOctokit } from '../adapters/github/octokit.ts'

/** @param env APP_ID, PRIVATE_KEY or PRIVATE_KEY_PATH, GHE_HOST and GHE_PROTOCOL. */
export async function makeProbot(env: NodeJS.ProcessEnv, log: Logger): Promise<Probot> {
  const overrides = { log, Octokit: SignalboxOctokit, request: { fetch: fetchWithTimeout } }
  try {
    return await createProbot({ env: env as Partial<Record<string, string>>, overrides }).ready()
  } catch (error) {
    if (!(error instanceof Error && /privateKey/.test(error.message))) throw error
    throw new Error(
      'PRIVATE_KEY, or the file that PRIVATE_KEY_PATH names, is not the private key of the GitHub App: the text of its .pem file.',
      { cause: error },
    )
  }
}

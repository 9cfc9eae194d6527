/** `signalbox start`: the app itself, or Probot's setup while there are no credentials. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { run } from 'probot'
import { hasCredentials, readEnvironment } from './environment.ts'
import { makeLog } from './log.ts'
import { serve } from './serve.ts'

export function registerStart(program: Command): void {
  program
    .command('start')
    .description('Run the app. Without credentials it opens the page that creates the GitHub App.')
    .action(start)
}

async function start(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  const environment = readEnvironment(process.env)
  const log = makeLog(environment.LOG_LEVEL)
  if (!hasCredentials(process.env)) {
    console.log(
      `There are no credentials yet (APP_ID, PRIVATE_KEY, WEBHOOK_SECRET). Open http://${environment.HOST}:${environment.PORT} to create the GitHub App from app.yml; then start again.`,
    )
    await run(() => {}, { env: process.env as Partial<Record<string, string>>, log })
    return
  }
  const serving = await serve(process.env, log)
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, async () => {
      if (stopping) process.exit(1)
      stopping = true
      log.info({ signal }, 'stopping: what is under way is finished first')
      await serving.stop()
      log.info('stopped')
      process.exit(0)
    })
}

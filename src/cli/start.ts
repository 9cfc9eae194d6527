/** `signalbox start`: the app itself, or Probot's setup while there are no credentials. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { Logger } from 'pino'
import { hasCredentials, readEnvironment } from './environment.ts'
import { makeLog } from './log.ts'
import { serve } from './serve.ts'
import { serveSetup } from './setup.ts'

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
  const started = hasCredentials(process.env)
    ? serve(process.env, log).then((serving) => serving.stop)
    : serveSetup(environment, log)
  stopOnSignal(started, log)
  await started
}

/**
 * From the first moment on: as a container's first process it would not be ended by a signal that it does not handle.
 * @param started resolves with what stops the process in order.
 */
function stopOnSignal(started: Promise<() => Promise<void>>, log: Logger): void {
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, async () => {
      if (stopping) process.exit(1)
      stopping = true
      log.info({ signal }, 'stopping: what is under way is finished first')
      const stop = await started.catch(() => process.exit(1))
      await stop()
      log.info('stopped')
      process.exit(0)
    })
}

/** The demo from start to end: opens the stage, plays the story, shows it, and leaves nothing behind. */
import { CONFIG_PATH } from '../../domain/config.ts'
import { type EndedEvent, makeJsonPresenter, type Presenter } from './events.ts'
import { makeLinesPresenter } from './lines.ts'
import { SIMULATION } from './paragraphs.ts'
import { playStory } from './play-story.ts'
import { makeRunnerScript } from './runner-script.ts'
import { openStage, REPOSITORY, type Stage } from './stage.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'
import { makeTerminalPresenter } from './terminal.ts'

export interface DemoOptions {
  readonly once?: boolean
  readonly json?: boolean
}

/** @returns the exit code. */
export async function runDemo({ once = false, json = false }: DemoOptions): Promise<number> {
  const presenter = choosePresenter(json)
  const interruption = catchInterruption()
  const directory = await makeTemporaryDirectory()
  presenter.show({ at: new Date(), event: 'starting' })
  const stage = await openStage({ runner: makeRunnerScript(), dataDirectory: directory.path })
  try {
    interruption.stageIsOpen()
    showStarted(stage, presenter)
    const played = await Promise.race([playStory(stage, presenter), interruption.happened])
    if (typeof played === 'number') return played
    if (!played.ok) reportLog(stage)
    if (!once) {
      presenter.stayUp()
      await interruption.happened
    }
    return exitCodeOf(played)
  } finally {
    await stage.close()
    await directory.remove()
  }
}

export function exitCodeOf(ended: Pick<EndedEvent, 'ok'>): 0 | 1 {
  return ended.ok ? 0 : 1
}

function choosePresenter(json: boolean): Presenter {
  if (json) return makeJsonPresenter()
  return process.stdout.isTTY && process.env.TERM !== 'dumb' ? makeTerminalPresenter() : makeLinesPresenter()
}

function showStarted({ githubUrl, signalboxUrl }: Stage, presenter: Presenter): void {
  presenter.show({
    at: new Date(),
    event: 'started',
    githubUrl,
    signalboxUrl,
    repository: REPOSITORY,
    configPath: CONFIG_PATH,
    bootMs: Math.round(performance.now()),
    simulation: SIMULATION,
  })
}

function reportLog({ logged }: Stage): void {
  if (logged.length > 0) console.error(`Signalbox logged:\n${logged.join('\n')}`)
}

/** SIGINT and SIGTERM stop the demo in order; before there is a stage, and the second time, at once. */
function catchInterruption() {
  const { promise, resolve } = Promise.withResolvers<number>()
  let atOnce = true
  const signals = { SIGINT: 130, SIGTERM: 143 } as const
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (atOnce) process.exit(signals[signal])
      atOnce = true
      resolve(signals[signal])
    })
  return {
    /** Resolves with the exit code of a program that the signal ended. */
    happened: promise,
    stageIsOpen() {
      atOnce = false
    },
  }
}

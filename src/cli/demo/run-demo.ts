/** The demo from start to end: opens the stage, plays the story, shows it, and leaves nothing behind. */
import { CONFIG_PATH } from '../../domain/config.ts'
import type { EndedEvent, Presenter } from './events.ts'
import { makeJsonPresenter } from './json-lines.ts'
import { makeLinesPresenter } from './lines.ts'
import { SIMULATION } from './paragraphs.ts'
import { playStory } from './play-story.ts'
import { openStage, REPOSITORY, type Stage } from './stage.ts'
import { PREVIEW } from './stories/preview.ts'
import { PULL_REQUEST } from './stories/pull-request.ts'
import type { Story } from './story.ts'
import type { StoryName } from './story-name.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'
import { makeTerminalPresenter } from './terminal.ts'

export interface DemoOptions {
  readonly story?: StoryName
  readonly once?: boolean
  readonly json?: boolean
}

const STORIES: Readonly<Record<StoryName, Story>> = { 'pull-request': PULL_REQUEST, preview: PREVIEW }

/** @returns the exit code. */
export async function runDemo({
  once = false,
  json = false,
  story: name = 'pull-request',
}: DemoOptions): Promise<number> {
  endWithReader()
  const story = STORIES[name]
  const presenter = choosePresenter(json)
  const interruption = catchInterruption()
  const directory = await makeTemporaryDirectory()
  presenter.show({ at: new Date(), event: 'starting' })
  const opening = openStage({ runner: story.makeRunner(), dataDirectory: directory.path })
  const stage = await opening.finally(() => presenter.rest())
  interruption.stageIsOpen()
  try {
    showStarted(stage, story, presenter)
    const ended = await playStory(stage, story, presenter, interruption)
    if (ended === null) return interruption.exitCode()
    if (!ended.ok) reportLog(stage)
    if (!once) {
      presenter.stayUp()
      await interruption.happened
    }
    return exitCodeOf(ended)
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

function showStarted({ githubUrl, signalboxUrl }: Stage, { name }: Story, presenter: Presenter): void {
  presenter.show({
    at: new Date(),
    event: 'started',
    story: name,
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

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGPIPE: 141 } as const

/** SIGINT and SIGTERM stop the demo in order; before there is a stage, and the second time, at once. */
function catchInterruption() {
  const controller = new AbortController()
  const { promise: happened, resolve } = Promise.withResolvers<void>()
  let exitCode = 0
  let atOnce = true
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      exitCode = EXIT_CODES[signal]
      if (atOnce) process.exit(exitCode)
      atOnce = true
      controller.abort()
      resolve()
    })
  return {
    signal: controller.signal,
    happened,
    /** Of a program that the signal ended. */
    exitCode: () => exitCode,
    stageIsOpen() {
      atOnce = false
    },
  }
}

/** Nobody reads any more, as after `| head`. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(EXIT_CODES.SIGPIPE)
  })
}

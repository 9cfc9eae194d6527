/** Plays the story chapter by chapter, tells what is seen, and judges it. */
import { expectOrder, measure } from './ending.ts'
import type { DemoEvent, EndedEvent, Presenter, TimedEvent } from './events.ts'
import { areMet, type Expectation, judge } from './expectation.ts'
import { NOTHING_SEEN, noteEvent } from './seen.ts'
import type { Stage } from './stage.ts'
import type { Chapter, Story } from './story.ts'
import { watchStage } from './watch.ts'

/** How long a chapter may take; it is over as soon as all that it expects is so. */
export const CHAPTER_MS = 20_000

/** How long nothing may be told before the watch is asked whether it is well. */
const LOOK_AGAIN_MS = 500

export interface PlayOptions {
  /** Ends the story where it is. */
  readonly signal: AbortSignal
  readonly chapterMs?: number
}

/**
 * The first chapter that does not come out as told is the last.
 * @returns null when the story was broken off.
 */
export async function playStory(
  stage: Stage,
  story: Story,
  presenter: Presenter,
  { signal, chapterMs = CHAPTER_MS }: PlayOptions,
): Promise<EndedEvent | null> {
  const startedAt = performance.now()
  let seen = NOTHING_SEEN
  let expectations = 0
  let unmet = 0
  let wake = () => {}
  const tell = (event: TimedEvent) => {
    seen = noteEvent(seen, event)
    presenter.show(event)
    wake()
  }
  const nextEvent = (withinMs: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const say = (event: DemoEvent) => tell({ at: new Date(), ...event })
  signal.addEventListener('abort', () => wake())
  const watch = watchStage(stage, tell)
  const conclude = (list: readonly Expectation[]) => {
    for (const event of list.map(judge)) {
      expectations++
      if (!event.met) unmet++
      say(event)
    }
  }
  const playChapter = async (chapter: Chapter) => {
    chapter.play()
    const deadline = performance.now() + chapterMs
    while (!signal.aborted && !areMet(chapter.expectations(seen)) && performance.now() < deadline) {
      await nextEvent(LOOK_AGAIN_MS)
      await watch.flush()
    }
    await presenter.rest()
    if (!signal.aborted) conclude(chapter.expectations(seen))
  }
  try {
    for (const [index, chapter] of story.makeChapters(stage.github).entries()) {
      if (unmet > 0 || signal.aborted) break
      say({ event: 'chapter', number: index + 1, title: chapter.title })
      await playChapter(chapter)
    }
    if (signal.aborted) return null
    if (unmet === 0) {
      await stage.github.settle()
      await watch.flush()
      conclude(await expectOrder(stage, seen))
    }
  } finally {
    watch.stop()
  }
  const durationMs = Math.round(performance.now() - startedAt)
  const ended: EndedEvent = {
    event: 'ended',
    ok: unmet === 0,
    expectations,
    unmet,
    durationMs,
    ...measure(stage, seen),
  }
  say(ended)
  return ended
}

/** The demo in a terminal: one live list of legs and gates a chapter. */

import { type Live, openBoard, showProgress } from './board.ts'
import type { Presenter, TimedEvent } from './events.ts'
import * as paragraphs from './paragraphs.ts'
import { paint } from './paragraphs.ts'
import { isOver, NOTHING_SEEN, noteEvent } from './seen.ts'

export function makeTerminalPresenter(): Presenter {
  let seen = NOTHING_SEEN
  let live: Live | null = null
  let leftovers: string[] = []

  const show = (event: TimedEvent) => {
    switch (event.event) {
      case 'starting':
        live = showProgress(paragraphs.STARTING)
        return
      case 'started':
        console.log(`\n${paragraphs.introduce(event)}`)
        return
      case 'chapter':
        leftovers = [...seen.runs.values()]
          .flatMap((run) => [...run.checks.values()])
          .filter((one) => !isOver(one))
          .map((one) => one.id)
        console.log(`\n${paint('bold', `${event.number}. ${event.title}`)}`)
        return
      case 'webhook':
        if (event.about !== null) console.log(paint('dim', `  webhook  ${paragraphs.describeWebhook(event)}`))
        return
      case 'plan': {
        console.log(paint('dim', `  plan     ${paragraphs.describePlan(event)}`))
        const planned = [...event.legs, ...event.gates].map(({ id }) => id)
        live ??= openBoard([...leftovers, ...planned], () => seen)
        return
      }
      case 'expectation':
        if (!event.met) console.log(paint('red', `  not so: ${paragraphs.describeUnmet(event)}`))
        return
      case 'ended':
        console.log(`\n${paragraphs.conclude(event)}`)
        return
      default:
        live?.update()
    }
  }
  return {
    show(event) {
      seen = noteEvent(seen, event)
      show(event)
    },
    async rest() {
      await live?.close()
      live = null
    },
    stayUp: () => console.log(`\n${paragraphs.lookAround(seen)}`),
  }
}

/** The demo in a terminal: what happens is printed line by line, above a live board of what the chapter is about. */
import { openRows, type RowId, renderBoard } from './board.ts'
import { describeConversation, type Told } from './conversation.ts'
import type { Presenter, TimedEvent } from './events.ts'
import * as paragraphs from './paragraphs.ts'
import { paint } from './paragraphs.ts'
import { openScreen, type Screen, spin, wrapWords } from './screen.ts'
import { NOTHING_SEEN, noteEvent } from './seen.ts'

export function makeTerminalPresenter(): Presenter {
  let seen = NOTHING_SEEN
  let screen: Screen | null = null
  let isResting = false
  const rows = new Set<RowId>()

  const print = (text: string) => (screen === null ? console.log(text) : screen.print(text))
  const open = (frame: () => readonly string[]) => {
    isResting = false
    screen = openScreen(frame)
  }
  const openBoard = () => {
    rows.clear()
    for (const id of openRows(seen)) rows.add(id)
    open(() => {
      const lines = renderBoard([...rows], seen, { now: new Date(), width: width(), isLast: isResting })
      return lines.length === 0 ? [] : ['', ...lines]
    })
  }
  const show = (event: TimedEvent) => {
    switch (event.event) {
      case 'starting':
        open(() => [`${isResting ? paint('green', '✔') : spin()} ${paragraphs.STARTING}`])
        return
      case 'started':
        print(`\n${paragraphs.introduce(event)}`)
        return
      case 'chapter':
        print(`\n${paint('bold', `${event.number}. ${event.title}`)}\n`)
        openBoard()
        return
      case 'webhook':
        if (event.about !== null) print(paint('dim', `  webhook   ${paragraphs.describeWebhook(event)}`))
        return
      case 'plan':
        print(paint('dim', `  plan      ${paragraphs.describePlan(event)}`))
        for (const { id } of [...event.legs, ...event.gates]) rows.add(id)
        return
      case 'attempt':
        rows.add(event.leg)
        return
      case 'check':
        rows.add(event.id)
        return
      case 'preview_run':
        rows.add(event.workflowRun)
        return
      case 'comment':
      case 'reaction':
      case 'label':
      case 'deployment':
        print(renderTold(describeConversation(event)))
        return
      case 'expectation':
        if (!event.met) print(paint('red', `  not so: ${paragraphs.describeUnmet(event)}`))
        return
      case 'ended':
        print(`\n${paragraphs.conclude(event)}`)
        return
    }
  }
  return {
    show(event) {
      seen = noteEvent(seen, event)
      show(event)
    },
    async rest() {
      isResting = true
      screen?.close()
      screen = null
    },
    stayUp: () => print(`\n${paragraphs.lookAround(seen)}`),
  }
}

function width(): number {
  return process.stdout.columns ?? 80
}

/** What was written is quoted; what happened to it is a line. */
function renderTold({ kind, text, quoted }: Told): string {
  const bar = paint('cyan', '│')
  const lines = quoted.flatMap((line) => wrapWords(line, width() - 16))
  return [`  ${kind.padEnd(8)}  ${text}`, ...lines.map((line) => `            ${bar} ${line}`)].join('\n')
}

/** The demo as plain lines, for files and pipes: one line for each thing that was seen. */
import { describeConversation, namePreviewRun, type Told } from './conversation.ts'
import type { AttemptEvent, CheckEvent, PlanEvent, Presenter, PreviewRunEvent, TimedEvent } from './events.ts'
import * as paragraphs from './paragraphs.ts'
import { describePreviewRow, describeRow, seconds } from './row.ts'
import { wrapWords } from './screen.ts'
import { findCheck, isOver, NOTHING_SEEN, noteEvent, type Seen } from './seen.ts'

export function makeLinesPresenter(print: (text: string) => void = console.log): Presenter {
  let seen = NOTHING_SEEN
  let startedAt: number | null = null
  return {
    show(event) {
      seen = noteEvent(seen, event)
      if (event.event === 'chapter') startedAt ??= event.at.getTime()
      const text = render(event, seen, event.at.getTime() - (startedAt ?? event.at.getTime()))
      if (text !== null) print(text)
    },
    rest: async () => {},
    stayUp: () => print(`\n${paragraphs.lookAround(seen)}`),
  }
}

function render(event: TimedEvent, seen: Seen, ms: number): string | null {
  const line = (kind: string, text: string) => `${seconds(ms).padStart(8)}  ${kind.padEnd(9)}  ${text}`.trimEnd()
  switch (event.event) {
    case 'starting':
      return `${paragraphs.STARTING}…\n`
    case 'started':
      return paragraphs.introduce(event)
    case 'chapter':
      return `\n${event.number}. ${event.title}`
    case 'webhook':
      return event.about === null ? null : line('webhook', paragraphs.describeWebhook(event))
    case 'plan':
      return [line('plan', paragraphs.describePlan(event)), ...renderPlan(event, seen)].join('\n')
    case 'attempt':
      return renderAttempt(event, seen, line)
    case 'check':
      return renderCheck(event, seen, line)
    case 'comment':
    case 'reaction':
    case 'label':
    case 'deployment':
      return renderConversation(describeConversation(event), line)
    case 'preview_run':
      return renderPreviewRun(event, seen, line)
    case 'expectation':
      return event.met ? null : `  not so: ${paragraphs.describeUnmet(event)}`
    case 'ended':
      return `\n${paragraphs.conclude(event)}`
  }
}

type Line = (kind: string, text: string) => string

/** Of what belongs to the line before. */
const INDENT = ' '.repeat(23)
const QUOTE_WIDTH = 120

function renderPlan(plan: PlanEvent, seen: Seen): string[] {
  const before = [...seen.runs.values()].at(-2)?.plan
  if (before !== undefined && paragraphs.isSamePlan(before, plan)) return []
  const rows = paragraphs.listPlan(plan)
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, what]) => `${INDENT}${name.padEnd(width)}  ${what}`)
}

function nameOf(run: string, name: string, seen: Seen): string {
  const names = [...(seen.runs.get(run)?.checks.values() ?? [])].map((one) => one.name.length)
  return name.padEnd(Math.max(0, ...names))
}

/** An attempt that succeeded is told by the leg's check run, together with what it means. */
function renderAttempt(event: AttemptEvent, seen: Seen, line: Line): string | null {
  const one = findCheck(seen, event.run, event.leg)
  const attempts = one?.attempts.length ?? 1
  const name = nameOf(event.run, event.name, seen)
  if (event.status === 'queued') {
    const queued = line('queued', `${name}  attempt ${attempts}: ${event.workflow}`)
    if (attempts > 1 || event.tags.length === 0) return queued
    return `${queued}\n${INDENT}${paragraphs.describeTold(event)}`
  }
  if (event.status === 'in_progress') return line('running', name)
  if (event.conclusion === 'success') return null
  if (event.conclusion === 'cancelled') return line('cancelled', `${name}  at GitHub`)
  const took = event.durationMs === null ? '' : ` after ${seconds(event.durationMs)}`
  return line('failed', `${name}  attempt ${attempts}${took}`)
}

/** Of a leg only what its attempts do not say: why it is tried again, and how it ended. Of a gate all that it says. */
function renderCheck(event: CheckEvent & { readonly at: Date }, seen: Seen, line: Line): string | null {
  const one = findCheck(seen, event.run, event.id)
  if (one === undefined) return null
  const { state, ms, note } = describeRow(one, event.at)
  const name = nameOf(event.run, event.name, seen)
  if (state === 'retrying') return line(state, `${name}  ${event.title}`)
  if (event.subject === 'leg' && !isOver(one)) return null
  const kind = event.subject === 'gate' && state === 'waiting' ? 'held' : state
  return line(kind, [name, ms === null ? '' : seconds(ms), note].filter((part) => part !== '').join('  '))
}

function renderConversation({ kind, text, quoted }: Told, line: Line): string {
  return [
    line(kind, text),
    ...quoted.flatMap((words) => wrapWords(words, QUOTE_WIDTH)).map((words) => `${INDENT}> ${words}`),
  ].join('\n')
}

function renderPreviewRun(event: PreviewRunEvent & { readonly at: Date }, seen: Seen, line: Line): string | null {
  const one = seen.previewRuns.get(event.workflowRun)
  if (one === undefined) return null
  const { state, ms, note } = describePreviewRow(one, event.at)
  const name = namePreviewRun(event)
  if (state === 'running') return line(state, name)
  return line(state, [name, state === 'queued' ? note : seconds(ms ?? 0)].join('  '))
}

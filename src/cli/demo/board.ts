/** A live list of legs and gates. Each is a task of the list, which ends when its check run has concluded. */
import { Listr, type ListrTask } from 'listr2'
import { shortSha } from '../../domain/wording.ts'
import { describeTags, paint } from './paragraphs.ts'
import { describeRow, type Row, seconds } from './row.ts'
import { isOver, type Seen, type SeenCheck, type SeenRun } from './seen.ts'

/** Something on the screen that is drawn again and again. */
export interface Live {
  update(): void
  /** Leaves what is not over as it stands, and resolves when the last frame was drawn. */
  close(): Promise<void>
}

const OPTIONS = {
  concurrent: true,
  exitOnError: false,
  registerSignalListeners: false,
  rendererOptions: { collapseErrors: false, showErrorMessage: false, icon: { SKIPPED_WITH_COLLAPSE: '-' } },
} as const
const REFRESH_MS = 200

export function showProgress(title: string): Live {
  const { promise, resolve } = Promise.withResolvers<void>()
  const running = new Listr([{ title, task: () => promise }], OPTIONS).run()
  return {
    update() {},
    async close() {
      resolve()
      await running
    },
  }
}

interface Entry {
  readonly id: string
  readonly name: string
  readonly end: PromiseWithResolvers<void>
  task: { title: string } | null
}

/** @param ids of legs and gates, each of a run that was seen. */
export function openBoard(ids: readonly string[], seen: () => Seen): Live {
  const newest = [...seen().runs.values()].at(-1)
  const entries: Entry[] = ids.map((id) => ({
    id,
    name: nameOf(id, seen(), newest),
    end: Promise.withResolvers<void>(),
    task: null,
  }))
  const width = Math.max(...entries.map((entry) => entry.name.length))
  let isClosed = false
  const title = ({ id, name }: Entry) => renderRow(name.padEnd(width), rowOf(id, seen(), isClosed))
  const update = () => {
    for (const entry of entries) {
      if (entry.task !== null) entry.task.title = title(entry)
      const one = find(entry.id, seen())
      if (one !== undefined && isOver(one)) entry.end.resolve()
    }
  }
  const tasks: ListrTask[] = entries.map((entry) => ({
    title: title(entry),
    async task(_context, task) {
      entry.task = task
      await entry.end.promise
      entry.task = null
      task.title = title(entry)
      const { state } = rowOf(entry.id, seen(), isClosed)
      if (state === 'failed') throw new Error(task.title)
      if (state !== 'passed') task.skip(task.title)
    },
  }))
  const running = new Listr(tasks, OPTIONS).run()
  const timer = setInterval(update, REFRESH_MS)
  return {
    update,
    async close() {
      clearInterval(timer)
      isClosed = true
      update()
      for (const entry of entries) entry.end.resolve()
      await running
    },
  }
}

function runOf(id: string, seen: Seen): SeenRun | undefined {
  return [...seen.runs.values()].find((run) => run.checks.has(id))
}

function find(id: string, seen: Seen): SeenCheck | undefined {
  return runOf(id, seen)?.checks.get(id)
}

/** What is left of an older run carries its commit, so that it is not mistaken for the new one's. */
function nameOf(id: string, seen: Seen, newest: SeenRun | undefined): string {
  const run = runOf(id, seen)
  const name = run?.checks.get(id)?.name ?? id
  return run === undefined || run === newest ? name : `${name} of ${shortSha(run.plan.sha)}`
}

function rowOf(id: string, seen: Seen, isClosed: boolean): Row {
  const one = find(id, seen)
  const row: Row = one === undefined ? { state: 'waiting', ms: null, note: '' } : describeRow(one, new Date())
  if (isClosed && one !== undefined && !isOver(one)) return { ...row, note: 'not over yet' }
  const tags = one?.attempts.at(-1)?.last.tags ?? []
  return row.note === '' && tags.length > 0 ? { ...row, note: describeTags(tags) } : row
}

const STYLES = {
  waiting: 'dim',
  queued: 'cyan',
  running: 'cyan',
  retrying: 'yellow',
  passed: 'green',
  failed: 'red',
  cancelled: 'yellow',
  skipped: 'dim',
} as const
/** What listr2 puts before a title, and keeps free behind it. */
const MARGIN = 6

function renderRow(name: string, { state, ms, note }: Row): string {
  const time = ms === null ? '' : seconds(ms)
  const start = `${name}  ${state.padEnd(9)}  ${time.padStart(6)}  `
  const room = (process.stdout.columns ?? 80) - start.length - MARGIN
  const shown = note.length <= room ? note : `${note.slice(0, Math.max(0, room - 1))}…`
  return `${name}  ${paint(STYLES[state], state.padEnd(9))}  ${time.padStart(6)}  ${paint('dim', shown)}`.trimEnd()
}

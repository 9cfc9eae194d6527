/** How far a sweep is, in one line on a terminal; nothing elsewhere. It is gone when the report is printed. */
import { writeSync } from 'node:fs'

import type { WatchedProgress } from '../../app/sweep-watch.ts'
import type { SweepKind } from '../../domain/sweep.ts'
import { SWEEP_TITLES } from '../../domain/sweep-view.ts'
import { count } from '../../domain/wording.ts'
import type { RepoName } from '../../ports.ts'
import { printableLine } from '../printable.ts'

export interface ProgressTitle {
  readonly kind: SweepKind
  readonly repository: RepoName
  /** Whether there is a terminal to show it on. */
  readonly isShown: boolean
  /** What becomes of the sweep when somebody presses Ctrl-C, in whole sentences. */
  readonly whenInterrupted: string
}

/** Of a program that was interrupted. */
const INTERRUPTED = 130
const SHOW_CURSOR = '\u001b[?25h'

/** Null: it has not begun. */
export type TellProgress = (progress: WatchedProgress | null, target: string | null) => void

/** Runs the work, which tells how far it is, and returns what it returns. */
export async function showSweepProgress<Result>(
  { kind, repository, isShown, whenInterrupted }: ProgressTitle,
  work: (tell: TellProgress) => Promise<Result>,
): Promise<Result> {
  if (!isShown) return work(() => {})
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2')
  const { stderr } = process
  const result: { value?: Result } = {}
  const titleOf = (target: string | null) =>
    printableLine(`${SWEEP_TITLES[kind]} of ${target ?? `${repository.owner}/${repository.name}`}`)
  const tasks = new Listr<unknown, 'default'>(
    [
      {
        title: titleOf(null),
        task: async (_context, task) => {
          result.value = await work((progress, target) => {
            task.title = `${titleOf(target)}: ${describe(progress)}`
          })
        },
      },
    ],
    {
      // The report may go to a file while the terminal is watched.
      forceTTY: true,
      registerSignalListeners: false,
      rendererOptions: {
        clearOutput: true,
        collapseErrors: false,
        showErrorMessage: false,
        logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput: new ProcessOutput(stderr, stderr) }),
      },
    },
  )
  const interrupt = () => {
    // The renderer holds back what is written by other ways.
    writeSync(stderr.fd, `${SHOW_CURSOR}\n${printableLine(whenInterrupted)}\n`)
    process.exit(INTERRUPTED)
  }
  process.once('SIGINT', interrupt)
  try {
    await tasks.run()
  } finally {
    process.off('SIGINT', interrupt)
  }
  return result.value as Result
}

function describe(progress: WatchedProgress | null): string {
  if (progress === null) return 'waits for the running server'
  const { done, of, spent } = progress
  const asked = count(spent.requests, 'request')
  return of === null ? `looks, ${asked}` : `${done} of ${of} done, ${asked}`
}

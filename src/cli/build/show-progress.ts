/** A build's log while it is built: a window of its last lines on a terminal, every line elsewhere. */
import { randomUUID } from 'node:crypto'
import { printableLine } from '../printable.ts'

/** How many lines of the log the window has. */
const WINDOW = 10

export interface ProgressOptions {
  readonly title: string
  readonly window: boolean
}

/** Runs the work, which tells its lines to `onLine`, and returns what it returns. */
export async function showProgress<T>(
  { title, window }: ProgressOptions,
  work: (onLine: (line: string) => void) => Promise<T>,
): Promise<T> {
  if (!window) {
    console.error(printableLine(title))
    return withoutCommands(() => work((line) => console.error(printableLine(line))))
  }
  const { Listr } = await import('listr2')
  const result: { value?: T } = {}
  const tasks = new Listr<unknown, 'default'>(
    [
      {
        title: printableLine(title),
        rendererOptions: { bottomBar: WINDOW },
        task: async (_context, task) => {
          result.value = await work((line) => {
            task.output = printableLine(line)
          })
        },
      },
    ],
    // Signals are the command's: it stops the build first.
    {
      registerSignalListeners: false,
      renderer: 'default',
      rendererOptions: { collapseErrors: false, showErrorMessage: false },
    },
  )
  await tasks.run()
  return result.value as T
}

/**
 * In a step of GitHub Actions: what the work prints are no commands to the runner, until a line that nobody can guess.
 *
 * Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#stopping-and-starting-workflow-commands
 */
async function withoutCommands<T>(work: () => Promise<T>): Promise<T> {
  if (process.env.GITHUB_ACTIONS !== 'true') return work()
  const resume = randomUUID()
  console.error(`::stop-commands::${resume}`)
  try {
    return await work()
  } finally {
    console.error(`::${resume}::`)
  }
}

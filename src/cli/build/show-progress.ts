/** A build's log while it is built: a window of its last lines on a terminal, every line elsewhere. */
import { printable } from '../printable.ts'

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
    console.error(printable(title))
    return work((line) => console.error(printable(line)))
  }
  const { Listr } = await import('listr2')
  const result: { value?: T } = {}
  const tasks = new Listr<unknown, 'default'>(
    [
      {
        title: printable(title),
        rendererOptions: { bottomBar: WINDOW },
        task: async (_context, task) => {
          result.value = await work((line) => {
            task.output = printable(line)
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

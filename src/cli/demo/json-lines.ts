/** The demo as JSON lines, for programs. */
import type { Presenter, TimedEvent } from './events.ts'

/** JSON lines, and nothing else. */
export function makeJsonPresenter(): Presenter {
  return {
    show: (event) => void process.stdout.write(`${toJsonLine(event)}\n`),
    rest: async () => {},
    stayUp() {},
  }
}

/** Keys become snake_case, as everywhere outside of the code. */
export function toJsonLine({ at, event, ...rest }: TimedEvent): string {
  return JSON.stringify({ at, event, ...rest }, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeCase(key), inner]))
      : value,
  )
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

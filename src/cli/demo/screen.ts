/**
 * A terminal whose last lines are live: they are drawn again and again, while what is printed goes above them and stays.
 * Each live line must fit into the width of the terminal.
 */
import { styleText } from 'node:util'

export interface Screen {
  /** Above what is live. */
  print(text: string): void
  /** Draws the live lines a last time, and leaves them. */
  close(): void
}

/** What is written to: standard output, or what a test looks at. */
export interface Terminal {
  write(text: string): unknown
  readonly rows?: number
}

const REFRESH_MS = 120

/** @param frame the live lines as they are now. */
export function openScreen(frame: () => readonly string[], terminal: Terminal = process.stdout): Screen {
  let drawn = 0
  /** In one write, so that nothing is shown half drawn. */
  const draw = (printed: readonly string[], live: readonly string[]) => {
    terminal.write(`${eraseLines(drawn)}${[...printed, ...live].map((line) => `${line}\n`).join('')}`)
    drawn = live.length
  }
  /** What has scrolled out of the terminal cannot be erased: of a frame that is too high, the end is shown. */
  const fitting = () => frame().slice(1 - (terminal.rows ?? 24))
  const timer = setInterval(() => draw([], fitting()), REFRESH_MS)
  draw([], fitting())
  return {
    print: (text) => draw([text], fitting()),
    close() {
      clearInterval(timer)
      draw([], frame())
    },
  }
}

/** Moves to the start of the line that many lines above, and clears everything from there. */
function eraseLines(lines: number): string {
  return lines === 0 ? '' : `\u001B[${lines}A\u001B[0J`
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** A sign that turns as time passes. */
export function spin(): string {
  return styleText('cyan', SPINNER[Math.floor(Date.now() / REFRESH_MS) % SPINNER.length] ?? '', {
    stream: process.stdout,
  })
}

/** In lines of at most this width, broken between words; a word that is longer stays whole. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

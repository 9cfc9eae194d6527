/**
 * A connection that prepares the statements it is given, so that the server parses and plans each of them once. The
 * queue's are long: planning one takes more time than carrying it out.
 */
import { createHash } from 'node:crypto'
import pg from 'pg'

/** Statements that a connection keeps prepared. Later ones are not: texts that vary must not fill the server's memory. */
const MOST_PREPARED = 200

export class PreparingClient extends pg.Client {
  readonly #names = new Map<string, string>()

  // biome: the overloads of pg are kept by assigning the wrapped function.
  override query = ((query: unknown, values?: unknown, callback?: unknown) => {
    const name = typeof query === 'string' && Array.isArray(values) && values.length > 0 ? this.#nameOf(query) : null
    const run = super.query.bind(this) as (...args: unknown[]) => unknown
    return name === null ? run(query, values, callback) : run({ name, text: query, values }, callback)
  }) as pg.Client['query']

  #nameOf(text: string): string | null {
    const known = this.#names.get(text)
    if (known !== undefined) return known
    if (this.#names.size >= MOST_PREPARED) return null
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 22)
    this.#names.set(text, name)
    return name
  }
}

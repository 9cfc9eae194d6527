/**
 * A connection that prepares the statements that insert, so that the server parses and plans each of them once. The
 * queue's are long: planning one takes more time than carrying it out. Not those that select: what `select *` gives
 * may change under a process that runs while a newer one migrates, and a prepared one then fails for good.
 */
import { createHash } from 'node:crypto'
import pg from 'pg'

/** Statements that a connection keeps prepared. Later ones are not: texts that vary must not fill the server's memory. */
const MOST_PREPARED = 100
const INSERTS = /^\s*(insert|with)\b/i

export class PreparingClient extends pg.Client {
  readonly #names = new Map<string, string>()

  // A property, since a method would have to repeat the overloads of `pg`.
  override query = ((query: unknown, values?: unknown, callback?: unknown) => {
    const name = typeof query === 'string' && Array.isArray(values) ? this.#nameOf(query) : null
    const run = super.query.bind(this) as (...args: unknown[]) => unknown
    return name === null ? run(query, values, callback) : run({ name, text: query, values }, callback)
  }) as pg.Client['query']

  #nameOf(text: string): string | null {
    const known = this.#names.get(text)
    if (known !== undefined) return known
    if (this.#names.size >= MOST_PREPARED || !INSERTS.test(text)) return null
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 22)
    this.#names.set(text, name)
    return name
  }
}

/**
 * Commits what arrives while a commit is under way together in the next one: under load one transaction carries many
 * deliveries, and a single one does not wait.
 */
import { setImmediate } from 'node:timers/promises'

interface Waiting<T> {
  readonly item: T
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const LANES=Number(process.env.LANES??2), MIN=Number(process.env.MINW??16)
export class GroupCommit<T> {
  readonly #commit: (items: readonly T[]) => Promise<void>
  readonly #most: number
  #waiting: Waiting<T>[] = []
  #running = 0

  /** @param most items in one commit. */
  constructor(commit: (items: readonly T[]) => Promise<void>, most: number) {
    this.#commit = commit
    this.#most = most
  }

  /** Resolves when the item is committed; rejects when its commit failed. */
  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (this.#running===0||this.#running<LANES&&this.#waiting.length>=MIN) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running++
    await setImmediate()
    while (this.#waiting.length > 0&&(this.#running===1||this.#waiting.length>=MIN)) {
      // An embedded database commits without letting the event loop turn: first take in all that has arrived.
      const group = this.#waiting.splice(0, this.#most)
      try {
        await this.#commit(group.map((waiting) => waiting.item))
        for (const waiting of group) waiting.resolve()
      } catch (error) {
        for (const waiting of group) waiting.reject(error)
      }
      await setImmediate()
    }
    this.#running--
  }
}

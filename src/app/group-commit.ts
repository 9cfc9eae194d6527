/**
 * Commits what arrives while commits are under way together in the next one: under load one transaction carries many
 * deliveries, and a single one does not wait.
 */
import { setImmediate } from 'node:timers/promises'

export interface GroupBounds {
  /** Items in one commit. */
  readonly most: number
  /** Commits under way at the same time. */
  readonly atOnce: number
  /** Items that must wait before a further commit begins beside one that is under way. */
  readonly overlapFrom: number
}

interface Waiting<T> {
  readonly item: T
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export class GroupCommit<T> {
  readonly #commit: (items: readonly T[]) => Promise<void>
  readonly #bounds: GroupBounds
  #waiting: Waiting<T>[] = []
  #underWay = 0

  constructor(commit: (items: readonly T[]) => Promise<void>, bounds: GroupBounds) {
    this.#commit = commit
    this.#bounds = bounds
  }

  /** Resolves when the item is committed; rejects when the commit of its group failed. */
  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (this.#underWay < this.#bounds.atOnce && this.#isDue(this.#underWay)) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#underWay++
    do {
      // Let the event loop turn: all that has arrived by now belongs to this group. An embedded database does not.
      await setImmediate()
      await this.#commitGroup(this.#waiting.splice(0, this.#bounds.most))
    } while (this.#isDue(this.#underWay - 1))
    this.#underWay--
  }

  /** @param others commits under way. The last one takes whatever waits. */
  #isDue(others: number): boolean {
    return this.#waiting.length >= (others === 0 ? 1 : this.#bounds.overlapFrom)
  }

  async #commitGroup(group: readonly Waiting<T>[]): Promise<void> {
    if (group.length === 0) return
    try {
      await this.#commit(group.map((waiting) => waiting.item))
      for (const waiting of group) waiting.resolve()
    } catch (error) {
      for (const waiting of group) waiting.reject(error)
    }
  }
}

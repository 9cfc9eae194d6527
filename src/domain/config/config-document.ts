/**
 * The merged configuration under examination, and what was found wrong with it so far. A value is asked for by its
 * path, and one of wrong shape is simply not there, so that it keeps nothing else from being looked at. A problem is
 * reported by its path too, and gets the file and the line from here.
 */

import type { z } from 'zod'
import type { ConfigProblem } from '../config.ts'
import { formatKeyPath, type KeyPath, valueAt } from './key-path.ts'
import { keyName } from './problem-wording.ts'
import { type Branch, childOf, plainValue, type YamlValue } from './yaml-tree.ts'

export class ConfigDocument {
  readonly problems: ConfigProblem[] = []
  /** The whole document as plain values. */
  readonly value: YamlValue
  private readonly root: Branch

  constructor(root: Branch) {
    this.root = root
    this.value = plainValue(root.tree)
  }

  /** Keys of the map at a path, in the order of the file; none where there is no map. */
  keysOf(path: KeyPath): string[] {
    const { branch, isExact } = this.find(path)
    return isExact && branch.tree.kind === 'map' ? [...branch.tree.entries.keys()] : []
  }

  /** The value at a path with its defaults; null when its shape is wrong, which `shapeProblems` says. */
  valid<Schema extends z.ZodType>(schema: Schema, path: KeyPath): z.output<Schema> | null {
    const result = schema.safeParse(valueAt(this.value, path))
    return result.success ? result.data : null
  }

  report(path: KeyPath, message: string, onKey = false): void {
    const { branch, isExact } = this.find(path)
    const place = onKey || !isExact ? branch.keyPlace : branch.place
    this.problems.push({ ...place, at: formatKeyPath(path), message })
  }

  /** Numbers that YAML reads as other than they are written: `3.10` would arrive as `3.1`. */
  reportChangedNumbers(path: KeyPath): void {
    const { branch, isExact } = this.find(path)
    if (isExact) this.reportNumbersOf(branch, path)
  }

  private reportNumbersOf({ tree }: Branch, path: KeyPath): void {
    if (tree.kind !== 'scalar') {
      const parts = tree.kind === 'list' ? tree.items : tree.entries
      for (const [step, part] of parts.entries()) this.reportNumbersOf(part, [...path, step])
    } else if (typeof tree.value === 'number' && String(tree.value) !== tree.text) {
      const advice = `put ${tree.text} in quotes to keep it as it is written`
      this.report(path, `${keyName(path)} is the number ${tree.value} to YAML; ${advice}`)
    }
  }

  /** The branch at a path, or the last one on the way there. */
  private find(path: KeyPath): { branch: Branch; isExact: boolean } {
    let branch = this.root
    for (const step of path) {
      const next = childOf(branch.tree, step)
      if (next === undefined) return { branch, isExact: false }
      branch = next
    }
    return { branch, isExact: true }
  }
}

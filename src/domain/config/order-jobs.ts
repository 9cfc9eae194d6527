/**
 * Puts the jobs of a pipeline in an order in which each comes after those that it needs. Among those that may come
 * next, the first in the file does. Jobs that wait for one another in a circle have no such order: every circle is
 * reported once, at the job of it that is first in the file.
 */

import type { Job } from '../config.ts'
import type { ConfigDocument } from './config-document.ts'
import type { KeyPath } from './key-path.ts'

/** `path` is that of the jobs. Those that no order can place come last. */
export function orderJobs(document: ConfigDocument, path: KeyPath, jobs: readonly Job[]): Job[] {
  const ordered: Job[] = []
  const placed = new Set<string>()
  const isReady = (job: Job) => job.needs.every((need) => placed.has(need))
  const waiting = [...jobs]
  for (;;) {
    const next = waiting.findIndex(isReady)
    const [job] = next === -1 ? [] : waiting.splice(next, 1)
    if (job === undefined) break
    ordered.push(job)
    placed.add(job.name)
  }
  for (const circle of findCircles(waiting)) {
    const message = `these jobs wait for one another: ${showCircle(circle)}; remove one of these "needs"`
    document.report([...path, circle[0] ?? '', 'needs'], message)
  }
  return [...ordered, ...waiting]
}

/** Each of these jobs needs another of them, so whoever follows the needs from anywhere ends up going round. */
function findCircles(jobs: readonly Job[]): string[][] {
  const byName = new Map(jobs.map((job) => [job.name, job]))
  const nextOf = (name: string) => byName.get(name)?.needs.find((need) => byName.has(need))
  const seen = new Set<string>()
  return jobs.flatMap((start) => {
    const walk: string[] = []
    let name: string | undefined = start.name
    for (; name !== undefined && !seen.has(name); name = nextOf(name)) {
      seen.add(name)
      walk.push(name)
    }
    // A walk that ends in an earlier one has found nothing new.
    const begin = name === undefined ? -1 : walk.indexOf(name)
    return begin === -1 ? [] : [fromFirst(walk.slice(begin), jobs)]
  })
}

/** The same circle, told from the job that is first in the file. */
function fromFirst(circle: readonly string[], jobs: readonly Job[]): string[] {
  const first = jobs.find((job) => circle.includes(job.name))?.name ?? ''
  const begin = circle.indexOf(first)
  return [...circle.slice(begin), ...circle.slice(0, begin)]
}

function showCircle(names: readonly string[]): string {
  const shown = names.length <= 10 ? names : [...names.slice(0, 8), `${names.length - 8} more`]
  return [...shown, names[0]].join(' → ')
}

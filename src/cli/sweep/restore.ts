/** `signalbox cleanup restore`: brings back what a sweep of images deleted. */
import { existsSync } from 'node:fs'
import { deletedBy, type Restored, restoreImages } from '../../app/restore-images.ts'
import { UsageError } from '../../domain/errors.ts'
import type { SweepReport } from '../../domain/sweep.ts'
import { readOpenImages } from './open-images.ts'
import { openSweepAccess } from './sweep-access.ts'

export interface RestoredSweep {
  readonly sweep: string
  /** `registry/path`. */
  readonly repository: string
  readonly restored: readonly Restored[]
  /** Versions that lost only tags: nobody keeps these. */
  readonly untagged: readonly string[]
}

/** @throws {UsageError} when there is nothing that could be restored. */
export async function restoreSweep(id: string, onRestored?: (restored: Restored) => void): Promise<RestoredSweep> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  const report = await findSweep(id)
  const { target } = report
  if (report.kind !== 'images' || target === null)
    throw new UsageError(`The sweep ${id} was none of images: what it did cannot be undone.`)
  if (deletedBy(report).length === 0) throw new UsageError(`The sweep ${id} deleted nothing.`)
  const images = await readOpenImages(process.env)(target)
  if (!images.canDelete)
    throw new UsageError(
      `Without a token nothing can be restored in ${target}: set PACKAGES_TOKEN to a personal token (classic) with write:packages.`,
    )
  const untagged = report.outcomes.filter((one) => one.outcome === 'done' && one.do.includes('untag'))
  const restored = await restoreImages(report, images, onRestored)
  return { sweep: id, repository: target, restored, untagged: untagged.map(({ subject }) => subject) }
}

async function findSweep(id: string): Promise<SweepReport> {
  const access = await openSweepAccess(process.env, false)
  try {
    const report = await access.get(id)
    if (report === null) throw new UsageError(`There is no sweep ${id}; «signalbox sweeps --kind images» lists them.`)
    return report
  } finally {
    await access.close()
  }
}

/** A directory that is gone when the process ends, however it ends, short of being killed. */
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryDirectory {
  readonly path: string
  remove(): Promise<void>
}

export async function makeTemporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'signalbox-demo-')).catch((error: Error) => {
    throw new Error(
      `The demo needs a directory for its data, and none can be made in ${tmpdir()} (${error.message}). Set TMPDIR to one that can be written to.`,
      { cause: error },
    )
  })
  const removeNow = () => rmSync(path, { recursive: true, force: true })
  process.once('exit', removeNow)
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true, maxRetries: 3 })
      process.off('exit', removeNow)
    },
  }
}

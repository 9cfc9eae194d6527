/** A thread that hashes files, batch by batch, as it is told. Started by `hash-pool.ts`. */
import { parentPort } from 'node:worker_threads'
import { HASH_BUFFER_BYTES, hashFile } from './hash-file.ts'

export interface HashBatch {
  readonly id: number
  readonly paths: readonly string[]
}

export type HashReply =
  /** In the order of the paths. */
  | { readonly id: number; readonly hashes: readonly string[] }
  /** Of the first path that cannot be read. */
  | { readonly id: number; readonly path: string; readonly code: string; readonly message: string }

const buffer = Buffer.allocUnsafeSlow(HASH_BUFFER_BYTES)

parentPort?.on('message', (batch: HashBatch) => parentPort?.postMessage(answer(batch)))

function answer({ id, paths }: HashBatch): HashReply {
  const hashes: string[] = []
  for (const path of paths) {
    try {
      hashes.push(hashFile(path, buffer))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      return { id, path, code, message: error instanceof Error ? error.message : String(error) }
    }
  }
  return { id, hashes }
}

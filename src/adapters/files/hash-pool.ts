/** Hashes files in threads, one for each core. Few files are hashed at once, since a thread takes longer to start. */
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { InvariantError } from '../../domain/errors.ts'
import { fileFault } from './file-faults.ts'
import { HASH_BUFFER_BYTES, hashFile } from './hash-file.ts'
import type { HashBatch, HashReply } from './hash-worker.ts'

/** Files of one message between threads. */
const BATCH = 64
/** Up to so many files, no thread is started. */
const FEW = 256
/** Batches that a thread has at once, so that it need not wait for the next one. */
const AHEAD = 2

export interface HashPool {
  /** The file's place among all that were added. */
  add(path: string): void
  /** Hashes of all files that were added, in order; hexadecimal. */
  finish(): Promise<readonly string[]>
  close(): Promise<void>
}

export function makeHashPool(threads = availableParallelism()): HashPool {
  const paths: string[] = []
  const hashes: string[] = []
  let handed = 0
  let threading: Threads | null = null
  const hand = (least: number) => {
    while (paths.length - handed >= least && handed < paths.length) {
      threading ??= startThreads(threads, (at, batch) => {
        for (const [index, digest] of batch.entries()) hashes[at + index] = digest
      })
      threading.give({ id: handed, paths: paths.slice(handed, handed + BATCH) })
      handed += BATCH
    }
  }
  return {
    add(path) {
      paths.push(path)
      if (paths.length > FEW) hand(BATCH)
    },
    async finish() {
      if (threading === null) return hashHere(paths)
      hand(1)
      await threading.done()
      return hashes
    },
    close: async () => threading?.stop(),
  }
}

function hashHere(paths: readonly string[]): string[] {
  const buffer = Buffer.allocUnsafeSlow(HASH_BUFFER_BYTES)
  return paths.map((path) => {
    try {
      return hashFile(path, buffer)
    } catch (error) {
      throw fileFault(path, 'cannot be read', error)
    }
  })
}

interface Threads {
  give(batch: HashBatch): void
  /** Resolves when nothing that was given is left. */
  done(): Promise<void>
  stop(): Promise<void>
}

function startThreads(count: number, onHashes: (at: number, hashes: readonly string[]) => void): Threads {
  const waiting: HashBatch[] = []
  const ended = Promise.withResolvers<void>()
  // It may fail before anybody waits for it.
  ended.promise.catch(() => {})
  let unanswered = 0
  let complete = false
  const settle = () => {
    if (complete && unanswered === 0) ended.resolve()
  }
  const file = new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url)
  const workers = Array.from({ length: count }, () => ({ thread: new Worker(file), busy: 0 }))
  const feed = () => {
    for (const worker of workers) {
      while (worker.busy < AHEAD && waiting.length > 0) {
        worker.thread.postMessage(waiting.shift())
        worker.busy += 1
      }
    }
  }
  for (const worker of workers) {
    worker.thread.on('message', (reply: HashReply) => {
      worker.busy -= 1
      unanswered -= 1
      if ('hashes' in reply) onHashes(reply.id, reply.hashes)
      else ended.reject(fileFault(reply.path, 'cannot be read', Object.assign(new Error(reply.message), reply)))
      feed()
      settle()
    })
    worker.thread.on('error', (error) => ended.reject(error))
    worker.thread.on('exit', () => ended.reject(new InvariantError('A thread that hashes files ended early')))
  }
  return {
    give(batch) {
      unanswered += 1
      waiting.push(batch)
      feed()
    },
    done() {
      complete = true
      settle()
      return ended.promise
    },
    async stop() {
      await Promise.all(workers.map(({ thread }) => thread.terminate()))
    },
  }
}

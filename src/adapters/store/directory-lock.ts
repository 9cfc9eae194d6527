/**
 * One process at a time in a data directory: PGlite does not guard its files, and two writers would destroy them. The
 * holder listens on a socket in the directory, which ends with its process however that ends. A process id would not
 * do: in containers that share a volume every process has the same one.
 */
import { rm, stat } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join, relative } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** Linux takes 107 bytes, macOS 103. */
const MAX_SOCKET_PATH = 103
/** Two processes that find the same stale socket may both replace it; the one whose socket is gone by now has lost. */
const CONTEST_MS = 50

/** Another live process holds the directory. */
export class DirectoryInUseError extends Error {
  override readonly name = 'DirectoryInUseError'
}

/** @returns a function that gives the lock back. @throws {DirectoryInUseError} */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = socketPath(directory)
  for (let tries = 0; tries < 3; tries++) {
    const server = await tryListen(path)
    if (server) {
      const own = (await stat(path)).ino
      await setTimeout(CONTEST_MS)
      const now = await stat(path).catch(() => null)
      if (now?.ino === own) return () => close(server)
      // Not closed: that would remove the winner's socket, which has the same path.
      break
    }
    if (await isAnswered(path)) break
    await rm(path, { force: true })
  }
  throw new DirectoryInUseError(
    `The data directory ${directory} is in use by another Signalbox. ` +
      'Stop that one, choose another SIGNALBOX_DATA_DIR, or set DATABASE_URL to share one PostgreSQL server.',
  )
}

function socketPath(directory: string): string {
  const path = join(directory, 'signalbox.sock')
  const shorter = relative(process.cwd(), path)
  const best = Buffer.byteLength(shorter) < Buffer.byteLength(path) ? shorter : path
  if (Buffer.byteLength(best) <= MAX_SOCKET_PATH) return best
  throw new Error(
    `The path of the data directory ${directory} is too long for the lock in it. Choose a shorter SIGNALBOX_DATA_DIR.`,
  )
}

/** Null: the socket exists. */
function tryListen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    )
    server.listen(path, () => resolve(server.unref()))
  })
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/** Has the running server carry sweeps out, and waits until their reports are there. */
import { setTimeout } from 'node:timers/promises'
import type { WatchedHead } from '../../app/sweep-protocol.ts'
import { UsageError } from '../../domain/errors.ts'
import type { SweepKind, SweepReport } from '../../domain/sweep.ts'
import type { SweepSubject } from '../../ports/sweeps.ts'
import type { TellProgress } from './show-progress.ts'
import { NoAnswerError, type SweepServer } from './sweep-server.ts'

export interface FollowOptions {
  readonly server: SweepServer
  readonly kind: SweepKind
  readonly subject: SweepSubject
  /** One report each; null: the repository. */
  readonly targets: readonly (string | null)[]
  readonly tell: TellProgress
}

const POLL_MS = 500
/** For so long a server may not answer, as while it is started anew. */
const PATIENCE_MS = 60_000

/** A sweep that is at work already is as good as a new one. @throws {UsageError} when the server stopped, or gave a sweep up. */
export async function followSweeps(options: FollowOptions): Promise<SweepReport[]> {
  const { server, kind, subject, targets, tell } = options
  const { repo } = subject
  const title = `${repo.owner}/${repo.name}`
  const before = await server.standing(kind, repo.id)
  const over = new Set(before.sweeps.filter(isOver).map(({ id }) => id))
  await server.enqueue(kind, subject)
  let answeredAt = Date.now()
  for (;;) {
    const standing = await server.standing(kind, repo.id).catch(orNull)
    if (standing !== null) {
      answeredAt = Date.now()
      const fresh = standing.sweeps.filter(({ id }) => !over.has(id))
      const done = targets.map((target) => fresh.find((head) => head.target === target && isOver(head)))
      if (done.every((head) => head !== undefined)) return Promise.all(done.map(({ id }) => load(server, id)))
      if (!standing.isAwaited)
        throw new UsageError(
          `The running server gave the sweep of ${title} up; its log says why. Mend that, and try again.`,
        )
      const open = fresh.find((head) => !isOver(head))
      tell(open?.progress ?? null, open?.target ?? null)
    } else if (Date.now() - answeredAt > PATIENCE_MS)
      throw new UsageError(
        `The server does not answer any more. It goes on with the sweep when it is started again; «signalbox sweeps ${title}» shows what came of it.`,
      )
    await setTimeout(POLL_MS)
  }
}

function orNull(error: unknown): null {
  if (error instanceof NoAnswerError) return null
  throw error
}

function isOver({ state }: WatchedHead): boolean {
  return state !== 'open'
}

async function load(server: SweepServer, id: string): Promise<SweepReport> {
  const report = await server.get(id)
  if (report === null) throw new UsageError(`The sweep ${id} is not on record any more.`)
  return report
}

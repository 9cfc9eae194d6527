/**
 * Carries out what was decided about the versions of an image repository. Each is looked at once more right before it goes. What is
 * left alone after all, since it changed or could not be deleted, keeps everything that it may need, and so does what was pushed since.
 */

import { GitHubError, RegistryError } from '../domain/errors.ts'
import { CLOCKS_DIFFER_MS, planDrift } from '../domain/image-plan.ts'
import type { ImagePlan, ImageVersion } from '../domain/image-retention.ts'
import { referredDigest } from '../domain/images-retention/tag-kinds.ts'
import type { SweepDecision, SweepOutcome } from '../domain/sweep.ts'
import type { ImageRepository } from '../ports/sweeps.ts'
import type { Clock } from '../ports.ts'
import { deleteInTurn, deleteOnce } from './delete-in-turn.ts'
import type { Pace } from './pace.ts'
import { type SweepWork, skipped } from './sweep.ts'

export type PlannedImage = SweepDecision & ImagePlan['actions'][number]

export interface DeleteImagesOptions {
  readonly images: ImageRepository
  readonly clock: Clock
  /** When the versions were looked at. */
  readonly decidedAt: Date
  /** Digests that were there then; null: that is not known here. */
  readonly known: ReadonlySet<string> | null
  /** What goes instead of what is refused, as what goes together. */
  readonly spare?: readonly (readonly PlannedImage[])[]
}

/** How long it is taken that nothing was pushed: as little as can be, but looking takes no more than a small share of the time. */
const LOOK_AGAIN = { leastMs: 2_000, mostMs: 5 * 60_000, share: 1 / 20 } as const

export async function deleteImages(
  options: DeleteImagesOptions,
  actions: readonly PlannedImage[],
  work: SweepWork,
): Promise<void> {
  const guard = makeGuard(options.images)
  const lookAgain = makeLookAgain(options, actions, guard)
  const pushedSince = pushTime(options)
  const look = async (action: PlannedImage): Promise<Looked> => {
    await lookAgain()
    const why = await guard.whyNot(action)
    if (why !== null) return leave(guard, action, why)
    const now = await options.images.findVersion(action.digest)
    if (now === null) return { kind: 'gone' }
    const drift = planDrift(action, now, pushedSince)
    return drift === null ? now : leave(guard, action, drift)
  }
  const writing = { images: options.images, pace: paceOf(options.images, work), look }
  await deleteInTurn(
    actions,
    work,
    async (action) => {
      const outcome = await orRefused(action, () => write(writing, action))
      const stays = action.untag === null && (outcome.outcome === 'refused' || outcome.outcome === 'failed')
      if (stays) await guard.add(action.digest, 'it could not be deleted')
      return outcome
    },
    options.spare,
  )
}

/** What one version cannot be asked about does not end the sweep of the others. */
async function orRefused(action: PlannedImage, work: () => Promise<SweepOutcome>): Promise<SweepOutcome> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof GitHubError) && !(error instanceof RegistryError)) throw error
    return { ...named(action), outcome: 'refused', operations: 0, note: error.message }
  }
}

/** Times of GitHub are whole seconds. */
const SECOND_MS = 1_000

/** From when on a version is new. Only GitHub tells when one was pushed; elsewhere the time is that of the build. */
function pushTime({ images, decidedAt }: DeleteImagesOptions): Date | null {
  return images.tellsPushTime ? new Date(decidedAt.getTime() - SECOND_MS) : null
}

async function leave(guard: Guard, action: PlannedImage, why: string): Promise<SweepOutcome> {
  await guard.add(action.digest, why)
  return skipped(action, why)
}

/** GitHub's limits are of no concern to other registries. */
function paceOf({ tellsPushTime: isGitHub }: ImageRepository, { pace }: SweepWork): Pace {
  return isGitHub ? pace : () => pace({ content: 0, all: 0 })
}

/** The version as it is now, that it is gone, or why it is left alone. */
type Looked = Pick<ImageVersion, 'id' | 'digest'> | { readonly kind: 'gone' } | SweepOutcome

interface Writing {
  readonly images: ImageRepository
  readonly pace: Pace
  readonly look: (action: PlannedImage) => Promise<Looked>
}

async function write({ images, pace, look }: Writing, action: PlannedImage): Promise<SweepOutcome> {
  if (action.untag === null)
    return deleteOnce(action, pace, async () => {
      const looked = await look(action)
      return 'id' in looked ? images.deleteVersion(looked) : looked
    })
  let operations = 0
  for (const tag of action.untag) {
    const outcome = await deleteOnce(action, pace, async () => {
      const looked = await look(action)
      if (!('id' in looked)) return looked
      const result = await images.removeTag(action.digest, tag)
      return result.kind === 'unsupported' ? { kind: 'refused', message: NO_UNTAGGING } : result
    })
    operations += outcome.operations
    if (outcome.outcome === 'skipped') return { ...outcome, operations }
    if (outcome.outcome !== 'done') return { ...outcome, operations, note: `the tag ${tag}: ${outcome.note}` }
  }
  return { ...named(action), outcome: 'done', operations, note: '' }
}

const NO_UNTAGGING = 'the registry takes no tag away without the version that it names'

function named({ subject, do: doing }: SweepDecision): Pick<SweepOutcome, 'subject' | 'do'> {
  return { subject, do: doing }
}

interface Guard {
  /** This version stays, and with it everything that it may need. */
  add(digest: string, why: string): Promise<void>
  /** Why the version cannot go, or lose a tag; null: nothing stands in the way. */
  whyNot(action: PlannedImage): Promise<string | null>
}

function makeGuard(images: ImageRepository): Guard {
  /** Digest → why it stays. */
  const guarded = new Map<string, string>()
  /** Stays, and cannot be read: whatever has no tag may be part of it. */
  let unreadable: string | null = null
  return {
    async add(digest, why) {
      const pending = [digest]
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        if (guarded.has(next)) continue
        guarded.set(next, next === digest ? why : `${digest} needs it, which stays: ${why}`)
        const manifest = await images.readManifest(next)
        if (manifest !== null)
          pending.push(...manifest.children, ...(manifest.subject === null ? [] : [manifest.subject]))
        else if ((await images.findVersion(next)) !== null) unreadable ??= next
      }
    },
    async whyNot({ digest, tags, untag }) {
      const why = guarded.get(digest)
      // A version that stays anyway may lose a tag.
      if (untag !== null) return null
      if (why !== undefined) return why
      if (guarded.size === 0) return null
      const { subject = null, children = [] } = (await images.readManifest(digest)) ?? {}
      // What it contains would have nobody left that names it.
      if (unreadable !== null && (tags.length === 0 || children.length > 0))
        return `it, or a part of it, may be part of ${unreadable}, which cannot be read`
      const subjects = [...tags.map((tag) => referredDigest(tag, guarded)), subject]
      const staying = subjects.find((one) => one !== null && guarded.has(one))
      return staying === undefined ? null : `it belongs to ${staying}, which stays`
    },
  }
}

/** A version that was pushed, or got a tag, while others are deleted may need one of these. */
function makeLookAgain(
  options: DeleteImagesOptions,
  actions: readonly PlannedImage[],
  guard: Guard,
): () => Promise<void> {
  const { images, clock, decidedAt, known } = options
  const pushedSince = pushTime(options)
  const planned = new Map([...actions, ...(options.spare ?? []).flat()].map((action) => [action.digest, action]))
  // Who decided elsewhere did it a while ago.
  let lookedAt = known === null ? Number.NEGATIVE_INFINITY : decidedAt.getTime()
  let goodForMs: number = LOOK_AGAIN.leastMs
  const isNew = ({ digest, createdAt }: Pick<ImageVersion, 'digest' | 'createdAt'>): boolean => {
    if (known !== null) return !known.has(digest)
    // The clock of whoever decided may be ahead of GitHub's; to take one too many for new only keeps what it needs.
    return pushedSince === null || createdAt.getTime() > pushedSince.getTime() - CLOCKS_DIFFER_MS
  }
  return async () => {
    if (clock.now().getTime() - lookedAt < goodForMs) return
    lookedAt = clock.now().getTime()
    const startedAt = performance.now()
    for await (const page of images.listVersions())
      for (const version of page) {
        const action = planned.get(version.digest)
        if (action === undefined ? isNew(version) : planDrift(action, version, pushedSince) !== null)
          await guard.add(version.digest, 'it was pushed, or got a tag, since that was decided')
      }
    const tookMs = performance.now() - startedAt
    goodForMs = Math.min(LOOK_AGAIN.mostMs, Math.max(LOOK_AGAIN.leastMs, tookMs / LOOK_AGAIN.share))
  }
}

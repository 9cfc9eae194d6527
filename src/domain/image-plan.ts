/**
 * A plan of what goes from an image repository, as text that one process hands to another. It is bound to what was there when it
 * was decided: a version that has other tags by now, or that was made since, is left alone, and so is everything when the plan is old.
 */
import { z } from 'zod'
import { isTag, parseReference } from './image-reference.ts'
import type { ImageDecision, ImagePlan, ImageVersion } from './image-retention.ts'
import { count } from './wording.ts'

type PlannedAction = ImagePlan['actions'][number]

export type ReadImagePlan =
  | { readonly ok: true; readonly plan: ImagePlan }
  /** As the end of a sentence about the plan. */
  | { readonly ok: false; readonly reason: string }

/** All inputs of a dispatched workflow together may have 65,535 characters. */
export const MAX_HANDED_PLAN = 60_000
const MAX_PLAN_LENGTH = 10_000_000
const MAX_ACTIONS = 100_000
const MAX_TAGS = 10_000
/** Older than this a plan says nothing any more: pull requests are reopened, and images come into use. */
export const MAX_PLAN_AGE_MS = 24 * 60 * 60 * 1000

export function makeImagePlan(options: {
  readonly sweep: string
  readonly repository: string
  readonly decidedAt: Date
  readonly actions: readonly Pick<ImageDecision, 'digest' | 'tags' | 'keep' | 'untag'>[]
}): ImagePlan {
  const actions = options.actions.map(({ digest, tags, keep, untag }) => ({ digest, tags, untag: keep ? untag : null }))
  return { version: 1, sweep: options.sweep, repository: options.repository, decidedAt: options.decidedAt, actions }
}

/** As short as JSON can be. */
export function formatImagePlan({ version, sweep, repository, decidedAt, actions }: ImagePlan): string {
  const plan = { version, sweep, repository, decided_at: decidedAt.toISOString(), actions: actions.map(shorten) }
  return JSON.stringify(plan)
}

function shorten({ digest, tags, untag }: PlannedAction): Partial<PlannedAction> {
  return { digest, ...(tags.length > 0 ? { tags } : {}), ...(untag === null ? {} : { untag }) }
}

/** As much of the plan, from its beginning, as this many characters hold. */
export function fitPlan(plan: ImagePlan, most = MAX_HANDED_PLAN): ImagePlan {
  let length = formatImagePlan({ ...plan, actions: [] }).length
  let fitting = 0
  for (const action of plan.actions) {
    length += JSON.stringify(shorten(action)).length + (fitting === 0 ? 0 : 1)
    if (length > most) break
    fitting++
  }
  return { ...plan, actions: plan.actions.slice(0, fitting) }
}

const tag = z.string().refine(isTag, 'is no tag')
const tags = z.array(tag).max(MAX_TAGS)
const planSchema = z
  .object({
    version: z.literal(1),
    sweep: z.string().min(1).max(300),
    repository: z.string().max(500).refine(isRepository, 'is no registry and path'),
    decided_at: z.iso.datetime(),
    actions: z
      .array(
        z
          .object({
            digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is no digest'),
            tags: tags.default([]),
            untag: tags.min(1).nullable().default(null),
          })
          .refine(({ tags: all, untag }) => untag === null || untag.every((one) => all.includes(one)), {
            path: ['untag'],
            message: 'has a tag that the version did not have',
          }),
      )
      .max(MAX_ACTIONS),
  })
  .transform(({ decided_at, ...plan }): ImagePlan => ({ ...plan, decidedAt: new Date(decided_at) }))

function isRepository(text: string): boolean {
  const parsed = parseReference(text)
  return parsed.ok && parsed.reference.tag === null && parsed.reference.digest === null
}

/** What `formatImagePlan` wrote, or something else. */
export function readImagePlan(text: string): ReadImagePlan {
  if (text.length > MAX_PLAN_LENGTH)
    return { ok: false, reason: `has ${text.length} characters; a plan may have ${MAX_PLAN_LENGTH}` }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, reason: 'is not JSON: it may have been cut off; run the sweep once more' }
  }
  const read = planSchema.safeParse(value)
  if (read.success) return { ok: true, plan: read.data }
  const [issue] = read.error.issues
  return { ok: false, reason: `is none that Signalbox made: ${issue?.path.join('.') || 'it'}: ${issue?.message}` }
}

/** As much as the clocks of two machines may differ. */
export const CLOCKS_DIFFER_MS = 10 * 60_000

/** Why nothing of the plan is to be done any more, as the end of a sentence about it; null: it is fresh. */
export function planExpiry({ decidedAt }: Pick<ImagePlan, 'decidedAt'>, now: Date): string | null {
  const age = now.getTime() - decidedAt.getTime()
  if (age < -CLOCKS_DIFFER_MS)
    return `was decided ${decidedAt.toISOString()}, which is yet to come: set the clock right, and run the sweep once more`
  if (age <= MAX_PLAN_AGE_MS) return null
  const hours = MAX_PLAN_AGE_MS / 3_600_000
  return `was decided ${decidedAt.toISOString()}, more than ${count(hours, 'hour')} ago; run the sweep once more`
}

/**
 * Why a version is not what it was when the plan was made, as the end of a sentence about it; null: it is.
 *
 * @param decidedAt when; null: a moment ago.
 */
export function planDrift(
  action: PlannedAction,
  now: Pick<ImageVersion, 'digest' | 'tags' | 'createdAt'>,
  decidedAt: Date | null = null,
): string | null {
  if (now.digest !== action.digest) return `it is ${now.digest} by now`
  if (decidedAt !== null && now.createdAt > decidedAt)
    return `it was made ${now.createdAt.toISOString()}, after it was decided`
  const before = new Set(action.tags)
  const present = new Set(now.tags)
  const added = now.tags.find((one) => !before.has(one))
  if (added !== undefined) return `it has the tag ${added} by now`
  // Of tags that are taken away some are gone already where it was begun before.
  const goes = new Set(action.untag ?? [])
  const lost = action.tags.find((one) => !present.has(one) && !goes.has(one))
  return lost === undefined ? null : `it has not the tag ${lost} any more`
}

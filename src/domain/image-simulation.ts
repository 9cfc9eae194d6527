/**
 * Decides about versions that somebody wrote down: to try rules before they are used, or to see why something was decided. Nothing
 * stands in the way of a simulation, neither a budget nor a guard. What is missing of a version is not known.
 */
import { z } from 'zod'
import { parseImageRetention } from './config/parse-image-retention.ts'
import { decideImages } from './decide-images.ts'
import type { ImageRetentionConfig, ImageRetentionFacts, VersionManifest } from './image-retention.ts'
import { describeIssue, type ParsedCases, parseCases } from './simulation-cases.ts'

export interface ImageSimulationCase {
  readonly facts: ImageRetentionFacts
  readonly config: ImageRetentionConfig
  /** Of the versions, as they were written. */
  readonly ids: readonly (string | number)[]
}

export interface SimulatedDecisions {
  readonly decisions: readonly {
    readonly id: string | number
    readonly digest: string
    readonly tags: readonly string[]
    readonly keep: boolean
    readonly untag: readonly string[]
    readonly reason: string
  }[]
}

export type ParsedImageSimulation =
  | ParsedCases<ImageSimulationCase>
  /** A sentence about the file. */
  | { readonly ok: false; readonly problem: string }

const MAX_VERSIONS = 1_000_000
const date = z.union([z.string(), z.number()]).pipe(z.coerce.date())
const child = z.union([z.string(), z.object({ digest: z.string() }).transform(({ digest }) => digest)])
const manifest = z
  .object({
    mediaType: z.string().nullish(),
    children: z.array(child).nullish(),
    subject: child.nullish(),
  })
  .transform(
    ({ mediaType, children, subject }): VersionManifest => ({
      mediaType: mediaType ?? '',
      children: children ?? [],
      subject: subject ?? null,
    }),
  )

const simulation = z.object({
  now: date,
  policy: z.unknown().optional(),
  versions: z
    .array(
      z.object({
        id: z.union([z.string(), z.number()]).optional(),
        digest: z.string().min(1),
        tags: z.array(z.string()).nullish(),
        created_at: date,
        size: z.number().nullish(),
        manifest: manifest.nullish(),
      }),
    )
    .max(MAX_VERSIONS),
  pull_requests: z.array(z.object({ number: z.number(), state: z.string(), head_sha: z.string().nullish() })).nullish(),
  branches: z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])).nullish(),
  in_use: z.array(z.string()).nullish(),
})

/** @param text JSON: a case, or a list of such. */
export function parseImageSimulation(text: string): ParsedImageSimulation {
  return parseCases(text, (value, place) => {
    const where = place === null ? '' : `[${place}].`
    const parsed = simulation.safeParse(value)
    if (!parsed.success) return { ok: false, problem: describeIssue(where, parsed.error.issues[0]) }
    const policy = parseImageRetention(withoutNulls(parsed.data.policy ?? {}))
    if (!policy.ok) return { ok: false, problem: `${where}policy: ${policy.problems.join('; ')}` }
    return { ok: true, case: toCase(parsed.data, policy.config) }
  })
}

/** What is null is not given. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (part === null ? [] : [[key, withoutNulls(part)]])),
  )
}

function toCase(data: z.output<typeof simulation>, config: ImageRetentionConfig): ImageSimulationCase {
  const { now, versions, pull_requests: pullRequests, branches, in_use: inUse } = data
  return {
    config,
    ids: versions.map(({ id, digest }) => id ?? digest),
    facts: {
      repository: '',
      now,
      versions: versions.map(({ id, digest, tags, created_at: createdAt, size, manifest: found }) => ({
        id: String(id ?? digest),
        digest,
        tags: tags ?? [],
        createdAt,
        size: size ?? null,
        manifest: found ?? null,
      })),
      pullRequests: (pullRequests ?? []).map(({ number, state, head_sha: headSha }) => ({
        number,
        state: state.toLowerCase() === 'open' ? 'open' : 'closed',
        headSha: headSha ?? '',
      })),
      branches: branches ?? [],
      inUse: new Set(inUse ?? []),
    },
  }
}

export function simulateImages({ facts, config, ids }: ImageSimulationCase): SimulatedDecisions {
  const { decisions } = decideImages(facts, { ...config, operationsPerRun: Number.POSITIVE_INFINITY }, 0)
  return {
    decisions: decisions.map(({ id, digest, tags, keep, untag, reason }, index) => ({
      id: ids[index] ?? id,
      digest,
      tags,
      keep,
      untag,
      reason,
    })),
  }
}

import { describe, expect, test } from 'vitest'
import { decideImages } from '../../src/domain/decide-images.ts'
import type {
  ImageDecision,
  ImageRetentionConfig,
  ImageRetentionFacts,
  ImageVersion,
  VersionManifest,
} from '../../src/domain/image-retention.ts'
import {
  DAY_MS,
  daysAgo,
  digestOf,
  hexOf,
  makeImageConfig,
  makeImageFacts,
  makeVersion,
} from '../support/image-facts.ts'
import { makeRandom, type Random } from '../support/random.ts'

const SEEDS = Array.from({ length: 200 }, (_, at) => at + 1)

const CONFIG = makeImageConfig(
  [
    { pullRequests: 'closed' },
    { keepSemver: { major: 2, minor: 1, patch: 1 } },
    { tags: ['old-*'], keepLatest: 2 },
    { tags: ['branch-*'], branches: 'deleted', olderThanMs: 20 * DAY_MS },
    { untagged: true, olderThanMs: 10 * DAY_MS },
  ],
  { keep: ['stable-*'] },
)

/** A repository of any shape: indexes in indexes, shared parts, referrers, ghosts, circles, several tags, what cannot be read. */
function makeRepository(random: Random): ImageRetentionFacts {
  const count = random.between(3, 40)
  const names = Array.from({ length: count }, (_, at) => `n${at}`)
  const some = (most: number) =>
    Array.from(
      { length: random.between(0, most) },
      () => `n${random.between(0, random.chance(0.05) ? count + 5 : count - 1)}`,
    )
  const allowsUnreadable = random.chance(0.2)
  const versions = names.map((name) =>
    makeVersion(name, {
      tags: random.chance(0.5) ? Array.from({ length: random.between(1, 3) }, () => makeTag(random, count)) : [],
      age: random.between(0, 40),
      children: random.chance(0.4) ? some(4) : [],
      ...(random.chance(0.15) ? { subject: `n${random.between(0, count + 1)}` } : {}),
      unreadable: allowsUnreadable && random.chance(0.1),
    }),
  )
  return makeImageFacts(uniqueTags(versions), {
    pullRequests: Array.from({ length: 6 }, (_, at) => ({
      number: at,
      state: random.chance(0.5) ? ('open' as const) : ('closed' as const),
      headSha: `${at}`.repeat(40),
    })),
    branches: ['main', 'branch-1'],
    ...(random.chance(0.5) ? { pushingSince: daysAgo(random.between(1, 20)) } : {}),
    inUse: new Set(random.chance(0.3) ? [digestOf(random.pick(['n0', 'n1', 'n2'])), 'old-1'] : []),
  })
}

function makeTag(random: Random, count: number): string {
  const number = random.between(0, 9)
  return random.pick([
    `pr-${number}`,
    `pr-${number}-suffix`,
    `${number}`.repeat(40),
    `${random.between(0, 3)}.${random.between(0, 2)}.${number}`,
    `old-${number}`,
    `branch-${number}`,
    `stable-${number}`,
    `other-${number}`,
    `sha256-${hexOf(`n${random.between(0, count)}`)}.sig`,
  ])
}

/** A tag is of one version. */
function uniqueTags(versions: readonly ImageVersion[]): ImageVersion[] {
  const seen = new Set<string>()
  return versions.map((version) => ({
    ...version,
    tags: version.tags.filter((tag) => !seen.has(tag) && seen.add(tag) !== undefined),
  }))
}

/** Everything that can be reached from these by what manifests contain, without the code that is tested. */
function closureOf(digests: Iterable<string>, versions: readonly ImageVersion[]): Set<string> {
  const contents = new Map(versions.map(({ digest, manifest }) => [digest, manifest?.children ?? []]))
  const reached = new Set<string>()
  const pending = [...digests]
  for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
    if (!contents.has(digest) || reached.has(digest)) continue
    reached.add(digest)
    pending.push(...(contents.get(digest) ?? []))
  }
  return reached
}

function applyTo(facts: ImageRetentionFacts, actions: readonly ImageDecision[]): ImageRetentionFacts {
  const done = new Map(actions.map((action) => [action.digest, action]))
  const gone = new Map<string, VersionManifest>(facts.gone)
  const versions = facts.versions.flatMap((version) => {
    const action = done.get(version.digest)
    if (action === undefined) return [version]
    if (action.keep) return [{ ...version, tags: version.tags.filter((tag) => !action.untag.includes(tag)) }]
    if (version.manifest !== null) gone.set(version.digest, version.manifest)
    return []
  })
  return { ...facts, versions, gone }
}

function stateOf({ versions }: ImageRetentionFacts): string[] {
  return versions.map(({ digest, tags }) => `${digest} ${tags.join(' ')}`)
}

const decide = (facts: ImageRetentionFacts, config: ImageRetentionConfig = CONFIG) => decideImages(facts, config, 0)

describe('whatever a repository is like', () => {
  test('the repositories are of all kinds', () => {
    const plans = SEEDS.map((seed) => decide(makeRepository(makeRandom(seed))))
    const all = plans.flatMap(({ decisions }) => decisions)
    for (const kind of [
      /goes with .* contains/,
      /goes with .* belongs/,
      /kept index/,
      /belongs to the kept/,
      /orphan/,
      /cannot be read/,
      /pushed just now/,
      /keep the version|keeps the version/,
      /is closed/,
      /no such branch/,
      /in use/,
      /no tag/,
    ])
      expect(all.filter(({ reason }) => kind.test(reason)).length, String(kind)).toBeGreaterThan(3)
    expect(all.filter(({ untag, keep }) => keep && untag.length > 0).length).toBeGreaterThan(20)
  })

  test.each(SEEDS)('nothing that a kept tag needs goes (seed %i)', (seed) => {
    const facts = makeRepository(makeRandom(seed))
    const { decisions } = decide(facts)
    const kept = decisions.filter(({ keep }) => keep)
    const deleted = new Set(decisions.filter(({ keep }) => !keep).map(({ digest }) => digest))
    const needed = closureOf(
      kept.map(({ digest }) => digest),
      facts.versions,
    )
    expect([...needed].filter((digest) => deleted.has(digest))).toEqual([])
    for (const { digest, tags, untag, keep } of decisions) {
      if (facts.inUse.has(digest)) expect({ digest, keep, untag }).toEqual({ digest, keep: true, untag: [] })
      for (const tag of tags)
        if (/^(?:stable|other)-/.test(tag) || facts.inUse.has(tag)) {
          expect(keep, tag).toBe(true)
          expect(untag).not.toContain(tag)
        }
    }
    for (const { digest, manifest } of facts.versions) if (manifest === null) expect(deleted).not.toContain(digest)
  })

  test.each(SEEDS)('parents go before their parts (seed %i)', (seed) => {
    const facts = makeRepository(makeRandom(seed))
    const { actions } = decide(facts)
    const places = new Map(actions.filter(({ keep }) => !keep).map(({ digest }, place) => [digest, place]))
    const contents = new Map(facts.versions.map((version) => [version.digest, version]))
    for (const [digest, place] of places)
      for (const part of contents.get(digest)?.manifest?.children ?? []) {
        const isInCircle = closureOf([part], facts.versions).has(digest) || leadsBack(part, digest, facts)
        if (places.has(part) && !isInCircle) expect(places.get(part), `${digest} → ${part}`).toBeGreaterThan(place)
      }
  })

  test.each(SEEDS)('deciding again finds nothing more (seed %i)', (seed) => {
    const facts = makeRepository(makeRandom(seed))
    const after = applyTo(facts, decide(facts).actions)
    expect(decide(after).actions).toEqual([])
    expect(decide({ ...after, gone: new Map() }).actions).toEqual([])
  })

  test.each(SEEDS)('stopped anywhere and gone on with, it ends the same (seed %i)', (seed) => {
    const random = makeRandom(seed)
    const whole = makeRepository(random)
    const undisturbed = applyTo(whole, decide(whole).actions)
    let facts = whole
    for (let stop = 0; stop < 100; stop++) {
      const { actions } = decide(facts, { ...CONFIG, operationsPerRun: random.between(1, 8) })
      if (actions.length === 0) break
      facts = applyTo(facts, actions.slice(0, random.between(1, actions.length)))
    }
    facts = applyTo(facts, decide(facts).actions)
    expect(stateOf(facts)).toEqual(stateOf(undisturbed))
  })
})

/** Also by what refers to what, which comes before referrers. */
function leadsBack(from: string, to: string, { versions }: ImageRetentionFacts): boolean {
  const next = new Map<string, string[]>(
    versions.map(({ digest, manifest }) => [digest, [...(manifest?.children ?? [])]]),
  )
  for (const { digest, manifest, tags } of versions) {
    const named = tags.flatMap((tag) => (tag.startsWith('sha256-') ? `sha256:${tag.slice(7, 71)}` : []))
    for (const subject of [...named, ...(manifest?.subject ? [manifest.subject] : [])]) next.get(subject)?.push(digest)
  }
  const seen = new Set<string>()
  const pending = [from]
  for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
    if (digest === to) return true
    if (seen.has(digest)) continue
    seen.add(digest)
    pending.push(...(next.get(digest) ?? []))
  }
  return false
}

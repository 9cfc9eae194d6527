/** What goes wrong in the middle of a sweep of GitHub's packages: it is told, the rest goes on, and what is kept stays whole. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { memoryJournal } from '../../src/app/sweep.ts'
import { GitHubError, TransientError } from '../../src/domain/errors.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { SweepJournal } from '../../src/ports/sweeps.ts'
import { ALL_SCOPES, type GhcrProject, makeGhcrProject, makeImagesConfig, ownerToken } from '../support/ghcr-project.ts'
import { type GhcrSweepOptions, sweepPackage } from '../support/ghcr-sweep.ts'
import { rememberManifests } from '../support/images-project.ts'
import { pullWhole } from '../support/oci-images.ts'
import { limitsOfAMinute } from '../support/sweep-limits.ts'
import { NO_LIMIT, useSandbox } from '../support/use-sandbox.ts'

const { sandbox, app } = await useSandbox({ rateLimit: NO_LIMIT })
afterEach(() => vi.unstubAllGlobals())

const CONFIG = makeImagesConfig({
  rules: [{ pull_requests: 'closed' }, { untagged: true, older_than: '1d' }],
  max_delete_percent: 90,
})
const sweep = (project: GhcrProject, options: GhcrSweepOptions = {}) =>
  sweepPackage(sandbox, app, project, { config: CONFIG, ...options })

interface Closed extends GhcrProject {
  readonly number: number
}

/** A pull request that is closed. */
async function makeClosed(): Promise<Closed> {
  const project = await makeGhcrProject(sandbox)
  const { number } = project.openPull('topic')
  sandbox.closePullRequest(project.repo, number, 'ann')
  return { ...project, number }
}

/** One image that stays, and three that go, the oldest first: each an index of a part that is its own. */
async function makeFilled(): Promise<Closed> {
  const project = await makeClosed()
  const { package: images, number } = project
  images.pushMultiArch('main', { tags: ['main'] })
  for (const [index, name] of ['one', 'two', 'three'].entries()) {
    images.push(`${name}-part`)
    images.push(name, { tags: [`pr-${number}-${name}`], children: [`${name}-part`], days: 60 - index })
  }
  return project
}

const MAIN = {
  main: 'main',
  'main-amd64': '',
  'main-amd64-attestation': '',
  'main-arm64': '',
  'main-arm64-attestation': '',
}
const ORDER = ['one', 'one-part', 'two', 'two-part', 'three', 'three-part']
const DELETE = { method: 'DELETE', path: '/versions/' } as const

test('without a fault, for comparison', async () => {
  const project = await makeFilled()
  sandbox.state.clearRequests()
  const report = await sweep(project)
  expect([report.state, report.problems, project.package.versions()]).toEqual(['done', [], MAIN])
  expect(project.package.deletions()).toEqual(ORDER)
})

test('more than half of the versions: nothing is done, and it is told why', async () => {
  const project = await makeFilled()
  const before = project.package.versions()
  const config = makeImagesConfig({ rules: [{ pull_requests: 'closed' }] })
  const report = await sweep(project, { config })
  expect(report).toMatchObject({ state: 'stopped', outcomes: [] })
  expect(report.stopped).toBe(
    '6 of 11 versions would be deleted (55 %), and `max_delete_percent` is 50: look at the decisions, and mend the rules or raise it',
  )
  expect(project.package.versions()).toEqual(before)
  project.package.push('other', { tags: ['other'] })
  expect((await sweep(project, { config })).state).toBe('done')
})

describe('what GitHub refuses for one version', () => {
  test('more than 5,000 downloads: it stays, with all its parts and what belongs to it', async () => {
    const project = await makeFilled()
    const { package: images, number } = project
    const signature = `${images.digest('two').replace(':', '-')}.sig`
    images.push('two-signature', { tags: [signature] })
    images.push('two-referrer', { subject: 'two' })
    sandbox.setPackageVisibility(images.path, 'public')
    sandbox.setDownloads(images.path, images.digest('two'), 5_001)
    sandbox.state.clearRequests()
    const report = await sweep(project)
    const two = { two: `pr-${number}-two`, 'two-part': '', 'two-signature': signature, 'two-referrer': '' }
    expect(images.versions()).toEqual({ ...MAIN, ...two })
    await images.pullAll()
    expect(images.outcomes(report)).toMatchObject({
      one: 'done: delete',
      two: 'refused: delete',
      'two-part': 'skipped: delete',
      'two-signature': 'skipped: delete',
      'two-referrer': 'skipped: delete',
      three: 'done: delete',
      'three-part': 'done: delete',
    })
    expect(images.notes(report)).toMatchObject({
      two: expect.stringContaining('more than 5000 downloads cannot be deleted'),
      'two-part': `${images.digest('two')} needs it, which stays: it could not be deleted`,
      'two-referrer': `it belongs to ${images.digest('two')}, which stays`,
    })
    expect(images.deletions()).toEqual(['one', 'one-part', 'two', 'three', 'three-part'])
  })

  test('a part with that many downloads stays alone, and goes when it may', async () => {
    const project = await makeFilled()
    const { package: images } = project
    sandbox.setPackageVisibility(images.path, 'public')
    sandbox.setDownloads(images.path, images.digest('two-part'), 5_001)
    await sweep(project)
    expect(images.versions()).toEqual({ ...MAIN, 'two-part': '' })
    sandbox.setDownloads(images.path, images.digest('two-part'), 5_000)
    await sweep(project)
    expect(images.versions()).toEqual(MAIN)
  })

  test('the last one that has a tag', async () => {
    const project = await makeClosed()
    const { package: images, number } = project
    images.push('part')
    images.push('only', { tags: [`pr-${number}`], children: ['part'] })
    images.push('young', { days: 0.5 })
    const report = await sweep(project)
    expect(images.versions()).toEqual({ only: `pr-${number}`, part: '', young: '' })
    await images.pullAll()
    expect(images.notes(report).only).toContain('You cannot delete the last tagged version of a package')
  })
})

test.each<[string, () => string, string]>([
  [
    'without delete:packages',
    () => ownerToken(sandbox, ['acme'], ['write:packages']),
    'You need at least delete:packages scope to delete a package version.',
  ],
  [
    'of somebody who may write, and is no admin',
    () => sandbox.createToken({ login: 'ann', scopes: ALL_SCOPES }),
    'Must have admin rights to Package.',
  ],
])('a token %s: it is told of all, and asked for once', async (_, makeToken, refusal) => {
  const project = await makeFilled()
  const before = project.package.versions()
  sandbox.state.clearRequests()
  const report = await sweep(project, { token: makeToken() })
  expect(project.package.versions()).toEqual(before)
  expect(project.package.deletions()).toEqual(['one'])
  expect(report.outcomes.map(({ outcome }) => outcome)).toEqual(Array(6).fill('refused'))
  const [first, ...others] = report.outcomes.map(({ note }) => note)
  expect(first).toContain(refusal)
  expect(new Set(others)).toEqual(new Set([`the same was refused before: ${first}`]))
})

test.each<[string, () => string, RegExp]>([
  ['that nobody has', () => 'ghp_unknown', /Bad credentials.+PACKAGES_TOKEN must be a personal token/],
  [
    'of a stranger',
    () => sandbox.createToken({ login: 'eve', scopes: ALL_SCOPES }),
    /PACKAGES_TOKEN must be a personal/,
  ],
  ['without scopes', () => ownerToken(sandbox, ['acme'], []), /read:packages.+PACKAGES_TOKEN must be a personal token/],
])('a token %s: nothing can be looked at, and it is told what to do', async (_, makeToken, expected) => {
  const project = await makeFilled()
  sandbox.state.clearRequests()
  const failed = await sweep(project, { token: makeToken() }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(GitHubError)
  expect(String(failed)).toMatch(expected)
  expect(String(failed)).not.toContain('ghp_')
  expect(project.package.deletions()).toEqual([])
})

/** Keeps what was done, as the store does, for whoever goes on. */
function keepJournal(): { readonly journal: SweepJournal; next(): SweepJournal } {
  const done: Parameters<SweepJournal['record']>[0][number][] = []
  const begun = new Set<string>()
  const make = (): SweepJournal => ({
    ...memoryJournal(new Date()),
    earlier: [...done],
    begun: [...begun].filter((subject) => !done.some((one) => one.subject === subject)),
    deleted: [...begun],
    async begin(subjects) {
      for (const subject of subjects) begun.add(subject)
      return new Set(subjects)
    },
    record: async (outcomes) => void done.push(...outcomes),
  })
  return { journal: make(), next: make }
}

describe('limited in the middle, it stops, waits as long as it is told, and goes on', () => {
  const limits: [string, number, () => void][] = [
    ...limitsOfAMinute(sandbox, { ...DELETE, skip: 2 }),
    [
      'the secondary limit while it looks at a version',
      45_000,
      () =>
        sandbox.faults.rateLimit({
          method: 'GET',
          path: /\/versions\/\d+$/,
          limit: 'secondary',
          status: 429,
          waitSeconds: 45,
          skip: 2,
        }),
    ],
  ]
  test.each(limits)('%s', async (_, retryAfterMs, limit) => {
    const project = await makeFilled()
    const { package: images } = project
    const { journal, next } = keepJournal()
    // Nothing is said of untagged versions, so that a part that was left over would show.
    const config = makeImagesConfig({ max_delete_percent: 90 })
    limit()
    sandbox.state.clearRequests()
    const stopped = await sweep(project, { config, journal }).catch((error: unknown) => error)
    expect(stopped).toBeInstanceOf(TransientError)
    expect(stopped).toMatchObject({ retryAfterMs })
    expect(Object.keys(images.versions())).not.toContain('one-part')
    expect(images.versions()).toMatchObject({ two: `pr-${project.number}-two` })
    await images.pullAll()
    const report = await sweep(project, { config, journal: next() })
    expect(images.versions()).toEqual(MAIN)
    expect(report.outcomes.map(({ outcome }) => outcome)).toEqual(Array(6).fill('done'))
    expect(new Set(images.deletions())).toEqual(new Set(ORDER))
  })
})

test.each<[string, 502 | 'reset']>([
  ['502', 502],
  ['no answer', 'reset'],
])('%s after a deletion took effect: it is seen that it did', async (_, answer) => {
  const project = await makeFilled()
  sandbox.faults.loseReply({ ...DELETE, with: answer, skip: 2 })
  const report = await sweep(project)
  expect(project.package.versions()).toEqual(MAIN)
  expect(report.outcomes.map(({ outcome }) => outcome)).toEqual(Array(6).fill('done'))
  expect(project.package.notes(report).two).toBe('there was no answer, and it was done')
})

test('502 without an effect, for longer than anybody tries: it stays whole, and goes with the next', async () => {
  const project = await makeFilled()
  const { package: images } = project
  const two = sandbox.state.packageVersions(images.path).find(({ digest }) => digest === images.digest('two'))
  sandbox.faults.respond({ method: 'DELETE', path: `/versions/${two?.id}`, status: 502, times: 3 })
  const report = await sweep(project)
  expect(images.outcomes(report)).toMatchObject({ two: 'failed: delete', 'two-part': 'skipped: delete' })
  expect(images.versions()).toEqual({ ...MAIN, two: `pr-${project.number}-two`, 'two-part': '' })
  await images.pullAll()
  await sweep(project)
  expect(images.versions()).toEqual(MAIN)
})

test('where nothing is deleted any more, it goes on later instead of asking for everything', async () => {
  const project = await makeClosed()
  const { package: images, number } = project
  images.push('main', { tags: ['main'] })
  for (let index = 0; index < 30; index++) images.push(`leaf-${index}`, { tags: [`pr-${number}-${index}`] })
  sandbox.faults.respond({ ...DELETE, status: 502, times: 1_000 })
  sandbox.state.clearRequests()
  const config = makeImagesConfig({ max_delete_percent: 100 })
  await expect(sweep(project, { config })).rejects.toBeInstanceOf(TransientError)
  expect(images.deletions().length).toBeLessThan(20)
  expect(Object.keys(images.versions())).toHaveLength(31)
})

test('what cannot be read keeps all that may be part of it', async () => {
  const project = await makeFilled()
  const { package: images, number } = project
  images.push('unreadable-part')
  images.push('unreadable', { tags: ['v1'], children: ['unreadable-part'] })
  images.push('leaf', { tags: [`pr-${number}-leaf`] })
  images.push('orphan')
  const unreadable = images.digest('unreadable')
  sandbox.faults.respond({ path: `/manifests/${unreadable}`, status: 404, times: 100 })
  const before = images.versions()
  const report = await sweep(project)
  const { leaf: _, ...rest } = before
  // An index whose parts might belong to that, too, stays with them.
  const untagged = Object.keys(rest).filter((name) => rest[name] === '')
  expect(images.versions()).toMatchObject(Object.fromEntries(untagged.map((name) => [name, ''])))
  expect(Object.keys(images.versions())).not.toContain('leaf')
  expect(report.problems).toEqual(
    expect.arrayContaining([
      `${images.name}@${unreadable} cannot be read: what it contains is not known.`,
      expect.stringContaining('that may be part of it stay'),
    ]),
  )
  sandbox.faults.clear()
  await images.pullAll()
  await sweep(project)
  expect(images.versions()).toEqual({ ...MAIN, unreadable: 'v1', 'unreadable-part': '' })
})

// ── The list moves ────────────────────────────────────────────────────────────────────────────────────────────────

/** Does this right before the second page of the list is asked for, once. */
function beforeSecondPage(act: () => void): () => boolean {
  const { fetch } = globalThis
  let isDone = false
  vi.stubGlobal('fetch', (...request: Parameters<typeof fetch>) => {
    const url = new URL(request[0] instanceof Request ? request[0].url : String(request[0]))
    if (!isDone && url.pathname.endsWith('/versions') && url.searchParams.get('page') === '2') {
      isDone = true
      act()
    }
    return fetch(...request)
  })
  return () => isDone
}

describe('the list moves while it is read', () => {
  /** The newest 100 versions, below which `push` puts the first of the second page. */
  async function makeLong(pushFirst: (project: Closed) => void, push: (project: Closed) => void): Promise<Closed> {
    const project = await makeClosed()
    const { package: images } = project
    pushFirst(project)
    push(project)
    for (let index = 0; index < 100; index++) images.push(`new-${index}`, { tags: [`new-${index}`], days: 2 })
    return project
  }
  /** What was there is remembered, also what is deleted while the list is read the next time. */
  const deleteOneMeanwhile = async (project: Closed) => {
    const { package: images } = project
    const manifests = rememberManifests()
    await sweep(project, { config: makeImagesConfig(), manifests })
    const isDone = beforeSecondPage(() => sandbox.deletePackageVersion(images.path, images.digest('new-50')))
    const report = await sweep(project, { manifests })
    expect(isDone()).toBe(true)
    return report
  }
  const check = async (project: Closed, report: SweepReport, stays: readonly string[]) => {
    const { package: images } = project
    expect(report.state).toBe('done')
    expect(Object.keys(images.versions()).filter((name) => !name.startsWith('new-'))).toEqual([...stays])
    for (const name of stays) await pullWhole(images.target, images.digest(name))
  }

  test('what has a tag is found by its tag', async () => {
    const project = await makeLong(
      ({ package: images }) => images.push('part', { days: 30 }),
      ({ package: images }) => images.push('index', { tags: ['v1'], children: ['part'], days: 20 }),
    )
    await check(project, await deleteOneMeanwhile(project), ['index', 'part'])
  })

  test('what has none is found by what contains it', async () => {
    const project = await makeLong(
      ({ package: images }) => images.push('part', { days: 30 }),
      ({ package: images }) => images.push('inner', { children: ['part'], days: 20 }),
    )
    project.package.push('outer', { tags: ['v1'], children: ['inner'], days: 1.5 })
    sandbox.deletePackageVersion(project.package.path, project.package.digest('new-0'))
    await check(project, await deleteOneMeanwhile(project), ['inner', 'outer', 'part'])
  })

  test('what has none is found by what uses it', async () => {
    const project = await makeLong(
      ({ package: images }) => images.push('part', { days: 30 }),
      ({ package: images }) => images.push('index', { children: ['part'], days: 20 }),
    )
    const image = `${project.package.name}@${project.package.digest('index')}`
    sandbox.pushCommit(project.repo, 'main', { author: 'ann', files: { 'compose.yml': `x: { image: "${image}" }\n` } })
    await check(project, await deleteOneMeanwhile(project), ['index', 'part'])
  })

  test('what is pushed meanwhile stays, whatever it is', async () => {
    const project = await makeLong(
      ({ package: images }) => images.push('part', { days: 30 }),
      ({ package: images, number }) => images.push('index', { tags: [`pr-${number}`], children: ['part'], days: 20 }),
    )
    beforeSecondPage(() => project.package.push('young', { children: ['new-7'], days: 0 }))
    await check(project, await sweep(project), ['young'])
  })
})

test('what is pushed while it deletes keeps what it needs', async () => {
  const project = await makeFilled()
  const { package: images } = project
  let now = Date.now()
  const report = await sweep(project, {
    now: () => new Date(now),
    beforeApply() {
      images.push('release', { tags: ['v1'], children: ['two-part', 'main-amd64'], days: 0 })
      // The deletions take their time.
      now += 6 * 60_000
    },
  })
  expect(images.versions()).toEqual({ ...MAIN, release: 'v1', 'two-part': '' })
  await images.pullAll()
  expect(images.notes(report)['two-part']).toContain(`${images.digest('release')} needs it, which stays`)
})

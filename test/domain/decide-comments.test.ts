import { describe, expect, test } from 'vitest'
import type { SummaryConfig } from '../../src/domain/config.ts'
import { decideComments } from '../../src/domain/decide-comments.ts'
import type { PreviewView } from '../../src/domain/decide-previews.ts'
import type { PullRequestFacts, StickyFacts, StickyKind } from '../../src/domain/pull-request.ts'
import type { GateLine } from '../../src/domain/pull-request-summary.ts'
import type { LegFacts, RunFacts } from '../../src/domain/run.ts'
import {
  makeBuild,
  makeCommentFacts,
  makeHeldRun,
  makePreview,
  makeSticky,
  makeSummaryConfig,
  makeTestedRun,
} from '../support/comment-facts.ts'
import {
  freeze,
  makeAttempt,
  makeEnded,
  makeGate,
  makeLeg,
  makePullRequest,
  makeRun,
  NEWER_SHA,
  NOW,
  SHA,
} from '../support/facts.ts'

function decide(facts: Partial<PullRequestFacts>, previews: readonly PreviewView[] = []) {
  return decideComments(freeze(makeCommentFacts(facts)), freeze([...previews]))
}

/** What is written: `summary`, `previews`, `welcome`, or `description`. */
function written(facts: Partial<PullRequestFacts>, previews: readonly PreviewView[] = []): string[] {
  return decide(facts, previews).map((action) =>
    action.kind === 'write_description' ? 'description' : action.view.kind,
  )
}

function summaryOf(runs: readonly RunFacts[], summary: Partial<SummaryConfig> = {}) {
  const [action] = decide({ runs, config: makeSummaryConfig(summary) })
  if (action?.view.kind !== 'summary') throw new Error('no summary')
  return action.view
}

const place = (where: SummaryConfig['place']) => makeSummaryConfig({ place: where })
const RUNS = [makeTestedRun('success')]
const NEWCOMER = makePullRequest({ association: 'FIRST_TIME_CONTRIBUTOR' })

describe('what is written', () => {
  test.each<[string, string[], Partial<PullRequestFacts>, PreviewView[]]>([
    ['nothing while there is nothing to say', [], {}, []],
    ['the summary once there is a run', ['summary'], { runs: RUNS }, []],
    ['the summary once a preview is asked for', ['summary'], {}, [makePreview()]],
    ['the block in the description', ['description'], { runs: RUNS, config: place('description') }, []],
    [
      'previews beside the block',
      ['description', 'previews'],
      { runs: RUNS, config: place('description') },
      [makePreview()],
    ],
    ['previews alone', ['previews'], { runs: RUNS, config: place('off') }, [makePreview()]],
    ['nothing where the summary is off', [], { runs: RUNS, config: place('off') }, []],
    ['nothing without a configuration', [], { runs: RUNS, config: null }, [makePreview()]],
    [
      'what is there of previews, without a configuration',
      ['previews'],
      { config: null, stickies: [makeSticky('previews')] },
      [makePreview()],
    ],
    [
      'what is there of previews, when none is left',
      ['previews'],
      { config: place('off'), stickies: [makeSticky('previews')] },
      [],
    ],
    [
      'the end of a closed one',
      ['summary'],
      { runs: RUNS, pullRequest: makePullRequest({ state: 'closed' }), stickies: [makeSticky('summary')] },
      [],
    ],
    [
      'nothing new on a closed one',
      [],
      { runs: RUNS, pullRequest: makePullRequest({ state: 'closed' }) },
      [makePreview()],
    ],
    ['nothing that a person removed', [], { runs: RUNS, stickies: [makeSticky('summary', { removed: true })] }, []],
    [
      'no block that a person removed',
      [],
      { runs: RUNS, config: place('description'), stickies: [makeSticky('description', { removed: true })] },
      [],
    ],
    [
      'no previews that a person removed',
      [],
      { config: place('off'), stickies: [makeSticky('previews', { removed: true })] },
      [makePreview()],
    ],
    [
      'what was begun and not heard of again',
      ['summary'],
      { runs: RUNS, stickies: [makeSticky('summary', { commentId: null, digest: null })] },
      [],
    ],
  ])('is %s', (_, expected, facts, previews) => {
    expect(written(facts, previews)).toEqual(expected)
  })

  test.each<StickyKind>(['summary', 'previews', 'description'])('is not %s when it shows this already', (kind) => {
    const config = place(kind === 'description' ? 'description' : kind === 'summary' ? 'comment' : 'off')
    const first = decide({ runs: RUNS, config }, [makePreview()]).find(
      (action) => (action.kind === 'write_description' ? 'description' : action.view.kind) === kind,
    )
    const shows = [makeSticky(kind, { digest: first?.digest ?? null })]
    const again = (previews: PreviewView[]) => written({ runs: RUNS, config, stickies: shows }, previews)
    expect(again([makePreview()])).not.toContain(kind)
    expect(again([makePreview({ state: 'deploying' })])).toContain(kind)
  })

  test('hands on what is known of the earlier writing', () => {
    const sticky = makeSticky('summary', { commentId: 42 })
    expect(decide({ runs: RUNS, stickies: [sticky] })).toMatchObject([{ kind: 'write_comment', sticky }])
    expect(decide({ runs: RUNS })).toMatchObject([{ sticky: null }])
  })
})

describe('the welcome', () => {
  const held = { runs: [makeHeldRun()], pullRequest: NEWCOMER, config: place('off') }
  test.each<[string, boolean, Partial<PullRequestFacts>]>([
    ['is for FIRST_TIME_CONTRIBUTOR', true, {}],
    ['is for FIRST_TIMER', true, { pullRequest: makePullRequest({ association: 'FIRST_TIMER' }) }],
    ['is for NONE', true, { pullRequest: makePullRequest({ association: 'NONE' }) }],
    ['needs no configuration', true, { config: null }],
    [
      'is tried again when nothing came back',
      true,
      { stickies: [makeSticky('welcome', { commentId: null, digest: null })] },
    ],
    ['is not for CONTRIBUTOR', false, { pullRequest: makePullRequest({ association: 'CONTRIBUTOR' }) }],
    ['is not for MEMBER', false, { pullRequest: makePullRequest() }],
    ['is not for closed ones', false, { pullRequest: { ...NEWCOMER, state: 'closed' } }],
    ['is not for approved commits', false, { approval: { by: 'ann', at: NOW, via: 'comment' } }],
    [
      'is not for runs that are approved',
      false,
      { runs: [makeHeldRun({ approval: { by: 'ann', at: NOW, via: 'label' } })] },
    ],
    ['is not for runs that ended', false, { runs: [makeHeldRun({ cancel: { kind: 'closed' } })] }],
    [
      'is not for legs that are skipped',
      false,
      { runs: [makeHeldRun({ legs: [makeLeg({ hold: 'approval', skip: 'x' })] })] },
    ],
    ['is not where forks never run', false, { runs: [makeHeldRun({ legs: [makeLeg({ hold: 'never' })] })] }],
    ['is not for legs that are not held', false, { runs: [makeHeldRun({ legs: [makeLeg()] })] }],
    ['is not for trusted runs', false, { runs: [makeHeldRun({ trusted: true })] }],
    ['is not said twice', false, { stickies: [makeSticky('welcome')] }],
    ['is not said again when it was removed', false, { stickies: [makeSticky('welcome', { removed: true })] }],
    ['is not said without a run', false, { runs: [] }],
  ])('%s', (_, expected, facts) => {
    expect(written({ ...held, ...facts })).toEqual(expected ? ['welcome'] : [])
  })

  test('names three checks at most, and no commit', () => {
    const gates = ['a', 'b', 'c', 'd'].map((name) =>
      makeGate(['docker / app'], { plan: { id: name, name, needs: [] } }),
    )
    const [action] = decide({ ...held, runs: [makeHeldRun({ gates })] })
    expect(action?.view).toEqual({ kind: 'welcome', checks: ['a', 'b', 'c'] })
    expect(JSON.stringify(action)).not.toContain(SHA.slice(0, 7))
  })
})

describe('the line of a gate', () => {
  const NAME = 'All Runtime Tests Passed'
  const failing = (gate: Parameters<typeof makeGate>[1], run: Partial<RunFacts> = {}) =>
    makeTestedRun('failure', { gates: [makeGate(['docker / test'], gate)], ...run })
  const override = { by: 'ann', reason: 'known', at: NOW }
  const gateless = (legs: readonly LegFacts[], run: Partial<RunFacts> = {}) => makeRun(legs, run)
  const open = makeLeg({ job: 'b' }, { attempts: [makeAttempt()] })
  test.each<[string, RunFacts, GateLine[], string]>([
    ['passed', makeTestedRun('success'), [{ name: NAME, state: 'passed', line: null }], 'aaaaaaa passed.'],
    [
      'failed',
      makeTestedRun('failure'),
      [{ name: NAME, state: 'failed', line: 'docker / test failed.' }],
      `aaaaaaa: ${NAME} failed.`,
    ],
    [
      'in progress',
      makeTestedRun('open'),
      [{ name: NAME, state: 'in_progress', line: null }],
      'aaaaaaa is being tested.',
    ],
    [
      'in progress, when a leg failed',
      makeRun([makeLeg({}, { attempts: [makeEnded('failure')] }), open], {
        gates: [makeGate(['docker / app', 'docker / b'])],
      }),
      [{ name: NAME, state: 'in_progress', line: 'something already did not pass' }],
      'aaaaaaa is being tested.',
    ],
    [
      'overridden',
      failing({ override }),
      [{ name: NAME, state: 'overridden', line: 'by ann: known' }],
      `aaaaaaa passed, because ${NAME} was overridden.`,
    ],
    [
      'nothing to do',
      makeRun([], { skipped: 'no file', gates: [makeGate([])] }),
      [{ name: NAME, state: 'passed', line: 'nothing to do for this change' }],
      'aaaaaaa passed.',
    ],
    [
      'a broken configuration',
      makeRun([], { problem: 'It is broken.', gates: [makeGate([])] }),
      [{ name: NAME, state: 'failed', line: 'It is broken.' }],
      `aaaaaaa: ${NAME} failed.`,
    ],
    [
      'cancelled',
      makeTestedRun('open', { cancel: { kind: 'requested', by: 'ann' } }),
      [{ name: NAME, state: 'cancelled', line: 'ann asked for it' }],
      `aaaaaaa: ${NAME} was cancelled.`,
    ],
    [
      'held',
      makeHeldRun(),
      [{ name: NAME, state: 'held', line: 'to run it, a maintainer comments', command: `/ok-to-test ${SHA}` }],
      "aaaaaaa waits for a maintainer's approval.",
    ],
    [
      'never run',
      makeHeldRun({ legs: [makeLeg({ hold: 'never' })] }),
      [{ name: NAME, state: 'never', line: null }],
      'aaaaaaa comes from a fork, for which this repository runs nothing.',
    ],
    [
      'no gate, passed',
      gateless([makeLeg({}, { attempts: [makeEnded('success')] })]),
      [{ name: 'docker (no gate)', state: 'passed', line: null }],
      'aaaaaaa passed.',
    ],
    [
      'no gate, failed',
      gateless([makeLeg({}, { attempts: [makeEnded('failure')] })]),
      [{ name: 'docker (no gate)', state: 'failed', line: 'docker / app' }],
      'aaaaaaa: docker (no gate) failed.',
    ],
    [
      'no gate, two failed',
      gateless([
        makeLeg({}, { attempts: [makeEnded('failure')] }),
        makeLeg({ job: 'b' }, { attempts: [makeEnded('failure')] }),
      ]),
      [{ name: 'docker (no gate)', state: 'failed', line: 'docker / app and 1 more' }],
      'aaaaaaa: docker (no gate) failed.',
    ],
    [
      'no gate, failing',
      gateless([makeLeg({}, { attempts: [makeEnded('failure')] }), open]),
      [{ name: 'docker (no gate)', state: 'failed', line: 'something did not pass' }],
      'aaaaaaa: docker (no gate) failed.',
    ],
    [
      'no gate, in progress',
      gateless([open]),
      [{ name: 'docker (no gate)', state: 'in_progress', line: null }],
      'aaaaaaa is being tested.',
    ],
    [
      'no gate, held',
      makeHeldRun({ gates: [] }),
      [
        {
          name: 'docker (no gate)',
          state: 'held',
          line: 'to run it, a maintainer comments',
          command: `/ok-to-test ${SHA}`,
        },
      ],
      "aaaaaaa waits for a maintainer's approval.",
    ],
    [
      'no gate, cancelled',
      gateless([open], { cancel: { kind: 'closed' } }),
      [{ name: 'docker (no gate)', state: 'cancelled', line: 'the pull request was closed' }],
      'aaaaaaa: docker (no gate) was cancelled.',
    ],
    ['no gate, no leg', gateless([], { skipped: 'no file' }), [], 'Nothing is run for aaaaaaa.'],
  ])('%s', (_, run, gates, headline) => {
    expect(summaryOf([run])).toMatchObject({ gates, headline })
  })

  test('of several: what failed is said first, and that others go on', () => {
    const one = makeTestedRun('failure')
    const other = makeTestedRun('failure', {
      gates: [makeGate(['docker / test'], { plan: { id: 'o', name: 'Other', needs: ['docker / test'] } })],
    })
    expect(summaryOf([makeTestedRun('open'), one, other]).headline).toBe(
      `aaaaaaa: ${NAME} and 1 more failed. Others are not done yet.`,
    )
  })

  test('stays the same while legs come and go', () => {
    const legs = (done: number) =>
      Array.from({ length: 4 }, (_, index) =>
        makeLeg({ job: `j${index}` }, { attempts: [index < done ? makeEnded('success') : makeAttempt()] }),
      )
    const digests = [0, 1, 2, 3].map((done) => {
      const run = makeRun(legs(done), {
        gates: [makeGate(['docker / j0', 'docker / j1', 'docker / j2', 'docker / j3'])],
      })
      return decide({ runs: [run], now: new Date(NOW.getTime() + done * 60_000) })[0]?.digest
    })
    expect(new Set(digests).size).toBe(1)
  })
})

describe('images and commands', () => {
  const image = (build = makeBuild()) => ({ name: build.image, build })
  const done = { attempts: [makeEnded('success')] }
  const APP = { name: 'app', repository: 'ghcr.io/acme/app', tags: ['aaaaaaa', SHA, 'pr-7'], pushed: true }
  const START = { title: null, command: 'docker run --rm -it ghcr.io/acme/app:aaaaaaa' }

  test('are of legs that succeeded, once for the same tags', () => {
    const { images, commands } = summaryOf([
      makeRun([
        makeLeg({ image: image() }, done),
        makeLeg({ job: 'test', image: image() }, done),
        makeLeg({ job: 'bad', image: image(makeBuild('bad')) }, { attempts: [makeEnded('failure')] }),
        makeLeg({ job: 'open', image: image(makeBuild('open')) }),
        makeLeg({ job: 'named', image: { name: 'named', build: null } }, done),
        makeLeg({ job: 'untagged', image: image(makeBuild('untagged', { tags: [] })) }, done),
      ]),
    ])
    expect(images).toEqual([APP])
    expect(commands).toEqual([START])
  })

  test('that were not pushed are not started', () => {
    const run = makeRun([makeLeg({ image: image(makeBuild('app', { push: false })) }, done)])
    expect(summaryOf([run])).toMatchObject({ images: [{ ...APP, pushed: false }], commands: [] })
    const commands = [{ title: 'Run it', image: 'app', command: 'run' }]
    expect(summaryOf([run], { commands }).commands).toEqual([])
  })

  const matrixLegs = ['x', 'y'].map((os) =>
    makeLeg(
      {
        job: 'app',
        name: `docker / app (${os})`,
        matrix: { os },
        image: image(makeBuild('app', { tags: [`ghcr.io/acme/app:1-${os}`], version: `v-${os}` })),
      },
      done,
    ),
  )
  test.each<[string, string, string | null, { title: string; command: string | null }[]]>([
    [
      'of the image, filled in',
      '${{ image.repository }}:${{ short_sha }}',
      'app',
      [{ title: 'Run', command: 'ghcr.io/acme/app:aaaaaaa' }],
    ],
    [
      'of each leg that differs',
      '${{ image.version }}',
      'app',
      [
        { title: 'Run (x)', command: 'v-x' },
        { title: 'Run (y)', command: 'v-y' },
      ],
    ],
    ['of no image', 'echo ${{ pr.number }}', null, [{ title: 'Run', command: 'echo 7' }]],
    ['of an image that is not built', 'x', 'other', []],
    ['that a shell would act on', 'git switch ${{ pr.head_ref }}', null, [{ title: 'Run', command: null }]],
  ])('a command %s', (_, command, of, expected) => {
    const trigger = {
      ...makeRun([]).trigger,
      pullRequest: makePullRequest({ headRef: '$(id)' }),
    } as RunFacts['trigger']
    const commands = [{ title: 'Run', image: of, command }]
    expect(summaryOf([makeRun(matrixLegs, { trigger })], { commands }).commands).toEqual(expected)
  })

  test('are shown too for an image of which only the name is known', () => {
    const commands = [{ title: 'Run', image: 'named', command: 'run ${{ image.name }} ${{ short_sha }}' }]
    const legs = [makeLeg({ image: { name: 'named', build: null } }, done)]
    expect(summaryOf([makeRun(legs)], { commands })).toMatchObject({
      images: [],
      commands: [{ title: 'Run', command: 'run named aaaaaaa' }],
    })
    expect(summaryOf([makeRun(legs, { trusted: false })], { commands }).commands).toEqual([])
  })

  test.each<[string, Partial<RunFacts>, boolean]>([
    [
      'is shown for an approved commit of a fork',
      { trusted: false, approval: { by: 'ann', at: NOW, via: 'label' } },
      true,
    ],
    ['is not shown for one that nobody approved', { trusted: false }, false],
  ])('a command of no image %s', (_title, run, isShown) => {
    const commands = [{ title: 'Run', image: null, command: 'git fetch origin ${{ sha }}' }]
    expect(summaryOf([makeRun([], run)], { commands }).commands).toEqual(
      isShown ? [{ title: 'Run', command: `git fetch origin ${SHA}` }] : [],
    )
  })

  test('there are none without a run', () => {
    const config = makeSummaryConfig({ commands: [{ title: 'Run', image: null, command: 'x' }] })
    expect(decide({ config }, [makePreview()])[0]?.view).toMatchObject({
      commands: [],
      headline: 'Nothing is run for aaaaaaa.',
    })
  })
})

test('what was not run stands by reason, with the first ten of each', () => {
  const legs = Array.from({ length: 12 }, (_, index) =>
    makeLeg({ job: `j${index}`, skip: index === 0 ? 'other' : 'forks' }),
  )
  const { notRun } = summaryOf([makeRun([], { skipped: 'no file', pipeline: 'docs' }), makeRun(legs)])
  expect(notRun).toEqual([
    { reason: 'no file', names: ['docs'] },
    { reason: 'other', names: ['docker / j0'] },
    { reason: 'forks', names: [...Array.from({ length: 9 }, (_, index) => `docker / j${index + 1}`), '2 others'] },
  ])
})

describe('previews', () => {
  const shown = (previews: PreviewView[], stickies: StickyFacts[] = []) => {
    const view = decide({ config: place('off'), stickies }, previews)[0]?.view
    if (view?.kind !== 'previews') throw new Error('no previews')
    return view
  }
  test.each<[PreviewView[], string]>([
    [[makePreview()], 'The preview enterprise waits to be deployed.'],
    [[makePreview({ state: 'deploying' })], 'The preview enterprise is being deployed.'],
    [[makePreview({ state: 'deployed' })], 'The preview enterprise is deployed.'],
    [[makePreview({ state: 'failed' })], 'The preview enterprise failed.'],
    [[makePreview({ state: 'tearing_down' })], 'The preview enterprise is being taken down.'],
    [[makePreview({ state: 'removed' })], 'The preview enterprise was taken down.'],
    [[makePreview({ state: 'refused' })], 'The preview enterprise is refused.'],
    [[makePreview({ state: 'blocked' })], 'The preview enterprise is held back.'],
    [
      [makePreview(), makePreview({ name: 'docs', state: 'failed' })],
      'The preview enterprise waits to be deployed, docs failed.',
    ],
    [
      [makePreview(), makePreview({ name: 'docs' }), makePreview({ name: 'c' })],
      'The preview enterprise waits to be deployed, docs waits to be deployed, and 1 more.',
    ],
  ])('%#: the headline', (previews, headline) => {
    expect(shown(previews).headline).toBe(headline)
  })

  test('of which none is left say so', () => {
    expect(shown([], [makeSticky('previews')]).headline).toBe('There is no preview of this pull request any more.')
  })

  test.each<[string | null, string | null]>([
    ['https://pr-7.test/', 'https://pr-7.test/'],
    ['HTTP://pr-7.test/', 'HTTP://pr-7.test/'],
    ['javascript:alert(1)', null],
    ['data:text/html,x', null],
    ['//evil.test', null],
    [`https://x.test/${'x'.repeat(2_000)}`, null],
    [null, null],
  ])('show %s as a link only if it is of the web', (url, expected) => {
    expect(shown([makePreview({ url, logUrl: url, sha: NEWER_SHA })]).previews).toEqual([
      makePreview({ url: expected, logUrl: expected, sha: NEWER_SHA }),
    ])
  })

  test('are cut to what somebody reads', () => {
    const [preview] = shown([makePreview({ name: 'n'.repeat(1_000), reason: '😀'.repeat(1_000) })]).previews
    expect(preview?.name).toBe(`${'n'.repeat(299)}…`)
    expect(preview?.reason?.length).toBe(300)
  })
})

/**
 * A newcomer's pull request from a fork, and its preview: held, approved, labelled, a failed build run again by a
 * command, deployed; held again with its next commit, approved by a label, deployed, merged and taken down.
 */
import type { RunnerScript, Sandbox } from '../../../sandbox/sandbox.ts'
import {
  type Expectation,
  expectComment,
  expectDeployment,
  expectLeg,
  expectLink,
  expectPreviewRuns,
  expectReactions,
  expectTitle,
  expectTrust,
  expectWritten,
  type LegCourse,
} from '../expectation.ts'
import { findRun, type Seen } from '../seen.ts'
import { DEPLOY_REPOSITORY, MAINTAINER, REPOSITORY } from '../stage.ts'
import type { Chapter, Story } from '../story.ts'
import { APP, expectLegs, expectRun, GATE } from './sample-run.ts'

const NEWCOMER = 'kim'
const FORK = 'kim/shop'
const BRANCH = 'gift-cards'

const QUEUED_MS = 300
/** By workflow file: long enough to be followed by eye. */
const DURATIONS: Readonly<Record<string, number>> = {
  'build-app.yml': 1_700,
  'build-runtime.yml': 1_200,
  'test-runtime.yml': 1_400,
  'deploy.yml': 1_500,
  'teardown.yml': 1_000,
}

/** The first build of the app fails. */
function makeRunner(): RunnerScript {
  let hasFailed = false
  return ({ workflow }) => {
    const fails = !hasFailed && workflow === 'build-app.yml'
    hasFailed ||= fails
    const durationMs = DURATIONS[workflow] ?? 1_000
    return { queuedMs: QUEUED_MS, durationMs, ...(fails && ({ conclusion: 'failure' } as const)) }
  }
}

const HELD: LegCourse = { attempts: [], check: 'queued' }
const FAILED: LegCourse = { attempts: ['failure'], check: 'failure' }
const FAILED_ONCE: LegCourse = { attempts: ['failure', 'success'], check: 'success' }
const ANSWERED = ['eyes', 'rocket']
const UP = 'deploy.yml: success'
const DOWN = 'teardown.yml: success'

function makeChapters(github: Sandbox): Chapter[] {
  const commits = { first: '', second: '', merge: '' }
  const comments = { approval: 0, retest: 0 }
  let number = 0
  const push = (file: string, message: string) =>
    github.pushCommit(FORK, BRANCH, { files: { [file]: `# ${message}\n` }, message, author: NEWCOMER })
  const say = (text: string) => github.comment(REPOSITORY, number, text, MAINTAINER)
  const label = (name: string) => github.addLabel(REPOSITORY, number, name, MAINTAINER)
  const url = () => `https://shop-pr-${number}.example.com`
  const ran = (seen: Seen, runs: readonly string[]) => expectPreviewRuns(seen, DEPLOY_REPOSITORY, runs)
  const deployed = (seen: Seen, of: string, sha: string, states: string) =>
    expectDeployment(seen, of, sha, states, url())
  const held = (seen: Seen, of: string, sha: string): Expectation[] => {
    const run = findRun(seen, 'pull_request', sha)
    const words = `Held: the commit comes from a fork. To run it, a maintainer comments /ok-to-test ${sha}`
    return [...expectLegs(run, of, () => HELD), expectTitle(run, of, GATE, `in_progress: ${words}`)]
  }
  return [
    {
      title: 'A newcomer opens a pull request from a fork: welcomed, and held',
      play() {
        github.fork(REPOSITORY, NEWCOMER)
        commits.first = push('src/gift_cards.py', 'Add gift cards')
        const pull = { head: `${NEWCOMER}:${BRANCH}`, title: 'Add gift cards', author: NEWCOMER }
        number = github.openPullRequest(REPOSITORY, pull)
      },
      expectations: (seen) => [
        ...held(seen, 'the first commit', commits.first),
        expectComment(seen, 'welcome', 'Thank you! The checks of this pull request wait for a maintainer.'),
      ],
    },
    {
      title: 'A maintainer, who has read the commit, approves it: its legs run, but are not trusted',
      play() {
        comments.approval = say(`/ok-to-test ${commits.first}`)
      },
      expectations(seen) {
        const run = findRun(seen, 'pull_request', commits.first)
        return [
          expectReactions(seen, comments.approval, ANSWERED),
          ...expectRun(run, 'the first commit', { [APP]: FAILED }),
          expectTrust(run, 'the first commit', APP, false),
        ]
      },
    },
    {
      title: "The maintainer puts on the label deploy: held back, for the app's build failed",
      play: () => label('deploy'),
      expectations: (seen) => [expectComment(seen, 'previews', 'The preview shop is held back.'), ran(seen, [])],
    },
    {
      title: 'The maintainer comments /retest: what failed runs again, and the preview is deployed',
      play() {
        comments.retest = say('/retest')
      },
      expectations(seen) {
        const run = findRun(seen, 'pull_request', commits.first)
        return [
          expectReactions(seen, comments.retest, ANSWERED),
          expectLeg(run, 'the first commit', APP, FAILED_ONCE),
          ran(seen, [UP]),
          deployed(seen, 'the first commit', commits.first, 'success'),
          expectComment(seen, 'previews', 'The preview shop is deployed.'),
          expectLink(seen, 'previews', url()),
        ]
      },
    },
    {
      title: 'The newcomer pushes a commit that nobody has read: held, and the preview is taken down',
      play() {
        commits.second = push('src/gift_card_codes.py', 'Draw codes for gift cards')
      },
      expectations: (seen) => [
        ...held(seen, 'the second commit', commits.second),
        ran(seen, [UP, DOWN]),
        deployed(seen, 'the first commit', commits.first, 'success, then inactive'),
        expectComment(seen, 'previews', 'The preview shop is held back.'),
      ],
    },
    {
      title: 'The maintainer approves that one too, by a label: it is tested, and deployed',
      play: () => label('ok-to-test'),
      expectations: (seen) => [
        ...expectRun(findRun(seen, 'pull_request', commits.second), 'the second commit'),
        ran(seen, [UP, DOWN, UP]),
        deployed(seen, 'the second commit', commits.second, 'success'),
        expectComment(seen, 'previews', 'The preview shop is deployed.'),
        expectLink(seen, 'previews', url()),
      ],
    },
    {
      title: 'The pull request is merged: the preview is taken down, and main has its own run',
      play() {
        commits.merge = github.mergePullRequest(REPOSITORY, number, MAINTAINER)
      },
      expectations(seen) {
        const main = findRun(seen, 'push', commits.merge)
        return [
          ran(seen, [UP, DOWN, UP, DOWN]),
          deployed(seen, 'the second commit', commits.second, 'success, then inactive'),
          expectComment(seen, 'previews', 'The preview shop was taken down.'),
          ...expectRun(main, 'main'),
          expectTrust(main, 'main', APP, true),
          expectWritten(seen, ['welcome', 'reply', 'previews', 'reply']),
        ]
      },
    },
  ]
}

export const PREVIEW: Story = { name: 'preview', makeRunner, makeChapters }

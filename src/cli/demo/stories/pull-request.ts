/**
 * A pull request of the repository itself: a test that fails once, a second commit, the merge, a tag. The app image of a
 * pull request takes longer than anybody waits for it, so that there is something to be cancelled.
 */
import { shortSha } from '../../../domain/wording.ts'
import type { RunnerScript, Sandbox } from '../../../sandbox/sandbox.ts'
import { expectLeg, expectTags, expectTitle, type LegCourse } from '../expectation.ts'
import { findRun } from '../seen.ts'
import { MAINTAINER, REPOSITORY } from '../stage.ts'
import type { Chapter, Story } from '../story.ts'
import { APP, BASE_IMAGES, expectRun, runtime, test } from './sample-run.ts'

const QUEUED_MS = 350
const APP_MS = 2_600
const APP_OF_PULL_REQUEST_MS = 120_000
/** By workflow file and base image: long enough to be followed by eye. */
const DURATIONS: Readonly<Record<string, number>> = {
  'build-runtime.yml nikolaik': 1_700,
  'build-runtime.yml ubuntu': 2_300,
  'test-runtime.yml nikolaik': 1_900,
  'test-runtime.yml ubuntu': 1_500,
}

function makeRunner(): RunnerScript {
  let hasFailed = false
  return ({ workflow, inputs, signalbox }) => {
    const fails = !hasFailed && workflow === 'test-runtime.yml' && inputs.base_tag === 'ubuntu'
    hasFailed ||= fails
    const appMs = signalbox?.event === 'pull_request' ? APP_OF_PULL_REQUEST_MS : APP_MS
    const durationMs = DURATIONS[`${workflow} ${inputs.base_tag}`] ?? appMs
    return { queuedMs: QUEUED_MS, durationMs, ...(fails && ({ conclusion: 'failure' } as const)) }
  }
}

const STILL_RUNNING: LegCourse = { attempts: ['in_progress'], check: 'in_progress' }
const CANCELLED: LegCourse = { attempts: ['cancelled'], check: 'cancelled' }
const FAILED_ONCE: LegCourse = { attempts: ['failure', 'success'], check: 'success' }

function tagged(image: string, tags: readonly string[]): string[] {
  return tags.map((tag) => `ghcr.io/acme/${image}:${tag}`)
}

function makeChapters(github: Sandbox): Chapter[] {
  const commits = { first: '', second: '', merge: '' }
  let number = 0
  const push = (file: string, message: string) =>
    github.pushCommit(REPOSITORY, 'gift-cards', { files: { [file]: `# ${message}\n` }, message, author: MAINTAINER })
  return [
    {
      title: 'A pull request opens: two base images, and a test that fails once',
      play() {
        commits.first = push('src/gift_cards.py', 'Add gift cards')
        const pull = { head: 'gift-cards', base: 'main', title: 'Add gift cards', author: MAINTAINER }
        number = github.openPullRequest(REPOSITORY, pull)
      },
      expectations(seen) {
        const run = findRun(seen, 'pull_request', commits.first)
        const tags = BASE_IMAGES.map((image) => {
          const names = [shortSha(commits.first), commits.first, `${number}-merge`].map((tag) => `${tag}-${image}`)
          return expectTags(run, 'the first commit', runtime(image), tagged('runtime', names))
        })
        return [...expectRun(run, 'the first commit', { [APP]: STILL_RUNNING, [test('ubuntu')]: FAILED_ONCE }), ...tags]
      },
    },
    {
      title: 'A second commit: what is left of the first is cancelled',
      play() {
        commits.second = push('tests/runtime/test_gift_cards.py', 'Test gift cards')
      },
      expectations(seen) {
        const first = findRun(seen, 'pull_request', commits.first)
        const second = findRun(seen, 'pull_request', commits.second)
        const pointer = `cancelled: Was cancelled: superseded by the newer commit ${shortSha(commits.second)}.`
        return [
          expectLeg(first, 'the first commit', APP, CANCELLED),
          expectTitle(first, 'the first commit', APP, pointer),
          ...expectRun(second, 'the second commit', { [APP]: STILL_RUNNING }),
        ]
      },
    },
    {
      title: 'The pull request is merged: its run ends, and main has its own',
      play() {
        commits.merge = github.mergePullRequest(REPOSITORY, number, MAINTAINER)
      },
      expectations(seen) {
        const second = findRun(seen, 'pull_request', commits.second)
        const closed = 'cancelled: Was cancelled: the pull request was closed.'
        return [
          expectLeg(second, 'the second commit', APP, CANCELLED),
          expectTitle(second, 'the second commit', APP, closed),
          ...expectRun(findRun(seen, 'push', commits.merge), 'main'),
        ]
      },
    },
    {
      title: 'A tag on main: a run of its own',
      play() {
        github.pushTag(REPOSITORY, '1.4.0', commits.merge, MAINTAINER)
      },
      expectations(seen) {
        const run = findRun(seen, 'tag', commits.merge)
        const names = [shortSha(commits.merge), commits.merge, '1', '1.4', 'latest', '1.4.0']
        return [...expectRun(run, 'the tag'), expectTags(run, 'the tag', APP, tagged('openhands', names))]
      },
    },
  ]
}

export const PULL_REQUEST: Story = { name: 'pull-request', makeRunner, makeChapters }

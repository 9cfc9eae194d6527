/**
 * The story: what people do at GitHub, chapter by chapter, and what must be seen then. A chapter is over when all that
 * it expects is so. What the screen shows is never taken from here.
 */
import { shortSha } from '../../domain/wording.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import {
  type Expectation,
  expectLeg,
  expectPlan,
  expectTags,
  expectTitle,
  type LegCourse,
  PASSED,
} from './expectation.ts'
import { findRun, type Seen, type SeenRun } from './seen.ts'
import { AUTHOR, REPOSITORY } from './stage.ts'

export interface Chapter {
  readonly title: string
  play(): void
  expectations(seen: Seen): Expectation[]
}

const GATE = 'All Runtime Tests Passed'
const APP = 'docker / app'
const BASE_IMAGES = ['nikolaik', 'ubuntu']
const LEGS = [APP, ...BASE_IMAGES.map(runtime), ...BASE_IMAGES.map(test)]

const STILL_RUNNING: LegCourse = { attempts: ['in_progress'], check: 'in_progress' }
const CANCELLED: LegCourse = { attempts: ['cancelled'], check: 'cancelled' }
const FAILED_ONCE: LegCourse = { attempts: ['failure', 'success'], check: 'success' }

function runtime(tag: string): string {
  return `docker / runtime (${tag})`
}

function test(tag: string): string {
  return `docker / test-runtime (${tag})`
}

function tagged(image: string, tags: readonly string[]): string[] {
  return tags.map((tag) => `ghcr.io/acme/${image}:${tag}`)
}

export function makeStory(github: Sandbox): Chapter[] {
  const commits = { first: '', second: '', merge: '' }
  let number = 0
  const push = (file: string, message: string) =>
    github.pushCommit(REPOSITORY, 'gift-cards', { files: { [file]: `# ${message}\n` }, message, author: AUTHOR })
  return [
    {
      title: 'A pull request opens: two base images, and a test that fails once',
      play() {
        commits.first = push('src/gift_cards.py', 'Add gift cards')
        const pull = { head: 'gift-cards', base: 'main', title: 'Add gift cards', author: AUTHOR }
        number = github.openPullRequest(REPOSITORY, pull)
      },
      expectations(seen) {
        const run = findRun(seen, 'pull_request', commits.first)
        const tags = ['nikolaik', 'ubuntu'].map((image) => {
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
        commits.merge = github.mergePullRequest(REPOSITORY, number, AUTHOR)
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
        github.pushTag(REPOSITORY, '1.4.0', commits.merge, AUTHOR)
      },
      expectations(seen) {
        const run = findRun(seen, 'tag', commits.merge)
        const names = [shortSha(commits.merge), commits.merge, '1', '1.4', 'latest', '1.4.0']
        return [...expectRun(run, 'the tag'), expectTags(run, 'the tag', APP, tagged('openhands', names))]
      },
    },
  ]
}

/** The whole plan, each leg passed at once unless said otherwise, and a green gate. */
function expectRun(run: SeenRun | undefined, of: string, courses: Readonly<Record<string, LegCourse>> = {}) {
  return [
    expectPlan(run, of, [...LEGS, GATE]),
    ...LEGS.map((name) => expectLeg(run, of, name, courses[name] ?? PASSED)),
    expectTitle(run, of, GATE, 'success: 2 legs passed.'),
  ]
}

/** What the story says must be so, set against what was seen. Both are words, so that a difference explains itself. */
import { count } from '../../domain/wording.ts'
import type { ExpectationEvent } from './events.ts'
import type { SeenCheck, SeenRun } from './seen.ts'

export interface Expectation {
  readonly name: string
  readonly expected: string
  readonly seen: string
}

export function judge({ name, expected, seen }: Expectation): ExpectationEvent {
  return { event: 'expectation', name, expected, seen, met: expected === seen }
}

export function areMet(expectations: readonly Expectation[]): boolean {
  return expectations.every((one) => judge(one).met)
}

const NO_RUN = 'no run'

/** @param of whose run it is, for people: `the first commit`. */
export function expectPlan(run: SeenRun | undefined, of: string, names: readonly string[]): Expectation {
  const seen = run === undefined ? NO_RUN : [...run.checks.values()].map((one) => one.name).join(', ')
  return { name: `the plan for ${of}`, expected: names.join(', '), seen }
}

/** How each attempt of a leg goes, and what its check run says in the end. */
export interface LegCourse {
  readonly attempts: readonly string[]
  readonly check: string
}

export const PASSED: LegCourse = { attempts: ['success'], check: 'success' }

export function expectLeg(run: SeenRun | undefined, of: string, name: string, course: LegCourse): Expectation {
  const one = findCheck(run, name)
  const seen =
    one === undefined
      ? NO_RUN
      : describeCourse({
          attempts: one.attempts.map(({ last }) => last.conclusion ?? last.status),
          check: one.check?.conclusion ?? one.check?.status ?? 'none',
        })
  return { name: `${name} of ${of}`, expected: describeCourse(course), seen }
}

function describeCourse({ attempts, check }: LegCourse): string {
  return `${count(attempts.length, 'attempt')}${attempts.length > 0 ? ` (${attempts.join(', ')})` : ''}, check run ${check}`
}

/** What the first attempt of the leg was told to tag its image with. */
export function expectTags(run: SeenRun | undefined, of: string, name: string, tags: readonly string[]): Expectation {
  const seen = findCheck(run, name)?.attempts[0]?.last.tags ?? []
  return { name: `the tags that ${name} of ${of} was told`, expected: tags.join(', '), seen: seen.join(', ') }
}

/** @param expected `success: 2 legs passed.` */
export function expectTitle(run: SeenRun | undefined, of: string, name: string, expected: string): Expectation {
  const check = findCheck(run, name)?.check
  const seen = check ? `${check.conclusion ?? check.status}: ${check.title}` : 'no check run'
  return { name: `what the check run ${name} of ${of} says`, expected, seen }
}

function findCheck(run: SeenRun | undefined, name: string): SeenCheck | undefined {
  return [...(run?.checks.values() ?? [])].find((one) => one.name === name)
}

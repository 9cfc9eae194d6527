/** The run of the sample repository's one pipeline: the names of its legs and its gate, and what it must come to. */
import { type Expectation, expectLeg, expectPlan, expectTitle, type LegCourse, PASSED } from '../expectation.ts'
import type { SeenRun } from '../seen.ts'

export const GATE = 'All Runtime Tests Passed'
export const APP = 'docker / app'
export const BASE_IMAGES = ['nikolaik', 'ubuntu']
export const LEGS = [APP, ...BASE_IMAGES.map(runtime), ...BASE_IMAGES.map(test)]

export function runtime(tag: string): string {
  return `docker / runtime (${tag})`
}

export function test(tag: string): string {
  return `docker / test-runtime (${tag})`
}

/**
 * The whole plan, each leg passed at once unless said otherwise, and a green gate.
 *
 * @param of whose run it is, for people: `the first commit`.
 */
export function expectRun(
  run: SeenRun | undefined,
  of: string,
  courses: Readonly<Record<string, LegCourse>> = {},
): Expectation[] {
  return [
    ...expectLegs(run, of, (name) => courses[name] ?? PASSED),
    expectTitle(run, of, GATE, 'success: 2 legs passed.'),
  ]
}

/** The whole plan, and how each leg goes. */
export function expectLegs(run: SeenRun | undefined, of: string, courseOf: (name: string) => LegCourse): Expectation[] {
  return [expectPlan(run, of, [...LEGS, GATE]), ...LEGS.map((name) => expectLeg(run, of, name, courseOf(name)))]
}

/** What the story says must be so, set against what was seen. Both are words, so that a difference explains itself. */
import { count } from '../../domain/wording.ts'
import type { ExpectationEvent } from './events.ts'
import type { Seen, SeenCheck, SeenRun } from './seen.ts'

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
  const one = checkNamed(run, name)
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
  const seen = checkNamed(run, name)?.attempts[0]?.last.tags ?? []
  return { name: `the tags that ${name} of ${of} was told`, expected: tags.join(', '), seen: seen.join(', ') }
}

/** What the first attempt of the leg was told of its commit. */
export function expectTrust(run: SeenRun | undefined, of: string, name: string, trusted: boolean): Expectation {
  const describe = (isTrusted: boolean, push: boolean) =>
    `${isTrusted ? 'trusted' : 'not trusted'}, ${push ? 'push what you build' : 'push nothing'}`
  const told = checkNamed(run, name)?.attempts[0]?.last
  const seen = told === undefined ? 'nothing' : describe(told.trusted, told.push)
  return { name: `what ${name} of ${of} was told`, expected: describe(trusted, trusted), seen }
}

/** @param expected `success: 2 legs passed.` */
export function expectTitle(run: SeenRun | undefined, of: string, name: string, expected: string): Expectation {
  const check = checkNamed(run, name)?.check
  const seen = check ? `${check.conclusion ?? check.status}: ${check.title}` : 'no check run'
  return { name: `what the check run ${name} of ${of} says`, expected, seen }
}

function checkNamed(run: SeenRun | undefined, name: string): SeenCheck | undefined {
  return [...(run?.checks.values() ?? [])].find((one) => one.name === name)
}

/** How the newest of Signalbox's comments of that kind begins. */
export function expectComment(seen: Seen, kind: string, expected: string): Expectation {
  const text = [...seen.comments.values()].findLast((one) => one.kind === kind)?.lines[0]
  return { name: `how the comment (${kind}) begins`, expected, seen: text ?? 'no comment' }
}

/** Where the links of the newest of Signalbox's comments of that kind lead. */
export function expectLink(seen: Seen, kind: string, expected: string): Expectation {
  const links = [...seen.comments.values()].findLast((one) => one.kind === kind)?.links ?? []
  const name = `where the first link of the comment (${kind}) leads`
  return { name, expected, seen: links[0] ?? 'nowhere' }
}

/** Everything that Signalbox wrote, by kind, in the order in which it was begun. */
export function expectWritten(seen: Seen, expected: readonly string[]): Expectation {
  const kinds = [...seen.comments.values()].flatMap(({ kind }) => kind ?? [])
  return { name: 'the comments that Signalbox wrote', expected: expected.join(', '), seen: kinds.join(', ') }
}

/** How Signalbox reacted to a person's comment. */
export function expectReactions(seen: Seen, commentId: number, expected: readonly string[]): Expectation {
  const comment = seen.comments.get(commentId)
  const reactions = seen.reactions.filter((one) => one.comment === commentId)
  const [command = 'a comment'] = comment?.lines ?? []
  const name = `the reactions to ${command.split(' ')[0]} of ${comment?.author ?? 'nobody'}`
  return { name, expected: expected.join(', '), seen: reactions.map(({ content }) => content).join(', ') || 'none' }
}

/** What the deployments of the commit came to, oldest first, and where the preview is. */
export function expectDeployment(seen: Seen, of: string, sha: string, expected: string, url: string): Expectation {
  const said = [...seen.deployments.values()].flat().filter((one) => one.sha === sha)
  // How much is seen of one that is at work depends on how fast it is.
  const states = said.map(({ state }) => state).filter((state) => state !== 'queued' && state !== 'in_progress')
  const place = said.findLast((one) => one.url !== null)?.url ?? 'nowhere'
  const name = `what the deployment of ${of} came to`
  return { name, expected: `${expected}; ${url}`, seen: `${states.join(', then ') || 'nothing'}; ${place}` }
}

/** What ran in the repository that deploys: `deploy.yml: success`. */
export function expectPreviewRuns(seen: Seen, repository: string, expected: readonly string[]): Expectation {
  const runs = [...seen.previewRuns.values()].map(({ last }) => {
    return `${last.workflow}: ${last.conclusion ?? last.status}`
  })
  const list = (ran: readonly string[]) => (ran.length === 0 ? 'nothing' : ran.join(', '))
  return { name: `what ran in ${repository}`, expected: list(expected), seen: list(runs) }
}

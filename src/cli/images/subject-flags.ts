/** The flags that say what is built, for whoever has no workflow run to say it, and what each changes. */
import type { Command } from 'commander'
import type { BuildSubject } from '../../domain/build-subject.ts'
import { UsageError } from '../../domain/errors.ts'
import { checkSha, refNameOf, splitRepository } from './subject-checks.ts'

/** As commander reads them. */
export interface SubjectFlags {
  readonly event?: string | undefined
  readonly ref?: string | undefined
  readonly sha?: string | undefined
  readonly pullRequest?: string | undefined
  readonly baseRef?: string | undefined
  readonly headRef?: string | undefined
  readonly defaultBranch?: string | undefined
  readonly repository?: string | undefined
}

export function addSubjectFlags(command: Command): Command {
  return command
    .option('--event <name>', "what is built: GitHub's name of the event (default: GITHUB_EVENT_NAME)")
    .option('--ref <ref>', 'refs/heads/…, refs/tags/… or refs/pull/…/merge (default: GITHUB_REF)')
    .option('--sha <commit>', 'all 40 digits of the commit (default: RELEVANT_SHA or GITHUB_SHA)')
    .option('--pull-request <number>', 'the number of the pull request')
    .option('--base-ref <branch>', 'the branch that the pull request goes to (default: GITHUB_BASE_REF)')
    .option('--head-ref <branch>', 'the branch that the pull request comes from (default: GITHUB_HEAD_REF)')
    .option('--default-branch <branch>', 'the default branch of the repository')
    .option('--repository <owner/name>', 'the repository (default: GITHUB_REPOSITORY)')
}

export function applyFlags(subject: BuildSubject, flags: SubjectFlags): BuildSubject {
  const number = readNumber(flags.pullRequest)
  const ref = readRef(flags.ref) ?? (number === null ? null : `refs/pull/${number}/merge`)
  const withRef =
    ref === null ? subject : { ...subject, ref, refName: refNameOf(ref), ...aboutRef(subject, ref, number) }
  const { pullRequest } = withRef
  return {
    ...withRef,
    event: flags.event ?? withRef.event,
    // What was known of another commit is not about this one.
    ...(flags.sha === undefined ? {} : { sha: checkSha('--sha', flags.sha), commitDate: null }),
    baseRef: flags.baseRef ?? withRef.baseRef,
    pullRequest:
      pullRequest === null
        ? null
        : {
            number: pullRequest.number,
            headRef: flags.headRef ?? pullRequest.headRef,
            baseRef: flags.baseRef ?? pullRequest.baseRef,
          },
    defaultBranch: flags.defaultBranch ?? withRef.defaultBranch,
    repository: flags.repository === undefined ? subject.repository : otherRepository(subject, flags.repository),
  }
}

/** A ref that a flag names is about its own pull request or none, whatever the environment is about. */
function aboutRef(
  subject: BuildSubject,
  ref: string,
  asked: number | null,
): Pick<BuildSubject, 'pullRequest' | 'baseRef' | 'event'> {
  const number = asked ?? Number(/^refs\/pull\/(\d+)\//.exec(ref)?.[1] ?? Number.NaN)
  if (Number.isNaN(number)) {
    const event = subject.event.startsWith('pull_request') || subject.event === '' ? 'push' : subject.event
    return { pullRequest: null, baseRef: ref === subject.ref ? subject.baseRef : '', event }
  }
  const event = subject.event.startsWith('pull_request') ? subject.event : 'pull_request'
  if (subject.pullRequest?.number === number)
    return { pullRequest: subject.pullRequest, baseRef: subject.baseRef, event }
  return { pullRequest: { number, headRef: '', baseRef: '' }, baseRef: '', event }
}

function readRef(ref: string | undefined): string | null {
  if (ref === undefined) return null
  if (/^refs\/(?:heads|tags|pull)\/./.test(ref)) return ref
  throw new UsageError(
    `--ref is "${ref}", which is no full ref; write refs/heads/${ref} for a branch or refs/tags/${ref} for a tag.`,
  )
}

function readNumber(text: string | undefined): number | null {
  if (text === undefined) return null
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new UsageError(`--pull-request is "${text}", which is no number; write one such as 15.`)
}

function otherRepository(subject: BuildSubject, fullName: string): BuildSubject['repository'] {
  const { owner, name } = splitRepository('--repository', fullName)
  const { repository } = subject
  if (repository.owner === owner && repository.name === name) return repository
  const server = /^https?:\/\/[^/]+/.exec(repository.url)?.[0] ?? 'https://github.com'
  return { owner, name, description: '', url: `${server}/${fullName}`, license: '' }
}

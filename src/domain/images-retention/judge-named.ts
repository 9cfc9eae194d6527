/** What the pull request, the commit or the branch that a tag names says about it. What is not known keeps the tag. */
import type { ImageRule } from '../image-retention.ts'
import type { NamedThings } from './named-things.ts'
import type { TagKind } from './tag-kinds.ts'

export interface NamedVerdict {
  readonly keep: boolean
  readonly reason: string
}

/** Null: the rule does not ask for what the tag names. */
export function judgeNamed(tag: string, kind: TagKind, rule: ImageRule, things: NamedThings): NamedVerdict | null {
  switch (kind.kind) {
    case 'pull_request':
      return rule.pullRequests === null ? null : judgeNumber(kind.number, things)
    case 'commit':
      return rule.pullRequests === null ? null : judgeCommit(kind.sha, things)
    case 'name':
    case 'usual':
      return rule.branches === null ? null : judgeBranch(tag, things)
    default:
      return null
  }
}

function judgeNumber(number: number, things: NamedThings): NamedVerdict {
  const state = things.pullRequest(number)
  return { keep: state !== 'closed', reason: `pull request #${number} is ${state ?? 'not known'}` }
}

function judgeCommit(sha: string, things: NamedThings): NamedVerdict {
  const head = things.headOf(sha)
  if (head === null) return { keep: true, reason: 'its commit is of no pull request that is known' }
  const branch = things.branchAt(sha)
  if (branch !== null) return { keep: true, reason: `it is the newest commit of the branch ${branch}` }
  return { keep: head.state !== 'closed', reason: `it is of pull request #${head.number}, which is ${head.state}` }
}

function judgeBranch(tag: string, things: NamedThings): NamedVerdict {
  if (!things.knowsBranches) return { keep: true, reason: 'no branches are known' }
  const branch = things.branch(tag)
  return branch === null
    ? { keep: false, reason: 'there is no such branch' }
    : { keep: true, reason: `the branch ${branch} exists` }
}

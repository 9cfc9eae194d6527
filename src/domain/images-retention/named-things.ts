/** What tags may name at GitHub: pull requests and their commits, and branches, under the names that tags are made of. */

import { dashedRef } from '../default-tags.ts'
import type { ImageRetentionFacts } from '../image-retention.ts'
import { repairTag } from '../image-tags/repair-tag.ts'

export interface NamedThings {
  /** Null: no such pull request is known. */
  pullRequest(number: number): 'open' | 'closed' | null
  /** The pull request whose head the commit is, an open one first; null: it is of none that is known. */
  headOf(sha: string): { readonly number: number; readonly state: 'open' | 'closed' } | null
  /** The branch whose newest commit it is, but for one that only a pull request was made from; null: there is none. */
  branchAt(sha: string): string | null
  /** The branch that a tag names, also with a suffix; null: there is none. */
  branch(tag: string): string | null
  /** A repository without any branch does not exist: then they are not known. */
  readonly knowsBranches: boolean
}

type Facts = Pick<ImageRetentionFacts, 'pullRequests' | 'branches' | 'branchHeads'>

export function indexNamedThings({ pullRequests, branches, branchHeads = [] }: Facts): NamedThings {
  const states = new Map<number, 'open' | 'closed'>()
  const heads = new Map<string, Facts['pullRequests'][number]>()
  for (const one of pullRequests) {
    if (states.get(one.number) !== 'open') states.set(one.number, one.state)
    const sha = one.headSha.toLowerCase()
    for (const key of [sha, sha.slice(0, 7)]) if (heads.get(key)?.state !== 'open') heads.set(key, one)
  }
  const names = new Map<string, string>()
  for (const branch of branches) for (const tag of tagsOfBranch(branch)) if (!names.has(tag)) names.set(tag, branch)
  const atHeads = indexHeads(branchHeads, pullRequests)
  return {
    pullRequest: (number) => states.get(number) ?? null,
    headOf: (sha) => heads.get(sha) ?? null,
    branchAt: (sha) => atHeads.get(sha) ?? null,
    branch: (tag) => findBranch(tag, names),
    knowsBranches: branches.length > 0,
  }
}

/** A branch that was merged without a merge commit has the head of the pull request for its own. */
function indexHeads(
  branchHeads: NonNullable<Facts['branchHeads']>,
  pullRequests: Facts['pullRequests'],
): Map<string, string> {
  const merelyProposed = new Set<string>()
  for (const { headSha, headBranch } of pullRequests)
    if (headBranch != null && branchHeads.length > 0) merelyProposed.add(`${headSha} ${headBranch}`)
  const found = new Map<string, string>()
  for (const { name, sha, isLasting } of branchHeads) {
    if (!isLasting && merelyProposed.has(`${sha} ${name}`)) continue
    for (const key of [sha, sha.slice(0, 7)]) if (!found.has(key)) found.set(key, name)
  }
  return found
}

/** As tags are decided for it by default, and by rules of its own. */
function tagsOfBranch(branch: string): string[] {
  const dashed = dashedRef(branch)
  const texts = [branch, branch.toLowerCase(), dashed, dashed.toLowerCase()]
  return texts.flatMap((text) => repairTag(text).tag ?? [])
}

function findBranch(tag: string, names: ReadonlyMap<string, string>): string | null {
  const whole = names.get(tag)
  if (whole !== undefined) return whole
  for (let dash = tag.lastIndexOf('-'); dash > 0; dash = tag.lastIndexOf('-', dash - 1)) {
    const branch = names.get(tag.slice(0, dash))
    if (branch !== undefined) return branch
  }
  return null
}

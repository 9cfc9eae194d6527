/** Issues and pull requests as stale handling reads and writes them: by GraphQL, many at once. */
import type { ItemsGitHub } from '../../ports/sweeps.ts'
import type { OwnApp } from './github.ts'
import { connectItemBranches } from './items/branches.ts'
import { connectItemLabels } from './items/labels.ts'
import { connectItemReading, type ServerKnowledge } from './items/read.ts'
import { connectReportIssue } from './items/report-issue.ts'
import { connectItemWriting } from './items/write.ts'
import type { Octokit } from './octokit.ts'

export type { ServerKnowledge } from './items/read.ts'

/** @param server remembers between sweeps what the server does not know. */
export function connectItems(octokit: Octokit, own: OwnApp, server: ServerKnowledge): ItemsGitHub {
  return {
    ...connectItemReading({ octokit, getSlug: own.getSlug, server }),
    ...connectItemLabels(octokit),
    ...connectItemWriting(octokit),
    ...connectItemBranches(octokit),
    ...connectReportIssue(octokit, own),
  }
}

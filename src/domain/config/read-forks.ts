/**
 * Reads what pull requests from forks may do, and which teams may override a gate. GitHub's names are the same whatever
 * their case, so logins are compared in lower case, and a team counts once.
 */

import { DEFAULT_FORKS, type ForksConfig } from '../config.ts'
import type { ConfigDocument } from './config-document.ts'
import { forksSchema, overrideSchema } from './forks-schema.ts'
import { workflowName } from './workflow-schema.ts'

export function readForks(document: ConfigDocument): ForksConfig {
  const forks = document.valid(forksSchema.optional(), ['forks']) ?? null
  if (forks === null) return DEFAULT_FORKS
  return {
    policy: forks.policy,
    start: forks.start,
    workflow: forks.workflow === undefined ? null : workflowName(forks.workflow),
    trustedAuthors: [...new Set((forks.trusted_authors ?? []).map((login) => login.toLowerCase()))],
    trustMembers: forks.members,
  }
}

export function readOverrideTeams(document: ConfigDocument): string[] {
  const teams = document.valid(overrideSchema.optional(), ['override'])?.teams ?? []
  return [...new Map(teams.map((team) => [team.toLowerCase(), team])).values()]
}

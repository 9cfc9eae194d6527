/** Gathers what is decided on for one command: only what it needs, as it is at that moment. */
import type { Command } from '../domain/commands.ts'
import type { CommandFacts } from '../domain/decide-command.ts'
import type { Permission } from '../domain/pull-request.ts'
import type { RunFacts } from '../domain/run.ts'
import type { PullRequest, Repo } from '../domain/trigger.ts'
import type { Clock, GitHub, Store } from '../ports.ts'
import { loadConfig } from './load-config.ts'

interface Deps {
  readonly github: GitHub
  readonly store: Store
  readonly clock: Clock
}

export interface CommandSource {
  readonly repo: Repo
  readonly author: string
  readonly permission: Permission
  readonly pullRequest: PullRequest
}

/** The commands whose meaning depends on the configuration of the base branch. */
const BY_CONFIG: ReadonlySet<Command['kind']> = new Set(['ok-to-test', 'deploy', 'undeploy'])

export async function observeCommand(deps: Deps, source: CommandSource, command: Command): Promise<CommandFacts> {
  const { repo, pullRequest } = source
  const [known, config, override] = await Promise.all([
    command.kind === 'help' ? NOTHING_KNOWN : loadKnown(deps, source),
    BY_CONFIG.has(command.kind) ? loadConfig(deps.github, repo, pullRequest.baseRef) : ({ kind: 'none' } as const),
    command.kind === 'override' ? mayOverride(deps, source) : { mayOverride: false, overrideTeams: [] },
  ])
  return { repo, pullRequest, config, ...known, ...override }
}

const NOTHING_KNOWN = { runs: [], knownHeads: new Set<string>(), approval: null }

async function loadKnown(
  { store, clock }: Deps,
  { repo, pullRequest: { number, headSha } }: CommandSource,
): Promise<Pick<CommandFacts, 'runs' | 'knownHeads' | 'approval'>> {
  const record = await store.pullRequests.load(repo.id, number)
  if (record === null) return NOTHING_KNOWN
  const started = record.runs.filter((run) => run.kind === 'pull_request')
  const present = started.filter((run) => run.sha === headSha)
  const loaded = await Promise.all(present.map((run) => store.runs.loadRun(run.id, clock.now())))
  return {
    runs: loaded.filter((run): run is RunFacts => run !== null),
    knownHeads: new Set(started.map((run) => run.sha)),
    approval: record.approvals.get(headSha) ?? null,
  }
}

/**
 * The teams are those of the default branch. Whoever may write can make a branch whose configuration names their own
 * team, point the pull request to it and back again.
 */
async function mayOverride(
  { github }: Deps,
  { repo, author, permission }: CommandSource,
): Promise<Pick<CommandFacts, 'mayOverride' | 'overrideTeams'>> {
  if (permission === 'admin') return { mayOverride: true, overrideTeams: [] }
  const loaded = await loadConfig(github, repo, repo.defaultBranch)
  const overrideTeams = loaded.kind === 'good' ? loaded.config.overrideTeams : []
  for (const team of overrideTeams)
    if (await github.isTeamMember(team, author)) return { mayOverride: true, overrideTeams }
  return { mayOverride: false, overrideTeams }
}

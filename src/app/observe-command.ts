/** Gathers what is decided on for one command: only what it needs, as it is at that moment. */
import type { Command } from '../domain/commands.ts'
import type { CommandFacts } from '../domain/decide-command.ts'
import { approvalOf, type Permission } from '../domain/pull-request.ts'
import type { RunFacts } from '../domain/run.ts'
import { type PullRequest, pullRequestOf, type Repo } from '../domain/trigger.ts'
import type { Clock, GitHub, PullRequestRecord, Store } from '../ports.ts'
import { loadConfig } from './load-config.ts'

interface Deps {
  readonly github: GitHub
  readonly store: Store
  readonly clock: Clock
}

export interface CommandSource {
  readonly repo: Repo
  readonly author: string
  readonly createdAt: Date
  readonly permission: Permission
  readonly pullRequest: PullRequest
}

/** The branch whose configuration says what the command means; null: none does. Previews are the default branch's. */
function configBranch({ kind }: Command, { repo, pullRequest }: CommandSource): string | null {
  if (kind === 'deploy' || kind === 'undeploy') return repo.defaultBranch
  return kind === 'ok-to-test' ? pullRequest.baseRef : null
}

export async function observeCommand(deps: Deps, source: CommandSource, command: Command): Promise<CommandFacts> {
  const { repo, pullRequest, createdAt: writtenAt } = source
  const branch = configBranch(command, source)
  const [known, runsOfHead, config, override] = await Promise.all([
    command.kind === 'help' ? NOTHING_KNOWN : loadKnown(deps, source, command),
    command.kind === 'ok-to-test' ? loadRunsOfHead(deps, source) : [],
    branch === null ? ({ kind: 'none' } as const) : loadConfig(deps.github, repo, branch),
    command.kind === 'override' ? mayOverride(deps, source) : { mayOverride: false, overrideTeams: [] },
  ])
  return { repo, pullRequest, writtenAt, config, runsOfHead, ...known, ...override }
}

const NOTHING_KNOWN = { runs: [], labelRuns: [], knownHeads: new Set<string>(), approval: null }

async function loadKnown(
  { store, clock }: Deps,
  { repo, pullRequest }: CommandSource,
  command: Command,
): Promise<Pick<CommandFacts, 'runs' | 'labelRuns' | 'knownHeads' | 'approval'>> {
  const { number, headSha } = pullRequest
  const record = await store.pullRequests.load(repo.id, number)
  if (record === null) return NOTHING_KNOWN
  const started = record.runs.filter((run) => run.kind === 'pull_request')
  const present = started.filter((run) => run.sha === headSha)
  const labels = command.kind === 'cancel' ? record.runs.filter((run) => run.kind === 'label') : []
  const load = async (runs: PullRequestRecord['runs']) => {
    const loaded = await Promise.all(runs.map((run) => store.runs.loadRun(run.id, clock.now())))
    return loaded.filter((run): run is RunFacts => run !== null)
  }
  const [runs, labelRuns] = await Promise.all([load(present), load(labels)])
  return {
    runs,
    labelRuns,
    knownHeads: new Set(started.map((run) => run.sha)),
    approval: approvalOf(record.approvals, pullRequest),
  }
}

async function loadRunsOfHead({ store, clock }: Deps, { repo, pullRequest }: CommandSource): Promise<RunFacts[]> {
  const runIds = await store.runs.runsOfCommit(repo.id, pullRequest.headSha, 'pull_request')
  const runs = await Promise.all(runIds.map((runId) => store.runs.loadRun(runId, clock.now())))
  return runs.flatMap((run) => (run && pullRequestOf(run.trigger)?.number === pullRequest.number ? [run] : []))
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

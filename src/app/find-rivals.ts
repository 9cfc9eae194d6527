/**
 * Other pull requests with the same commit. Anybody can open one, into a branch with weaker rules, so each gate shows
 * whether all of its name pass. What strangers open does not hold up what is trusted.
 */
import { deriveCheckStates } from '../domain/check-state.ts'
import { deriveLegStates, isOutdated } from '../domain/leg-state.ts'
import type { RivalGate, RunFacts } from '../domain/run.ts'
import type { Clock, GitHub, Store } from '../ports.ts'

interface Deps {
  readonly github: GitHub
  readonly store: Store
  readonly clock: Clock
}

export interface Rivals {
  readonly gates: readonly RivalGate[]
  /** Runs that look at this one's gates in turn. */
  readonly runIds: readonly string[]
}

export async function findRivals({ github, store, clock }: Deps, run: RunFacts): Promise<Rivals> {
  const { trigger } = run
  if (trigger.kind !== 'pull_request' || run.gates.length === 0 || isOutdated(run.cancel))
    return { gates: [], runIds: [] }
  const ids = await store.runs.rivalsOf(run.id)
  const loaded = await Promise.all(ids.map((id) => store.runs.loadRun(id, clock.now())))
  const names = new Set(run.gates.map((gate) => gate.plan.name))
  const others = loaded.filter((other) => other?.gates.some((gate) => names.has(gate.plan.name)) === true)
  const gates: RivalGate[] = []
  for (const other of others) {
    if (other === null || (run.trusted && !other.trusted)) continue
    if (other.trigger.kind !== 'pull_request') continue
    const { number, baseRef } = other.trigger.pullRequest
    const now = await github.getPullRequest(trigger.repo, number)
    const isThere = now?.state === 'open' && now.headSha === trigger.sha && now.baseRef === baseRef
    if (isThere) gates.push(...gatesOf(other, number))
  }
  return { gates, runIds: others.flatMap((other) => other?.id ?? []) }
}

function gatesOf(run: RunFacts, pullRequest: number): RivalGate[] {
  const checks = deriveCheckStates(run, deriveLegStates(run))
  return checks
    .filter((check) => check.subject === 'gate')
    .map(({ name, conclusion }) => ({ name, pullRequest, passed: conclusion === 'success' }))
}

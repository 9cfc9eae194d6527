/**
 * Which workflow runs a clean-up is about, and what is kept of them. A workflow is known by its name, its path and its file's name.
 * What is kept of a branch is the matter of the first entry that matches it, and of everything else the general one.
 */
import { checkGlob, compileGlobs, type NameMatcher } from './globs.ts'
import type { RunFactsToKeep, RunKeep, RunRetentionConfig, WorkflowFacts } from './run-retention.ts'

function fileOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** As people call it. GitHub's own workflows have no file. */
export function workflowTitle({ path, name, id }: WorkflowFacts): string {
  if (path.startsWith('.github/')) return fileOf(path)
  return name || path || `workflow ${id}`
}

/** Why a run is not to be cleaned, as the end of a sentence about it; null: all filters match. */
export function makeRunFilter(
  config: RunRetentionConfig,
): (run: RunFactsToKeep, workflow: WorkflowFacts) => string | null {
  const { states, conclusions } = config
  const matches = makeWorkflowFilter(config.workflows)
  const known = new Map<string, boolean>()
  const isWanted = (workflow: WorkflowFacts): boolean => {
    const names = `${workflow.path}\n${workflow.name}`
    const answer = known.get(names) ?? matches(workflow)
    known.set(names, answer)
    return answer
  }
  return (run, workflow) => {
    if (!isWanted(workflow)) return `the workflow ${workflowTitle(workflow)} is not among those that are cleaned`
    if (states.length > 0 && !states.includes(workflow.state))
      return `the workflow ${workflowTitle(workflow)} is ${workflow.state}, and only those that are ${states.join(' or ')} are cleaned`
    if (conclusions.length > 0 && !conclusions.includes(run.conclusion ?? ''))
      return `it ended as ${run.conclusion ?? 'nothing'}, and only ${conclusions.join(' or ')} is cleaned`
    return null
  }
}

/** In order, as everywhere: a pattern lets a workflow in, a later one with `!` takes it away again. */
function makeWorkflowFilter(patterns: readonly string[]): (workflow: WorkflowFacts) => boolean {
  const steps = patterns.map((pattern) => {
    const adds = !pattern.startsWith('!')
    const name = adds ? pattern : pattern.slice(1)
    // A workflow may be called what is no pattern.
    const matches: NameMatcher = checkGlob(name) === null ? compileGlobs({ include: [name] }) : () => false
    return { adds, matches: (text: string) => text === name || matches(text) }
  })
  return ({ name, path }) => {
    if (steps.length === 0) return true
    const names = [name, path, fileOf(path)]
    return steps.reduce((isIn, { adds, matches }) => (names.some(matches) ? adds : isIn), false)
  }
}

export interface AppliedKeep extends RunKeep {
  /** Null: what is kept is counted in all branches. */
  readonly branch: string | null
}

export function makeRunKeeps(config: RunRetentionConfig): (run: RunFactsToKeep) => AppliedKeep {
  const general = { days: config.days, minimumRuns: config.minimumRuns, branch: null }
  const entries = config.branches.map(({ branch, days, minimumRuns }) => ({
    matches: compileGlobs({ include: [branch] }),
    days,
    minimumRuns,
  }))
  const known = new Map<string, AppliedKeep>()
  return ({ branch }) => {
    if (branch === null || entries.length === 0) return general
    const found = known.get(branch)
    if (found !== undefined) return found
    const entry = entries.find(({ matches }) => matches(branch))
    const keep = entry === undefined ? general : { days: entry.days, minimumRuns: entry.minimumRuns, branch }
    known.set(branch, keep)
    return keep
  }
}

/** A plan as JSON, and as a tree for people. */

import type { LegPlan, Plan, RunPlan } from '../domain/plan.ts'
import { isTrusted, pullRequestOf } from '../domain/trigger.ts'
import { count, shortSha } from '../domain/wording.ts'
import { printable } from './printable.ts'

export function planToJson(plan: Plan): unknown {
  const { trigger } = plan
  return {
    trigger: {
      kind: trigger.kind,
      repo: `${trigger.repo.owner}/${trigger.repo.name}`,
      sha: trigger.sha || null,
      ref_name: trigger.refName,
      pull_request: pullRequestOf(trigger)?.number ?? null,
      trusted: isTrusted(trigger),
    },
    runs: plan.runs.map((run) => ({
      pipeline: run.pipeline,
      skipped: run.skipped,
      legs: run.legs.map(({ job, name, matrix, needs, start, hold, inputs, skip }) => ({
        job,
        name,
        matrix,
        needs,
        start,
        hold,
        inputs,
        skip,
      })),
      gates: run.gates,
    })),
  }
}

export function renderPlan(plan: Plan): string {
  const { trigger } = plan
  const what = trigger.kind === 'pull_request' ? `pull request #${trigger.pullRequest.number}` : trigger.kind
  const fork = plan.trusted ? '' : ', from a fork'
  const title = `${what} of ${trigger.repo.owner}/${trigger.repo.name} at ${shortSha(trigger.sha) || 'its branch'} (${trigger.refName}${fork})`
  const runs = plan.runs.map((run) => renderRun(run))
  return printable([title, ...(runs.length > 0 ? runs : ['The configuration has no pipelines.'])].join('\n\n'))
}

interface Node {
  readonly text: string
  readonly children: readonly string[]
}

function renderRun(run: RunPlan): string {
  if (run.skipped !== null) {
    const gates = run.gates.length > 0 ? `; ${count(run.gates.length, 'gate')} will pass at once` : ''
    return `${run.pipeline}: nothing to run: ${run.skipped}${gates}`
  }
  const nodes = [
    ...run.legs.map(legNode),
    ...run.gates.map(
      (gate): Node => ({ text: `gate «${gate.name}»`, children: [`waits for ${listNames(gate.needs)}`] }),
    ),
  ]
  return [
    `${run.pipeline}: ${count(run.legs.length, 'leg')}, ${count(run.gates.length, 'gate')}`,
    ...drawTree(nodes),
  ].join('\n')
}

function legNode(leg: LegPlan): Node {
  if (leg.skip !== null) return { text: `${leg.name}: skipped: ${leg.skip}`, children: [] }
  const inputs = Object.entries(leg.inputs).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
  const needs = leg.needs.length > 0 ? [`after ${listNames(leg.needs)}`] : []
  const hold = leg.hold === null ? [] : [describeHold(leg.hold)]
  return { text: `${leg.name}  ${describeStart(leg.start)}`, children: [...needs, ...hold, ...inputs] }
}

function describeStart(start: LegPlan['start']): string {
  switch (start.kind) {
    case 'dispatch':
      return `→  ${start.workflow} on ${start.ref}`
    case 'observe_workflow':
      return `⇠  observes ${start.workflow}`
    case 'observe_check':
      return `⇠  observes the check «${start.name}» of ${start.app}`
  }
}

function describeHold(hold: 'approval' | 'never'): string {
  return hold === 'approval' ? 'held until a maintainer approves the commit' : 'held: forks.policy is never'
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(', ')
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown || 'nothing'
}

function drawTree(nodes: readonly Node[]): string[] {
  return nodes.flatMap(({ text, children }, index) => {
    const last = index === nodes.length - 1
    return [
      `${last ? '└─' : '├─'} ${text}`,
      ...children.map((child, at) => `${last ? '  ' : '│ '}   ${at === children.length - 1 ? '└─' : '├─'} ${child}`),
    ]
  })
}

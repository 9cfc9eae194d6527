/**
 * Whether each workflow that the configuration names can do what is asked of it. GitHub dispatches only what is on the
 * default branch, is enabled and declares every input that it is given; and a workflow that is followed must be started
 * by the same events as its pipeline.
 */
import type { DoctorFacts, Finding, FindingLevel, WorkflowFacts } from '../doctor.ts'
import type { WorkflowFile } from './workflow-file.ts'
import { type DispatchWants, type ObserveWants, type WorkflowUse, workflowKey, workflowUses } from './workflow-uses.ts'

type Asked = Pick<DoctorFacts, 'config' | 'workflows' | 'hasPackagesToken'>

interface Said {
  readonly level: FindingLevel
  readonly finding: string
  readonly remedy: string | null
}

export function workflowFindings({ config, workflows, hasPackagesToken }: Asked): Finding[] {
  if (config.kind !== 'good') return []
  const uses = Map.groupBy(workflowUses(config.config, hasPackagesToken), workflowKey)
  return [...uses].flatMap(([key, group]) => {
    const facts = workflows.get(key)
    const [first] = group
    // Of a preview's repository that cannot be reached, the preview itself is what is wrong.
    if (facts === undefined || first === undefined) return []
    const subject = subjectOf(first)
    return distinct(findingsOf(first, group, facts)).map((said) => ({ ...said, subject }))
  })
}

function findingsOf(first: WorkflowUse, group: readonly WorkflowUse[], facts: WorkflowFacts): Said[] {
  const path = `.github/workflows/${first.workflow}`
  const named = [...new Set(group.map((use) => use.by))]
  if (facts.kind === 'unreadable')
    return [problem(`cannot be read: ${facts.reason}`, 'Mend what is wrong with the installation, then ask again.')]
  if (facts.kind === 'none')
    return [
      problem(
        `does not exist on the default branch, but ${named.join(', ')} ${named.length > 1 ? 'name' : 'names'} it`,
        `Add ${path} to the default branch, or correct the name in the configuration.`,
      ),
    ]
  const found = [
    ...stateFindings(facts.state),
    ...(facts.file === null
      ? [problem('is no YAML of a workflow, or too large', `Correct ${path}.`)]
      : fileFindings(facts.file, group, path)),
  ]
  return found.length > 0
    ? found
    : [
        {
          level: 'ok',
          finding: `does what ${named.join(', ')} ${named.length > 1 ? 'ask' : 'asks'} of it`,
          remedy: null,
        },
      ]
}

function stateFindings(state: string): Said[] {
  if (state === 'active') return []
  const why = state === 'disabled_inactivity' ? 'because nothing happened in the repository for long' : `(${state})`
  return [problem(`is disabled ${why}: GitHub does not start it`, 'Enable it in the Actions tab of its repository.')]
}

function fileFindings(file: WorkflowFile, group: readonly WorkflowUse[], path: string): Said[] {
  return group.flatMap((use) =>
    use.wants.kind === 'dispatch'
      ? dispatchFindings(file, use.by, use.wants, path)
      : observeFindings(file, use.by, use.wants, path),
  )
}

function dispatchFindings({ inputs, startsWithAttempt }: WorkflowFile, by: string, wants: DispatchWants, path: string) {
  if (inputs === null)
    return [
      problem(
        `has no \`workflow_dispatch\`, so it cannot be dispatched for ${by}`,
        `Add \`workflow_dispatch:\` with the inputs ${listOf(wants.inputs)} under \`on:\` in ${path}.`,
      ),
    ]
  const undeclared = wants.inputs.filter((input) => !inputs.has(input))
  const missing = [...inputs].filter(([name, { required }]) => required && !wants.inputs.includes(name))
  return [
    ...(undeclared.length === 0
      ? []
      : [
          problem(
            `does not declare ${listOf(undeclared)}, which ${by} gives it: GitHub refuses to dispatch it`,
            `Declare ${listOf(undeclared)} under \`on.workflow_dispatch.inputs\` in ${path}.`,
          ),
        ]),
    ...missing.map(([name]) =>
      problem(
        `requires the input \`${name}\`, which ${by} does not give it: GitHub refuses to dispatch it`,
        `Give it under \`inputs:\` in the configuration, or make it optional in ${path}.`,
      ),
    ),
    ...(wants.named && !startsWithAttempt ? [unnamed(path)] : []),
  ]
}

function unnamed(path: string): Said {
  return {
    level: 'warning',
    finding:
      "has a `run-name` that does not begin with the attempt's id: a run whose dispatch GitHub did not answer is not found again, and its leg fails",
    remedy: `Write \`run-name: "\${{ fromJSON(inputs.signalbox).attempt }} …"\` in ${path}.`,
  }
}

function observeFindings({ events, filtered }: WorkflowFile, by: string, wants: ObserveWants, path: string): Said[] {
  return wants.events.flatMap((event): Said[] => {
    if (!events.has(event))
      return [
        problem(
          `is not started by \`${event}\`: ${by} follows it, and waits until its time-out`,
          `Add \`${event}:\` under \`on:\` in ${path}.`,
        ),
      ]
    if (!filtered.has(event)) return []
    return [
      {
        level: 'warning',
        finding: `is started by \`${event}\` for some branches or paths only: where it is not, ${by} waits until its time-out`,
        remedy: `Take the filter out of ${path}, or give the pipeline the same one.`,
      },
    ]
  })
}

function subjectOf({ repository, workflow, ref }: WorkflowUse): string {
  const where = repository === null ? '' : `${repository.owner}/${repository.name}: `
  return `workflow ${where}${workflow}${ref === null ? '' : ` on ${ref}`}`
}

/** The same for each job that names it is said once. */
function distinct(all: readonly Said[]): Said[] {
  return [...new Map(all.map((said) => [said.finding, said])).values()]
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

function problem(finding: string, remedy: string): Said {
  return { level: 'problem', finding, remedy }
}

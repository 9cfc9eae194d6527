/**
 * What GitHub makes of a workflow for one event: what the run is called, its environment, and which of its jobs run. Its
 * expressions are read as JavaScript, whose `&&`, `||`, `==` and `!=` do the same with the values that we use; what a
 * context does not have is null there, as it is here.
 */
import { runInNewContext } from 'node:vm'
import { readWorkflow } from './workflow-rules.ts'

export interface WorkflowContext {
  readonly github: Readonly<Record<string, unknown>>
  readonly inputs: Readonly<Record<string, string>>
  readonly vars: Readonly<Record<string, string>>
}

export function evaluateWorkflow(text: string, context: WorkflowContext) {
  const { 'run-name': runName = '', env = {}, jobs } = readWorkflow(text)
  const evaluate = (expression: string): unknown =>
    runInNewContext(expression.replaceAll(/(?<=[\w)])\.(?=[a-z_])(?=(?:[^']*'[^']*')*[^']*$)/g, '?.'), {
      ...context,
      fromJSON: JSON.parse,
    })
  const fill = (template: string) =>
    template.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => String(evaluate(expression) ?? ''))
  return {
    title: fill(runName),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(String(value))])),
    jobs: Object.entries(jobs)
      .filter(([, job]) => job.if === undefined || Boolean(evaluate(job.if)))
      .map(([name]) => name),
  }
}

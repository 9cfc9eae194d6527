/**
 * How the simulated runner plays the workflow runs of the story. Times are long enough to be followed by eye. The one
 * test that fails does so once; the app image of a pull request takes longer than anybody waits for it.
 */
import type { RunnerScript, RunScript, ScriptedRun } from '../../sandbox/sandbox.ts'

const QUEUED_MS = 350
const APP_MS = 2_600
const APP_OF_PULL_REQUEST_MS = 120_000
const RUNTIME_MS: Readonly<Record<string, number>> = { nikolaik: 1_700, ubuntu: 2_300 }
const TEST_MS: Readonly<Record<string, number>> = { nikolaik: 1_900, ubuntu: 1_500 }

export function makeRunnerScript(): RunnerScript {
  let hasFailed = false
  return (run) => {
    const fails = !hasFailed && run.workflow === 'test-runtime.yml' && run.inputs.base_tag === 'ubuntu'
    hasFailed ||= fails
    return { queuedMs: QUEUED_MS, durationMs: durationOf(run), ...failure(fails) }
  }
}

function failure(fails: boolean): RunScript {
  return fails ? { conclusion: 'failure' } : {}
}

function durationOf({ workflow, inputs, signalbox }: ScriptedRun): number {
  const image = inputs.base_tag ?? ''
  if (workflow === 'build-runtime.yml') return RUNTIME_MS[image] ?? APP_MS
  if (workflow === 'test-runtime.yml') return TEST_MS[image] ?? APP_MS
  return signalbox?.event === 'pull_request' ? APP_OF_PULL_REQUEST_MS : APP_MS
}

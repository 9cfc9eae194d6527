/** What the app is told about check runs and suites. */
import { suiteFor } from './check-suites.ts'
import { includesLevel, installationOf } from './installation-access.ts'
import type { JsonObject } from './json.ts'
import type { Account, CheckRun, CheckSuite, Repository } from './model.ts'
import { renderCheckRun, renderCheckSuite, renderCheckSuiteInEvent } from './render/check-run.ts'
import { notify } from './webhooks/notify.ts'
import type { World } from './world.ts'

export type CheckRunAction = 'created' | 'completed' | 'rerequested' | 'requested_action'

/** `created` and `completed` come for every app's check runs, the presses of buttons only for our own. */
export function notifyCheckRun(
  world: World,
  repository: Repository,
  run: CheckRun,
  action: CheckRunAction,
  sender: Account,
  fields: JsonObject = {},
): void {
  const isOurs = run.app.id === world.app.id
  if (!isOurs && action !== 'created' && action !== 'completed') return
  const suite = repository.checkSuites.get(run.suiteId)
  notify(world, repository, 'check_run', action, sender, {
    check_run: {
      ...renderCheckRun(world, repository, run),
      ...(suite === undefined ? {} : { check_suite: renderCheckSuiteInEvent(world, repository, suite) }),
    },
    ...fields,
  })
}

export function notifyCheckSuite(
  world: World,
  repository: Repository,
  suite: CheckSuite,
  action: 'requested' | 'rerequested' | 'completed',
  sender: Account,
): void {
  const { repository: _, ...rendered } = renderCheckSuite(world, repository, suite)
  notify(world, repository, 'check_suite', action, sender, { check_suite: rendered })
}

/** GitHub opens a suite on every pushed commit for an app that may write checks, and tells it so. */
export function requestCheckSuite(
  world: World,
  repository: Repository,
  sha: string,
  branch: string,
  sender: Account,
): void {
  if (!includesLevel(installationOf(world, repository)?.permissions.checks, 'write')) return
  notifyCheckSuite(world, repository, suiteFor(world, repository, world.app, sha, branch), 'requested', sender)
}

/**
 * Looks at a pull request's own version of the configuration, which is judged and never obeyed. It is read only where
 * the pull request changed it, and it may extend only what its base extends: a stranger could name any repository.
 */

import { CONFIG_PATH } from '../domain/config.ts'
import { judgeConfigChange } from '../domain/config-verdict.ts'
import { readExtends } from '../domain/extend-config.ts'
import { parseConfig } from '../domain/parse-config.ts'
import { ALL_FILES, type ChangedFiles } from '../domain/plan.ts'
import type { ConfigVerdict } from '../domain/run.ts'
import type { Trigger } from '../domain/trigger.ts'
import type { GitHub } from '../ports.ts'
import type { LoadedConfig } from './load-config.ts'

interface Deps {
  readonly github: GitHub
  readonly now: Date
  /** The changed files of the trigger. */
  readonly files: () => Promise<ChangedFiles>
}

/** Null: the pull request leaves the configuration as it is, or deletes it. */
export async function judgeOwnConfig(deps: Deps, trigger: Trigger, base: LoadedConfig): Promise<ConfigVerdict | null> {
  if (trigger.kind !== 'pull_request') return null
  const own = await deps.github.readFile(trigger.repo, CONFIG_PATH, trigger.sha)
  const before = base.kind === 'none' ? null : base.source
  if (own === null || (before !== null && Buffer.compare(own, before) === 0)) return null
  // It differs also where the base moved on: only what the pull request itself changed is judged.
  const changed = await deps.files()
  if (changed.kind === 'listed' && !changed.files.includes(CONFIG_PATH)) return null
  if (!extendsTheSame(own, before)) return refuseExtends()
  const defaults = base.kind === 'good' ? base.defaults : []
  return judgeConfigChange({
    now: deps.now,
    trigger,
    changed: changed.kind === 'listed' ? changed : ALL_FILES,
    base: base.kind === 'good' ? base.config : null,
    head: parseConfig(own, { path: CONFIG_PATH, defaults }),
  })
}

function extendsTheSame(own: Uint8Array, before: Uint8Array | null): boolean {
  const [mine, theirs] = [readExtends(own), before === null ? null : readExtends(before)]
  return JSON.stringify(mine) === JSON.stringify(theirs)
}

function refuseExtends(): ConfigVerdict {
  const message =
    "This pull request changes `_extends`. What it names is read once the change is on the base branch: until then it would be read on a stranger's word."
  return {
    conclusion: 'success',
    headline: 'Not judged: _extends is changed, and is followed only from the base branch.',
    differences: [],
    annotations: [{ path: CONFIG_PATH, line: 1, level: 'notice', title: '_extends', message }],
  }
}

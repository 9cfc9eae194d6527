/** What the app is told about issues. */
import type { JsonObject } from './json.ts'
import type { Account, Issue, Repository } from './model.ts'
import { renderIssue } from './render/conversation.ts'
import { notify } from './webhooks/notify.ts'
import { changed, type World } from './world.ts'

export function notifyIssue(
  world: World,
  repository: Repository,
  issue: Issue,
  action: string,
  sender: Account,
  fields: JsonObject = {},
): void {
  notify(world, repository, 'issues', action, sender, { issue: renderIssue(world, repository, issue), ...fields })
  changed(world)
}

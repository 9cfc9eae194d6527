import type { Milestone } from '../item-model.ts'
import { isoTime, type JsonObject } from '../json.ts'
import type { Repository } from '../model.ts'
import { nodeId } from '../node-id.ts'
import type { World } from '../world.ts'
import { renderAccount } from './account.ts'
import { repoApi, repoWeb } from './urls.ts'

/** GitHub's `milestone`. */
export function renderMilestone(world: World, repository: Repository, milestone: Milestone): JsonObject {
  const { id, number, title, creator, createdAt } = milestone
  const url = repoApi(world, repository, `/milestones/${number}`)
  const inside = [...repository.conversations.values()].filter((one) => one.milestone === milestone)
  const open = inside.filter((one) => one.state === 'open').length
  return {
    url,
    html_url: repoWeb(world, repository, `/milestone/${number}`),
    labels_url: `${url}/labels`,
    id,
    node_id: nodeId('milestone', id),
    number,
    title,
    description: null,
    creator: renderAccount(world, creator),
    open_issues: open,
    closed_issues: inside.length - open,
    state: 'open',
    created_at: isoTime(createdAt),
    updated_at: isoTime(createdAt),
    due_on: null,
    closed_at: null,
  }
}

/** Releases. Drafts are for those who may write. */

import { paginate } from '../http/paging.ts'
import { type Call, type Reply, type Route, repositoryRoute } from '../http/router.ts'
import { includesLevel } from '../installation-access.ts'
import { isoTime, type JsonObject } from '../json.ts'
import type { Repository } from '../model.ts'
import { nodeId } from '../node-id.ts'
import type { Release } from '../releases.ts'
import { renderAccount } from '../render/account.ts'
import { repoApi, repoWeb } from '../render/urls.ts'
import type { TokenGrant, World } from '../world.ts'

/** GitHub's `release`. */
function render(world: World, repository: Repository, release: Release): JsonObject {
  const api = repoApi(world, repository, `/releases/${release.id}`)
  const tag = encodeURIComponent(release.tag)
  const archive = (kind: string) => (release.draft ? null : repoApi(world, repository, `/${kind}/${tag}`))
  return {
    url: api,
    html_url: repoWeb(world, repository, `/releases/tag/${tag}`),
    assets_url: `${api}/assets`,
    upload_url: `${api}/assets{?name,label}`,
    tarball_url: archive('tarball'),
    zipball_url: archive('zipball'),
    id: release.id,
    node_id: nodeId('release', release.id),
    tag_name: release.tag,
    target_commitish: repository.defaultBranch,
    name: release.name,
    body: release.body,
    draft: release.draft,
    prerelease: release.prerelease,
    created_at: isoTime(release.createdAt),
    published_at: release.draft ? null : isoTime(release.createdAt),
    author: renderAccount(world, release.author),
    assets: [],
  }
}

function list(call: Call, repository: Repository, grant: TokenGrant): Reply {
  const seesDrafts = includesLevel(grant.permissions.contents, 'write')
  const found = [...repository.releases.values()]
    .filter((release) => seesDrafts || !release.draft)
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || b.id - a.id)
  const page = paginate(call, found)
  const body = page.items.map((release) => render(call.world, repository, release))
  return { status: 200, headers: page.headers, body }
}

export const releaseRoutes: readonly Route[] = [repositoryRoute('GET', '/releases', { contents: 'read' }, list)]

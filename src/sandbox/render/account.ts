import { isoTime, type JsonObject } from '../json.ts'
import type { Account, App, Installation } from '../model.ts'
import type { World } from '../world.ts'
import { apiUrl, userApi, webUrl } from './urls.ts'

/** GitHub's `simple-user`. */
export function renderAccount(world: World, account: Account): JsonObject {
  const page = account.type === 'Bot' ? `/apps/${account.login.replace('[bot]', '')}` : `/${account.login}`
  return {
    login: account.login,
    id: account.id,
    node_id: account.nodeId,
    avatar_url: webUrl(world, `/avatars/u/${account.id}`),
    gravatar_id: '',
    url: userApi(world, account),
    html_url: webUrl(world, page),
    followers_url: userApi(world, account, '/followers'),
    following_url: userApi(world, account, '/following{/other_user}'),
    gists_url: userApi(world, account, '/gists{/gist_id}'),
    starred_url: userApi(world, account, '/starred{/owner}{/repo}'),
    subscriptions_url: userApi(world, account, '/subscriptions'),
    organizations_url: userApi(world, account, '/orgs'),
    repos_url: userApi(world, account, '/repos'),
    events_url: userApi(world, account, '/events{/privacy}'),
    received_events_url: userApi(world, account, '/received_events'),
    type: account.type,
    user_view_type: 'public',
    site_admin: false,
  }
}

/** GitHub's `organization-simple`, which webhooks of an organisation's repositories carry. */
export function renderOrganization(world: World, account: Account): JsonObject {
  const api = apiUrl(world, `/orgs/${account.login}`)
  return {
    login: account.login,
    id: account.id,
    node_id: account.nodeId,
    url: api,
    repos_url: `${api}/repos`,
    events_url: `${api}/events`,
    hooks_url: `${api}/hooks`,
    issues_url: `${api}/issues`,
    members_url: `${api}/members{/member}`,
    public_members_url: `${api}/public_members{/member}`,
    avatar_url: webUrl(world, `/avatars/u/${account.id}`),
    description: '',
  }
}

/** GitHub's `integration`. */
export function renderApp(world: World, app: App): JsonObject {
  return {
    id: app.id,
    slug: app.slug,
    node_id: app.nodeId,
    client_id: app.clientId,
    owner: renderAccount(world, app.owner),
    name: app.name,
    description: '',
    external_url: webUrl(world, `/apps/${app.slug}/home`),
    html_url: webUrl(world, `/apps/${app.slug}`),
    created_at: isoTime(app.createdAt),
    updated_at: isoTime(app.createdAt),
    permissions: app.permissions,
    events: app.events,
  }
}

export function renderInstallation(world: World, installation: Installation): JsonObject {
  const { account } = installation
  const scope = account.type === 'Organization' ? `/organizations/${account.login}` : ''
  return {
    id: installation.id,
    client_id: world.app.clientId,
    account: renderAccount(world, account),
    repository_selection: 'selected',
    access_tokens_url: apiUrl(world, `/app/installations/${installation.id}/access_tokens`),
    repositories_url: apiUrl(world, '/installation/repositories'),
    html_url: webUrl(world, `${scope}/settings/installations/${installation.id}`),
    app_id: world.app.id,
    app_slug: world.app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: installation.permissions,
    events: world.app.events,
    created_at: isoTime(installation.createdAt),
    updated_at: isoTime(installation.updatedAt),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: installation.suspendedAt === null ? null : renderAccount(world, account),
    suspended_at: isoTime(installation.suspendedAt),
  }
}

/** Every route about packages, once at each of the three places where GitHub has them. */
import { expect } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient, makeClient, NAME, SHOP } from './support.ts'

const ALL = ['read:packages', 'write:packages', 'delete:packages']

export async function tourOfPackages(sandbox: Sandbox): Promise<void> {
  for (const [place, owner] of [
    ['/orgs/acme', 'acme'],
    ['/users/uma', 'uma'],
    ['/user', 'uma'],
  ] as const) {
    const path = `${owner}/team/app`
    const token = sandbox.createToken({ login: 'uma', scopes: ALL, organizations: ['acme'] })
    const client = makeClient(sandbox, token)
    const digest = sandbox.pushImage(path, { tags: ['old'], ...(owner === 'acme' && { repository: NAME }) })
    sandbox.pushImage(path, { tags: ['new'], visibility: 'public' })
    const id = sandbox.state.packageVersions(path).find((version) => version.digest === digest)?.id
    const one = `${place}/packages/container/team%2Fapp`
    await client.request(`GET ${place}/packages`, { package_type: 'container' })
    await client.request(`GET ${one}`)
    await client.request(`GET ${one}/versions`)
    await client.request(`GET ${one}/versions/${id}`)
    await client.request(`DELETE ${one}/versions/${id}`)
    await client.request(`GET ${one}/versions`, { state: 'deleted' })
    await client.request(`POST ${one}/versions/${id}/restore`)
    await client.request(`DELETE ${one}`)
    await expect(client.request(`GET ${one}`)).rejects.toMatchObject({ status: 404 })
    await client.request(`POST ${one}/restore`)
    expect(sandbox.state.packageTags(path)).toMatchObject({ old: digest })
  }
  const { rest } = makeClient(sandbox, sandbox.createToken({ login: 'uma', scopes: [] }))
  expect((await rest.users.getAuthenticated()).data.login).toBe('uma')
  expect((await rest.users.getByUsername({ username: 'acme' })).data.type).toBe('Organization')
  await expect(rest.users.getByUsername({ username: 'nobody-knows' })).rejects.toMatchObject({ status: 404 })
}

/** Caches, releases, and files by their hash. */
export async function tourOfKeepsakes(sandbox: Sandbox): Promise<void> {
  const { rest } = await installationClient(sandbox)
  const cache_id = sandbox.addCache(NAME, { key: 'npm-1', ref: 'refs/heads/main' })
  sandbox.addCache(NAME, { key: 'npm-2', ref: 'refs/heads/main' })
  await rest.actions.getActionsCacheList(SHOP)
  await rest.actions.deleteActionsCacheById({ ...SHOP, cache_id })
  await rest.actions.deleteActionsCacheByKey({ ...SHOP, key: 'npm-2' })
  sandbox.createRelease(NAME, { tag: 'v1.0.0', body: 'First.' })
  sandbox.createRelease(NAME, { tag: 'v2.0.0', draft: true })
  expect((await rest.repos.listReleases(SHOP)).data).toHaveLength(2)
  const { data } = await rest.git.getTree({ ...SHOP, tree_sha: 'main', recursive: '1' })
  const file = data.tree.find((entry) => entry.type === 'blob')
  await rest.git.getBlob({ ...SHOP, file_sha: file?.sha ?? '' })
  await expect(rest.git.getBlob({ ...SHOP, file_sha: 'f'.repeat(40) })).rejects.toMatchObject({ status: 404 })
}

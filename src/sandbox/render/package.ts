import { isoTime, type JsonObject } from '../json.ts'
import type { ContainerPackage, PackageVersion } from '../package-model.ts'
import type { World } from '../world.ts'
import { renderAccount } from './account.ts'
import { renderMinimalRepository } from './repository.ts'
import { apiUrl, webUrl } from './urls.ts'

function place(one: ContainerPackage): { readonly api: string; readonly web: string } {
  const owner = `${one.owner.type === 'Organization' ? 'orgs' : 'users'}/${one.owner.login}`
  const name = encodeURIComponent(one.name)
  return { api: `/${owner}/packages/container/${name}`, web: `/${owner}/packages/container/package/${name}` }
}

/** GitHub's `package`. */
export function renderPackage(world: World, one: ContainerPackage): JsonObject {
  const { api, web } = place(one)
  const repository = one.repository === null ? {} : { repository: renderMinimalRepository(world, one.repository) }
  return {
    id: one.id,
    name: one.name,
    package_type: 'container',
    owner: renderAccount(world, one.owner),
    version_count: one.active.size,
    visibility: one.visibility,
    url: apiUrl(world, api),
    html_url: webUrl(world, web),
    created_at: isoTime(one.createdAt),
    updated_at: isoTime(one.updatedAt),
    ...repository,
  }
}

/** GitHub's `package-version`. */
export function renderPackageVersion(world: World, one: ContainerPackage, version: PackageVersion): JsonObject {
  const { api, web } = place(one)
  const page = webUrl(world, web)
  return {
    id: version.id,
    name: version.digest,
    url: apiUrl(world, `${api}/versions/${version.id}`),
    package_html_url: page,
    html_url: page.replace(/\/package\//, '/').concat(`/${version.id}`),
    created_at: isoTime(version.createdAt),
    updated_at: isoTime(version.updatedAt),
    ...(version.deletedAt === null ? {} : { deleted_at: isoTime(version.deletedAt) }),
    metadata: { package_type: 'container', container: { tags: version.tags } },
  }
}

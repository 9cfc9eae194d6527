/** The tags of one repository, page by page. */
import { z } from 'zod'
import { formatRepository, type ImageReference, isTag } from '../../domain/image-reference.ts'
import { readJson } from '../http/answer.ts'
import type { Authorizer } from './authorize.ts'
import { refused } from './refusal.ts'
import { type Answer, nonsense } from './transport.ts'

export interface TagListing {
  readonly send: Authorizer['send']
  /** Of the first page, without `n`. */
  readonly url: URL
  readonly repository: Pick<ImageReference, 'registry' | 'path'>
  readonly pageSize: number
}

/** Registries without paging send all of them at once: 100,000 long names. */
const PAGE_LIMIT = 16 * 1024 * 1024
const MAX_PAGES = 10_000

/** An empty list is `null` to some registries. */
const PAGE = z.object({ tags: z.array(z.string().refine(isTag)).nullish() })

export async function* listTags({ send, url, repository, pageSize }: TagListing): AsyncGenerator<string> {
  const access = { registry: repository.registry, path: repository.path, actions: 'pull' } as const
  let next: URL | null = new URL(`?n=${pageSize}`, url)
  const seen = new Set<string>()
  while (next !== null) {
    if (seen.has(next.href)) throw nonsense(next, 'sends pages of tags that lead back to themselves')
    if (seen.size === MAX_PAGES) throw nonsense(next, `has more than ${MAX_PAGES} pages of tags`)
    seen.add(next.href)
    const answer: Answer = await send({ method: 'GET', url: next, headers: {}, limit: PAGE_LIMIT }, access)
    // Whoever takes half of the tags for all of them deletes what the others need.
    if (answer.status === 404 && seen.size === 1) return
    if (answer.status !== 200) throw refused(answer, `listing the tags of ${formatRepository(repository)}`)
    const page = PAGE.safeParse(readJson(answer.bytes)).data
    if (page === undefined) throw nonsense(answer.url, 'sends something that is no list of tags', answer.status)
    yield* page.tags ?? []
    next = nextPage(answer, next)
  }
}

/** Null: this was the last. */
function nextPage(answer: Answer, current: URL): URL | null {
  const link = answer.headers.get('link') ?? ''
  const target = /<([^<>]*)>\s*;[^<]*\brel="?next"?/i.exec(link)?.[1]
  if (target === undefined) return null
  const url = URL.canParse(target, current.href) ? new URL(target, current) : null
  if (url === null || url.origin !== current.origin)
    throw nonsense(current, 'names a next page of tags that is not its own')
  return url
}

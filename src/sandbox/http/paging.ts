import type { Call } from './router.ts'

const DEFAULT_PAGE = 30
const MAX_PAGE = 100

export interface Page<T> {
  readonly items: readonly T[]
  readonly headers: Readonly<Record<string, string>>
}

function positive(text: string | null, otherwise: number): number {
  const number = Number(text)
  return Number.isInteger(number) && number > 0 ? number : otherwise
}

/** Cuts out the page that was asked for, with GitHub's `Link` header to the others. */
export function paginate<T>(call: Call, all: readonly T[]): Page<T> {
  const perPage = Math.min(positive(call.query.get('per_page'), DEFAULT_PAGE), MAX_PAGE)
  const page = positive(call.query.get('page'), 1)
  const last = Math.max(1, Math.ceil(all.length / perPage))
  const to = (number: number, rel: string) => {
    const url = new URL(call.url)
    url.searchParams.set('page', String(number))
    return `<${url.href}>; rel="${rel}"`
  }
  const links = [
    ...(page > 1 ? [to(page - 1, 'prev')] : []),
    ...(page < last ? [to(page + 1, 'next'), to(last, 'last')] : []),
    ...(page > 1 ? [to(1, 'first')] : []),
  ]
  const items = all.slice((page - 1) * perPage, page * perPage)
  return { items, headers: links.length === 0 ? {} : { link: links.join(', ') } }
}

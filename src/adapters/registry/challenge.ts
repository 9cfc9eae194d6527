/**
 * How a registry asks for credentials: the header `WWW-Authenticate` of RFC 9110, with the parameters of Docker's
 * token authentication.
 *
 * Source: https://distribution.github.io/distribution/spec/auth/token/
 */

export type Challenge =
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'bearer'
      readonly realm: string
      readonly service: string | null
      /** What the registry would have a token for. */
      readonly scopes: readonly string[]
    }

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const QUOTED = /"((?:[^"\\]|\\.)*)"/y
const GAP = /[\s,]*/y
const EQUALS = /[ \t]*=[ \t]*/y
const MAX_HEADER = 8192

/** The best of what is offered; null: nothing that is understood. */
export function readChallenge(header: string): Challenge | null {
  const offers = readOffers(header.slice(0, MAX_HEADER))
  const bearer = offers.find((offer) => offer.scheme === 'bearer' && offer.parameters.has('realm'))
  if (bearer !== undefined)
    return {
      kind: 'bearer',
      realm: bearer.parameters.get('realm') ?? '',
      service: bearer.parameters.get('service') ?? null,
      scopes: (bearer.parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== ''),
    }
  return offers.some((offer) => offer.scheme === 'basic') ? { kind: 'basic' } : null
}

interface Offer {
  readonly scheme: string
  readonly parameters: Map<string, string>
}

/** A name with `=` and a value belongs to the scheme before it; a name without is a scheme. */
function readOffers(header: string): Offer[] {
  const offers: Offer[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(header)
    if (match !== null) at = pattern.lastIndex
    return match
  }
  for (take(GAP); at < header.length; take(GAP)) {
    const name = take(TOKEN)?.[0].toLowerCase()
    if (name === undefined) break
    if (take(EQUALS) === null) {
      offers.push({ scheme: name, parameters: new Map() })
      continue
    }
    const value = take(QUOTED)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? take(TOKEN)?.[0] ?? ''
    offers.at(-1)?.parameters.set(name, value)
  }
  return offers
}

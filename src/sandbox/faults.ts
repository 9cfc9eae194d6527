/** Misbehaviour on demand: what GitHub, or the network before it, does on a bad day. */
import type { ApiRequest } from './http/request-log.ts'
import type { Json } from './json.ts'
import type { Delivery } from './webhooks/deliver.ts'

/** Which requests a fault befalls. */
export interface FaultTarget {
  readonly method?: string
  /** A part of the path after `/api/v3`, a pattern on it, or an OpenAPI route; default: every path. GraphQL is `/graphql`, the archives of artifacts are `/_artifacts/…`, the registry is `/v2/…` and `/token`. */
  readonly path?: string | RegExp
  /** A part of the request's body: which of several GraphQL requests it is. */
  readonly requestBody?: string
  /** How many requests; default 1. */
  readonly times?: number
  /** How many matching requests pass untouched first; default 0. */
  readonly skip?: number
}

/** What a fault looks at. */
type FaultRequest = Pick<ApiRequest, 'method' | 'path' | 'route' | 'body'>

/** `refuse` prevents the effect; the others let it happen and spoil the answer. */
export type FaultKind =
  | { readonly kind: 'refuse'; readonly status: number; readonly body: Json; readonly headers: Record<string, string> }
  | { readonly kind: 'primary-limit' | 'secondary-limit'; readonly status: 403 | 429; readonly waitSeconds: number }
  | { readonly kind: 'lose-reply'; readonly once: Promise<unknown> | null }
  | { readonly kind: 'bad-gateway'; readonly once: Promise<unknown> | null }
  | { readonly kind: 'hang' }

/** Which mutations of GraphQL a fault befalls: all that agree with each of these. */
export interface MutationTarget {
  /** `addComment`, `closeIssue` … */
  readonly field?: string
  /** The name under which it answers, if it has another. */
  readonly alias?: string
  /** Its place among the mutations of its request, from 1. */
  readonly place?: number
}

/** How one mutation of a request fails, beside the others. */
export interface MutationFailure {
  readonly type: string | null
  readonly message: string
  /** Whether it is carried out all the same. */
  readonly done: boolean
}

/** The error of a mutation that a fault befell. */
export class MutationFault extends Error {
  override readonly name = 'MutationFault'
  readonly type: string | null
  constructor(type: string | null, message: string) {
    super(message)
    this.type = type
  }
}

interface BefallenMutations {
  readonly target: MutationTarget
  readonly failure: MutationFailure
  left: number
  skip: number
}

interface Fault {
  readonly target: FaultTarget
  readonly effect: FaultKind
  left: number
  skip: number
}

/** A webhook about to be sent. */
export type OutgoingDelivery = Pick<Delivery, 'guid' | 'event' | 'action' | 'redelivery'>

export interface WebhookFaults {
  /** The request never arrives. GitHub logs a failed delivery, which can be redelivered. */
  readonly drop?: (delivery: OutgoingDelivery) => boolean
  /** As if the event had never happened: not even logged. */
  readonly vanish?: (delivery: OutgoingDelivery) => boolean
  /** How many more times the same delivery arrives, with the same id. */
  readonly repeat?: (delivery: OutgoingDelivery) => number
  readonly delayMs?: (delivery: OutgoingDelivery) => number
  /** What was to be sent within this many milliseconds is sent newest first. */
  readonly reorderWithinMs?: number
}

export interface Faults {
  /** Answers so, without doing anything. */
  respond(target: FaultTarget & { status: number; body?: Json; headers?: Record<string, string> }): void
  /**
   * Does it, then cuts the connection (`with: 502`: answers 502 instead). With `once`, of the API, that comes first, and it is done
   * only when this resolves.
   */
  loseReply(target: FaultTarget & { with?: 'reset' | 502; once?: Promise<unknown> }): void
  /** Does it, then never answers. */
  hang(target: FaultTarget): void
  /** Refuses for a rate limit. `waitSeconds`, default 1, is `retry-after`, or the time to `x-ratelimit-reset`. */
  rateLimit(target: FaultTarget & { limit: 'primary' | 'secondary'; status?: 403 | 429; waitSeconds?: number }): void
  /**
   * Has single mutations of a GraphQL request fail: refused with GitHub's `type` (default `FORBIDDEN`; null: none), or, with `done`,
   * carried out although the answer says otherwise.
   */
  refuseMutation(
    target: MutationTarget &
      Pick<FaultTarget, 'times' | 'skip'> & { type?: string | null; message?: string; done?: boolean },
  ): void
  /** Replaces what is done to webhooks; `{}` ends it. */
  webhooks(faults: WebhookFaults): void
  /** Ends every fault. */
  clear(): void
  /** For the server: the fault to play on this request, which is counted. */
  take(request: FaultRequest): FaultKind | null
  /** For GraphQL: how this mutation, which is counted, fails. */
  takeMutation(mutation: Required<MutationTarget>): MutationFailure | null
  /** For the sender. */
  readonly onWebhooks: () => WebhookFaults
}

function befalls(fault: Fault, request: FaultRequest): boolean {
  const { method, path, requestBody } = fault.target
  if (fault.left <= 0 || (method !== undefined && method !== request.method)) return false
  if (requestBody !== undefined && !request.body.includes(requestBody)) return false
  if (path === undefined) return true
  if (path instanceof RegExp) return path.test(request.path)
  return path === request.route || request.path.includes(path)
}

function takeMutation(faults: readonly BefallenMutations[], seen: Required<MutationTarget>): MutationFailure | null {
  for (const fault of faults) {
    const { field = seen.field, alias = seen.alias, place = seen.place } = fault.target
    if (fault.left <= 0 || field !== seen.field || alias !== seen.alias || place !== seen.place) continue
    if (fault.skip > 0) {
      fault.skip--
      continue
    }
    fault.left--
    return fault.failure
  }
  return null
}

export function makeFaults(): Faults {
  let faults: Fault[] = []
  let mutations: BefallenMutations[] = []
  let webhookFaults: WebhookFaults = {}
  const add = (target: FaultTarget, effect: FaultKind) =>
    faults.push({ target, effect, left: target.times ?? 1, skip: target.skip ?? 0 })
  return {
    respond(target) {
      const body = target.body ?? { message: 'Server Error' }
      add(target, { kind: 'refuse', status: target.status, body, headers: target.headers ?? {} })
    },
    loseReply: ({ once = null, ...target }) =>
      add(target, { kind: target.with === 502 ? 'bad-gateway' : 'lose-reply', once }),
    hang: (target) => add(target, { kind: 'hang' }),
    rateLimit(target) {
      const { status = 403, waitSeconds = 1 } = target
      add(target, { kind: `${target.limit}-limit`, status, waitSeconds })
    },
    refuseMutation({ times = 1, skip = 0, type = 'FORBIDDEN', message, done = false, ...target }) {
      const failure = { type, message: message ?? 'Resource not accessible by integration', done }
      mutations.push({ target, failure, left: times, skip })
    },
    webhooks(replacement) {
      webhookFaults = replacement
    },
    clear() {
      faults = []
      mutations = []
      webhookFaults = {}
    },
    take(request) {
      for (const fault of faults) {
        if (!befalls(fault, request)) continue
        if (fault.skip > 0) {
          fault.skip--
          continue
        }
        fault.left--
        return fault.effect
      }
      return null
    },
    takeMutation: (mutation) => takeMutation(mutations, mutation),
    onWebhooks: () => webhookFaults,
  }
}

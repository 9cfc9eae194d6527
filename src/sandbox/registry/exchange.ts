/** One request to the registry, and what it answers. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../auth.ts'
import type { Json } from '../json.ts'
import type { RegistryToken } from '../package-model.ts'
import type { World } from '../world.ts'

/** Who asks the registry. */
export interface RegistryCaller {
  readonly caller: Caller
  /** What the token service granted; null: the token is GitHub's own, and good for whatever its holder may do. */
  readonly token: RegistryToken | null
}

export interface RegistryCall {
  readonly world: World
  readonly url: URL
  readonly method: string
  /** `owner/name`, lower case. */
  readonly path: string
  /** The rest of the address: a tag, a digest, an upload. */
  readonly reference: string
  readonly headers: IncomingHttpHeaders
  readonly bytes: Uint8Array
  readonly who: RegistryCaller
}

export interface RegistryReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Of HEAD it is not sent, but measured. */
  readonly body?: Json | Uint8Array
}

/** A refusal in the words of the distribution specification. Thrown by any operation. */
export class RegistryProblem extends Error {
  override readonly name = 'RegistryProblem'
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export function problemBody({ code, message }: Pick<RegistryProblem, 'code' | 'message'>): Json {
  return { errors: [{ code, message }] }
}

export function unsupported(): RegistryProblem {
  return new RegistryProblem(405, 'UNSUPPORTED', 'The operation is unsupported.')
}

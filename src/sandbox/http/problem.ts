import type { Json } from '../json.ts'

/** A refusal, as GitHub words it. Thrown by any operation; the server turns it into the reply. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly errors: Json | undefined
  constructor(status: number, message: string, errors?: Json) {
    super(message)
    this.status = status
    this.errors = errors
  }
}

export function notFound(): Problem {
  return new Problem(404, 'Not Found')
}

/** 422 in the form in which GitHub's REST API reports a field that it does not accept. */
export function invalidField(resource: string, field: string, message: string): Problem {
  return new Problem(422, 'Validation Failed', [{ resource, field, code: 'custom', message }])
}

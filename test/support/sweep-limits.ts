/** The ways in which GitHub holds up a sweep for a minute. */
import type { FaultTarget } from '../../src/sandbox/faults.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'

/** What each is called, for how many milliseconds, and what has it happen to these requests. */
export function limitsOfAMinute({ faults }: Sandbox, target: FaultTarget): [string, number, () => void][] {
  const refusal = { status: 403, body: { message: 'Forbidden' }, headers: { 'retry-after': '60' } }
  return [
    ['403 with Retry-After and no other word', 60_000, () => faults.respond({ ...target, ...refusal })],
    ['the secondary limit', 60_000, () => faults.rateLimit({ ...target, limit: 'secondary', waitSeconds: 60 })],
  ]
}

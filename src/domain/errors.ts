/**
 * The faults that cross a boundary. What was expected to go wrong is a value with a `reason`; what is thrown is one
 * of these, and only the worker decides whether to try again.
 */

/** GitHub answered, and the answer is a refusal that trying again will not change. */
export class GitHubError extends Error {
  override readonly name = 'GitHubError'
  readonly status: number
  constructor(message: string, options: { status: number; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}

/** Something outside did not answer, or asked us to wait. Trying again later is right. */
export class TransientError extends Error {
  override readonly name = 'TransientError'
  /** How long the other side asked us to wait, in milliseconds; null: it did not say. */
  readonly retryAfterMs: number | null
  constructor(message: string, options: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** Our own records contradict themselves: a defect in Signalbox. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** What was asked for cannot be done as it was asked for: a flag, a file or a name that is wrong. The message has the remedy. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A registry answered, and the answer is a refusal or nonsense that trying again will not change. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  /** HTTP status; null: the answer could not be understood. */
  readonly status: number | null
  constructor(message: string, options: { status: number | null; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}

/** A build failed, was refused or was cancelled. */
export class BuildError extends Error {
  override readonly name = 'BuildError'
  /** The last lines of its log, oldest first. */
  readonly log: readonly string[]
  constructor(message: string, options: { log: readonly string[]; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.log = options.log
  }
}

/** The log: JSON lines, one child logger per delivery and run. Errors are cut down to what holds no secret. */
import { type DestinationStream, type Logger, pino } from 'pino'

/** @param destination default: standard output. */
export function makeLog(level: string, destination: DestinationStream = pino.destination(1)): Logger {
  const options = {
    level,
    serializers: { err: serializeError },
    redact: { paths: ['token', 'secret', 'privateKey', '*.token', '*.secret', '*.privateKey'], censor: '[redacted]' },
  }
  return pino(options, destination)
}

/** Requests, replies and headers hang on Octokit's errors; none of them belongs in a log. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...('status' in error ? { status: error.status } : {}),
    ...('code' in error ? { code: error.code } : {}),
    ...(error.cause === undefined ? {} : { cause: causeOf(error.cause) }),
    ...(error instanceof AggregateError ? { errors: error.errors.map(serializeError) } : {}),
  }
}

function causeOf(cause: unknown): unknown {
  return cause instanceof Error ? { type: cause.name, message: cause.message } : String(cause)
}

/**
 * What the log of a failed build means. The line that says what went wrong is found among the lines that only say that
 * something did, and a cause that has a well-known way out is told with it. Nothing is guessed: a log that is not known
 * speaks for itself.
 */

/** The line of a build's log that says why it failed, without the marks around it; null: no line says. */
export function findFailure(log: readonly string[]): string | null {
  const caches = log.flatMap((line) => /^(#\d+ )importing cache manifest\b/.exec(line)?.[1] ?? [])
  // That a cache is not there yet ends no build.
  const lines = log.filter((line) => !caches.some((step) => line.startsWith(step)))
  for (const line of lines.toReversed()) {
    const marked = /^(?:ERROR|error|Error):? *(\S.*)$/.exec(withoutStep(line))?.[1]
    if (marked !== undefined) return marked
    if (UNMARKED.test(line.trim())) return line.trim()
  }
  return null
}

/** The last line of a log that says anything at all; null: none does. */
export function lastWords(log: readonly string[]): string | null {
  return log.map(withoutStep).findLast((line) => /[\p{L}\p{N}]/u.test(line)) ?? null
}

/** What Docker's client says of itself, or of the network, has neither a mark nor the number of a step. */
const UNMARKED =
  /^(?:failed to (?:solve|compute|create|read|load|export|push|fetch)\b|executor failed running\b|unable to prepare context\b|dockerfile parse error\b|denied: |unauthorized: )|^(?!#\d).*\bdial (?:tcp|unix|udp)\b/

/** BuildKit begins a line with the number of its step. */
function withoutStep(line: string): string {
  return line.replace(/^#\d+ /, '').trim()
}

interface KnownCause {
  readonly sign: RegExp
  readonly remedy: string
}

const OTHER_BUILDER =
  'make a builder that can: docker buildx create --use (in GitHub Actions: docker/setup-buildx-action)'

const KNOWN_CAUSES: readonly KnownCause[] = [
  {
    sign: /no space left on device|disk quota exceeded/i,
    remedy: 'The disk is full. Free space, for instance with: docker system prune',
  },
  {
    sign: /permission denied while trying to connect to the docker|dial unix [^ ]+: connect: permission denied/i,
    remedy:
      'This user may not talk to the Docker engine. Add it to the group docker (sudo usermod -aG docker "$USER", then log in again), or use rootless Docker',
  },
  {
    sign: /cannot connect to the docker daemon|is the docker daemon running|dial unix [^ ]+: connect: connection refused/i,
    remedy: 'The Docker engine is not running. Start it (systemctl start docker), or set DOCKER_HOST to one that runs',
  },
  {
    sign: /multi-platform build is not supported|multiple platforms feature is currently not supported/i,
    remedy: `This builder makes one platform at a time: choose one with --platform, or ${OTHER_BUILDER}`,
  },
  {
    sign: /cache export (?:feature )?is (?:currently )?not supported/i,
    remedy: `This builder cannot write a cache: ${OTHER_BUILDER}`,
  },
  {
    sign: /exec format error|exec user process caused/i,
    remedy:
      'A program of another processor was run. Install emulation (docker run --privileged --rm tonistiigi/binfmt --install all; in GitHub Actions: docker/setup-qemu-action), or build for this machine with --load',
  },
  {
    sign: /unauthorized|authentication required|insufficient_scope|denied: |no basic auth credentials|403 forbidden/i,
    remedy: 'The registry refused. Log in with docker login, as somebody who may do this',
  },
  {
    sign: /toomanyrequests|429 too many requests|rate limit/i,
    remedy: 'The registry asks to wait. Try again later, or log in for a higher limit',
  },
]

/** The way out of what these lines tell, as sentences without a full stop; null: none is known. */
export function remedyFor(log: readonly string[]): string | null {
  // The last lines tell why the build ended; an earlier one may have been survived.
  for (const line of log.toReversed()) {
    const cause = KNOWN_CAUSES.find(({ sign }) => sign.test(line))
    if (cause !== undefined) return cause.remedy
  }
  return null
}

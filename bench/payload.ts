/** The delivery that benchmarks send: a real one of GitHub's, and the secret that signs it. */
import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'

interface Example {
  readonly name: string
  readonly examples: readonly { readonly action?: string }[]
}

export const SECRET = 'bench'
export const WEBHOOK_PATH = '/api/github/webhooks'

const examples: readonly Example[] = createRequire(import.meta.url)(
  '@octokit/webhooks-examples/api.github.com/index.json',
)
const payload = examples
  .find((event) => event.name === 'pull_request')
  ?.examples.filter((example) => example.action === 'opened')
  .sort((a, b) => JSON.stringify(a).length - JSON.stringify(b).length)[0]
if (payload === undefined) throw new Error('@octokit/webhooks-examples has no opened pull request')

export const BODY = Buffer.from(JSON.stringify(payload))
export const SIGNATURE = `sha256=${createHmac('sha256', SECRET).update(BODY).digest('hex')}`

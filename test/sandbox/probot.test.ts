/** Probot itself, with nothing but GHE_HOST and GHE_PROTOCOL pointing at the sandbox. */
import { createServer } from 'node:http'
import { createNodeMiddleware, createProbot } from 'probot'
import { expect, test } from 'vitest'
import { sampleRepository } from '../../src/sandbox/sample-repository.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { NAME, OWNER, REPO } from './support.ts'

test('a Probot app receives a pull request and answers with a check run', async () => {
  const sandbox = await startSandbox({ validateReplies: true })
  const probot = createProbot({
    env: {
      APP_ID: String(sandbox.app.id),
      PRIVATE_KEY: sandbox.app.privateKey,
      WEBHOOK_SECRET: sandbox.app.webhookSecret,
      GHE_HOST: sandbox.host,
      GHE_PROTOCOL: 'http',
      LOG_LEVEL: 'fatal',
    },
  })
  const middleware = await createNodeMiddleware(
    (app) => {
      app.on('pull_request.opened', async (context) => {
        const { data } = await context.octokit.rest.checks.create(
          context.repo({ name: 'probot', head_sha: context.payload.pull_request.head.sha, status: 'in_progress' }),
        )
        const change = `mutation ($input: UpdateCheckRunInput!) { updateCheckRun(input: $input) { checkRun { id } } }`
        const repositoryId = context.payload.repository.node_id
        await context.octokit.graphql(change, {
          input: { repositoryId, checkRunId: data.node_id, conclusion: 'SUCCESS' },
        })
      })
    },
    { probot, webhooksPath: '/api/github/webhooks' },
  )
  const server = createServer((request, response) => void middleware(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  sandbox.setWebhook({ url: `http://127.0.0.1:${port}/api/github/webhooks` })
  sandbox.createRepository({ owner: OWNER, name: REPO, files: sampleRepository() })
  const head = sandbox.pushCommit(NAME, 'topic', { files: { a: 'b' } })
  sandbox.openPullRequest(NAME, { head: 'topic' })
  await sandbox.until('the check run to succeed', () => {
    return sandbox.state.checkRun(NAME, 'probot', head)?.conclusion === 'success'
  })
  await sandbox.settle()
  expect(sandbox.state.deliveries.every((one) => one.statusCode === 200 || one.statusCode === 202)).toBe(true)
  expect(sandbox.state.requestCounts).toEqual({
    'POST /app/installations/{installation_id}/access_tokens': 1,
    'POST /repos/{owner}/{repo}/check-runs': 1,
    'POST /graphql': 1,
  })
  sandbox.assertConforms()
  await new Promise((resolve) => server.close(resolve))
  await sandbox.stop()
})

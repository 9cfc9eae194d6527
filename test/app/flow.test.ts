import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleRepository } from '../../src/sandbox/sample-repository.ts'
import { startApp, type TestApp } from '../support/app.ts'

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.stop())

describe('a pull request', () => {
  test('goes from a signed webhook to a green gate', async () => {
    const { github } = app
    const repo = 'acme/shop'
    github.createRepository({ owner: 'acme', name: 'shop', ownerType: 'Organization', files: sampleRepository() })
    const sha = github.pushCommit(repo, 'feature', { files: { 'src/new.py': 'x = 1\n' }, author: 'ann' })
    github.openPullRequest(repo, { head: 'feature', base: 'main', title: 'New', author: 'ann' })
    await github.until('the gate is green', () =>
      github.state.checkRuns(repo, sha).some((check) => check.name === 'All Runtime Tests Passed' && check.conclusion === 'success'),
    )
    expect(github.state.checkRuns(repo, sha).map((check) => [check.name, check.status, check.conclusion])).toMatchInlineSnapshot(`
      [
        [
          "docker / app",
          "completed",
          "success",
        ],
        [
          "docker / runtime (nikolaik)",
          "completed",
          "success",
        ],
        [
          "docker / runtime (ubuntu)",
          "completed",
          "success",
        ],
        [
          "docker / test-runtime (nikolaik)",
          "completed",
          "success",
        ],
        [
          "docker / test-runtime (ubuntu)",
          "completed",
          "success",
        ],
        [
          "All Runtime Tests Passed",
          "completed",
          "success",
        ],
      ]
    `)
    console.log(github.state.requests.map((r: any) => `${r.method} ${r.route ?? r.path} ${r.status}`).join('\n'))
    github.assertConforms()
  })
})

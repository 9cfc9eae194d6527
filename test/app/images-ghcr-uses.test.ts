/** What of GitHub's packages stays because the repository needs it, whatever the rules say: by its files, releases, branches, pushes. */
import { expect, test } from 'vitest'
import { makeGhcrProject, makeImagesConfig } from '../support/ghcr-project.ts'
import { sweepPackage } from '../support/ghcr-sweep.ts'
import { NO_LIMIT, useSandbox } from '../support/use-sandbox.ts'

const { sandbox, app } = await useSandbox({ rateLimit: NO_LIMIT })

const MINUTE = 1 / 1440
const GOING = makeImagesConfig({
  rules: [{ pull_requests: 'closed' }, { tags: ['*'], keep_latest: 0 }, { untagged: true }],
  max_delete_percent: 100,
})

test('what files, releases and a push under way need stays', async () => {
  const project = await makeGhcrProject(sandbox, {
    files: (repo) => ({
      'clusters/prod/app.yaml': `image: ${sandbox.host}/${repo}:deployed\n`,
      Dockerfile: `ARG BASE=base\nFROM ${sandbox.host}/${repo}:$BASE\n`,
      'apps/web.yaml': `image:\n  registry: ${sandbox.host}/acme\n  repository: ${repo.slice('acme/'.length)}\n  tag: web\n`,
    }),
  })
  sandbox.createRelease(project.repo, { tag: 'v1.2.3', body: 'The first one.' })
  const { number, sha } = project.openPull('topic')
  sandbox.closePullRequest(project.repo, number, 'ann')
  const { package: images } = project
  for (const tag of ['deployed', 'base', 'web', '1.2.3-ubuntu']) images.push(tag, { tags: [tag] })
  images.push('fresh', { days: 59 * MINUTE })
  for (const tag of ['other', '1.2.3-rc.1', '1.2.4-ubuntu', `sha-${sha.slice(0, 7)}`]) images.push(tag, { tags: [tag] })
  images.push('pull', { tags: [`pr-${number}`], days: MINUTE })
  images.push('left-over', { days: 61 * MINUTE })

  const report = await sweepPackage(sandbox, app, project, { config: GOING })
  expect([report.state, report.problems]).toEqual(['done', []])
  expect(images.versions()).toEqual({
    '1.2.3-ubuntu': '1.2.3-ubuntu',
    base: 'base',
    deployed: 'deployed',
    fresh: '',
    web: 'web',
  })
  expect(Object.values(images.outcomes(report))).toEqual(Array.from({ length: 6 }, () => 'done: delete'))
})

test('the commit that a branch ends with stays, unless only a closed pull request came from that branch', async () => {
  const project = await makeGhcrProject(sandbox)
  const { package: images } = project
  const commits = ['topic', 'lasting'].map((branch) => {
    const { number, sha } = project.openPull(branch)
    sandbox.closePullRequest(project.repo, number, 'ann')
    images.push(branch, { tags: [sha] })
    images.push(`pr-${branch}`, { tags: [`pr-${number}`] })
    return sha
  })
  sandbox.protectBranch(project.repo, 'lasting', [])

  const config = makeImagesConfig({ rules: [{ pull_requests: 'closed' }], max_delete_percent: 100 })
  await sweepPackage(sandbox, app, project, { config })
  expect(images.versions()).toEqual({ lasting: commits[1] })
})

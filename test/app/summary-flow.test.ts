/** The summary of a pull request, from a signed webhook to what people read. */
import { expect, test } from 'vitest'
import { BLOCK_BEGIN, BLOCK_END } from '../../src/domain/description-block.ts'
import { useApp } from '../support/app.ts'
import { CONFIG, GATE, makeProject, type Project } from '../support/project.ts'

const app = useApp()

const withSummary = (place: string) => `${CONFIG}pull_request_summary: ${place}\n`
const COMMENTS = /\/issues\/\d+\/comments$/

function summaries(project: Project, number: number): string[] {
  return app.github.state
    .comments(project.repo, number)
    .map(({ body }) => body)
    .filter((body) => body.startsWith('<!-- signalbox:summary -->'))
}

function says(project: Project, number: number, words: string): Promise<void> {
  return app.github.until(`the summary to say: ${words}`, () =>
    summaries(project, number).some((body) => body.includes(words)),
  )
}

test('is one comment, edited in place from the first run to the gate of the newest commit', async () => {
  const project = makeProject(app, { config: withSummary('comment') })
  const { number, sha } = project.openPullRequest()
  await says(project, number, `${sha.slice(0, 7)} passed.`)
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { 'src/new.txt': 'newer' }, author: 'ann' })
  await says(project, number, `${newer.slice(0, 7)} passed.`)
  await app.github.settle()
  expect(summaries(project, number)).toHaveLength(1)
  expect(summaries(project, number)[0]).toContain(`| ${GATE} | ✅ passed |`)
})

test('is edited seldom: not for each leg', async () => {
  const legs = Array.from({ length: 12 }, (_, index) => `os-${index}`).join(', ')
  const config = withSummary('comment').replaceAll('[debian, alpine]', `[${legs}]`)
  const project = makeProject(app, { config })
  const { number, sha } = project.openPullRequest()
  app.github.state.clearRequests()
  await says(project, number, `${sha.slice(0, 7)} passed.`)
  await app.github.settle()
  const written = app.github.state.requests.filter(({ method, path }) => method !== 'GET' && path.includes('comments'))
  expect(written.length).toBeLessThanOrEqual(2)
})

test('says what failed, and which image was made and how it is started', async () => {
  const images = 'images:\n  shop: { repository: ghcr.io/acme/shop, dockerfile: Dockerfile }\n'
  const config = `${withSummary('comment').replace('{ workflow: build.yml,', '{ workflow: build.yml, image: shop,').replace('matrix: { os: [debian, alpine] } }\n      test', 'matrix: { os: [debian] } }\n      test')}${images}`
  const project = makeProject(app, {
    config,
    runner: ({ workflow }) => (workflow === 'test.yml' ? { conclusion: 'failure' } : {}),
  })
  const { number, sha } = project.openPullRequest()
  await says(project, number, `${sha.slice(0, 7)}: ${GATE} failed.`)
  expect(summaries(project, number)[0]).toMatch(/docker run --rm -it ghcr\.io\/acme\/shop:\S+\n/)
})

test('is posted once when the reply to it was lost', async () => {
  const project = makeProject(app, { config: withSummary('comment') })
  app.github.faults.loseReply({ method: 'POST', path: COMMENTS })
  const { number, sha } = project.openPullRequest()
  await says(project, number, `${sha.slice(0, 7)} passed.`)
  await app.github.settle()
  expect(summaries(project, number)).toHaveLength(1)
})

test('that a person deleted does not come back', async () => {
  const project = makeProject(app, { config: withSummary('comment') })
  const { number, sha } = project.openPullRequest()
  await says(project, number, `${sha.slice(0, 7)} passed.`)
  const [comment] = app.github.state.comments(project.repo, number)
  app.github.deleteComment(project.repo, comment?.id ?? 0, 'ann')
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { 'src/new.txt': 'newer' }, author: 'ann' })
  await project.concluded(newer, GATE, 'success')
  await app.github.settle()
  expect(app.github.state.comments(project.repo, number)).toEqual([])
})

test('of a pull request that is closed says how it ended', async () => {
  const project = makeProject(app, { config: withSummary('comment'), runner: () => ({ hang: true }) })
  const { number, sha } = project.openPullRequest()
  await says(project, number, `${sha.slice(0, 7)} is being tested.`)
  app.github.closePullRequest(project.repo, number, 'ann')
  await says(project, number, `${sha.slice(0, 7)}: ${GATE} was cancelled.`)
  await app.github.settle()
  expect(summaries(project, number)[0]).toContain('🚫 cancelled: the pull request was closed')
})

test('in the description stands beside what the author writes', async () => {
  const project = makeProject(app, { config: withSummary('description') })
  app.github.pushCommit(project.repo, 'feature', { files: { 'src/a': 'a' }, author: 'ann' })
  const number = app.github.openPullRequest(project.repo, {
    head: 'feature',
    base: 'main',
    title: 'New',
    author: 'ann',
    body: 'Mine\r\n',
  })
  const description = () => app.github.state.pullRequest(project.repo, number).body ?? ''
  await app.github.until('the block to be there', () => / passed\./.test(description()))
  expect(description().startsWith(`Mine\r\n\r\n${BLOCK_BEGIN}\n`)).toBe(true)
  app.github.editPullRequest(project.repo, number, { body: `Mine, more\r\n${description().slice(6)}!` }, 'ann')
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { 'src/a': 'b' }, author: 'ann' })
  await app.github.until('the block of the newer commit', () => description().includes(`${newer.slice(0, 7)} passed.`))
  expect(description().startsWith(`Mine, more\r\n\r\n${BLOCK_BEGIN}\n`)).toBe(true)
  expect(description().endsWith(`${BLOCK_END}!`)).toBe(true)
  app.github.editPullRequest(project.repo, number, { body: 'Mine alone' }, 'ann')
  const newest = app.github.pushCommit(project.repo, 'feature', { files: { 'src/a': 'c' }, author: 'ann' })
  await project.concluded(newest, GATE, 'success')
  await app.github.settle()
  expect(description()).toBe('Mine alone')
})

test('a newcomer from a fork is welcomed once', async () => {
  const project = makeProject(app)
  app.github.fork(project.repo, 'eve')
  const fork = `eve/${project.repo.split('/')[1]}`
  app.github.pushCommit(fork, 'change', { files: { 'src/x': 'x' }, author: 'eve' })
  const number = app.github.openPullRequest(project.repo, {
    head: 'eve:change',
    base: 'main',
    title: 'x',
    author: 'eve',
  })
  const bodies = () => app.github.state.comments(project.repo, number).map(({ body }) => body)
  await app.github.until('the welcome', () => bodies().length > 0)
  const newer = app.github.pushCommit(fork, 'change', { files: { 'src/x': 'y' }, author: 'eve' })
  await app.github.until('the newer gate', () => project.checks(newer).some((check) => check.startsWith(GATE)))
  await app.github.settle()
  expect(bodies()).toHaveLength(1)
  expect(bodies()[0]).toMatch(/^<!-- signalbox:welcome -->\n\*\*Thank you!/)
  expect(bodies()[0]).toContain(`<b>${GATE}</b> shows exactly what to type`)
})

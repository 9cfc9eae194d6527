/** What is decided about comments, carried out against the sandbox over HTTP and a real store. */
import { describe, expect, test } from 'vitest'
import { applyComments } from '../../src/app/apply-comments.ts'
import { decideComments } from '../../src/domain/decide-comments.ts'
import type { PreviewView } from '../../src/domain/decide-previews.ts'
import { BLOCK_BEGIN, BLOCK_END } from '../../src/domain/description-block.ts'
import { TransientError } from '../../src/domain/errors.ts'
import type { PullRequestFacts, StickyFacts } from '../../src/domain/pull-request.ts'
import type { PullRequestSubject } from '../../src/ports.ts'
import { makeTestLog } from '../support/app.ts'
import {
  makeCommentFacts,
  makeHeldRun,
  makePreview,
  makeSummaryConfig,
  makeTestedRun,
} from '../support/comment-facts.ts'
import { makePullRequest, makeRepo } from '../support/facts.ts'
import { useStore } from '../support/stores.ts'
import { findSubject, useSandbox } from '../support/use-sandbox.ts'

const REPO = 'acme/shop'
const COMMENTS = /\/issues\/\d+\/comments$/
const log = makeTestLog()
const { sandbox, app } = await useSandbox()
const store = await useStore()
sandbox.createRepository({ owner: 'acme', name: 'shop', files: { 'README.md': 'hello' } })
const { installationId } = await findSubject(app, REPO)
const github = await app.forInstallation(installationId)
let opened = 0

/** A pull request at GitHub and in the store, of which a pass of its job writes the comments. */
async function openPullRequest(body?: string) {
  const branch = `feature-${++opened}`
  sandbox.pushCommit(REPO, branch, { files: { [`${branch}.txt`]: branch }, author: 'ann' })
  const wanted = { head: branch, base: 'main', title: 'New', author: 'ann' }
  const number = sandbox.openPullRequest(REPO, body === undefined ? wanted : { ...wanted, body })
  const { id } = sandbox.state.repository(REPO)
  const subject: PullRequestSubject = { repo: makeRepo({ id, owner: 'acme', name: 'shop' }), number, installationId }
  await store.pullRequests.touch(subject)
  const stickies = async (): Promise<readonly StickyFacts[]> =>
    (await store.pullRequests.load(id, number))?.stickies ?? []
  return {
    number,
    subject,
    stickies,
    comments: () => sandbox.state.comments(REPO, number),
    description: () => sandbox.state.pullRequest(REPO, number).body ?? '',
    edit: (text: string | null) => sandbox.editPullRequest(REPO, number, { body: text }, 'ann'),
    /** How many actions there were. */
    async pass(facts: Partial<PullRequestFacts>, previews: readonly PreviewView[] = []): Promise<number> {
      const all = makeCommentFacts({
        repo: subject.repo,
        installationId,
        stickies: await stickies(),
        ...facts,
        pullRequest: { ...makePullRequest(), ...facts.pullRequest, number },
      })
      const actions = decideComments(all, previews)
      await applyComments({ github, store, log }, all, actions)
      return actions.length
    },
  }
}

const passed = { runs: [makeTestedRun('success')] }
const failed = { runs: [makeTestedRun('failure')] }
const open = { runs: [makeTestedRun('open')] }

describe('a comment', () => {
  test('is posted once, then edited in place, and only when something changed', async () => {
    const pull = await openPullRequest()
    expect(await pull.pass(open)).toBe(1)
    const [posted, ...others] = pull.comments()
    expect(others).toEqual([])
    expect(posted?.body).toContain('is being tested')
    sandbox.state.clearRequests()
    expect(await pull.pass(open)).toBe(0)
    expect(sandbox.state.requests).toEqual([])
    expect(await pull.pass(failed)).toBe(1)
    expect(pull.comments().map(({ id, body }) => ({ id, failed: body.includes('failed') }))).toEqual([
      { id: posted?.id, failed: true },
    ])
  })

  test.each<['reset' | 502]>([['reset'], [502]])('whose reply is lost (%s) is found again', async (reply) => {
    const pull = await openPullRequest()
    sandbox.comment(REPO, pull.number, '<!-- signalbox:summary -->\nforged by a person', 'ann')
    sandbox.faults.loseReply({ method: 'POST', path: COMMENTS, with: reply })
    await expect(pull.pass(open)).rejects.toThrow(TransientError)
    expect(await pull.stickies()).toMatchObject([{ kind: 'summary', commentId: null, digest: null }])
    await pull.pass(passed)
    const [forged, ours, ...others] = pull.comments()
    expect(others).toEqual([])
    expect(forged?.body).toContain('forged')
    expect(ours?.body).toContain('passed')
    expect(await pull.stickies()).toMatchObject([{ kind: 'summary', commentId: ours?.id, removed: false }])
  })

  test('that GitHub never got is posted after all', async () => {
    const pull = await openPullRequest()
    sandbox.faults.respond({ method: 'POST', path: COMMENTS, status: 500 })
    await expect(pull.pass(open)).rejects.toThrow(TransientError)
    await pull.pass(open)
    expect(pull.comments()).toHaveLength(1)
  })

  test('that a person deleted stays away', async () => {
    const pull = await openPullRequest()
    await pull.pass(open)
    sandbox.deleteComment(REPO, pull.comments()[0]?.id ?? 0, 'ann')
    await pull.pass(failed)
    expect(await pull.stickies()).toMatchObject([{ kind: 'summary', removed: true }])
    expect(await pull.pass(passed)).toBe(0)
    expect(pull.comments()).toEqual([])
  })

  test('that GitHub refuses does not hold up the others', async () => {
    const pull = await openPullRequest()
    const held = { runs: [makeHeldRun()], pullRequest: makePullRequest({ association: 'NONE' }) }
    sandbox.faults.respond({ method: 'POST', path: COMMENTS, status: 403, body: { message: 'Unable to comment' } })
    await pull.pass(held)
    expect(pull.comments().map(({ body }) => body.split('\n')[0])).toEqual(['<!-- signalbox:welcome -->'])
    await pull.pass(held)
    expect(pull.comments().map(({ body }) => body.split('\n')[0])).toEqual([
      '<!-- signalbox:welcome -->',
      '<!-- signalbox:summary -->',
    ])
  })

  test('a fault with one lets the others be written, and is told', async () => {
    const pull = await openPullRequest()
    const held = { runs: [makeHeldRun()], pullRequest: makePullRequest({ association: 'NONE' }) }
    sandbox.faults.respond({ method: 'POST', path: COMMENTS, status: 502 })
    await expect(pull.pass(held)).rejects.toThrow(TransientError)
    expect(pull.comments().map(({ body }) => body.split('\n')[0])).toEqual(['<!-- signalbox:welcome -->'])
  })

  test('the welcome is said once for ever, also after new commits', async () => {
    const pull = await openPullRequest()
    const config = makeSummaryConfig({ place: 'off' })
    const held = { config, runs: [makeHeldRun()], pullRequest: makePullRequest({ association: 'FIRST_TIMER' }) }
    await pull.pass(held)
    expect(pull.comments()[0]?.body).toContain('/ok-to-test')
    expect(await pull.pass({ ...held, runs: [makeHeldRun({ id: 'r2' })] })).toBe(0)
    sandbox.deleteComment(REPO, pull.comments()[0]?.id ?? 0, 'ann')
    expect(await pull.pass(held)).toBe(0)
  })

  test('previews have one of their own where the summary is no comment', async () => {
    const pull = await openPullRequest()
    const config = makeSummaryConfig({ place: 'off' })
    await pull.pass({ config }, [makePreview()])
    await pull.pass({ config }, [makePreview({ state: 'deployed', url: 'https://pr.test/' })])
    expect(pull.comments().map(({ body }) => body.split('\n')[1])).toEqual(['**The preview enterprise is deployed.**'])
    await pull.pass({ config }, [])
    expect(pull.comments()[0]?.body).toContain('There is no preview of this pull request any more.')
  })
})

describe('the description', () => {
  const config = makeSummaryConfig({ place: 'description' })
  const author = 'Fixes #1\r\n\r\nWith *care*.  \r\n'

  test('keeps what the author writes between two of our edits', async () => {
    const pull = await openPullRequest(author)
    await pull.pass({ ...open, config })
    expect(pull.description().startsWith(`${author}\r\n${BLOCK_BEGIN}\n`)).toBe(true)
    const edited = `New first line\r\n${pull.description().replace('is being tested', 'MINE')}\r\nand a last one`
    pull.edit(edited)
    expect(await pull.pass({ ...open, config })).toBe(0)
    expect(pull.description()).toBe(edited)
    await pull.pass({ ...failed, config })
    const [before, rest] = pull.description().split(BLOCK_BEGIN)
    const [block, after] = rest?.split(BLOCK_END) ?? []
    expect(before).toBe(`New first line\r\n${author}\r\n`)
    expect(after).toBe('\r\nand a last one')
    expect(block).toContain('All Runtime Tests Passed failed.')
    expect(block).not.toContain('MINE')
    expect(pull.comments()).toEqual([])
  })

  test('that is empty is the block alone', async () => {
    const pull = await openPullRequest()
    await pull.pass({ ...passed, config })
    expect(pull.description().startsWith(BLOCK_BEGIN)).toBe(true)
    expect(pull.description().endsWith(BLOCK_END)).toBe(true)
  })

  test.each<[string, (text: string) => string]>([
    ['gone', (text) => text.slice(0, text.indexOf(BLOCK_BEGIN))],
    ['half', (text) => text.replace(BLOCK_END, '')],
    ['doubled', (text) => `${text}\n${text}`],
    ['all', () => ''],
  ])('out of which a person took the block (%s) is left alone for ever', async (_, change) => {
    const pull = await openPullRequest(author)
    await pull.pass({ ...open, config })
    const changed = change(pull.description())
    pull.edit(changed)
    await pull.pass({ ...failed, config })
    expect(pull.description()).toBe(changed)
    expect(await pull.stickies()).toMatchObject([{ kind: 'description', removed: true }])
    expect(await pull.pass({ ...passed, config })).toBe(0)
  })

  test('is written once when the reply was lost', async () => {
    const pull = await openPullRequest(author)
    sandbox.faults.loseReply({ method: 'PATCH', path: /\/pulls\/\d+$/ })
    await expect(pull.pass({ ...open, config })).rejects.toThrow(TransientError)
    const written = pull.description()
    sandbox.state.clearRequests()
    await pull.pass({ ...open, config })
    expect(pull.description()).toBe(written)
    expect(sandbox.state.requests.map(({ method }) => method)).toEqual(['GET'])
    expect(await pull.pass({ ...open, config })).toBe(0)
  })

  test('that leaves no room stays as it is, and gets the block when there is room', async () => {
    const pull = await openPullRequest('x'.repeat(65_500))
    await pull.pass({ ...open, config })
    expect(pull.description()).toBe('x'.repeat(65_500))
    pull.edit('short now')
    await pull.pass({ ...open, config })
    expect(pull.description()).toMatch(/^short now\n\n<!-- signalbox:begin -->\n/)
  })
})

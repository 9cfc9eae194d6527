/** What a sweep reads and writes, on the sandbox, over HTTP as the app has it. */
import { expect, test } from 'vitest'
import type { StaleItem } from '../../src/domain/stale.ts'
import { sampleRepository } from '../../src/sandbox/sample-repository.ts'
import { findSubject, useSandbox } from '../support/use-sandbox.ts'

const NAME = 'acme/shop'
const repo = { owner: 'acme', name: 'shop' }
const DEPTH = { activity: 15, reactions: true, mentions: true, paths: true }

const { sandbox, app } = await useSandbox()
sandbox.createRepository({ ...repo, files: sampleRepository() })
const github = await app.forSweep((await findSubject(app, NAME)).installationId)

async function listAll(): Promise<StaleItem[]> {
  const items: StaleItem[] = []
  for await (const page of github.listOpenItems(repo, DEPTH)) items.push(...page)
  return items
}

test('an issue is warned, labelled and closed, and tells so', async () => {
  const number = sandbox.openIssue(NAME, { title: 'Old', author: 'ann', type: 'Bug' })
  const item = (await listAll()).find((one) => one.number === number)
  expect(item).toMatchObject({ kind: 'issue', state: 'open', type: 'Bug', author: 'ann', activityIsWhole: true })
  const nodeId = item?.nodeId ?? ''
  const label = { name: 'Stale, perhaps', color: 'ededed', description: '' }
  const { ids } = await github.ensureLabels(repo, [label])
  expect(await github.ensureLabels(repo, [{ ...label, name: 'stale, PERHAPS' }])).toEqual({ ids })
  const labelIds = [...ids.values()]
  const results = await github.writeItems([
    { kind: 'comment', nodeId, body: 'Still true?\n\n<!-- signalbox:stale mark -->' },
    { kind: 'add_labels', nodeId, labelIds },
    { kind: 'comment', nodeId: 'I_none', body: 'Nobody reads this.' },
    { kind: 'close_issue', nodeId, reason: 'not_planned', duplicateOf: null },
  ])
  expect(results).toMatchObject([{ kind: 'done' }, { kind: 'done' }, { kind: 'refused' }, { kind: 'done' }])
  const [closed] = await github.readItems(repo, [number, 9_999], DEPTH)
  expect(closed).toMatchObject({ number, state: 'closed', labels: ['Stale, perhaps'] })
  expect(closed?.activity.map(({ kind, own, bot, label: name }) => [kind, own, bot, name])).toEqual([
    ['comment', true, true, null],
    ['labeled', true, true, 'Stale, perhaps'],
    ['closed', true, true, null],
  ])
  expect((await listAll()).map((one) => one.number)).not.toContain(number)
})

test('the branch of a pull request goes only while it has the same commit', async () => {
  const sha = sandbox.pushCommit(NAME, 'topic/1', { files: { 'docs/new.md': 'new' } })
  const number = sandbox.openPullRequest(NAME, { head: 'topic/1' })
  const item = (await listAll()).find((one) => one.number === number)
  expect(item).toMatchObject({
    kind: 'pull_request',
    paths: ['docs/new.md'],
    head: { ref: 'topic/1', sha, sameRepository: true },
  })
  expect(await github.pullRequestsOfBranch(repo, 'topic/1')).toEqual([number])
  expect(await github.protectedBranches(repo, ['topic/1', 'gone'])).toEqual(new Set())
  expect(await github.writeItems([{ kind: 'close_pull_request', nodeId: item?.nodeId ?? '' }])).toEqual([
    { kind: 'done' },
  ])
  expect(await github.pullRequestsOfBranch(repo, 'topic/1')).toEqual([])
  expect(await github.deleteBranch(repo, 'topic/1', 'b'.repeat(40))).toBe('moved')
  expect(await github.deleteBranch(repo, 'topic/1', sha)).toBe('deleted')
  expect(await github.deleteBranch(repo, 'topic/1', sha)).toBe('gone')
})

test('the issue of the reports is opened, found again and edited', async () => {
  expect(await github.findOwnIssue(repo, 'Sweeps')).toBeNull()
  const number = await github.createIssue(repo, { title: 'Sweeps', body: 'None yet.' })
  sandbox.openIssue(NAME, { title: 'Sweeps', author: 'ann' })
  expect(await github.findOwnIssue(repo, 'Sweeps')).toBe(number)
  await github.setIssueBody(repo, number, 'One.')
  expect(await github.getIssue(repo, number)).toEqual({ body: 'One.' })
})

test('a hundred issues and a hundred pull requests a request, and every one of them once', async () => {
  const before = new Set((await listAll()).map(({ number }) => number))
  const opened = Array.from({ length: 250 }, (_, index) =>
    sandbox.openIssue(NAME, { title: `Issue ${index}`, author: 'ann' }),
  )
  const { requests } = github.spent()
  const listed = (await listAll()).map(({ number }) => number).filter((number) => !before.has(number))
  expect(listed.toSorted((one, other) => one - other)).toEqual(opened)
  expect(github.spent().requests - requests).toBe(3)
})

test.each(['reset', 502] as const)('after an answer that was lost (%s), what was written is seen', async (how) => {
  const number = sandbox.openIssue(NAME, { title: 'Lost', author: 'ann' })
  const [item] = await github.readItems(repo, [number], DEPTH)
  sandbox.faults.loseReply({ path: '/graphql', with: how })
  const write = { kind: 'comment', nodeId: item?.nodeId ?? '', body: 'Once' } as const
  expect(await github.writeItems([write])).toMatchObject([{ kind: 'unknown' }])
  const [again] = await github.readItems(repo, [number], DEPTH)
  expect(again?.activity).toMatchObject([{ kind: 'comment', own: true, body: 'Once' }])
})

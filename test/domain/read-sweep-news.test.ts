import { describe, expect, test } from 'vitest'
import { readClosedPull, readItemNews, readNewRepositories } from '../../src/domain/read-sweep-news.ts'

const repository = { id: 5, node_id: 'R_5', name: 'shop', owner: { login: 'acme' }, default_branch: 'main' }
const repo = { id: 5, nodeId: 'R_5', owner: 'acme', name: 'shop', defaultBranch: 'main' }
const common = { repository, installation: { id: 9 }, sender: { login: 'ann', type: 'User' } }
const issue = { number: 7, state: 'open', labels: [{ name: 'Stale' }, { name: 'bug' }] }
const comment = { id: 3, body: '/keep' }
const found = { repo, installationId: 9, number: 7, labels: ['stale', 'bug'], comment: null, push: null }

describe('news of an item', () => {
  test.each<[string, string, object, object | null]>([
    ['an edit', 'issues', { action: 'edited', issue }, found],
    ['a reopening', 'issues', { action: 'reopened', issue }, found],
    [
      'a label that went is told too',
      'issues',
      { action: 'unlabeled', issue: { ...issue, labels: [] }, label: { name: 'Stale' } },
      { ...found, labels: ['stale'] },
    ],
    [
      'a push',
      'pull_request',
      { action: 'synchronize', pull_request: { ...issue, updated_at: '2026-11-30T12:00:00Z' } },
      { ...found, push: { by: 'ann', at: new Date('2026-11-30T12:00:00Z') } },
    ],
    [
      'a push whose time is not told',
      'pull_request',
      { action: 'synchronize', pull_request: issue },
      { ...found, push: { by: 'ann', at: null } },
    ],
    [
      'a bot’s push',
      'pull_request',
      { action: 'synchronize', pull_request: issue, sender: { login: 'renovate[bot]', type: 'Bot' } },
      null,
    ],
    ['a review', 'pull_request_review', { action: 'submitted', pull_request: issue }, found],
    ['a comment on a line', 'pull_request_review_comment', { action: 'created', pull_request: issue, comment }, found],
    [
      'a comment',
      'issue_comment',
      { action: 'created', issue, comment },
      { ...found, comment: { id: 3, body: '/keep', author: 'ann' } },
    ],
    [
      'a comment that an app wrote',
      'issue_comment',
      { action: 'created', issue, comment: { ...comment, performed_via_github_app: { id: 1 } } },
      found,
    ],
    ['a comment that was edited', 'issue_comment', { action: 'edited', issue, comment }, null],
    ['something closed', 'issues', { action: 'edited', issue: { ...issue, state: 'closed' } }, null],
    ['a bot', 'issues', { action: 'edited', issue, sender: { login: 'renovate[bot]', type: 'Bot' } }, null],
    ['an opened issue', 'issues', { action: 'opened', issue }, null],
    ['another event', 'push', { action: 'edited', issue }, null],
    ['no installation', 'issues', { action: 'edited', issue, installation: undefined }, null],
  ])('%s', (_, event, payload, expected) => {
    expect(readItemNews(event, { ...common, ...payload })).toEqual(expected)
  })
})

test.each<[string, string, object, number | null]>([
  ['a pull request', 'pull_request', { action: 'closed', pull_request: { number: 7 } }, 7],
  ['one that is opened', 'pull_request', { action: 'opened', pull_request: { number: 7 } }, null],
  ['an issue', 'issues', { action: 'closed', issue: { number: 7 } }, null],
])('what is closed: %s', (_, event, payload, number) => {
  expect(readClosedPull(event, { ...common, ...payload })).toEqual(number === null ? null : { repoId: 5, number })
})

describe('new repositories', () => {
  const one = { id: 5, node_id: 'R_5', full_name: 'acme/shop' }
  const shop = { ...repo, defaultBranch: 'HEAD' }
  test.each<[string, string, object, object | null]>([
    ['the app is installed', 'installation', { action: 'created', repositories: [one] }, [shop]],
    ['a repository is added', 'installation_repositories', { action: 'added', repositories_added: [one] }, [shop]],
    ['the app is removed', 'installation', { action: 'deleted', repositories: [one] }, null],
    ['a repository is removed', 'installation_repositories', { action: 'removed', repositories_removed: [one] }, null],
    ['something else', 'push', { action: 'created', repositories: [one] }, null],
  ])('%s', (_, event, payload, repos) => {
    const result = readNewRepositories(event, { installation: { id: 9 }, ...payload })
    expect(result).toEqual(repos === null ? null : { installationId: 9, repos })
  })
})

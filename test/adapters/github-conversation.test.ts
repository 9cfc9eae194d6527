/** Comments, reactions, descriptions, labels and teams, as GitHub describes them. */
import { describe, expect, test } from 'vitest'
import { GitHubError, TransientError } from '../../src/domain/errors.ts'
import { APP_ID, failing, NOT_FOUND, useDescribedGitHub } from '../support/described-github.ts'
import { makeRepo } from '../support/facts.ts'

const { api, github } = useDescribedGitHub()
const repo = makeRepo()

const GONE = failing(410, 'This comment was deleted')
const FORBIDDEN = failing(403, 'Resource not accessible by integration')
const example = (name: string, status = 200) => api.description.example(name, status)

describe('comments', () => {
  const path = '/repos/acme/shop/issues/7/comments'
  const comment = (fields: object) => {
    const [one] = example('GET /repos/{owner}/{repo}/issues/{issue_number}/comments') as readonly object[]
    return { ...one, ...fields }
  }
  const app = (id: number) => ({ ...example('GET /app'), id })

  test('of all pages, those of this app marked as ours: the login alone proves nothing', async () => {
    const since = '2026-03-01T11:00:00.000Z'
    const next = `<https://api.github.com${path}?per_page=100&since=${since}&page=2>; rel="next"`
    api.answer('GET', path, {
      query: { since, per_page: '100' },
      headers: { link: next },
      body: [
        comment({ id: 1, body: '/retest', performed_via_github_app: null }),
        comment({ id: 2, body: 'mine', performed_via_github_app: app(APP_ID) }),
      ],
    })
    api.answer('GET', path, {
      query: { page: '2' },
      body: [comment({ id: 3, body: 'theirs', performed_via_github_app: app(1) }), comment({ id: 4, body: undefined })],
    })
    expect(await github.listComments(repo, 7, new Date(since))).toEqual([
      { id: 1, body: '/retest', isOurs: false },
      { id: 2, body: 'mine', isOurs: true },
      { id: 3, body: 'theirs', isOurs: false },
      { id: 4, body: '', isOurs: false },
    ])
  })

  test('all of them, where no time is given', async () => {
    api.answer('GET', path, { body: [] })
    expect(await github.listComments(repo, 7)).toEqual([])
    expect(api.requests[0]?.query).toEqual({ per_page: '100' })
  })

  test('a page that fails is no short list', async () => {
    api.answer('GET', path, failing(502, 'Server Error'))
    await expect(github.listComments(repo, 7)).rejects.toBeInstanceOf(TransientError)
  })

  test('a new one', async () => {
    api.answer('POST', path, { status: 201, body: comment({ id: 12 }) })
    expect(await github.createComment(repo, 7, 'Hello 🚂')).toBe(12)
    expect(api.requests[0]?.requestBody).toEqual({ body: 'Hello 🚂' })
  })

  test.each([
    ['a locked conversation', FORBIDDEN, GitHubError],
    ['no such pull request', NOT_FOUND, GitHubError],
    ['a server error', failing(500, 'Server Error'), TransientError],
  ])('%s takes no comment', async (_what, reply, fault) => {
    api.answer('POST', path, reply)
    await expect(github.createComment(repo, 7, 'Hello')).rejects.toBeInstanceOf(fault)
  })

  const one = '/repos/acme/shop/issues/comments/12'

  test('an edit', async () => {
    api.answer('PATCH', one, { body: comment({ id: 12 }) })
    expect(await github.updateComment(repo, 12, 'New')).toBe(true)
    expect(api.requests[0]?.requestBody).toEqual({ body: 'New' })
  })

  test.each([NOT_FOUND, GONE])('an edit of what was deleted', async (reply) => {
    api.answer('PATCH', one, reply)
    expect(await github.updateComment(repo, 12, 'New')).toBe(false)
  })

  test('an edit that is refused is not one of a deleted comment', async () => {
    api.answer('PATCH', one, failing(422, 'Validation Failed'))
    await expect(github.updateComment(repo, 12, 'New')).rejects.toMatchObject({ name: 'GitHubError', status: 422 })
  })
})

describe('reactions', () => {
  const path = '/repos/acme/shop/issues/comments/12/reactions'
  const route = 'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions'

  test.each(['eyes', 'rocket', 'confused'] as const)('%s', async (reaction) => {
    api.answer('POST', path, { status: 201, body: example(route, 201) })
    await github.react(repo, 12, reaction)
    expect(api.requests[0]?.requestBody).toEqual({ content: reaction })
  })

  test('the same once more', async () => {
    api.answer('POST', path, { status: 200, body: example(route) })
    await github.react(repo, 12, 'eyes')
  })

  test.each([NOT_FOUND, GONE])('to what was deleted', async (reply) => {
    api.answer('POST', path, reply)
    await github.react(repo, 12, 'eyes')
  })

  test('a server error is no silence', async () => {
    api.answer('POST', path, failing(500, 'Server Error'))
    await expect(github.react(repo, 12, 'eyes')).rejects.toBeInstanceOf(TransientError)
  })
})

describe('the description', () => {
  const path = '/repos/acme/shop/pulls/7'
  const pull = (body: string | null) => ({
    ...example('GET /repos/{owner}/{repo}/pulls/{pull_number}'),
    requested_teams: [],
    body,
  })

  test.each(['Fixes a bug', null])('%j', async (body) => {
    api.answer('GET', path, { body: pull(body) })
    expect(await github.getDescription(repo, 7)).toBe(body)
  })

  test('of no pull request', async () => {
    api.answer('GET', path, NOT_FOUND)
    expect(await github.getDescription(repo, 7)).toBeNull()
  })

  test('a new one, and nothing else', async () => {
    api.answer('PATCH', path, { body: pull('New') })
    await github.setDescription(repo, 7, 'New')
    expect(api.requests[0]?.requestBody).toEqual({ body: 'New' })
    api.answer('PATCH', path, FORBIDDEN)
    await expect(github.setDescription(repo, 7, 'New')).rejects.toBeInstanceOf(GitHubError)
  })
})

describe('labels', () => {
  const path = '/repos/acme/shop/issues/7/labels'
  const labels = () => example('GET /repos/{owner}/{repo}/issues/{issue_number}/labels')

  test('one is added', async () => {
    api.answer('POST', path, { body: labels() })
    await github.addLabel(repo, 7, 'deploy')
    expect(api.requests[0]?.requestBody).toEqual({ labels: ['deploy'] })
  })

  test('one is not added, and that is no silence', async () => {
    api.answer('POST', path, NOT_FOUND)
    await expect(github.addLabel(repo, 7, 'deploy')).rejects.toBeInstanceOf(GitHubError)
  })

  test('one is removed, whatever it is called', async () => {
    api.answer('DELETE', `${path}/a%2Fb%20%3F%F0%9F%9A%82`, { body: labels() })
    await github.removeLabel(repo, 7, 'a/b ?🚂')
  })

  test('one that is not there', async () => {
    api.answer('DELETE', `${path}/deploy`, failing(404, 'Label does not exist'))
    await github.removeLabel(repo, 7, 'deploy')
    api.answer('DELETE', `${path}/deploy`, failing(500, 'Server Error'))
    await expect(github.removeLabel(repo, 7, 'deploy')).rejects.toBeInstanceOf(TransientError)
  })

  const labelled = (id: string, actor: object | null) => ({
    __typename: 'LabeledEvent',
    id,
    createdAt: '2026-03-01T12:00:00Z',
    label: { name: 'deploy' },
    actor,
  })
  const answer = (nodes: readonly object[]) =>
    api.answer('POST', '/graphql', { body: { data: { repository: { pullRequest: { timelineItems: { nodes } } } } } })
  const at = new Date('2026-03-01T12:00:00Z')

  test('who labelled: people by name, this app, and neither other bots nor deleted users', async () => {
    const nodes = [
      labelled('LE_1', { __typename: 'User', login: 'ann' }),
      labelled('LE_2', { __typename: 'Bot', login: 'signalbox' }),
      labelled('LE_3', { __typename: 'Bot', login: 'dependabot' }),
      labelled('LE_4', { __typename: 'User', login: 'signalbox' }),
      labelled('LE_5', null),
    ]
    answer(nodes)
    api.answer('GET', '/app', { body: { ...example('GET /app'), slug: 'signalbox' } })
    const label = 'deploy'
    expect(await github.listLabelings(repo, 7)).toEqual([
      { id: 'LE_1', label, by: 'ann', byUs: false, at },
      { id: 'LE_2', label, by: null, byUs: true, at },
      { id: 'LE_3', label, by: null, byUs: false, at },
      { id: 'LE_4', label, by: 'signalbox', byUs: false, at },
      { id: 'LE_5', label, by: null, byUs: false, at },
    ])
    expect(api.requests[0]?.requestBody).toMatchObject({ variables: { owner: 'acme', name: 'shop', number: 7 } })
    answer(nodes)
    // The app's own name is asked for once.
    expect((await github.listLabelings(repo, 7)).map((one) => one.byUs)).toEqual([false, true, false, false, false])
  })

  test("the app's own name is asked for again after a failure", async () => {
    const bot = [labelled('LE_2', { __typename: 'Bot', login: 'signalbox' })]
    answer(bot)
    api.answer('GET', '/app', failing(502, 'Server Error'))
    await expect(github.listLabelings(repo, 7)).rejects.toBeInstanceOf(TransientError)
    answer(bot)
    api.answer('GET', '/app', { body: { ...example('GET /app'), slug: 'signalbox' } })
    expect(await github.listLabelings(repo, 7)).toMatchObject([{ byUs: true }])
  })

  const refusing = (type: string) =>
    api.answer('POST', '/graphql', {
      body: { data: { repository: null }, errors: [{ type, path: ['repository'], message: 'No such thing' }] },
    })

  test('of no pull request', async () => {
    refusing('NOT_FOUND')
    expect(await github.listLabelings(repo, 7)).toEqual([])
  })

  test.each([
    ['FORBIDDEN', GitHubError],
    ['INTERNAL', TransientError],
    ['RATE_LIMITED', TransientError],
  ])('%s is no empty list', async (type, fault) => {
    refusing(type)
    await expect(github.listLabelings(repo, 7)).rejects.toBeInstanceOf(fault)
  })
})

describe('teams', () => {
  const path = '/orgs/acme/teams/leads/memberships/ann'
  const isMember = (team = 'acme/leads') => github.isTeamMember(team, 'ann')
  const answer = (state: string) =>
    api.answer('GET', path, {
      body: { ...example('GET /orgs/{org}/teams/{team_slug}/memberships/{username}'), state },
    })

  test('a member, and somebody who was only invited', async () => {
    answer('active')
    expect(await isMember()).toBe(true)
    answer('pending')
    expect(await isMember()).toBe(false)
  })

  test.each([NOT_FOUND, FORBIDDEN])('no member, as far as we can see', async (reply) => {
    api.answer('GET', path, reply)
    expect(await isMember()).toBe(false)
  })

  test('a server error, or a limit, is no «no»', async () => {
    api.answer('GET', path, failing(500, 'Server Error'))
    await expect(isMember()).rejects.toBeInstanceOf(TransientError)
    api.answer('GET', path, { ...failing(403, 'Slow down'), headers: { 'retry-after': '7' } })
    await expect(isMember()).rejects.toMatchObject({ name: 'TransientError', retryAfterMs: 7_000 })
  })

  test.each(['leads', 'acme/', '/leads', 'acme/leads/all'])('%s names no team', async (team) => {
    expect(await isMember(team)).toBe(false)
    api.forgetToken()
  })
})

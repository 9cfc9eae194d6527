/** How a repository is set up, as GitHub describes it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectInspector } from '../../src/adapters/github/inspection.ts'
import { GitHubError, TransientError } from '../../src/domain/errors.ts'
import type { Inspector } from '../../src/ports.ts'
import { DescribedGitHub, failing, INSTALLATION_ID, NOT_FOUND } from '../support/described-github.ts'
import { makeRepo } from '../support/facts.ts'

const api = new DescribedGitHub()
const repo = makeRepo()
let inspector: Inspector

beforeAll(() => api.start())
beforeEach(async () => {
  inspector = connectInspector(await api.makeProbot())
})
afterEach(() => api.verify())
afterAll(() => api.stop())

const example = (path: string) => api.description.example(`GET ${path}`)

describe('the installation of a repository', () => {
  const path = '/repos/acme/shop/installation'
  const answer = (fields: object) =>
    api.answer('GET', path, { body: { ...example('/repos/{owner}/{repo}/installation'), ...fields } })

  test.each([
    [null, false],
    ['2026-03-01T12:00:00Z', true],
  ])('suspended at %j', async (suspended_at, suspended) => {
    const permissions = { checks: 'write', metadata: 'read' }
    const html_url = 'https://github.com/organizations/acme/settings/installations/9'
    answer({ id: 9, suspended_at, permissions, events: ['push'], html_url })
    const facts = { id: 9, suspended, permissions, events: ['push'], url: html_url }
    expect(await inspector.getInstallation(repo)).toEqual(facts)
  })

  test('none', async () => {
    api.answer('GET', path, NOT_FOUND)
    expect(await inspector.getInstallation(repo)).toBeNull()
    api.answer('GET', path, failing(502, 'Server Error'))
    await expect(inspector.getInstallation(repo)).rejects.toBeInstanceOf(TransientError)
  })
})

test('the repository, and one that is not seen', async () => {
  api.answerToken()
  // GitHub's example is no example of its description: it has no language, and neither have those that it came from.
  const { parent, source, template_repository, ...own } = example('/repos/{owner}/{repo}') as Record<string, unknown>
  const body = { ...own, language: null, id: 1, name: 'shop', default_branch: 'trunk' }
  api.answer('GET', '/repos/acme/shop', { body })
  expect(await inspector.getRepository(INSTALLATION_ID, repo)).toMatchObject({ id: 1, defaultBranch: 'trunk' })
  api.answer('GET', '/repos/acme/shop', NOT_FOUND)
  expect(await inspector.getRepository(INSTALLATION_ID, repo)).toBeNull()
})

describe('what protects a branch', () => {
  const path = '/repos/acme/shop/branches/release%2F1'
  const rulesPath = '/repos/acme/shop/rules/branches/release%2F1'
  const get = () => inspector.getBranch(INSTALLATION_ID, repo, 'release/1')
  const source = { ruleset_source_type: 'Repository', ruleset_source: 'acme/shop', ruleset_id: 1 }
  beforeEach(() => api.answerToken())

  const answerBranch = (protection: object) =>
    api.answer('GET', path, { body: { ...example('/repos/{owner}/{repo}/branches/{branch}'), protection } })
  const answerRules = (body: readonly object[]) => api.answer('GET', rulesPath, { query: { per_page: '100' }, body })
  const protection = (checks: readonly object[], enforcement_level = 'non_admins') => ({
    enabled: true,
    required_status_checks: { enforcement_level, contexts: ['a', 'b'], checks },
  })

  test('checks of both kinds, bound and not, and a merge queue', async () => {
    const bound = [
      { context: 'a', app_id: 7 },
      { context: 'b', app_id: null },
      { context: 'c', app_id: -1 },
    ]
    answerBranch(protection(bound))
    const required_status_checks = [{ context: 'd', integration_id: 8 }, { context: 'e' }]
    const parameters = { required_status_checks, strict_required_status_checks_policy: false }
    answerRules([
      { type: 'required_status_checks', parameters, ...source },
      { type: 'deletion', ...source },
      { type: 'merge_queue', ...source },
    ])
    const older = { source: 'branch protection' }
    expect(await get()).toEqual({
      kind: 'known',
      checks: [
        { name: 'a', appId: 7, ...older },
        { name: 'b', appId: null, ...older },
        { name: 'c', appId: null, ...older },
        { name: 'd', appId: 8, source: 'ruleset' },
        { name: 'e', appId: null, source: 'ruleset' },
      ],
      mergeQueue: true,
    })
  })

  test.each([
    ['off', protection([{ context: 'a', app_id: 7 }], 'off')],
    [
      'disabled',
      { enabled: false, required_status_checks: { contexts: ['a'], checks: [{ context: 'a', app_id: 7 }] } },
    ],
    ['without checks', { enabled: true }],
  ])('a protection that is %s wants nothing', async (_what, some) => {
    answerBranch(some)
    answerRules([])
    expect(await get()).toEqual({ kind: 'known', checks: [], mergeQueue: false })
  })

  test('no such branch', async () => {
    api.answer('GET', path, failing(404, 'Branch not found'))
    expect(await get()).toEqual({ kind: 'none' })
  })

  test('a server or plan without rulesets has no rules; a refusal is not that', async () => {
    answerBranch({ enabled: false })
    api.answer('GET', rulesPath, NOT_FOUND)
    expect(await get()).toMatchObject({ kind: 'known', checks: [] })
    answerBranch({ enabled: false })
    api.answer('GET', rulesPath, failing(403, 'Upgrade to GitHub Pro or make this repository public.'))
    expect(await get()).toMatchObject({ kind: 'known', checks: [] })
    answerBranch({ enabled: false })
    api.answer('GET', rulesPath, failing(403, 'Resource not accessible by integration'))
    await expect(get()).rejects.toBeInstanceOf(GitHubError)
  })
})

describe('the state of a workflow', () => {
  const path = '/repos/acme/shop/actions/workflows/test.yml'
  const get = () => inspector.getWorkflowState(INSTALLATION_ID, repo, 'test.yml')
  beforeEach(() => api.answerToken())
  test.each([
    ['active', 'active'],
    ['disabled_manually', 'disabled_manually'],
    ['deleted', null],
  ])('%s is %j', async (state, expected) => {
    const workflow = example('/repos/{owner}/{repo}/actions/workflows/{workflow_id}')
    api.answer('GET', path, { body: { ...workflow, state } })
    expect(await get()).toBe(expected)
  })

  test('none', async () => {
    api.answer('GET', path, NOT_FOUND)
    expect(await get()).toBeNull()
  })
})

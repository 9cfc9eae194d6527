/** Every route about issues and labels, with what GitHub refuses there. */
import { expect } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient, NAME, SHOP } from './support.ts'

function refusal(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    () => null,
    (error: { status: number; response: { data: { errors?: { code: string }[] } } }) => [
      error.status,
      error.response.data.errors?.[0]?.code,
    ],
  )
}

export async function tourOfIssues(sandbox: Sandbox): Promise<void> {
  const { rest } = await installationClient(sandbox)
  const label = { ...SHOP, name: 'stale, perhaps', color: 'EDEDED', description: 'Nobody said anything' }
  await rest.issues.createLabel(label)
  expect(await refusal(rest.issues.createLabel({ ...label, name: 'Stale, Perhaps' }))).toEqual([422, 'already_exists'])
  expect(await refusal(rest.issues.createLabel({ ...label, name: 'x'.repeat(51) }))).toEqual([422, 'custom'])
  expect((await rest.issues.getLabel(label)).data).toMatchObject({ name: label.name, color: 'ededed' })
  expect(await refusal(rest.issues.getLabel({ ...SHOP, name: 'none' }))).toEqual([404, undefined])
  await rest.issues.listLabelsForRepo(SHOP)

  const { data } = await rest.issues.create({ ...SHOP, title: 'Sweeps', body: 'None yet.', labels: ['reports'] })
  const issue = { ...SHOP, issue_number: data.number }
  expect(data).toMatchObject({ user: { login: 'signalbox[bot]' }, performed_via_github_app: { id: sandbox.app.id } })
  expect(await refusal(rest.issues.create({ ...SHOP, title: ' ' }))).toEqual([422, 'custom'])
  sandbox.setMilestone(NAME, data.number, 'v1', 'ann')
  sandbox.assign(NAME, data.number, 'ann', 'bea')
  sandbox.setIssueType(NAME, data.number, 'Task')
  sandbox.lock(NAME, data.number, { by: 'ann', reason: 'too heated', refusesComments: true })
  sandbox.reactTo(NAME, data.number, '+1', 'ann')
  expect(await refusal(rest.issues.createComment({ ...issue, body: 'Hello' }))).toEqual([403, undefined])
  const closed = await rest.issues.update({ ...issue, body: 'One.', state: 'closed', state_reason: 'not_planned' })
  expect(closed.data).toMatchObject({ body: 'One.', state: 'closed', state_reason: 'not_planned' })
  expect((await rest.issues.get(issue)).data).toMatchObject({
    active_lock_reason: 'too heated',
    assignees: [{ login: 'ann' }],
    locked: true,
    milestone: { title: 'v1', closed_issues: 1, open_issues: 0 },
    reactions: { '+1': 1, total_count: 1 },
    type: { name: 'Task' },
  })
  await rest.issues.update({ ...issue, state: 'open', title: 'Sweeps here' })
  expect(sandbox.state.item(NAME, data.number)).toMatchObject({
    state: 'open',
    stateReason: 'reopened',
    title: 'Sweeps here',
  })
  const found = await rest.issues.listForRepo({ ...SHOP, creator: 'signalbox[bot]', sort: 'updated', direction: 'asc' })
  expect(found.data.map(({ number }) => number)).toEqual([data.number])

  sandbox.createRepository({ owner: SHOP.owner, name: 'attic' })
  const number = sandbox.transferIssue(NAME, data.number, `${SHOP.owner}/attic`, 'ann')
  const moved = await rest.issues.get(issue)
  expect([moved.data.number, moved.data.repository_url]).toEqual([number, expect.stringMatching(/\/acme\/attic$/)])
  sandbox.deleteIssue(`${SHOP.owner}/attic`, number, 'ann')
  expect(await refusal(rest.issues.get(issue))).toEqual([410, undefined])
}

export async function tourOfRefs(sandbox: Sandbox): Promise<void> {
  const { rest } = await installationClient(sandbox)
  sandbox.createBranch(NAME, 'done/with', 'main')
  const ref = { ...SHOP, ref: 'heads/done/with' }
  sandbox.protectBranch(NAME, 'done/with', [])
  expect(await refusal(rest.git.deleteRef(ref))).toEqual([422, undefined])
  sandbox.protectBranch(NAME, 'done/with', null)
  await rest.git.deleteRef(ref)
  expect(await refusal(rest.git.deleteRef(ref))).toEqual([422, undefined])
  expect(await refusal(rest.git.deleteRef({ ...SHOP, ref: 'heads/main' }))).toEqual([422, undefined])
}

/** What GitHub does on a bad day in the middle of a sweep: everything is said once, what was refused is told, the rest goes on. */
import { expect, test } from 'vitest'
import { memoryJournal } from '../../src/app/sweep.ts'
import { GitHubError, TransientError } from '../../src/domain/errors.ts'
import { DEFAULT_PERMISSIONS } from '../../src/sandbox/options.ts'
import { daysAgo, FAREWELL, makeStaleConfig, makeStaleProject, WARNING } from '../support/stale-project.ts'
import { useSandbox } from '../support/use-sandbox.ts'

const { sandbox, app } = await useSandbox()

const WRITES = ['addComment', 'addLabelsToLabelable', 'closeIssue'] as const

test.each(WRITES.flatMap((field) => ([502, 'reset'] as const).map((how) => [field, how] as const)))(
  'after the answer to %s was lost (%s), nothing is said or done twice',
  async (field, how) => {
    const project = makeStaleProject(sandbox, app)
    const numbers = [project.openOld('One'), project.openOld('Two')]
    const loseIt = () => sandbox.faults.loseReply({ path: '/graphql', requestBody: field, with: how })
    loseIt()
    const marked = await project.sweep()
    for (const number of numbers) {
      expect(project.outcomes(marked)[`#${number}`]).toMatch(/^done: mark$/)
      expect(project.said(number)).toEqual([WARNING])
    }
    loseIt()
    const closed = await project.sweep({ inDays: 8 })
    for (const number of numbers) {
      expect(project.outcomes(closed)[`#${number}`]).toMatch(/^done: close$/)
      expect(project.said(number)).toEqual([WARNING, FAREWELL])
      expect(project.item(number)).toMatchObject({ state: 'closed', labels: ['Stale', 'abandoned'] })
    }
  },
)

test('after the answer to the closing of a pull request was lost, its branch goes nevertheless', async () => {
  const project = makeStaleProject(sandbox, app)
  const number = project.openOldPull('topic')
  const config = makeStaleConfig({ delete_branch: true })
  await project.sweep({ config })
  sandbox.faults.loseReply({ path: '/graphql', requestBody: 'closePullRequest', with: 502 })
  expect(project.outcomes(await project.sweep({ config, inDays: 8 }))).toEqual({ [`#${number}`]: 'done: close' })
  expect(project.said(number)).toEqual([WARNING, FAREWELL])
  expect([...sandbox.state.repository(project.repo).refs.keys()]).not.toContain('refs/heads/topic')
})

test('of a request that half failed, what was refused is told, and the rest is done', async () => {
  const project = makeStaleProject(sandbox, app)
  const [refused, done] = [project.openOld('One', 50), project.openOld('Two', 40)]
  sandbox.faults.refuseMutation({ field: 'addComment', place: 1 })
  const report = await project.sweep()
  expect(project.outcomes(report)).toEqual({ [`#${refused}`]: 'refused: mark', [`#${done}`]: 'done: mark' })
  expect(report.outcomes.find((one) => one.outcome === 'refused')?.note).toContain('not accessible')
  expect(project.item(refused)).toMatchObject({ labels: [], comments: [] })
  expect(project.said(done)).toEqual([WARNING])
  expect(project.outcomes(await project.sweep())).toEqual({ [`#${refused}`]: 'done: mark' })
  expect(project.said(refused)).toEqual([WARNING])
})

test('a write that was done although the answer says otherwise is not done again', async () => {
  const project = makeStaleProject(sandbox, app)
  const number = project.openOld()
  sandbox.faults.refuseMutation({ field: 'addComment', type: null, message: 'Something went wrong', done: true })
  expect(project.outcomes(await project.sweep())).toEqual({ [`#${number}`]: 'done: mark' })
  expect(project.said(number)).toEqual([WARNING])
  expect(project.item(number).labels).toEqual(['Stale'])
})

test('where a label cannot be created, nothing is said of it, and what needs another label is done', async () => {
  const project = makeStaleProject(sandbox, app)
  const [issue, pull] = [project.openOld('One', 50), project.openOldPull('topic')]
  sandbox.createLabel(project.repo, { name: 'sleepy' })
  const body = { message: 'Resource not accessible by integration' }
  sandbox.faults.respond({ method: 'POST', path: /\/labels$/, status: 403, body, times: 50 })
  const paced: number[] = []
  const pace = async ({ content }: { readonly content: number }) => void paced.push(content)
  const report = await project.sweep({ config: makeStaleConfig({ stale_pr_label: 'sleepy' }), pace })
  expect(project.outcomes(report)).toEqual({ [`#${issue}`]: 'refused: mark', [`#${pull}`]: 'done: mark' })
  expect(report.outcomes.find((one) => one.outcome === 'refused')).toMatchObject({
    operations: 0,
    note: expect.stringContaining('creating the label "Stale"'),
  })
  // Nothing is waited for to say nothing.
  expect(paced).toEqual([1])
  expect(project.item(issue)).toMatchObject({ labels: [], comments: [] })
})

test('where nothing is written at all any more, the sweep goes on later', async () => {
  const project = makeStaleProject(sandbox, app)
  const numbers = Array.from({ length: 6 }, (_, index) => project.openOld('Old', 40 + index))
  const broken = { field: 'addComment', type: null, message: 'Something went wrong', times: 1_000 }
  sandbox.faults.refuseMutation(broken)
  await expect(project.sweep()).rejects.toThrow(TransientError)
  for (const number of numbers) expect(project.said(number)).toEqual([])
})

test('a write that never succeeds is failed, after a few looks', async () => {
  const project = makeStaleProject(sandbox, app)
  const [bad, good] = [project.openOld('One', 50), project.openOld('Two', 40)]
  sandbox.faults.refuseMutation({
    field: 'addComment',
    place: 1,
    type: null,
    message: 'Something went wrong',
    times: 9,
  })
  const report = await project.sweep()
  expect(project.outcomes(report)).toEqual({ [`#${bad}`]: 'failed: mark', [`#${good}`]: 'done: mark' })
  expect(project.item(bad)).toMatchObject({ labels: [], comments: [] })
})

test.each(['addComment', 'addLabelsToLabelable', 'closeIssue'])(
  'limited by GitHub at %s, the sweep waits as long as it is told, and goes on',
  async (field) => {
    const project = makeStaleProject(sandbox, app)
    const old = project.openOld('Stale already')
    await project.sweep()
    const number = project.openOld('One')
    const limit = { path: '/graphql', requestBody: field, limit: 'secondary', status: 403, waitSeconds: 60 } as const
    sandbox.faults.rateLimit(limit)
    const stopped = await project.sweep({ inDays: 8 }).catch((error: unknown) => error)
    expect(stopped).toBeInstanceOf(TransientError)
    expect(stopped).toMatchObject({ retryAfterMs: 60_000 })
    await project.sweep({ inDays: 8 })
    expect(project.said(old)).toEqual([WARNING, FAREWELL])
    expect(project.item(old)).toMatchObject({ state: 'closed', labels: ['Stale', 'abandoned'] })
    expect(project.said(number).filter((body) => body === WARNING)).toHaveLength(1)
    expect(project.item(number).labels).toContain('Stale')
  },
)

test('a person who comments between the look and the writing is left in peace', async () => {
  const project = makeStaleProject(sandbox, app)
  const [answered, quiet] = [project.openOld('One', 50), project.openOld('Two', 40)]
  let isAnswered = false
  const journal = {
    ...memoryJournal(new Date()),
    async begin(subjects: readonly string[]) {
      if (!isAnswered) sandbox.comment(project.repo, answered, 'Wait!', 'rob')
      isAnswered = true
      return new Set(subjects)
    },
  }
  const report = await project.sweep({ journal })
  expect(project.outcomes(report)).toEqual({ [`#${answered}`]: 'skipped: mark', [`#${quiet}`]: 'done: mark' })
  expect(project.said(answered)).toEqual([])
  expect(project.item(answered).labels).toEqual([])
})

test('a person who comments while the limits hold the sweep back is left in peace', async () => {
  const project = makeStaleProject(sandbox, app)
  const [answered, quiet] = [project.openOld('One', 50), project.openOld('Two', 40)]
  let isAnswered = false
  const pace = async () => {
    if (!isAnswered) sandbox.comment(project.repo, answered, 'Wait!', 'rob')
    isAnswered = true
  }
  const report = await project.sweep({ pace })
  expect(project.outcomes(report)).toEqual({ [`#${answered}`]: 'skipped: mark', [`#${quiet}`]: 'done: mark' })
  expect(project.said(answered)).toEqual([])
})

test('labels with commas are created, and locked, transferred and deleted issues are no obstacle', async () => {
  const project = makeStaleProject(sandbox, app)
  const other = makeStaleProject(sandbox, app)
  const [number, locked, moved, gone] = ['One', 'Locked', 'Moved', 'Gone'].map((title) => project.openOld(title))
  if (number === undefined || locked === undefined || moved === undefined || gone === undefined) throw new Error('none')
  sandbox.lock(project.repo, locked, { by: 'ann', at: daysAgo(35) })
  let isDone = false
  const config = makeStaleConfig({ stale_issue_label: 'old, perhaps' })
  const journal = {
    ...memoryJournal(new Date()),
    async begin(subjects: readonly string[]) {
      if (!isDone) {
        sandbox.transferIssue(project.repo, moved, other.repo, 'acme')
        sandbox.deleteIssue(project.repo, gone, 'acme')
      }
      isDone = true
      return new Set(subjects)
    },
  }
  const report = await project.sweep({ config, journal })
  expect(project.outcomes(report)).toEqual({
    [`#${number}`]: 'done: mark',
    [`#${moved}`]: 'skipped: mark',
    [`#${gone}`]: 'skipped: mark',
  })
  expect(project.item(number).labels).toEqual(['old, perhaps'])
  expect(project.item(locked)).toMatchObject({ labels: [], comments: [] })
})

test('without the permission to write, everything is refused and told; suspended, the sweep ends', async () => {
  const project = makeStaleProject(sandbox, app)
  const number = project.openOld()
  try {
    sandbox.setInstallationPermissions('acme', { ...DEFAULT_PERMISSIONS, issues: 'read', pull_requests: 'read' })
    const report = await project.sweep()
    expect(project.outcomes(report)).toEqual({ [`#${number}`]: 'refused: mark' })
    expect(project.item(number)).toMatchObject({ labels: [], comments: [] })
  } finally {
    sandbox.setInstallationPermissions('acme', DEFAULT_PERMISSIONS)
  }
  sandbox.suspendInstallation('acme')
  try {
    await expect(project.sweep()).rejects.toThrow(GitHubError)
  } finally {
    sandbox.unsuspendInstallation('acme')
  }
  expect(project.outcomes(await project.sweep())).toEqual({ [`#${number}`]: 'done: mark' })
})

/** What a sweep reads of pull requests beside the newest entries of their timelines, and what it makes of it, over HTTP. */
import { expect, test } from 'vitest'
import { fetchWithTimeout } from '../../src/adapters/github/octokit.ts'
import { daysAgo, makeStaleConfig, makeStaleProject } from '../support/stale-project.ts'
import { connectTo, useSandbox } from '../support/use-sandbox.ts'

const { sandbox } = await useSandbox()
/** Texts of the queries about items. */
const asked: string[] = []
const app = await connectTo(sandbox, async (input, init) => {
  const body = String(init?.body ?? '')
  if (body.includes('timelineItems')) asked.push(body)
  return fetchWithTimeout(input, init)
})

/** Numbers that were asked for with their files. */
function withFiles(): number[] {
  const bodies = asked.filter((body) => body.includes('files(first: 100)'))
  const variables = bodies.flatMap((body) => Object.entries<number>(JSON.parse(body).variables))
  return variables.flatMap(([name, value]) => (/^n\d+$/.test(name) ? [value] : []))
}

test('files are read only of pull requests that are old enough for one of the rules', async () => {
  const project = makeStaleProject(sandbox, app)
  const config = makeStaleConfig({
    days_before_stale: 60,
    rules: [{ name: 'top', paths: ['src/top*'], days_before_stale: 30 }],
  })
  const issue = project.openOld('An issue', 50)
  const [top, other, young] = [
    project.openOldPull('top', 40),
    project.openOldPull('other', 40),
    project.openOldPull('top-young', 20),
  ]
  asked.length = 0
  const report = await project.sweep({ config, dryRun: true })
  expect(withFiles()).toEqual([top, other])
  expect(Object.fromEntries(report.decisions.map(({ subject, reason }) => [subject, reason]))).toEqual({
    [`#${issue}`]: 'last active 50 days ago; it becomes stale after 60 days',
    [`#${top}`]: 'last active 40 days ago',
    [`#${other}`]: 'last active 40 days ago; it becomes stale after 60 days',
    [`#${young}`]: 'it is too young for any rule that may be about it',
  })
  expect(project.outcomes(await project.sweep({ config }))).toEqual({ [`#${top}`]: 'done: mark' })
})

test('of a pull request that bots were busy with, files and more of the timeline are read', async () => {
  const project = makeStaleProject(sandbox, app)
  const number = project.openOldPull('topic', 90)
  sandbox.comment(project.repo, number, 'Not yet.', 'rob', daysAgo(35))
  for (let nth = 20; nth > 0; nth--) sandbox.comment(project.repo, number, `Bump ${nth}`, 'renovate[bot]', daysAgo(nth))
  const rules = [{ name: 'sources', paths: ['src/**'], days_before_stale: 50 }]
  const config = makeStaleConfig({ rules })
  asked.length = 0
  const { decisions } = await project.sweep({ config, dryRun: true })
  expect(decisions).toMatchObject([{ reason: 'last active 35 days ago; it becomes stale after 50 days' }])
  expect(withFiles()).toEqual([number, number])
})

test('a warning that mentions somebody is no activity of theirs', async () => {
  const project = makeStaleProject(sandbox, app)
  const number = project.openOld()
  const config = makeStaleConfig({ count_mentions: true, stale_issue_message: 'Is this still true, @rob and @ann?' })
  await project.sweep({ config })
  expect(project.item(number).labels).toEqual(['Stale'])
  expect((await project.sweep({ config, only: number })).outcomes).toEqual([])
  expect(project.outcomes(await project.sweep({ config, inDays: 7.1 }))).toEqual({ [`#${number}`]: 'done: close' })
})

test('/keep is the label: whoever takes that away has it looked at again', async () => {
  const project = makeStaleProject(sandbox, app)
  const number = project.openOld()
  sandbox.comment(project.repo, number, '/keep', 'ann', daysAgo(35))
  sandbox.addLabel(project.repo, number, 'keep', 'ann', daysAgo(35))
  expect((await project.sweep()).outcomes).toEqual([])
  sandbox.removeLabel(project.repo, number, 'keep', 'ann', daysAgo(34))
  expect(project.outcomes(await project.sweep())).toEqual({ [`#${number}`]: 'done: mark' })
})

test('the label of what was closed goes off what is open, where any update counts', async () => {
  const project = makeStaleProject(sandbox, app)
  const [number] = sandbox.seedIssues(project.repo, [
    { title: 'Open', author: 'rob', at: daysAgo(3), labels: ['abandoned', 'bug'] },
  ])
  if (number === undefined) throw new Error('no issue')
  const config = makeStaleConfig({ activity: 'any' })
  expect(project.outcomes(await project.sweep({ config }))).toEqual({ [`#${number}`]: 'done: unclose' })
  expect(project.item(number)).toMatchObject({ state: 'open', labels: ['bug'], comments: [] })
  expect((await project.sweep({ config })).outcomes).toEqual([])
})

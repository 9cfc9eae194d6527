/** Commands in comments, and the label that approves, from the signed webhook to the reply. */
import { beforeEach, expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { CONFIG, GATE, makeProject, type Project } from '../support/project.ts'

const app = useApp()
beforeEach(() => app.github.faults.clear())

const ours = (login: string) => login.endsWith('[bot]')
const repliesIn = (project: Project, number: number) =>
  app.github.state
    .comments(project.repo, number)
    .filter((comment) => ours(comment.author.login) && comment.body.startsWith('<!-- signalbox:reply'))
    .map((comment) => comment.body)

function reactions(project: Project, number: number, id: number): string[] {
  const comment = app.github.state.comments(project.repo, number).find((one) => one.id === id)
  return (comment?.reactions ?? []).filter((one) => ours(one.user.login)).map((one) => one.content)
}

const WITH_PREVIEW = `${CONFIG}previews:
  shop: { label: deploy, repository: acme/deploy, workflow: deploy.yml }
`

/** Comments, waits until it was answered, and returns the reply, without its marker. */
async function say(project: Project, number: number, body: string, by = 'ann'): Promise<string> {
  const id = app.github.comment(project.repo, number, body, by)
  const marker = `<!-- signalbox:reply ${id} -->\n`
  const find = () => repliesIn(project, number).find((reply) => reply.startsWith(marker))
  await app.github.until(`an answer to ${body.slice(0, 80)}`, () => find() !== undefined)
  return find()?.slice(marker.length) ?? ''
}

/** GitHub's times are whole seconds: what is written from now on is newer than everything that there is. */
async function nextSecond(): Promise<void> {
  const now = Date.now()
  // A timer may come a moment early.
  await new Promise((resolve) => setTimeout(resolve, 1010 - (now % 1000)))
}

/** A pull request from a fork, and what moves its head. */
async function openFromFork(project: Project): Promise<{ number: number; sha: string; push: () => string }> {
  const { github } = app
  github.fork(project.repo, 'eve')
  const fork = `eve/${project.repo.split('/')[1]}`
  let pushes = 0
  const push = () => github.pushCommit(fork, 'evil', { files: { 'src/x': `${++pushes}` }, author: 'eve' })
  const sha = push()
  const options = { head: 'eve:evil', base: 'main', title: 'x', author: 'eve' }
  const number = github.openPullRequest(project.repo, options)
  await github.until('the gate is held', () => project.checks(sha).includes(`${GATE}: in_progress`))
  await github.settle()
  return { number, sha, push }
}

test('/retest runs again what failed, and says what', async () => {
  let failing = true
  const project = makeProject(app, {
    runner: ({ signalbox }) => ({ conclusion: failing && signalbox?.job === 'test' ? 'failure' : 'success' }),
  })
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  failing = false
  const id = app.github.comment(project.repo, number, 'Once more.\n\n/retest', 'ann')
  await project.concluded(sha, GATE, 'success')
  await app.github.settle()
  expect(repliesIn(project, number)).toEqual([
    `<!-- signalbox:reply ${id} -->\n@ann\n\n- **/retest**: Runs again: ci / test (debian), ci / test (alpine).\n`,
  ])
  expect(reactions(project, number, id)).toEqual(['eyes', 'rocket'])
  expect(project.dispatched()).toHaveLength(6)
  expect(await say(project, number, '/retest')).toContain('Nothing is run again: nothing of it failed.')
  expect(await say(project, number, '/retest "ci / build (debian)"')).toContain('Runs again: ci / build (debian).')
  await app.github.until('the named leg ran', () => project.dispatched().length === 7)
  expect(await say(project, number, '/retest biuld')).toContain(
    'There is no leg, job or gate "biuld"; did you mean "build"?',
  )
  await app.github.settle()
  expect(project.dispatched()).toHaveLength(7)
})

test('a comment without a command, on an issue, or edited into one, is left alone', async () => {
  const project = makeProject(app, { runner: () => ({ conclusion: 'failure' }) })
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  const id = app.github.comment(project.repo, number, 'Should we /retest?', 'ann')
  app.github.editComment(project.repo, id, '/retest', 'ann')
  const issue = app.github.openIssue(project.repo, { title: 'x', author: 'ann' })
  app.github.comment(project.repo, issue, '/signalbox help', 'ann')
  await app.github.settle()
  expect([...repliesIn(project, number), ...repliesIn(project, issue)]).toEqual([])
  expect(reactions(project, number, id)).toEqual([])
})

test('without permission there is one polite reply, and nothing is done', async () => {
  const project = makeProject(app, { runner: () => ({ conclusion: 'failure' }) })
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  const before = project.dispatched().length
  expect(await say(project, number, '/retest', 'rob')).toContain('Nothing was done: commands take write permission')
  expect(await say(project, number, '/retest', 'stranger')).toContain('and yours is read')
  await app.github.settle()
  expect(repliesIn(project, number)).toHaveLength(2)
  expect(project.dispatched()).toHaveLength(before)
})

test('somebody who was refused gets neither reaction nor reply to what they write next, until they may', async () => {
  const project = makeProject(app, { runner: () => ({ conclusion: 'failure' }) })
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  await say(project, number, '/retest', 'rob')
  await app.github.settle()
  app.github.state.clearRequests()
  const ids = [1, 2, 3].map(() => app.github.comment(project.repo, number, '/retest', 'rob'))
  await app.github.settle()
  const asked = app.github.state.requests.map((request) => `${request.method} ${request.path}`)
  const permission = `GET /repos/${project.repo}/collaborators/rob/permission`
  expect(asked.filter((request) => !request.includes('access_tokens'))).toEqual(ids.map(() => permission))
  expect(ids.flatMap((id) => reactions(project, number, id))).toEqual([])
  expect(repliesIn(project, number)).toHaveLength(1)
  app.github.setPermission(project.repo, 'rob', 'write')
  expect(await say(project, number, '/retest', 'rob')).toContain('Runs again: ')
})

test('a comment bomb is answered once, and five of its commands are carried out', async () => {
  const project = makeProject(app)
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  const bomb = Array.from({ length: 4_000 }, (_, index) => `/retest x${index}`).join('\n')
  const reply = await say(project, number, bomb)
  expect(reply.match(/\*\*\/retest /g)).toHaveLength(5)
  expect(reply).toContain('**3995 more commands**: Not carried out.')
  await app.github.settle()
  expect(repliesIn(project, number)).toHaveLength(1)
})

test('/ok-to-test lets the legs of exactly that commit run', async () => {
  const project = makeProject(app)
  const { number, sha, push } = await openFromFork(project)
  expect(project.dispatched()).toEqual([])
  expect(await say(project, number, `/ok-to-test ${sha.slice(0, 12)}`)).toContain('is not the whole id of a commit')
  expect(await say(project, number, `/ok-to-test ${sha}`, 'eve')).toContain('commands take write permission')
  expect(project.dispatched()).toEqual([])
  expect(await say(project, number, `/ok-to-test ${sha}`)).toContain(`The legs of \`${sha}\` may run.`)
  await project.concluded(sha, GATE, 'success')
  expect(await say(project, number, `/ok-to-test ${sha}`)).toContain('ann approved')
  const dispatched = project.dispatched().length
  const newer = push()
  await app.github.until('the newer commit is held', () => project.checks(newer).includes(`${GATE}: in_progress`))
  const late = await say(project, number, `/ok-to-test ${sha}`)
  expect(late).toContain(`The pull request has moved on from \`${sha}\` to \`${newer}\`.`)
  await app.github.settle()
  expect(project.dispatched()).toHaveLength(dispatched)
})

test('the label ok-to-test approves the head that it was put on, when its sender may write', async () => {
  const project = makeProject(app)
  const { number, sha, push } = await openFromFork(project)
  app.github.addLabel(project.repo, number, 'ok-to-test', 'rob')
  await app.github.settle()
  expect(project.dispatched()).toEqual([])
  app.github.removeLabel(project.repo, number, 'ok-to-test', 'ann')
  app.github.addLabel(project.repo, number, 'OK-to-test', 'ann')
  await project.concluded(sha, GATE, 'success')
  const dispatched = project.dispatched().length
  const newer = push()
  await app.github.until('the newer commit is held', () => project.checks(newer).includes(`${GATE}: in_progress`))
  await app.github.settle()
  expect(project.dispatched()).toHaveLength(dispatched)
})

test('a push between approval and dispatch: nothing of either commit is dispatched', async () => {
  const project = makeProject(app)
  const { number, sha, push } = await openFromFork(project)
  // The approval is a word about the older commit by the time that it is heard.
  app.github.faults.webhooks({ delayMs: ({ event }) => (event === 'issue_comment' ? 100 : 0) })
  app.github.comment(project.repo, number, `/ok-to-test ${sha}`, 'ann')
  app.github.addLabel(project.repo, number, 'ok-to-test', 'ann')
  const newer = push()
  await app.github.until('an answer', () => repliesIn(project, number).length === 1)
  await app.github.settle()
  expect(project.attempts()).toEqual([])
  expect(project.checks(newer)).toContain(`${GATE}: in_progress`)
})

test('an approval does not follow the commit into another branch', async () => {
  const project = makeProject(app)
  app.github.pushCommit(project.repo, 'v1', { author: 'ann', files: { '.github/signalbox.yml': CONFIG } })
  const { number, sha } = await openFromFork(project)
  await nextSecond()
  await say(project, number, `/ok-to-test ${sha}`)
  await project.concluded(sha, GATE, 'success')
  await app.github.settle()
  const dispatched = project.dispatched().length
  app.github.changeBase(project.repo, number, 'v1', 'eve')
  await app.github.until('it is held', () => project.words(sha, GATE).title.startsWith('Held: '))
  await app.github.settle()
  expect(project.dispatched()).toHaveLength(dispatched)
  await nextSecond()
  expect(await say(project, number, `/ok-to-test ${sha}`)).toContain(`The legs of \`${sha}\` may run.`)
  await app.github.until('it runs there', () => project.dispatched().length > dispatched)
})

test.each(['comment', 'label'])('a base that is changed while an approval by %s is on its way', async (via) => {
  const project = makeProject(app)
  app.github.pushCommit(project.repo, 'v1', { author: 'ann', files: { '.github/signalbox.yml': CONFIG } })
  const { number, sha } = await openFromFork(project)
  const isWord = (delivery: { event: string; action: string | null }) =>
    delivery.event === 'issue_comment' || delivery.action === 'labeled'
  app.github.faults.webhooks({ delayMs: (delivery) => (isWord(delivery) ? 1500 : 0) })
  if (via === 'comment') app.github.comment(project.repo, number, `/ok-to-test ${sha}`, 'ann')
  else app.github.addLabel(project.repo, number, 'ok-to-test', 'ann')
  app.github.changeBase(project.repo, number, 'v1', 'eve')
  const { pullRequests } = app.serving.store
  const { id } = app.github.state.repository(project.repo)
  if (via === 'comment') await app.github.until('an answer', () => repliesIn(project, number).length === 1)
  else await expect.poll(() => pullRequests.listAudit(id, 9), { timeout: 10_000 }).toHaveLength(1)
  await app.github.until('it is held for the new base', () => project.words(sha, GATE).title.startsWith('Held: '))
  await app.github.settle()
  if (via === 'comment') expect(repliesIn(project, number)[0]).toContain('Nothing is approved: ')
  expect(project.dispatched()).toEqual([])
})

test('/cancel ends what is at work, and /retest begins it again', async () => {
  let hang = true
  const project = makeProject(app, { runner: () => ({ hang }) })
  const { sha, number } = project.openPullRequest()
  await app.github.until('builds are under way', () => project.dispatched().length === 2)
  expect(await say(project, number, '/cancel')).toContain(`Cancelled on \`${sha}\`: ci.`)
  await project.concluded(sha, GATE, 'cancelled')
  expect(project.words(sha, GATE).title).toBe('Cancelled: ann asked for it.')
  hang = false
  expect(await say(project, number, '/signalbox retest')).toContain('Runs again: ')
  await project.concluded(sha, GATE, 'success')
})

test('/override passes a gate for one commit, by an admin', async () => {
  const project = makeProject(app, { runner: () => ({ conclusion: 'failure' }) })
  app.github.setPermission(project.repo, 'boss', 'admin')
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  await nextSecond()
  expect(await say(project, number, '/override tests it is flaky')).toContain(
    'overridden by an admin of this repository',
  )
  expect(await say(project, number, '/override tests', 'boss')).toContain('Say why "tests" is to pass')
  expect(await say(project, number, '/override tests *known* <b>', 'boss')).toContain(
    `${GATE} passes for \`${sha}\`, because: &#42;known&#42; &#60;b&#62;.`,
  )
  await project.concluded(sha, GATE, 'success')
  expect(project.words(sha, GATE).title).toContain('boss')
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { 'src/new.txt': 'newer' }, author: 'ann' })
  await project.concluded(newer, GATE, 'failure')
})

test('/override by a member of a team that may, and by nobody else', async () => {
  const config = `${CONFIG}override: { teams: [acme/leads] }\n`
  const project = makeProject(app, { config, runner: () => ({ conclusion: 'failure' }) })
  app.github.setTeam('acme/leads', ['lea'], ['ann'])
  app.github.setPermission(project.repo, 'lea', 'write')
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  await nextSecond()
  expect(await say(project, number, '/override tests I want it')).toContain('acme/leads')
  await app.github.settle()
  expect(project.checks(sha)).toContain(`${GATE}: failure`)
  expect(await say(project, number, '/override tests it is known', 'lea')).toContain(`${GATE} passes for \`${sha}\``)
  await project.concluded(sha, GATE, 'success')
  expect(project.words(sha, GATE).title).toContain('lea')
})

test('a push while an override is on its way: the newer commit is not overridden', async () => {
  const project = makeProject(app, { runner: () => ({ conclusion: 'failure' }) })
  app.github.setPermission(project.repo, 'boss', 'admin')
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  await nextSecond()
  app.github.faults.webhooks({ delayMs: ({ event }) => (event === 'issue_comment' ? 1500 : 0) })
  app.github.comment(project.repo, number, '/override tests I have read it', 'boss')
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { 'src/new.txt': 'newer' }, author: 'ann' })
  await project.concluded(newer, GATE, 'failure')
  await app.github.until('an answer', () => repliesIn(project, number).length === 1)
  await app.github.settle()
  expect(repliesIn(project, number)[0]).toContain('the pull request changed after the comment was written')
  expect(project.checks(newer)).toContain(`${GATE}: failure`)
})

test('an override does not follow the commit into another branch', async () => {
  const project = makeProject(app, { runner: () => ({ conclusion: 'failure' }) })
  app.github.setPermission(project.repo, 'boss', 'admin')
  app.github.pushCommit(project.repo, 'v1', { author: 'ann', files: { '.github/signalbox.yml': CONFIG } })
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  await nextSecond()
  await say(project, number, '/override tests only a sandbox', 'boss')
  await project.concluded(sha, GATE, 'success')
  app.github.changeBase(project.repo, number, 'v1', 'ann')
  await project.concluded(sha, GATE, 'failure')
})

test('a closed pull request takes no command but help', async () => {
  const project = makeProject(app)
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  app.github.closePullRequest(project.repo, number, 'ann')
  expect(await say(project, number, '/retest build')).toContain('The pull request is closed. Reopen it first.')
  expect(await say(project, number, '/signalbox')).toContain('| `/retest` |')
})

test('a reply whose receipt is lost is posted once', async () => {
  const project = makeProject(app)
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  await app.github.settle()
  app.github.faults.loseReply({ method: 'POST', path: `/issues/${number}/comments` })
  const id = app.github.comment(project.repo, number, '/retest "ci / build (debian)"', 'ann')
  await app.github.until('the leg ran again', () => project.dispatched().length === 5)
  await app.github.settle()
  expect(repliesIn(project, number)).toHaveLength(1)
  expect(reactions(project, number, id)).toEqual(['eyes', 'rocket'])
  expect(project.dispatched()).toHaveLength(5)
})

test('/cancel ends what a label started too', async () => {
  const config = `${CONFIG}label_actions: { fix: { workflow: build.yml } }\n`
  const project = makeProject(app, { config, runner: () => ({ hang: true }) })
  const { sha, number } = project.openPullRequest()
  app.github.addLabel(project.repo, number, 'fix', 'ann')
  await app.github.until('it is at work', () => project.checks(sha).includes('label / fix: in_progress'))
  await app.github.until('the builds are', () => project.dispatched().length === 3)
  expect(await say(project, number, '/cancel')).toMatch(/Cancelled on .*: (ci, label fix|label fix, ci)\./)
  await project.concluded(sha, 'label / fix', 'cancelled')
  await app.github.until(
    'the label to be off',
    () => app.github.state.pullRequest(project.repo, number).labels.length === 0,
  )
})

test('what breaks off halfway is not done twice, and is answered', async () => {
  const project = makeProject(app, { config: WITH_PREVIEW })
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  await app.github.settle()
  app.github.faults.respond({ method: 'POST', path: `/issues/${number}/labels`, status: 502 })
  const reply = await say(project, number, '/retest "ci / build (debian)"\n/deploy')
  expect(reply).toContain('- **/retest "ci / build (debian)"**: Carried out.')
  expect(reply).toContain('- **/deploy**: Deploys shop at')
  await app.github.settle()
  expect(project.dispatched()).toHaveLength(5)
  expect(repliesIn(project, number)).toHaveLength(1)
})

test('a refusal fails its command, and the others go on', async () => {
  const project = makeProject(app, {
    config: WITH_PREVIEW,
  })
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  await app.github.settle()
  const body = { message: 'Resource not accessible by integration' }
  app.github.faults.respond({ method: 'POST', path: `/issues/${number}/labels`, status: 403, body })
  const id = app.github.comment(project.repo, number, '/deploy\n/retest build', 'ann')
  await app.github.until('an answer', () => repliesIn(project, number).length === 1)
  const [reply] = repliesIn(project, number)
  expect(reply).toContain('- **/deploy**: GitHub did not allow it: ')
  expect(reply).toContain('- **/retest build**: Runs again: ci / build (debian), ci / build (alpine).')
  expect(reactions(project, number, id)).toEqual(['eyes', 'confused'])
})

test('/deploy and /undeploy put the label on and take it off', async () => {
  const project = makeProject(app, {
    config: WITH_PREVIEW,
  })
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  const labels = () => app.github.state.pullRequest(project.repo, number).labels
  expect(await say(project, number, '/undeploy')).toContain('Nothing is taken down: the label of shop is not on')
  expect(await say(project, number, '/deploy')).toContain(`Deploys shop at \`${sha}\``)
  expect(labels()).toEqual(['deploy'])
  expect(await say(project, number, '/deploy shop')).toContain(`Deploys shop at \`${sha}\``)
  expect(labels()).toEqual(['deploy'])
  expect(await say(project, number, '/undeploy shop')).toContain('Takes down shop.')
  expect(labels()).toEqual([])
})

test('a delivery that arrives three times at once is one command', async () => {
  const project = makeProject(app)
  const { sha, number } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  app.github.faults.webhooks({ repeat: ({ event }) => (event === 'issue_comment' ? 2 : 0) })
  await say(project, number, '/retest "ci / build (debian)"')
  await app.github.settle()
  expect(repliesIn(project, number)).toHaveLength(1)
  expect(project.dispatched()).toHaveLength(5)
})

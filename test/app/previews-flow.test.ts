import { describe, expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { makePreviewProject, type PreviewProject } from '../support/preview-project.ts'

const app = useApp()

const short = (sha: string) => sha.slice(0, 7)

/** A pull request whose preview is deployed. */
async function deploy(project: PreviewProject, branch?: string) {
  const opened = project.openPullRequest(branch)
  project.label(opened.number)
  await project.ran(`deploy.yml ${short(opened.sha)}`)
  return opened
}

/** Waits until GitHub's deployments are in these states, oldest first. */
async function shows(project: PreviewProject, ...states: string[]) {
  const isSo = () => project.shown().join() === states.join()
  await app.github.until(`${states.join()} to be shown; it was ${project.shown().join()}`, isSo, { timeoutMs: 40_000 })
}

/** Waits until the comment about the previews says so. */
async function said(project: PreviewProject, number: number, words: RegExp) {
  await app.github.until(`the comment to say ${words}; it says ${project.said(number)}`, () =>
    words.test(project.said(number)),
  )
}

describe('a label', () => {
  test('put on before the build is there: deployed when it is, and shown', async () => {
    const project = makePreviewProject(app)
    app.runners.set(project.repo, () => ({ durationMs: 1500 }))
    const { number, sha } = project.openPullRequest()
    project.label(number)
    await said(project, number, /waits for ci \/ build/)
    expect(project.deployed()).toEqual([])
    await project.ran(`deploy.yml ${short(sha)}`)
    await shows(project, 'success')
    const [deployment] = app.github.state.deployments(project.repo)
    expect(deployment).toMatchObject({ sha, environment: `preview/shop/pr-${number}` })
    expect(project.deployRuns()[0]?.inputs).toEqual({ number: String(number), sha })
    await said(project, number, new RegExp(`https://pr-${number}\\.example\\.com`))
  })

  test('put on after the build: deployed at once', async () => {
    const project = makePreviewProject(app)
    const { number, sha } = project.openPullRequest()
    await project.concluded(sha, 'Tests Passed', 'success')
    await app.github.settle()
    project.label(number)
    await project.ran(`deploy.yml ${short(sha)}`)
  })

  test('there when the pull request is opened', async () => {
    const project = makePreviewProject(app)
    const sha = app.github.pushCommit(project.repo, 'feature', { files: { x: 'x' }, author: 'ann' })
    app.github.openPullRequest(project.repo, { head: 'feature', author: 'ann', labels: ['deploy'] })
    await project.ran(`deploy.yml ${short(sha)}`)
  })

  test('delivered three times: deployed once', async () => {
    const project = makePreviewProject(app)
    app.github.faults.webhooks({ repeat: (delivery) => (delivery.event === 'pull_request' ? 2 : 0) })
    const { number, sha } = project.openPullRequest()
    project.label(number)
    project.label(number, 'other')
    await project.ran(`deploy.yml ${short(sha)}`)
  })

  test('of somebody who may not write is refused, in words', async () => {
    const project = makePreviewProject(app)
    const { number } = project.openPullRequest()
    project.label(number, 'deploy', 'rob')
    await said(project, number, /put on by rob, who may not write here/)
    await project.ran()
    expect(project.shown()).toEqual([])
  })
})

test('a new commit is deployed again, and the older deployment becomes inactive', async () => {
  const project = makePreviewProject(app)
  const { sha } = await deploy(project)
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { y: 'y' }, author: 'ann' })
  await project.ran(`deploy.yml ${short(sha)}`, `deploy.yml ${short(newer)}`)
  await shows(project, 'inactive', 'success')
})

test('without redeploying a new commit is not, until somebody asks', async () => {
  const project = makePreviewProject(app, { preview: '    redeploy: false\n' })
  const { sha } = await deploy(project)
  const newer = app.github.pushCommit(project.repo, 'feature', { files: { y: 'y' }, author: 'ann' })
  await project.concluded(newer, 'Tests Passed', 'success')
  await project.ran(`deploy.yml ${short(sha)}`)
})

describe('a pull request into another branch than the default one', () => {
  function openInto(project: PreviewProject, base: string, config: string) {
    app.github.pushCommit(project.repo, base, { author: 'ann', files: { '.github/signalbox.yml': config } })
    const sha = app.github.pushCommit(project.repo, 'feature', { author: 'ann', files: { x: 'x' } })
    return { sha, number: app.github.openPullRequest(project.repo, { head: 'feature', base, author: 'ann' }) }
  }
  const PIPELINE = `version: 1
pipelines:
  ci: { on: { pull_request: {} }, jobs: { build: { workflow: build.yml } } }
`

  test('a preview that only the base branch has dispatches nothing, by label or by command', async () => {
    const project = makePreviewProject(app)
    const victim = makePreviewProject(app)
    const inputs = 'inputs: { number: "1; production" }'
    const { sha, number } = openInto(
      project,
      'mine',
      `${PIPELINE}previews:
  evil: { label: evil, repository: ${victim.deploy}, workflow: teardown.yml, ${inputs} }
  shop: { label: deploy, repository: ${victim.deploy}, workflow: teardown.yml, ${inputs} }
`,
    )
    project.label(number, 'evil')
    app.github.comment(project.repo, number, '/deploy evil', 'ann')
    const replies = () =>
      app.github.state.comments(project.repo, number).filter(({ body }) => body.startsWith('<!-- signalbox:reply'))
    await app.github.until('an answer', () => replies().length === 1)
    expect(replies()[0]?.body).toContain('There is no preview "evil"')
    // The default branch's own preview of that name is what is deployed.
    project.label(number)
    await project.ran(`deploy.yml ${short(sha)}`)
    expect(victim.deployed()).toEqual([])
  })

  test('the previews of the default branch are deployed, also where the base has none', async () => {
    const project = makePreviewProject(app)
    const { sha, number } = openInto(project, 'release', PIPELINE)
    app.github.comment(project.repo, number, '/deploy', 'ann')
    await project.ran(`deploy.yml ${short(sha)}`)
    project.unlabel(number)
    await project.ran(`deploy.yml ${short(sha)}`, 'teardown.yml')
  })

  test('what is deployed stays while the configuration of the default branch cannot be used', async () => {
    const project = makePreviewProject(app)
    const { sha, number } = openInto(project, 'release', PIPELINE)
    project.label(number)
    await project.ran(`deploy.yml ${short(sha)}`)
    app.github.pushCommit(project.repo, 'main', { author: 'ann', files: { '.github/signalbox.yml': 'version: 2' } })
    project.label(number, 'other')
    await project.ran(`deploy.yml ${short(sha)}`)
  })
})

describe('taking it down', () => {
  test.each<[string, (project: PreviewProject, number: number) => void]>([
    ['the label is taken off', (project, number) => project.unlabel(number)],
    ['the pull request is closed', (project, number) => app.github.closePullRequest(project.repo, number, 'ann')],
    ['the pull request is merged', (project, number) => app.github.mergePullRequest(project.repo, number, 'ann')],
  ])('%s', async (_name, end) => {
    const project = makePreviewProject(app)
    const { number, sha } = await deploy(project)
    end(project, number)
    await project.ran(`deploy.yml ${short(sha)}`, 'teardown.yml')
    expect(project.deployRuns()[1]?.inputs).toEqual({ number: String(number) })
    await shows(project, 'inactive')
  })

  test('while it is being deployed: afterwards', async () => {
    const project = makePreviewProject(app)
    app.runners.set(project.deploy, () => ({ durationMs: 300 }))
    const { number, sha } = project.openPullRequest()
    project.label(number)
    await app.github.until('it is being deployed', () => project.deployed().length === 1)
    project.unlabel(number)
    await project.ran(`deploy.yml ${short(sha)}`, 'teardown.yml')
    const [deployRun, teardownRun] = project.deployRuns()
    expect([deployRun?.conclusion, teardownRun?.conclusion]).toEqual(['success', 'success'])
    await shows(project, 'inactive')
  })

  test('and deployed again when the pull request is opened again', async () => {
    const project = makePreviewProject(app)
    const { number, sha } = await deploy(project)
    app.github.closePullRequest(project.repo, number, 'ann')
    await project.ran(`deploy.yml ${short(sha)}`, 'teardown.yml')
    app.github.reopenPullRequest(project.repo, number, 'ann')
    await project.ran(`deploy.yml ${short(sha)}`, 'teardown.yml', `deploy.yml ${short(sha)}`)
    await shows(project, 'inactive', 'success')
  })
})

test('a pull request whose preview is deployed is at rest: looked at once in a while, until it is taken down', async () => {
  const project = makePreviewProject(app)
  const { pullRequests } = app.serving.store
  const quiet = () => app.github.settle({ quietMs: 300 })
  const count = async () => {
    await quiet()
    const counted = [await pullRequests.enqueueOpen(), await pullRequests.enqueueOpen({ resting: true })]
    await quiet()
    return counted
  }
  const [open = 0, all = 0] = await count()
  const { number } = await deploy(project)
  expect(await count()).toEqual([open, all + 1])
  app.github.closePullRequest(project.repo, number, 'ann')
  await shows(project, 'inactive')
  expect(await count()).toEqual([open, all])
})

describe('a fork', () => {
  function openFork(project: PreviewProject) {
    const fork = app.github.fork(project.repo, 'mallory')
    const name = `mallory/${project.repo.split('/')[1]}`
    const sha = app.github.pushCommit(name, 'gift', { files: { x: String(fork) }, author: 'mallory' })
    const options = { head: 'mallory:gift', base: 'main', title: 'Gift', author: 'mallory' }
    return { name, sha, number: app.github.openPullRequest(project.repo, options) }
  }

  test('is deployed once its commit is approved, and taken down when it pushes another', async () => {
    const project = makePreviewProject(app)
    const { name, sha, number } = openFork(project)
    project.label(number)
    await said(project, number, new RegExp(`comment /ok-to-test ${sha}`))
    await project.ran()
    app.github.comment(project.repo, number, `/ok-to-test ${sha}`, 'ann')
    await project.ran(`deploy.yml ${short(sha)}`)
    app.github.pushCommit(name, 'gift', { files: { y: 'y' }, author: 'mallory' })
    await project.ran(`deploy.yml ${short(sha)}`, 'teardown.yml')
    await said(project, number, /blocked|not deployed|comment \/ok-to-test/i)
  })

  test('that pushes while the approved commit is built deploys nothing of either', async () => {
    const project = makePreviewProject(app)
    app.runners.set(project.repo, () => ({ durationMs: 300 }))
    const { name, sha, number } = openFork(project)
    project.label(number)
    app.github.comment(project.repo, number, `/ok-to-test ${sha}`, 'ann')
    await app.github.until('it is built', () => project.dispatched().length === 1)
    app.github.pushCommit(name, 'gift', { files: { y: 'y' }, author: 'mallory' })
    await project.ran()
  })
})

test('a push right before the dispatch: nothing of the older commit is dispatched', async () => {
  const project = makePreviewProject(app)
  const { number, sha } = project.openPullRequest()
  await project.concluded(sha, 'Tests Passed', 'success')
  await app.github.settle()
  // The labellings are read after the head was: what is pushed then is what the decision does not know.
  let newer = ''
  const labelled = app.github.state.requests.length
  const end = app.github.onChange(() => {
    const asked = app.github.state.requests.slice(labelled).some((request) => request.body.includes('LABELED_EVENT'))
    if (newer !== '' || !asked) return
    newer = 'pushing'
    newer = app.github.pushCommit(project.repo, 'feature', { files: { z: 'z' }, author: 'ann' })
  })
  project.label(number)
  await app.github.until('the newer commit is pushed', () => newer.length === 40)
  end()
  await project.ran(`deploy.yml ${short(newer)}`)
})

describe('what cannot be dispatched says why, and is not tried again by itself', () => {
  const OTHER_INPUTS = `on: { workflow_dispatch: { inputs: { colour: { type: string } } } }\njobs: {}\n`
  test.each<[string, Parameters<typeof makePreviewProject>[1], RegExp]>([
    [
      'inputs refused',
      { files: { '.github/workflows/deploy.yml': OTHER_INPUTS } },
      /Unexpected inputs.*take them out of the preview/s,
    ],
    [
      'workflow gone',
      { files: { 'README.md': 'x' } },
      /refused to dispatch deploy\.yml of acme\/deploy-\d+ on main: Not Found/,
    ],
    ['no such ref', { preview: '    ref: gone\n' }, /Create the branch or tag gone, or change the preview's/],
    ['app not installed', { installed: false }, /not installed on acme\/deploy-\d+; install it there/],
    ['another owner', { deployOwner: 'other' }, /other\/deploy-\d+ is not of this repository's owner/],
  ])('%s', async (_name, options, words) => {
    const project = makePreviewProject(app, options)
    const { number, sha } = project.openPullRequest()
    project.label(number)
    await project.concluded(sha, 'Tests Passed', 'success')
    await said(project, number, words)
    await project.ran()
    const asked = app.github.state.requests.filter((request) => request.path.includes(`${project.deploy}/actions`))
    expect(asked.length).toBeLessThanOrEqual(1)
  })

  test('a workflow run that fails', async () => {
    const project = makePreviewProject(app)
    app.runners.set(project.deploy, ({ runNumber }) => ({ conclusion: runNumber === 1 ? 'failure' : 'success' }))
    const { number, sha } = await deploy(project)
    await said(project, number, /the workflow run of deploy\.yml failed/)
    await shows(project, 'failure')
    project.unlabel(number)
    await project.ran(`deploy.yml ${short(sha)}`, 'teardown.yml')
    project.label(number)
    await project.ran(`deploy.yml ${short(sha)}`, 'teardown.yml', `deploy.yml ${short(sha)}`)
    await shows(project, 'failure', 'success')
  })

  test('a workflow run that takes too long is cancelled', async () => {
    const project = makePreviewProject(app, { preview: '    timeout: 1s\n' })
    app.runners.set(project.deploy, () => ({ hang: true }))
    const { number, sha } = project.openPullRequest()
    project.label(number)
    await said(project, number, /timed out: it may take 1 s/)
    await project.ran(`deploy.yml ${short(sha)}`)
    expect(project.deployRuns()[0]?.conclusion).toBe('cancelled')
    await shows(project, 'failure')
  })
})

describe('on a bad day', () => {
  test('the reply to a dispatch is lost after GitHub acted: it is found, not dispatched again', async () => {
    const project = makePreviewProject(app)
    app.github.faults.loseReply({ method: 'POST', path: `${project.deploy}/actions/workflows/deploy.yml/dispatches` })
    const { number, sha } = project.openPullRequest()
    project.label(number)
    await shows(project, 'success')
    await project.ran(`deploy.yml ${short(sha)}`)
  }, 60_000)

  test('a dispatch without effect is repeated once it is sure that it had none', async () => {
    const project = makePreviewProject(app)
    const path = `${project.deploy}/actions/workflows/deploy.yml/dispatches`
    app.github.faults.respond({ method: 'POST', path, status: 500 })
    const { number, sha } = project.openPullRequest()
    project.label(number)
    await project.ran(`deploy.yml ${short(sha)}`)
    await shows(project, 'success')
  }, 60_000)
})

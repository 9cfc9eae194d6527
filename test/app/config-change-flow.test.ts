import { describe, expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { openFork } from '../support/fork.ts'
import { CONFIG, GATE, makeProject, type Project, WORKFLOW } from '../support/project.ts'

const app = useApp()

const CHECK = 'signalbox config'
const PATH = '.github/signalbox.yml'
const quiet = () => app.github.settle({ quietMs: 300 })
const withConfig = (project: Project, config: string | null) => project.openPullRequest('feature', { [PATH]: config })
const ADDED = CONFIG.replace('    gates:', '      docs: { workflow: build.yml }\n    gates:')

describe('a pull request that changes the configuration', () => {
  test('and breaks it: the check fails, at the line, and the plan is still that of the base', async () => {
    const project = makeProject(app)
    const { sha } = withConfig(project, CONFIG.replace('workflow: test.yml', 'workflw: test.yml'))
    await project.concluded(sha, CHECK, 'failure')
    const line = CONFIG.split('\n').findIndex((text) => text.includes('test.yml')) + 1
    expect(app.github.state.checkRun(project.repo, CHECK, sha)?.annotations).toEqual([
      expect.objectContaining({
        path: PATH,
        startLine: line,
        level: 'failure',
        message: expect.stringContaining('did you mean'),
      }),
    ])
    expect(project.words(sha, CHECK).title).toContain('workflw')
    await project.concluded(sha, GATE, 'success')
    expect(project.dispatched()).toHaveLength(4)
    // The next commit mends it, and is judged by itself.
    const mended = app.github.pushCommit(project.repo, 'feature', { files: { [PATH]: ADDED }, author: 'ann' })
    await project.concluded(mended, CHECK, 'success')
    expect(app.github.state.checkRun(project.repo, CHECK, mended)?.annotations).toEqual([])
  })

  test('and adds a job: the check lists it, and nothing of it runs', async () => {
    const project = makeProject(app)
    const { sha } = withConfig(project, ADDED)
    await project.concluded(sha, CHECK, 'success')
    await project.concluded(sha, GATE, 'success')
    await quiet()
    expect(project.words(sha, CHECK).title).toBe('Valid. For this pull request: 1 leg added.')
    expect(project.words(sha, CHECK).summary).toContain('| added leg | ci / docs |')
    expect(project.checks(sha).some((check) => check.startsWith('ci / docs'))).toBe(false)
    expect(project.dispatched()).toHaveLength(4)
  })

  test('and takes a gate away: it is warned', async () => {
    const project = makeProject(app)
    const { sha } = withConfig(project, CONFIG.replace(GATE, 'Renamed'))
    await project.concluded(sha, CHECK, 'success')
    expect(project.words(sha, CHECK).title).toContain(GATE)
    expect(app.github.state.checkRun(project.repo, CHECK, sha)?.annotations).toEqual([
      expect.objectContaining({ level: 'warning', title: expect.stringContaining(GATE) }),
    ])
    await project.concluded(sha, GATE, 'success')
    expect(project.checks(sha).some((check) => check.startsWith('Renamed'))).toBe(false)
  })

  test('from a fork: it is judged too, its markup is only text, and its legs wait', async () => {
    const project = makeProject(app)
    const hostile = '<img src=x> [a](http://evil) @ann'
    const fork = openFork(app, project, { files: { [PATH]: `${CONFIG}"${hostile}": 1\n` } })
    await project.concluded(fork.sha, CHECK, 'failure')
    await quiet()
    expect(project.words(fork.sha, CHECK).summary).not.toContain('<img')
    expect(project.words(fork.sha, CHECK).summary).not.toContain('](http')
    expect(project.dispatched()).toEqual([])
    expect(project.checks(fork.sha)).toContain(`${GATE}: in_progress`)
    const free = fork.push({ [PATH]: `${CONFIG}forks: { policy: run }\n` })
    await project.concluded(free, CHECK, 'success')
    await quiet()
    expect(project.dispatched()).toEqual([])
  })

  test('and deletes it: the base still counts', async () => {
    const project = makeProject(app)
    const { sha } = withConfig(project, null)
    await project.concluded(sha, GATE, 'success')
    await quiet()
    expect(project.checks(sha).some((check) => check.startsWith(CHECK))).toBe(false)
  })
})

test('a pull request that only lags behind its base has no such check', async () => {
  const project = makeProject(app)
  app.github.createBranch(project.repo, 'feature', 'main', 'ann')
  app.github.pushCommit(project.repo, 'main', { files: { [PATH]: ADDED }, author: 'ann' })
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  await project.concluded(sha, 'ci / docs', 'success')
  await quiet()
  expect(project.checks(sha).some((check) => check.startsWith(CHECK))).toBe(false)
})

test('a repository without a configuration whose pull request adds one: it is judged, and nothing runs', async () => {
  const project = makeProject(app)
  app.github.pushCommit(project.repo, 'main', { files: { [PATH]: null }, author: 'ann' })
  await quiet()
  const good = project.openPullRequest('good', { [PATH]: CONFIG })
  await project.concluded(good.sha, CHECK, 'success')
  const bad = project.openPullRequest('bad', { [PATH]: 'version: 2\n' })
  await project.concluded(bad.sha, CHECK, 'failure')
  await quiet()
  expect(project.checks(good.sha)).toEqual([`${CHECK}: success`])
  expect(project.words(good.sha, CHECK).title).toContain('1 gate added; 4 legs added')
  expect(project.dispatched()).toEqual([])
})

test('a base that is broken and a pull request that mends it: the check says both', async () => {
  const project = makeProject(app)
  app.github.pushCommit(project.repo, 'main', { files: { [PATH]: 'version: 2\n' }, author: 'ann' })
  await quiet()
  const { sha } = withConfig(project, CONFIG)
  await project.concluded(sha, CHECK, 'failure')
  expect(project.words(sha, CHECK).summary).toContain('on main cannot be used')
  expect(project.words(sha, CHECK).summary).toContain("This pull request's own version: Valid.")
})

test('_extends that a pull request changes is not followed', async () => {
  const { github } = app
  const files = { '.github/signalbox.yml': CONFIG }
  github.createRepository({ owner: 'firm', name: 'shared', files })
  github.createRepository({ owner: 'firm', name: 'secret', files, private: true })
  const project = makeProject(app, { owner: 'firm', config: 'version: 1\n_extends: shared\n' })
  // Repositories that are new are looked at once.
  await quiet()
  github.state.clearRequests()
  const { sha } = withConfig(project, 'version: 1\n_extends: secret\n')
  await project.concluded(sha, CHECK, 'success')
  await project.concluded(sha, GATE, 'success')
  await quiet()
  expect(project.words(sha, CHECK).title).toBe(
    'Not judged: _extends is changed, and is followed only from the base branch.',
  )
  const said = (name: string) =>
    github.state.requests.filter(({ path, body }) => path.includes(`/firm/${name}/`) || body.includes(`"${name}"`))
  expect(said('shared')).not.toEqual([])
  expect(said('secret')).toEqual([])
  // What is extended as before is judged together with it.
  const same = github.pushCommit(project.repo, 'feature', {
    files: {
      [PATH]: 'version: 1\n_extends: shared\nforks: { policy: never }\n',
      '.github/workflows/x.yml': WORKFLOW,
    },
    author: 'ann',
  })
  await project.concluded(same, CHECK, 'success')
  expect(project.words(same, CHECK).title).toBe('Valid. No leg and no gate changes for this pull request.')
})

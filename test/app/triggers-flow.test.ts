import { expect, test } from 'vitest'
import { useApp } from '../support/app.ts'
import { CONFIG, GATE, makeProject, WORKFLOW } from '../support/project.ts'

const app = useApp()

const push = (repo: string, branch: string, text: string) =>
  app.github.pushCommit(repo, branch, { files: { 'src/x.txt': text }, author: 'ann' })

test('each push to main stands alone', async () => {
  const project = makeProject(app, { runner: () => ({ durationMs: 150 }) })
  const shas = ['one', 'two', 'three'].map((text) => push(project.repo, 'main', text))
  for (const sha of shas) await project.concluded(sha, GATE, 'success')
  expect(project.dispatched()).toHaveLength(12)
})

test('tags run, but not those that are excluded; other branches do not', async () => {
  const project = makeProject(app)
  const sha = push(project.repo, 'side', 'x')
  app.github.pushTag(project.repo, 'ext-v1', sha)
  await app.github.settle()
  expect(project.dispatched()).toEqual([])
  app.github.pushTag(project.repo, 'v1.2.3', sha)
  await project.concluded(sha, GATE, 'success')
  const [run] = app.github.state.workflowRuns(project.repo)
  expect(JSON.parse(run?.inputs.signalbox ?? '')).toMatchObject({
    event: 'tag',
    ref_name: 'v1.2.3',
    sha,
    pull_request: null,
  })
})

test('a merge group runs on its own commit; merging it does not cancel the push of the same commit', async () => {
  const project = makeProject(app)
  const { number, sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'success')
  const group = app.github.createMergeGroup(project.repo, number)
  await project.concluded(group, GATE, 'success')
  app.github.destroyMergeGroup(project.repo, group, 'merged')
  // Of the pull request, of the group, and of the push that merging it is.
  await app.github.until('the push was run', () => project.dispatched().length === 12)
  await project.concluded(group, GATE, 'success')
  await app.github.settle()
  expect(project.checks(group).filter((check) => check.endsWith('cancelled'))).toEqual([])
})

test('a merge group that is given up is cancelled', async () => {
  const project = makeProject(app, { runner: (run) => ({ hang: String(run.signalbox?.event) === 'merge_group' }) })
  const { number } = project.openPullRequest()
  const group = app.github.createMergeGroup(project.repo, number)
  await app.github.until('builds of the group', () =>
    app.github.state
      .workflowRuns(project.repo)
      .some((run) => JSON.parse(run.inputs.signalbox ?? '').event === 'merge_group'),
  )
  app.github.destroyMergeGroup(project.repo, group, 'dequeued')
  await project.concluded(group, GATE, 'cancelled')
  expect(project.words(group, GATE).title).toBe('Cancelled: the merge queue gave the group up.')
})

test('the gate of a merge group does not fail while a retry is pending', async () => {
  const failed = new Set<unknown>()
  const project = makeProject(app, {
    config: CONFIG.replace('fail_fast: false', 'fail_fast: false, retries: { max: 2, delay: 3s }'),
    runner: ({ signalbox }) => {
      const isFirst = signalbox?.event === 'merge_group' && signalbox.job === 'test' && !failed.has(signalbox.leg)
      failed.add(signalbox?.leg)
      return isFirst ? { conclusion: 'failure' } : {}
    },
  })
  const { number } = project.openPullRequest()
  const group = app.github.createMergeGroup(project.repo, number)
  const shown = new Set<string>()
  const end = app.github.onChange(() => {
    const gate = app.github.state.checkRun(project.repo, GATE, group)
    if (gate) shown.add(gate.conclusion ?? gate.status)
  })
  await app.github.until('a retry to be pending', () => project.words(group, GATE).summary.includes('is tried again'))
  await project.concluded(group, GATE, 'success')
  end()
  expect([...shown]).toEqual(['in_progress', 'success'])
  expect(project.words(group, GATE).summary).toContain('passed on attempt 2')
})

test('a manual request runs what it names on the branch that it names', async () => {
  const second = `  nightly:
    on: { manual: {} }
    jobs: { scan: { workflow: build.yml } }
`
  const project = makeProject(app, { config: CONFIG + second })
  const sha = push(project.repo, 'side', 'x')
  app.github.repositoryDispatch(project.repo, 'other', {}, 'ann')
  app.github.repositoryDispatch(
    project.repo,
    'signalbox',
    { reason: 'try', pipelines: ['nightly'], branch: 'side' },
    'ann',
  )
  await project.concluded(sha, 'nightly / scan', 'success')
  expect(project.dispatched()).toEqual(['build.yml'])
})

test('changes of a push by paths; a comparison that is cut short counts as everything', async () => {
  const config = CONFIG.replace('push: { branches: [main] }', 'push: { branches: [main], paths: ["src/**"] }')
  const project = makeProject(app, { config })
  const docs = app.github.pushCommit(project.repo, 'main', { files: { 'docs/a.md': 'x' }, author: 'ann' })
  await project.concluded(docs, GATE, 'success')
  expect(project.dispatched()).toEqual([])
  const files = Object.fromEntries(Array.from({ length: 350 }, (_, index) => [`docs/${index}.md`, 'x']))
  const many = app.github.pushCommit(project.repo, 'main', { files, author: 'ann' })
  await project.concluded(many, GATE, 'success')
  expect(project.dispatched()).toHaveLength(4)
})

test('a broken configuration fails the gates of the last good one, and says what is wrong', async () => {
  const project = makeProject(app)
  await project.concluded(push(project.repo, 'main', 'one'), GATE, 'success')
  const broken = app.github.pushCommit(project.repo, 'main', {
    files: { '.github/signalbox.yml': CONFIG.replace('workflow: build.yml', 'workflw: build.yml') },
    author: 'ann',
  })
  await project.concluded(broken, GATE, 'failure')
  await project.concluded(broken, 'signalbox config', 'failure')
  expect(project.words(broken, GATE).summary).toContain('workflw')
  expect(project.words(broken, GATE).summary).toContain('did you mean')
  const { sha } = project.openPullRequest()
  await project.concluded(sha, GATE, 'failure')
  // Mended on the base branch: the same pull request is planned anew by «Re-run».
  app.github.pushCommit(project.repo, 'main', { files: { '.github/signalbox.yml': CONFIG }, author: 'ann' })
  app.github.rerequestCheckRun(project.repo, project.checkId(sha, GATE), 'ann')
  await project.concluded(sha, GATE, 'success')
  await project.concluded(sha, 'signalbox config', 'cancelled')
})

const UNUSABLE: [string, string | Uint8Array][] = [
  ['a list', '- a\n- b\n'],
  ['binary', new Uint8Array([0, 1, 2, 3, 255])],
  ['not UTF-8', new Uint8Array([0x76, 0xff, 0xfe, 0x3a, 0x31])],
  ['empty', ''],
  [
    'an alias bomb',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(',')}]`)
      .join('\n')}\n`,
  ],
  ['over 256 KiB', `version: 1\n# ${'x'.repeat(300_000)}\n`],
]
test.each(UNUSABLE)('a configuration that is %s fails visibly', async (_name, config) => {
  const project = makeProject(app, { config })
  const { sha } = project.openPullRequest()
  await project.concluded(sha, 'signalbox config', 'failure')
  expect(project.words(sha, 'signalbox config').summary).toContain('.github/signalbox.yml')
})

test('a repository without a configuration is left alone', async () => {
  const project = makeProject(app)
  app.github.pushCommit(project.repo, 'main', { files: { '.github/signalbox.yml': null }, author: 'ann' })
  await app.github.settle()
  const { sha } = project.openPullRequest()
  await app.github.settle()
  expect(project.checks(sha)).toEqual([])
})

test('an organisation gives defaults in its .github repository, and _extends names others', async () => {
  const { github } = app
  const files = {
    '.github/signalbox.yml': CONFIG,
    '.github/workflows/build.yml': WORKFLOW,
    '.github/workflows/test.yml': WORKFLOW,
  }
  github.createRepository({ owner: 'org', name: '.github', files })
  github.createRepository({
    owner: 'org',
    name: 'base',
    files: { '.github/signalbox.yml': CONFIG.replaceAll('build', 'compile') },
  })
  const defaults = makeProject(app, { owner: 'org', config: 'version: 1\n' })
  const first = defaults.openPullRequest()
  await defaults.concluded(first.sha, GATE, 'success')
  const extended = makeProject(app, {
    owner: 'org',
    config: 'version: 1\n_extends: base\n',
    files: { '.github/workflows/compile.yml': WORKFLOW },
  })
  const second = extended.openPullRequest()
  await extended.concluded(second.sha, GATE, 'success')
  expect(extended.dispatched().slice(0, 2)).toEqual(['compile.yml', 'compile.yml'])
  const missing = makeProject(app, { owner: 'org', config: 'version: 1\n_extends: nowhere\n' })
  const third = missing.openPullRequest()
  await missing.concluded(third.sha, 'signalbox config', 'failure')
  expect(missing.words(third.sha, 'signalbox config').title).toContain('_extends names org/nowhere')
})

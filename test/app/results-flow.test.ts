import { createServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { ANONYMOUS } from '../../src/adapters/registry/credentials.ts'
import { makeRegistry } from '../../src/adapters/registry/registry.ts'
import { useApp } from '../support/app.ts'
import { openFork, toldLegs } from '../support/fork.ts'
import { pushImage } from '../support/image.ts'
import { GATE, makeProject, type Project, WORKFLOW } from '../support/project.ts'
import { registryMissing, startRegistry } from '../support/registry.ts'

if (registryMissing !== null) console.warn(`The test with a real registry is left out: ${registryMissing}.`)

const app = useApp()

const LEG = 'ci / test'
const configOf = (settings: string, more = '') => `version: 1
pipelines:
  ci:
    on: { pull_request: {}, push: { branches: [main] }, manual: {}, tag: {} }
    jobs: { test: { workflow: test.yml${settings} } }
    gates: { tests: { name: "${GATE}", needs: [test] } }
${more}`

/** Pull requests of one repository, one after the other. */
function makeCommits(project: Project) {
  let numbers = 0
  return async (files = { 'docs/a.md': `${++numbers}` } as Record<string, string>, conclusion = 'success') => {
    const opened = project.openPullRequest(`branch-${++numbers}`, files)
    await project.concluded(opened.sha, GATE, conclusion)
    await app.github.settle({ quietMs: 150 })
    return opened
  }
}

const quiet = () => app.github.settle({ quietMs: 300 })

describe('a flaky leg', () => {
  test('the gate says that it passed late, and after more runs how often', async () => {
    const failing = new Set<unknown>()
    const project = makeProject(app, {
      config: configOf(', retries: { max: 1, delay: 1s }'),
      runner: ({ signalbox }) => (failing.delete(signalbox?.sha) ? { conclusion: 'failure' } : {}),
    })
    const commit = makeCommits(project)
    const flaky = async (name: string) => {
      const sha = app.github.pushCommit(project.repo, name, { files: { 'src/x': name }, author: 'ann' })
      failing.add(sha)
      app.github.openPullRequest(project.repo, { head: name, base: 'main', title: name, author: 'ann' })
      await project.concluded(sha, GATE, 'success')
      await app.github.settle({ quietMs: 150 })
      return sha
    }
    const first = await flaky('one')
    expect(project.words(first, LEG).title).toBe('Passed on attempt 2.')
    expect(project.words(first, GATE).summary).toMatch(/\| ci \/ test \| .*passed on attempt 2 \| 2 \|/)
    await commit()
    await commit()
    const fourth = await flaky('two')
    expect(project.words(fourth, LEG).title).toBe('Passed on attempt 2, flaky in 1 of 3 runs.')
    expect(project.words(fourth, GATE).summary).toContain('passed on attempt 2, flaky in 1 of 3 runs')
  })

  test('retries.only: flaky tries again only what was flaky before', async () => {
    let failures = 1
    const project = makeProject(app, {
      config: configOf(', retries: { max: 1, delay: 1s, only: flaky }'),
      runner: () => (failures-- > 0 ? { conclusion: 'failure' } : {}),
    })
    const commit = makeCommits(project)
    const { sha } = await commit(undefined, 'failure')
    expect(project.dispatched()).toHaveLength(1)
    // Run again by hand it passes: it failed and passed on the same commit.
    app.github.rerequestCheckRun(project.repo, project.checkId(sha, LEG), 'ann')
    await project.concluded(sha, GATE, 'success')
    await quiet()
    failures = 1
    const next = await commit()
    expect(project.words(next.sha, LEG).title).toBe('Passed on attempt 2, flaky in 1 of 1 run.')
    expect(project.dispatched()).toHaveLength(4)
  })
})

describe('a report of tests', () => {
  const XML = `<testsuites><testsuite name="unit">
  <testcase classname="cart" name="adds" file="src/cart.test.ts" line="12"><failure message="expected 3">boom</failure></testcase>
  <testcase classname="cart" name="removes" file="src/cart.test.ts" line="30"/>
  <testcase classname="cart" name="clears" file="src/cart.test.ts" line="40"><skipped/></testcase>
</testsuite></testsuites>`
  const zipOf = (files: Record<string, string>) => {
    const zip = new ZipFile()
    for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name)
    zip.end()
    return buffer(zip.outputStream)
  }
  const REPORT = ', report: junit, artifact: results'

  test('its failures stand at their lines, once, and the summary counts', async () => {
    const artifacts = [{ name: 'results', zip: await zipOf({ 'junit.xml': XML }) }]
    const project = makeProject(app, { config: configOf(REPORT), runner: () => ({ conclusion: 'failure', artifacts }) })
    const { sha } = project.openPullRequest('feature', { 'src/cart.test.ts': 'x' })
    await project.concluded(sha, GATE, 'failure')
    const annotations = () => app.github.state.checkRun(project.repo, LEG, sha)?.annotations ?? []
    await app.github.until('the annotations', () => annotations().length > 0)
    await quiet()
    expect(annotations()).toEqual([
      expect.objectContaining({ path: 'src/cart.test.ts', startLine: 12, level: 'failure' }),
    ])
    expect(annotations()[0]?.title).toContain('adds')
    expect(project.words(sha, LEG).summary).toContain('3 tests, 1 failed, 1 skipped.')
    await app.serving.store.runs.enqueueReconcile()
    await quiet()
    expect(annotations()).toHaveLength(1)
    // Run again it fails in the same place.
    app.github.rerequestCheckRun(project.repo, project.checkId(sha, LEG), 'ann')
    await app.github.until('the second attempt to have failed', () =>
      project.words(sha, LEG).summary.includes('| Attempt 2 | ❌'),
    )
    await quiet()
    expect(project.checks(sha)).toEqual([`${GATE}: failure`, `${LEG}: failure`])
    expect(annotations()).toHaveLength(1)
  })

  test('a later attempt that passes has its own report', async () => {
    const failed = await zipOf({ 'junit.xml': XML })
    const passed = await zipOf({ 'junit.xml': XML.replace(/<failure.*<\/failure>/, '') })
    const project = makeProject(app, {
      config: configOf(`${REPORT}, retries: { max: 1, delay: 1s }`),
      runner: ({ signalbox }) =>
        String(signalbox?.attempt).endsWith('.1')
          ? { conclusion: 'failure', artifacts: [{ name: 'results', zip: failed }] }
          : { artifacts: [{ name: 'results', zip: passed }] },
    })
    const { sha } = project.openPullRequest()
    await project.concluded(sha, GATE, 'success')
    await app.github.until('the counts of the second attempt', () =>
      project.words(sha, LEG).summary.includes('3 tests, 0 failed, 1 skipped.'),
    )
    await quiet()
    expect(app.github.state.checkRun(project.repo, LEG, sha)?.annotations).toEqual([])
  })

  test('how flaky a failed test was before stands beside it', async () => {
    const failed = await zipOf({ 'junit.xml': XML })
    const fails = new Set(['one', 'three'])
    const project = makeProject(app, {
      config: configOf(`${REPORT}, retries: { max: 1, delay: 1s }`),
      runner: ({ signalbox }) =>
        fails.has(String(signalbox?.head_ref)) && String(signalbox?.attempt).endsWith('.1')
          ? { conclusion: 'failure', artifacts: [{ name: 'results', zip: failed }] }
          : {},
    })
    for (const branch of ['one', 'two']) {
      const { sha } = project.openPullRequest(branch)
      await project.concluded(sha, GATE, 'success')
      await quiet()
    }
    app.runners.set(project.repo, () => ({ conclusion: 'failure', artifacts: [{ name: 'results', zip: failed }] }))
    const { sha } = project.openPullRequest('three')
    await project.concluded(sha, GATE, 'failure')
    await app.github.until('the flakiness', () => project.words(sha, LEG).summary.includes('flaky in 1 of 2 runs'))
  })

  test.each([
    ['is no archive', { name: 'results', zip: Buffer.from('not a zip') }, /could not be read: /],
    ['has another name', { name: 'other', zip: Buffer.from('x') }, /the workflow run uploaded no artifact results/],
    ['holds no XML', null, /the archive holds no XML file/],
  ])('an artifact that %s says so, and changes no result', async (_, artifact, expected) => {
    const given = artifact ?? { name: 'results', zip: await zipOf({ 'readme.txt': 'x' }) }
    const project = makeProject(app, { config: configOf(REPORT), runner: () => ({ artifacts: [given] }) })
    const { sha } = project.openPullRequest()
    await project.concluded(sha, GATE, 'success')
    const text = () =>
      project
        .words(sha, LEG)
        .summary.replaceAll(/&#(\d+);/g, (_match, code) => String.fromCodePoint(Number(code)))
        .replaceAll('\\', '')
    await app.github.until('the problem', () => expected.test(text()))
    await quiet()
    expect(project.checks(sha)).toEqual([`${GATE}: success`, `${LEG}: success`])
  })

  test('one that GitHub refuses to give changes no result, and the run ends', async () => {
    const project = makeProject(app, { config: configOf(REPORT) })
    app.github.faults.respond({
      path: /\/artifacts/,
      status: 403,
      times: 9,
      body: { message: 'Resource not accessible by integration' },
    })
    const { sha, number } = project.openPullRequest()
    await project.concluded(sha, GATE, 'success')
    await app.github.until('the reason', () => project.words(sha, LEG).summary.includes('not accessible'))
    app.github.faults.clear()
    await quiet()
    const { id } = app.github.state.repository(project.repo)
    expect(await app.serving.store.runs.openRunsOf(id, number)).toEqual([])
  })

  test('an observed leg has one too', async () => {
    const artifacts = [{ name: 'results', zip: await zipOf({ 'junit.xml': XML }) }]
    const config = configOf(REPORT).replace('workflow: test.yml', 'observe: { workflow: lint.yml }')
    const project = makeProject(app, {
      config,
      files: { '.github/workflows/lint.yml': 'on: { pull_request: {} }\njobs: { work: { runs-on: x, steps: [] } }\n' },
      runner: () => ({ conclusion: 'failure', artifacts }),
    })
    const { sha } = project.openPullRequest('feature', { 'src/cart.test.ts': 'x' })
    await project.concluded(sha, GATE, 'failure')
    await app.github.until('the counts', () =>
      project.words(sha, LEG).summary.includes('3 tests, 1 failed, 1 skipped.'),
    )
  })
})

describe('a result that is reused', () => {
  const REUSE = ', reuse: { inputs: ["src/**"] }'
  const files = { 'src/a.ts': 'a' }
  const withoutPushes = (settings: string) => configOf(settings).replace('push: { branches: [main] }, ', '')

  test('the same inputs on another commit: no workflow run, a link, and the words', async () => {
    const project = makeProject(app, { config: configOf(REUSE), files })
    const commit = makeCommits(project)
    const first = await commit()
    expect(project.dispatched()).toEqual(['test.yml'])
    const [run] = app.github.state.workflowRuns(project.repo)
    const second = await commit({ 'docs/b.md': 'only docs' })
    expect(project.dispatched()).toEqual(['test.yml'])
    expect(project.words(second.sha, LEG).title).toBe(`Passed: same inputs as ${first.sha.slice(0, 7)}.`)
    expect(app.github.state.checkRun(project.repo, LEG, second.sha)?.detailsUrl).toContain(`/runs/${run?.id}`)
    expect(project.words(second.sha, GATE).summary).toContain(`same inputs as ${first.sha.slice(0, 7)}`)
    // The result stays that of the commit that was run.
    const third = await commit({ 'docs/c.md': 'more docs' })
    expect(project.words(third.sha, LEG).title).toBe(`Passed: same inputs as ${first.sha.slice(0, 7)}.`)
    app.github.mergePullRequest(project.repo, second.number, 'ann')
    await quiet()
    expect(project.dispatched()).toEqual(['test.yml'])
  })

  test.each([
    ['an input', (project: Project) => project.openPullRequest('changed', { 'src/a.ts': 'b' })],
    ['a new input', (project: Project) => project.openPullRequest('changed', { 'src/deep/b.ts': 'b' })],
    [
      'the workflow file of the default branch',
      (project: Project) => {
        const workflow = WORKFLOW.replace('run: "true"', 'run: "make"')
        app.github.pushCommit(project.repo, 'main', {
          files: { '.github/workflows/test.yml': workflow },
          author: 'ann',
        })
        return project.openPullRequest('changed', { 'docs/b.md': 'b' })
      },
    ],
    [
      'the job',
      (project: Project) => {
        const config = withoutPushes(`${REUSE}, image: app`)
        app.github.pushCommit(project.repo, 'main', { files: { '.github/signalbox.yml': config }, author: 'ann' })
        return project.openPullRequest('changed', { 'docs/b.md': 'b' })
      },
    ],
  ])('%s that changed is run', async (_, change) => {
    const project = makeProject(app, { config: withoutPushes(REUSE), files })
    await makeCommits(project)()
    expect(project.dispatched()).toHaveLength(1)
    const { sha } = change(project)
    await project.concluded(sha, GATE, 'success')
    expect(project.dispatched()).toHaveLength(2)
  })

  test('a result that failed, and one that was not the whole of it, is not reused', async () => {
    const project = makeProject(app, { config: configOf(REUSE), files, runner: () => ({ conclusion: 'failure' }) })
    const commit = makeCommits(project)
    await commit(undefined, 'failure')
    app.runners.delete(project.repo)
    await commit()
    expect(project.dispatched()).toHaveLength(2)
  })

  test('the result of a fork is never lent to a commit of the repository, but a fork may borrow', async () => {
    const project = makeProject(app, { config: `${configOf(REUSE)}forks: { policy: run }\n`, files })
    const fork = openFork(app, project, { files: { 'docs/x.md': 'x' } })
    await project.concluded(fork.sha, GATE, 'success')
    await quiet()
    const commit = makeCommits(project)
    const trusted = await commit()
    expect(project.dispatched()).toHaveLength(2)
    const other = openFork(app, project, { owner: 'mallory', files: { 'docs/y.md': 'y' } })
    await project.concluded(other.sha, GATE, 'success')
    expect(project.words(other.sha, LEG).title).toBe(`Passed: same inputs as ${trusted.sha.slice(0, 7)}.`)
    expect(project.dispatched()).toHaveLength(2)
  })

  test('a reused leg that is run again is run', async () => {
    const project = makeProject(app, { config: configOf(REUSE), files })
    const commit = makeCommits(project)
    await commit()
    const { sha } = await commit()
    expect(project.dispatched()).toHaveLength(1)
    app.github.rerequestCheckRun(project.repo, project.checkId(sha, LEG), 'ann')
    await app.github.until('it runs', () => project.dispatched().length === 2)
    await project.concluded(sha, GATE, 'success')
    await app.github.until('its own words', () => project.words(sha, LEG).title === 'Passed.')
  })

  test('a request by hand and a tag run everything', async () => {
    const project = makeProject(app, { config: configOf(REUSE), files })
    const { sha } = await makeCommits(project)()
    app.github.repositoryDispatch(project.repo, 'signalbox', { reason: 'try' }, 'ann')
    await app.github.until('the request runs', () => project.dispatched().length === 2)
    app.github.pushTag(project.repo, 'v1.0.0', sha)
    await app.github.until('the tag runs', () => project.dispatched().length === 3)
  })
})

describe('a leg that builds an image', () => {
  const imageConfig = (registry: string) =>
    configOf(', image: app, reuse: { inputs: ["src/**"] }', `images: { app: { repository: "${registry}/acme/app" } }\n`)

  test('runs where the registry does not answer', async () => {
    const project = makeProject(app, {
      config: imageConfig(`127.0.0.1:${await closedPort()}`),
      files: { 'src/a': 'a' },
    })
    const commit = makeCommits(project)
    await commit()
    const { sha } = await commit()
    expect(project.dispatched()).toHaveLength(2)
    expect(project.words(sha, LEG).title).toBe('Passed.')
  })

  test.skipIf(registryMissing !== null)("is given this commit's tags without a run", async () => {
    const server = await startRegistry()
    try {
      const { host } = server
      const registry = makeRegistry({ credentials: ANONYMOUS })
      const imageAt = (tag: string) => registry.digestOf({ registry: host, path: 'acme/app', tag, digest: null })
      const project = makeProject(app, { config: imageConfig(host), files: { 'src/a': 'a' } })
      const commit = makeCommits(project)
      const first = await commit()
      const [told] = toldLegs(app, project.repo)
      expect(told).toMatchObject({ image: { tags: expect.arrayContaining([`${host}/acme/app:${first.sha}`]) } })
      const { digest } = await pushImage({ host, path: 'acme/app' }, { tag: first.sha })
      const second = await commit()
      expect(project.dispatched()).toHaveLength(1)
      expect(project.words(second.sha, LEG).title).toBe(`Passed: same inputs as ${first.sha.slice(0, 7)}.`)
      expect(await imageAt(second.sha)).toBe(digest)
      // The image is there no more: what is to be reused is built.
      await registry.deleteManifest({ registry: host, path: 'acme/app', tag: null, digest })
      const third = await commit()
      expect(project.words(third.sha, LEG).title).toBe('Passed.')
      expect(project.dispatched()).toHaveLength(2)
    } finally {
      await server.stop()
    }
  })
})

/** A port of this machine where nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

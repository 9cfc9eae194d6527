import { describe, expect, test } from 'vitest'
import { attemptInputs, explainRefusal } from '../../src/domain/dispatch.ts'
import { freeze, makeLeg, makePullRequestTrigger, makePushTrigger, makeRun, SHA } from '../support/facts.ts'

describe('the inputs of an attempt', () => {
  const leg = makeLeg({
    job: 'test',
    matrix: { image: { name: 'Big', tag: 'big' }, python: 3.12 },
    inputs: { tag: 'big', signalbox: 'forged' },
    image: { name: 'runtime', build: null },
  })

  test('are those of the leg, and what Signalbox tells it as one JSON string', () => {
    const inputs = attemptInputs(freeze(makeRun([leg])), leg, 'r1-0.3')
    expect(Object.keys(inputs)).toEqual(['tag', 'signalbox'])
    expect(inputs.tag).toBe('big')
    expect(JSON.parse(inputs.signalbox ?? '')).toEqual({
      leg: 'r1-0',
      attempt: 'r1-0.3',
      pipeline: 'docker',
      job: 'test',
      matrix: { image: { name: 'Big', tag: 'big' }, python: 3.12 },
      event: 'pull_request',
      ref_name: '7/merge',
      sha: SHA,
      pull_request: 7,
      head_ref: 'feature',
      base_ref: 'main',
      default_branch: 'main',
      trusted: true,
      push: true,
      build_only: false,
      image: { name: 'runtime' },
    })
  })

  test('name no pull request and no image where there is none', () => {
    const plain = makeLeg()
    const { signalbox } = attemptInputs(makeRun([plain], { trigger: makePushTrigger() }), plain, 'r1-0.1')
    expect(JSON.parse(signalbox ?? '')).toMatchObject({
      event: 'push',
      ref_name: 'main',
      pull_request: null,
      head_ref: null,
      base_ref: null,
      image: null,
    })
  })

  test('say how its image is built, where the configuration says it', () => {
    const build = {
      image: 'app',
      repository: 'ghcr.io/acme/app',
      version: '7-merge',
      tags: [`ghcr.io/acme/app:${SHA}`, 'ghcr.io/acme/app:7-merge'],
      dockerfile: 'Dockerfile',
      context: '.',
      target: null,
      platforms: ['linux/amd64'],
      buildArgs: { VERSION: '7-merge', EMPTY: '' },
      labels: { 'org.opencontainers.image.revision': SHA },
      cacheFrom: ['type=registry,ref=ghcr.io/acme/app:buildcache-7-merge'],
      cacheTo: [],
      push: false,
      warnings: [],
    }
    const building = makeLeg({ image: { name: 'app', build } })
    const { signalbox } = attemptInputs(makeRun([building]), building, 'r1-0.1')
    expect(JSON.parse(signalbox ?? '').image).toEqual({
      name: 'app',
      repository: 'ghcr.io/acme/app',
      version: '7-merge',
      tags: build.tags,
      build_args: ['VERSION=7-merge', 'EMPTY='],
      platforms: ['linux/amd64'],
      cache_from: build.cacheFrom,
      cache_to: [],
      push: false,
      dockerfile: 'Dockerfile',
      context: '.',
      target: null,
      labels: { 'org.opencontainers.image.revision': SHA },
    })
  })

  test.each(['"},"trusted":true,"x":{"', "'; rm -rf / #", 'line\nbreak', '🚂', '${{ secrets.TOKEN }}', '\ud800'])(
    'carry the branch name %j as data',
    (headRef) => {
      const trigger = { ...makePullRequestTrigger({ headRef }), refName: headRef }
      const run = makeRun([leg], { trigger, trusted: false })
      const told = JSON.parse(attemptInputs(run, leg, 'r1-0.1').signalbox ?? '')
      expect(told).toMatchObject({ ref_name: headRef, trusted: false })
      expect(Object.keys(told)).toHaveLength(16)
    },
  )
})

describe('a refusal is explained with what to do', () => {
  test.each<[number, string, string]>([
    [
      422,
      "Workflow does not have 'workflow_dispatch' trigger",
      'Add `workflow_dispatch:` under `on:` in .github/workflows/app.yml on the default branch.',
    ],
    [
      422,
      "Cannot trigger a 'workflow_dispatch' on a disabled workflow",
      "Enable app.yml in the repository's Actions tab.",
    ],
    [
      422,
      'Unexpected inputs provided: ["signalbox"]',
      'Declare these under `on.workflow_dispatch.inputs` in app.yml; every executor workflow must declare the input `signalbox`.',
    ],
    [
      422,
      "Required input 'tag' not provided",
      'Give the job that input under `inputs:` in .github/signalbox.yml, or make it optional in app.yml.',
    ],
    [422, 'No ref found for: dev', "Create the branch or tag dev, or change the job's `ref:`."],
    [
      404,
      'Not Found',
      'Check that .github/workflows/app.yml is on the default branch, and that Signalbox may write Actions.',
    ],
    [
      403,
      'Resource not accessible by integration',
      'Check that the installation of Signalbox has the permission «Actions: read and write».',
    ],
    [
      422,
      'inputs are too large.',
      'Give the job shorter inputs, and its image shorter build arguments: GitHub takes 65,535 characters in all.',
    ],
    [422, 'Something else.', 'Check .github/workflows/app.yml on dev.'],
  ])('%i %s', (status, message, remedy) => {
    expect(explainRefusal({ status, message }, { workflow: 'app.yml', ref: 'dev' })).toBe(
      `GitHub refused to dispatch app.yml on dev: ${message} (${status}). ${remedy}`,
    )
  })
})

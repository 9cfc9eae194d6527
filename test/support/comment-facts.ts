/** Facts of a pull request, to decide about its comments, and the commits that they are about. */
import type { Config, SummaryConfig } from '../../src/domain/config.ts'
import { DEFAULT_FORKS } from '../../src/domain/config.ts'
import type { PreviewView } from '../../src/domain/decide-previews.ts'
import type { ImageBuild } from '../../src/domain/image-build.ts'
import type { PullRequestFacts, StickyFacts, StickyKind } from '../../src/domain/pull-request.ts'
import type { RunFacts } from '../../src/domain/run.ts'
import { later, makeEnded, makeGate, makeLeg, makePullRequest, makeRepo, makeRun, NOW, SHA } from './facts.ts'

export function makeSummaryConfig(summary: Partial<SummaryConfig> = {}): Config {
  return {
    forks: DEFAULT_FORKS,
    labelActions: [],
    previews: [],
    summary: { place: 'comment', commands: [], ...summary },
    overrideTeams: [],
    stale: null,
    cleanup: { workflowRuns: null, images: null },
    trackingIssue: null,
    pipelines: [],
    images: [],
  }
}

export function makeCommentFacts(facts: Partial<PullRequestFacts> = {}): PullRequestFacts {
  return {
    now: later(60),
    repo: makeRepo(),
    installationId: 9,
    pullRequest: makePullRequest(),
    config: makeSummaryConfig(),
    labelings: [],
    permissions: new Map(),
    approval: null,
    runs: [],
    labelRuns: [],
    previewRequests: [],
    deployments: [],
    stickies: [],
    previewInstallations: new Map(),
    ...facts,
  }
}

export function makeSticky(kind: StickyKind, sticky: Partial<StickyFacts> = {}): StickyFacts {
  return { kind, commentId: kind === 'description' ? null : 11, digest: 'earlier', removed: false, ...sticky }
}

export function makePreview(preview: Partial<PreviewView> = {}): PreviewView {
  return { name: 'enterprise', state: 'waiting', reason: null, sha: SHA, url: null, logUrl: null, ...preview }
}

/** The build of an image whose repository is `ghcr.io/acme/<image>`. */
export function makeBuild(image = 'app', build: Partial<ImageBuild> = {}): ImageBuild {
  const repository = `ghcr.io/acme/${image}`
  return {
    image,
    repository,
    version: 'pr-7',
    tags: ['aaaaaaa', SHA, 'pr-7'].map((tag) => `${repository}:${tag}`),
    dockerfile: 'Dockerfile',
    context: '.',
    target: null,
    platforms: ['linux/amd64'],
    buildArgs: {},
    labels: {},
    cacheFrom: [],
    cacheTo: [],
    push: true,
    warnings: [],
    ...build,
  }
}

/** One image that was built, one test of it that goes as told, one job that is not run, and a gate over the test. */
export function makeTestedRun(test: 'success' | 'failure' | 'open', run: Partial<RunFacts> = {}): RunFacts {
  const attempts = test === 'open' ? [] : [makeEnded(test)]
  return makeRun(
    [
      makeLeg({ image: { name: 'app', build: makeBuild() } }, { attempts: [makeEnded('success')] }),
      makeLeg({ job: 'test', needs: ['docker / app'] }, { attempts }),
      makeLeg({ job: 'enterprise', skip: 'not run for pull requests from forks' }),
    ],
    { gates: [makeGate(['docker / test'])], ...run },
  )
}

/** Of a fork: nothing is dispatched before a maintainer has approved the commit. */
export function makeHeldRun(run: Partial<RunFacts> = {}): RunFacts {
  return makeRun([makeLeg({ hold: 'approval' })], {
    createdAt: NOW,
    trusted: false,
    gates: [makeGate(['docker / app'])],
    ...run,
  })
}

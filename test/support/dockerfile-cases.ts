/** Every combination that a runtime image's Dockerfile is rendered for in tests. */
import type { RuntimeDockerfileRequest } from '../../src/cli/render-dockerfile.ts'

export interface RuntimeCase {
  readonly name: string
  readonly base: string
  readonly buildFrom: RuntimeDockerfileRequest['buildFrom']
  readonly enableBrowser: boolean
  readonly extraDeps: boolean
  /** The golden file that it shares with the cases that render alike. */
  readonly golden: string
}

const BASES = {
  nikolaik: 'nikolaik/python-nodejs:python3.12-nodejs22',
  'ubuntu-24.04': 'ubuntu:24.04',
  debian: 'debian',
  'ubuntu-22.04': 'ubuntu:22.04',
  swebench: 'swebench/sweb.eval.x86_64.django_1776_django-11099:latest',
} as const

export const CASES: readonly RuntimeCase[] = Object.entries(BASES).flatMap(([family, base]) =>
  (['scratch', 'versioned', 'lock'] as const).flatMap((buildFrom) =>
    [true, false].flatMap((enableBrowser) =>
      [true, false].map((extraDeps) => {
        const parts = [family, buildFrom, enableBrowser ? 'browser' : 'no browser', extraDeps ? 'extra' : 'plain']
        const golden = goldenFile(family, buildFrom, enableBrowser)
        return { name: parts.join(', '), base, buildFrom, enableBrowser, extraDeps, golden }
      }),
    ),
  ),
)

/** Images that are reused were all made by the same Dockerfile, and their sources know no browser. */
function goldenFile(family: string, buildFrom: RuntimeCase['buildFrom'], enableBrowser: boolean): string {
  const ending = enableBrowser ? '' : '-no-browser'
  if (buildFrom === 'lock') return 'lock.Dockerfile'
  return buildFrom === 'versioned' ? `versioned${ending}.Dockerfile` : `scratch-${family}${ending}.Dockerfile`
}

/** What the caller asks for; a reused image is named as its builder names it. */
export function requestFor(given: RuntimeCase): RuntimeDockerfileRequest {
  const tag = given.base.replaceAll('/', '_s_').replaceAll(':', '_t_')
  return {
    baseImage: given.buildFrom === 'scratch' ? given.base : `ghcr.io/acme/runtime:oh_v0.56.0_${tag}`,
    buildFrom: given.buildFrom,
    enableBrowser: given.enableBrowser,
    extraDeps: given.extraDeps ? `pip install "numpy<3" && echo 'done'` : null,
    template: null,
  }
}

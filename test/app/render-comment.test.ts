import { describe, expect, test } from 'vitest'
import { markerOf, renderBlock, renderComment } from '../../src/app/render-comment.ts'
import { fenceText } from '../../src/app/templates.ts'
import type { CommentView, SummaryView } from '../../src/domain/decide-comments.ts'
import { decideComments } from '../../src/domain/decide-comments.ts'
import type { PreviewView } from '../../src/domain/decide-previews.ts'
import type { PullRequestFacts } from '../../src/domain/pull-request.ts'
import {
  makeBuild,
  makeCommentFacts,
  makeHeldRun,
  makePreview,
  makeSummaryConfig,
  makeTestedRun,
} from '../support/comment-facts.ts'
import { makeEnded, makeGate, makeLeg, makePullRequest, makeRun, NEWER_SHA, NOW } from '../support/facts.ts'

const HOSTILE =
  '@everyone | <script>alert(1)</script>\n# **x** [a](javascript:b) `c` www.evil.test https://evil.test #12 GH-12'

function viewOf(
  kind: CommentView['kind'],
  facts: Partial<PullRequestFacts>,
  previews: readonly PreviewView[] = [],
): CommentView {
  const view = decideComments(makeCommentFacts(facts), previews).find((action) => action.view.kind === kind)?.view
  if (view === undefined) throw new Error(`no comment ${kind}`)
  return view
}

function summaryOf(facts: Partial<PullRequestFacts>, previews: readonly PreviewView[] = []): SummaryView {
  const view = viewOf('summary', facts, previews)
  if (view.kind !== 'summary') throw new Error('not a summary')
  return view
}

const MATRIX_RUN = makeRun(
  ['nikolaik', 'ubuntu'].map((tag) =>
    makeLeg(
      {
        job: 'runtime',
        name: `docker / runtime (${tag})`,
        matrix: { base_image: { image: `${tag}:1`, tag } },
        image: {
          name: 'runtime',
          build: makeBuild('runtime', {
            tags: [`ghcr.io/acme/runtime:aaaaaaa-${tag}`, `ghcr.io/acme/runtime:pr-7-${tag}`],
          }),
        },
      },
      { attempts: [makeEnded('success')] },
    ),
  ),
)

const PREVIEWS = [
  makePreview({
    state: 'deployed',
    url: 'https://pr-7.preview.test/',
    logUrl: 'https://github.test/acme/deploy/actions/runs/5',
  }),
  makePreview({ name: 'docs', state: 'waiting', reason: 'waits for docker / app', sha: NEWER_SHA }),
  makePreview({ name: 'old', state: 'failed', reason: 'the workflow run failed', sha: null }),
]

const HOSTILE_GATE = makeGate(['docker / app'], {
  plan: { id: 'x', name: HOSTILE, needs: ['docker / app'] },
  override: { by: 'eve', reason: HOSTILE, at: NOW },
})

describe('the text of', () => {
  test.each<[string, CommentView]>([
    ['summary-passed', viewOf('summary', { runs: [makeTestedRun('success')] })],
    ['summary-failed', viewOf('summary', { runs: [makeTestedRun('failure')] }, PREVIEWS)],
    ['summary-in-progress', viewOf('summary', { runs: [makeTestedRun('open')] })],
    ['summary-held', viewOf('summary', { runs: [makeHeldRun()] })],
    [
      'summary-overridden',
      viewOf('summary', {
        runs: [
          makeTestedRun('failure', {
            gates: [makeGate(['docker / test'], { override: { by: 'ann', reason: 'the registry is down', at: NOW } })],
          }),
        ],
      }),
    ],
    [
      'summary-nothing-to-do',
      viewOf('summary', {
        runs: [
          makeRun([], { skipped: "none of the 3 changed files matches the pipeline's paths", gates: [makeGate([])] }),
        ],
      }),
    ],
    ['summary-matrix', viewOf('summary', { runs: [MATRIX_RUN] })],
    [
      'summary-commands',
      viewOf('summary', {
        config: makeSummaryConfig({
          commands: [
            {
              title: 'Run the app',
              image: 'app',
              command: 'docker run -p 3000:3000 \\\n  ${{ image.repository }}:${{ short_sha }}',
            },
            {
              title: 'Without Docker',
              image: null,
              command:
                'echo "```"\nuvx --from git+https://github.com/${{ repo.owner }}/${{ repo.name }}@${{ sha }} shop',
            },
            { title: 'Not built', image: 'other', command: 'docker run other' },
          ],
        }),
        runs: [makeTestedRun('success')],
      }),
    ],
    [
      'summary-hostile',
      viewOf(
        'summary',
        {
          config: makeSummaryConfig({
            commands: [{ title: HOSTILE, image: null, command: 'git switch ${{ pr.head_ref }}' }],
          }),
          pullRequest: makePullRequest({ headRef: '$(id)' }),
          runs: [
            makeRun([makeLeg(), makeLeg({ job: 'x', name: HOSTILE, skip: HOSTILE })], {
              trigger: {
                kind: 'pull_request',
                repo: makeCommentFacts().repo,
                sha: makePullRequest().headSha,
                refName: '7/merge',
                pullRequest: makePullRequest({ headRef: '$(id)' }),
              },
              gates: [HOSTILE_GATE],
            }),
          ],
        },
        [
          makePreview({
            name: HOSTILE,
            reason: HOSTILE,
            url: 'https://x.test/a)|<b>"\n(c d%20e',
            logUrl: 'javascript:alert(1)',
          }),
        ],
      ),
    ],
    ['previews', viewOf('previews', { config: makeSummaryConfig({ place: 'description' }) }, PREVIEWS)],
    ['previews-one', viewOf('previews', { config: makeSummaryConfig({ place: 'off' }) }, PREVIEWS.slice(0, 1))],
    [
      'welcome',
      viewOf('welcome', {
        runs: [makeHeldRun()],
        pullRequest: makePullRequest({ association: 'FIRST_TIME_CONTRIBUTOR' }),
      }),
    ],
    [
      'welcome-hostile',
      viewOf('welcome', {
        runs: [makeHeldRun({ gates: [HOSTILE_GATE] })],
        pullRequest: makePullRequest({ association: 'NONE' }),
      }),
    ],
  ])('%s', async (name, view) => {
    const text = renderComment(view)
    await expect(text).toMatchFileSnapshot(`../fixtures/comments/${name}.md`)
    expect(text.split('\n')[0]).toBe(markerOf(view.kind))
    expect(text).not.toMatch(/@everyone|<script|\]\(javascript|\n# |\bGH-12|https:\/\/evil/)
  })

  test('the block in the description', async () => {
    const text = renderBlock(summaryOf({ runs: [makeTestedRun('success')] }, PREVIEWS.slice(0, 1)), 65_000)
    await expect(text).toMatchFileSnapshot('../fixtures/comments/description.md')
  })
})

describe('a text that is too long', () => {
  const many = summaryOf(
    {
      runs: [
        makeRun(
          Array.from({ length: 600 }, (_, index) =>
            makeLeg(
              {
                job: `job-${index}`,
                skip: index % 2 === 0 ? `${'reason '.repeat(30)}${index}` : null,
                image: { name: 'app', build: makeBuild(`app-${index}`) },
              },
              { attempts: [makeEnded('success')] },
            ),
          ),
          {
            gates: Array.from({ length: 120 }, (_, index) =>
              makeGate([index === 119 ? 'missing' : 'docker / job-1'], {
                id: `g${index}`,
                plan: {
                  id: `g${index}`,
                  name: `gate ${index}`,
                  needs: index === 119 ? ['missing'] : ['docker / job-1'],
                },
                override: index === 118 ? { by: 'ann', reason: 'known', at: NOW } : null,
              }),
            ),
          },
        ),
      ],
    },
    PREVIEWS,
  )

  test('leaves out what is least important, and says so', () => {
    const text = renderComment(many)
    expect(text.length).toBeLessThanOrEqual(65_000)
    expect(text).toContain('| gate 119 | 🟡 in progress |')
    expect(text).toContain('| enterprise | ✅ deployed |')
    expect(text).toMatch(/Left out, to stay within what GitHub takes: 2\d\d reasons of what was not run/)
    expect(text).toContain('/signalbox help')
  })

  test('of a block is as short as the description leaves room for, or is none', () => {
    const lengths = [60_000, 9_000, 2_000, 350].map((most) => ({ most, length: renderBlock(many, most)?.length ?? 0 }))
    for (const { most, length } of lengths) {
      expect(length).toBeGreaterThan(0)
      expect(length).toBeLessThanOrEqual(most)
    }
    expect(renderBlock(many, 350)).toContain('120 gates')
    expect(renderBlock(many, 2_000)).toContain('| gate 118 | ☑️ overridden')
    expect(renderBlock(many, 200)).toBeNull()
  })
})

test.each([
  ['docker run x', '```'],
  ['echo "```"', '````'],
  ['`'.repeat(9), '`'.repeat(10)],
  ['a\n```\nb\n', '````'],
])('nothing in %j ends the block of code around it', (text, fence) => {
  expect(fenceText(text).split('\n')).toEqual([`${fence}sh`, ...text.trimEnd().split('\n'), fence])
})

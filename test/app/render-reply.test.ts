/** Every reply to a command, with its exact text in `test/fixtures/comments`. */
import { describe, expect, test } from 'vitest'
import { type Reply, renderRefusal, renderReply, replyMarker } from '../../src/app/render-reply.ts'
import { parseCommands } from '../../src/domain/commands.ts'
import type { Answer } from '../../src/domain/decide-command.ts'
import { NEWER_SHA, SHA } from '../support/facts.ts'

type Told = readonly [line: string, answer: Answer]

function reply(told: readonly Told[], rest: Partial<Reply> = {}): string {
  const answers = told.map(([line, answer]) => {
    const [command] = parseCommands(line).commands
    if (command === undefined) throw new Error(`no command: ${line}`)
    return { command, answer }
  })
  return renderReply({ commentId: 55, author: 'ann-b', answers, dropped: 0, ...rest })
}

const TEN = Array.from({ length: 25 }, (_, index) => `ci / leg ${index}`)
const HOSTILE = '@everyone <b>x</b> | **x** [a](javascript:b) `c` https://evil.test #12\n# x'

const REPLIES: Record<string, readonly Told[]> = {
  'reply-retest': [
    ['/retest', { kind: 'retested', legs: ['ci / test (a, b)', 'ci / build'], replanned: [] }],
    ['/retest ci', { kind: 'retested', legs: TEN, replanned: [] }],
    ['/retest', { kind: 'retested', legs: [], replanned: ['ci', 'docker'] }],
    ['/retest', { kind: 'retested', legs: ['ci / build'], replanned: ['docker'] }],
    ['/retest', { kind: 'nothing-to-retest', reasons: ['nothing of it failed'] }],
    ['/retest', { kind: 'nothing-to-retest', reasons: ['nothing of it failed', 'the pull request was closed'] }],
    ['/retest', { kind: 'no-runs', sha: SHA }],
    ['/retest a b c', { kind: 'too-many-names', most: 20 }],
    [
      '/retest biuld "the other"',
      {
        kind: 'unknown',
        what: 'leg, job or gate',
        names: [
          { name: '"biuld"', remedy: 'did you mean "build"?' },
          { name: '"the other"', remedy: 'there are build, test' },
        ],
      },
    ],
  ],
  'reply-ok-to-test': [
    [`/ok-to-test ${SHA}`, { kind: 'approved', sha: SHA }],
    [`/ok-to-test ${SHA}`, { kind: 'approved-before', sha: SHA, by: 'bob' }],
    ['/ok-to-test', { kind: 'sha-incomplete', typed: '', head: SHA }],
    ['/ok-to-test aaaaaaa', { kind: 'sha-incomplete', typed: '"aaaaaaa"', head: SHA }],
    [`/ok-to-test ${SHA}`, { kind: 'head-moved', typed: SHA, head: NEWER_SHA, wasHead: true }],
    [`/ok-to-test ${SHA}`, { kind: 'head-moved', typed: SHA, head: NEWER_SHA, wasHead: false }],
    [`/ok-to-test ${SHA}`, { kind: 'base-moved', sha: SHA, baseRef: 'v1' }],
    [`/ok-to-test ${SHA}`, { kind: 'approval-not-needed' }],
    [`/ok-to-test ${SHA}`, { kind: 'forks-never' }],
    [`/ok-to-test ${SHA}`, { kind: 'no-config' }],
  ],
  'reply-deploy': [
    ['/deploy', { kind: 'deploying', previews: ['enterprise'], sha: SHA, unapproved: false }],
    ['/deploy', { kind: 'deploying', previews: ['enterprise', 'docs'], sha: SHA, unapproved: true }],
    ['/undeploy', { kind: 'undeploying', previews: ['enterprise', 'docs'] }],
    ['/undeploy docs', { kind: 'undeploying', previews: ['docs'] }],
    ['/undeploy docs', { kind: 'not-deployed', previews: ['docs'] }],
    ['/deploy', { kind: 'no-previews' }],
    ['/deploy', { kind: 'broken-config' }],
    ['/deploy dosc', { kind: 'unknown', what: 'preview', names: [{ name: '"dosc"', remedy: 'did you mean "docs"?' }] }],
  ],
  'reply-cancel': [
    ['/cancel', { kind: 'cancelled', pipelines: ['ci', 'docker'], sha: SHA }],
    ['/cancel', { kind: 'nothing-to-cancel', sha: SHA }],
    ['/cancel', { kind: 'closed' }],
    ['/cancel', { kind: 'done-before' }],
    ['/cancel', { kind: 'failed', message: 'Resource not accessible by integration' }],
  ],
  'reply-override': [
    ['/override tests x', { kind: 'overridden', gate: 'All Tests Passed', reason: 'the network is flaky', sha: SHA }],
    ['/override', { kind: 'override-incomplete', gate: '', gates: ['All Tests Passed', 'Lint Passed'] }],
    ['/override tests', { kind: 'override-incomplete', gate: '"tests"', gates: ['All Tests Passed'] }],
    ['/override tests x', { kind: 'too-new-to-override', sha: SHA, baseRef: 'main' }],
    ['/override tests x', { kind: 'may-not-override', teams: [] }],
    ['/override tests x', { kind: 'may-not-override', teams: ['acme/ci', 'acme/leads'] }],
    ['/override tests x', { kind: 'ambiguous-gate', typed: '"tests"', gates: ['All Tests Passed', 'Lint Passed'] }],
  ],
  'reply-hostile': [
    [`/retest "${HOSTILE.split('\n')[0]}"`, { kind: 'retested', legs: [HOSTILE], replanned: [HOSTILE] }],
    ['/retest x', { kind: 'nothing-to-retest', reasons: [HOSTILE] }],
    ['/retest x', { kind: 'unknown', what: 'leg', names: [{ name: HOSTILE, remedy: HOSTILE }] }],
    ['/ok-to-test x', { kind: 'approved-before', sha: SHA, by: HOSTILE }],
    ['/ok-to-test x', { kind: 'sha-incomplete', typed: HOSTILE, head: SHA }],
    ['/deploy x', { kind: 'deploying', previews: [HOSTILE], sha: SHA, unapproved: false }],
    ['/cancel', { kind: 'cancelled', pipelines: [HOSTILE], sha: SHA }],
    ['/override x', { kind: 'overridden', gate: HOSTILE, reason: HOSTILE, sha: SHA }],
    ['/ok-to-test x', { kind: 'base-moved', sha: SHA, baseRef: HOSTILE }],
    ['/override x', { kind: 'too-new-to-override', sha: SHA, baseRef: HOSTILE }],
    ['/override x', { kind: 'ambiguous-gate', typed: HOSTILE, gates: [HOSTILE] }],
    ['/override x', { kind: 'may-not-override', teams: [HOSTILE] }],
    ['/cancel', { kind: 'failed', message: HOSTILE }],
  ],
  'reply-help': [['/signalbox', { kind: 'help', unknown: null, meant: null }]],
  'reply-unknown': [
    ['/signalbox retets', { kind: 'help', unknown: '"retets"', meant: 'retest' }],
    ['/signalbox dance', { kind: 'help', unknown: '"dance"', meant: null }],
    ['/cancel', { kind: 'nothing-to-cancel', sha: SHA }],
  ],
}

describe('a reply', () => {
  test.each(Object.entries(REPLIES))('%s', async (name, told) => {
    await expect(reply(told)).toMatchFileSnapshot(`../fixtures/comments/${name}.md`)
  })

  test('with commands that were too many', async () => {
    const told = [['/cancel', { kind: 'cancelled', pipelines: ['ci'], sha: SHA }]] as const
    await expect(reply(told, { dropped: 9995 })).toMatchFileSnapshot('../fixtures/comments/reply-dropped.md')
  })

  test.each(['read', 'none'] as const)('to somebody whose permission is %s', async (permission) => {
    const text = renderRefusal(55, 'rob', permission)
    await expect(text).toMatchFileSnapshot(`../fixtures/comments/reply-refused-${permission}.md`)
  })

  test('calls its author by name, and nobody else', () => {
    const mentions = reply(REPLIES['reply-hostile'] ?? [], { author: 'ann_acme' }).match(/@[\w&]+/g)
    expect(mentions?.[0]).toBe('@ann&')
    expect(mentions?.slice(1).filter((mention) => mention !== '@')).toEqual([])
  })

  test('is found again by its first line', () => {
    for (const text of [reply([]), renderRefusal(55, 'rob', 'read')]) expect(text.split('\n')[0]).toBe(replyMarker(55))
  })

  test('names a few of what is unknown', () => {
    const names = Array.from({ length: 7 }, (_, index) => ({ name: `"${index}"`, remedy: 'there are none' }))
    expect(reply([['/retest x', { kind: 'unknown', what: 'leg', names }]])).toContain(
      'There is no leg "4"; there are none. So it is with 2 more. Nothing was done.',
    )
  })

  test('fits into a comment, whatever is in it', () => {
    const legs = Array.from({ length: 1000 }, () => '<'.repeat(1000))
    const text = reply(Array.from({ length: 5 }, () => ['/retest', { kind: 'retested', legs, replanned: legs }]))
    expect(text.length).toBeLessThan(1000)
    expect(text).toContain('- **/retest**: Answered, but the answer is too long for a comment.')
  })
})

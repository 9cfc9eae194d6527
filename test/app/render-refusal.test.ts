import { expect, test } from 'vitest'
import { renderRefusal } from '../../src/app/render-refusal.ts'
import type { LabelRefusal } from '../../src/domain/decide-label-actions.ts'
import { SHA } from '../support/facts.ts'
import { makeLabeling } from '../support/preview-facts.ts'

function render(refusal: LabelRefusal, label = 'lint-fix'): string {
  return renderRefusal({
    kind: 'refuse_label',
    labeling: makeLabeling(label, { id: 'LE_1' }),
    by: 'rob',
    label,
    refusal,
  })
}

const HEAD =
  '<!-- signalbox:label LE_1 -->\nThe label «lint-fix» starts a workflow, but nothing was started, and the label was taken off:\n'

test.each<[LabelRefusal, string]>([
  [
    { reason: 'may_not_write', by: 'rob' },
    'that takes write permission in this repository, which rob does not have. Somebody who has it can put the label on.',
  ],
  [
    { reason: 'fork_deleted' },
    'the fork that this pull request comes from was deleted, so there is no branch to work on.',
  ],
  [
    { reason: 'may_not_push' },
    "the workflow pushes to this pull request's branch, which is in a fork whose author does not let maintainers do that. The author can tick\n" +
      '«Allow edits by maintainers» at the side of this page. Then put the label on again.',
  ],
  [
    { reason: 'forks_never' },
    'this pull request comes from a fork, and commits from forks are never run here (`forks: { policy: never }` in `.github/signalbox.yml`).',
  ],
  [
    { reason: 'not_approved', sha: SHA },
    'this pull request comes from a fork, and its newest commit was not approved. Once you have read its changes, comment this:\n' +
      `\`\`\`\n/ok-to-test ${SHA}\n\`\`\`\nThen put the label on again.`,
  ],
])('$reason', (refusal, expected) => {
  expect(render(refusal)).toBe(HEAD + expected)
})

test('names with markup are shown as what they are', () => {
  const text = render({ reason: 'may_not_write', by: '@everyone' }, '<img src=x>](http://evil)')
  expect(text).not.toMatch(/<img|@everyone|\]\(|http:\/\/evil/)
})

import { describe, expect, test } from 'vitest'
import { parseStaleConfig } from '../../src/domain/config/parse-stale.ts'
import { staleSchema } from '../../src/domain/config/stale-schema.ts'
import { STALE_OPTIONS } from '../../src/domain/import-stale/read-steps.ts'
import { importStale } from '../../src/domain/import-stale.ts'
import { formatProblem, parseConfig } from '../../src/domain/parse-config.ts'
import type { StaleConfig } from '../../src/domain/stale.ts'

const PATH = 'stale.yml'

/** Every option of actions/stale that means something here, as a workflow writes it. */
const EVERY: Readonly<Record<string, string>> = {
  'days-before-stale': '60',
  'days-before-issue-stale': '45.5',
  'days-before-pr-stale': '30',
  'days-before-close': '7',
  'days-before-issue-close': '-1',
  'days-before-pr-close': '14',
  'stale-issue-message': 'Still there?\n\n- [ ] yes: "no"',
  'stale-pr-message': 'Going on? # not a comment',
  'close-issue-message': 'Closed: a: b',
  'close-pr-message': `- ${'long '.repeat(60)}end`,
  'stale-issue-label': 'no activity',
  'stale-pr-label': 'yes',
  'close-issue-label': 'closed by time',
  'close-pr-label': '2020-01-01',
  'close-issue-reason': 'completed',
  'exempt-issue-labels': 'a, b c,,d:e',
  'exempt-pr-labels': 'on-hold',
  'only-labels': 'one',
  'only-issue-labels': 'two,three',
  'only-pr-labels': 'four',
  'any-of-labels': 'five',
  'any-of-issue-labels': 'six',
  'any-of-pr-labels': 'seven',
  'only-issue-types': 'bug,question',
  'exempt-milestones': 'v1',
  'exempt-issue-milestones': 'v2',
  'exempt-pr-milestones': 'v3',
  'exempt-all-milestones': 'true',
  'exempt-all-issue-milestones': 'false',
  'exempt-all-pr-milestones': 'true',
  'exempt-assignees': 'ann',
  'exempt-issue-assignees': 'bob',
  'exempt-pr-assignees': 'Cy',
  'exempt-all-assignees': 'false',
  'exempt-all-issue-assignees': 'true',
  'exempt-all-pr-assignees': 'false',
  'exempt-draft-pr': 'true',
  'include-only-assigned': 'true',
  'start-date': '2020-01-31T00:00:00Z',
  'remove-stale-when-updated': 'false',
  'remove-issue-stale-when-updated': 'true',
  'remove-pr-stale-when-updated': 'false',
  'ignore-updates': 'true',
  'ignore-issue-updates': 'false',
  'ignore-pr-updates': 'true',
  'labels-to-add-when-unstale': 'alive',
  'labels-to-remove-when-stale': 'hot',
  'labels-to-remove-when-unstale': 'cold, old',
  'delete-branch': 'true',
  'operations-per-run': '150',
  'sort-by': 'updated',
  ascending: 'true',
  'debug-only': 'true',
}

type Step = Readonly<Record<string, string>>

function workflow(steps: readonly Step[], on: object = { schedule: [{ cron: '30 1 * * *' }] }): string {
  const uses = steps.map((inputs) => ({ name: inputs.name, uses: 'actions/stale@v10', with: without(inputs) }))
  // JSON is YAML.
  return JSON.stringify({ on, jobs: { stale: { steps: [{ uses: 'actions/checkout@v5' }, ...uses] } } })
}

function without({ name: _, ...inputs }: Step): Step {
  return inputs
}

function imported(text: string): {
  readonly config: StaleConfig
  readonly yaml: string
  readonly notes: readonly string[]
} {
  const result = importStale(text, PATH)
  if (!result.ok) throw new Error(result.problem)
  const parsed = parseConfig(`version: 1\n${result.yaml}`, { path: PATH })
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'))
  if (parsed.config.stale === null) throw new Error('There is no section')
  return { config: parsed.config.stale, yaml: result.yaml, notes: result.notes }
}

function problemOf(text: string): string {
  const result = importStale(text, PATH)
  if (result.ok) throw new Error('It was taken')
  return result.problem
}

/** What the section means that has these options of actions/stale. */
function meaning(options: Step, more: object = {}): StaleConfig {
  const snake = Object.fromEntries(Object.entries(options).map(([key, value]) => [key.replaceAll('-', '_'), value]))
  const parsed = parseStaleConfig({ schedule: '30 1 * * *', activity: 'any', ...snake, ...more })
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  return parsed.config
}

test('the table has every option of actions/stale that means something', () => {
  const options = Object.keys(EVERY).map((key) => key.replaceAll('-', '_'))
  expect(options.toSorted()).toEqual(
    STALE_OPTIONS.filter((key) => !['repo_token', 'enable_statistics'].includes(key)).toSorted(),
  )
  expect(Object.keys(staleSchema.shape)).toEqual(expect.arrayContaining(options))
})

test('a workflow with every option means the same as its options', () => {
  const { config, notes } = imported(workflow([EVERY]))
  expect(config).toEqual(meaning(EVERY))
  expect(notes).toEqual(['"operations_per_run" counts what is written; actions/stale also counts what it reads.'])
})

test.each(Object.entries(EVERY))('%s by itself', (key, value) => {
  const options = { [key]: value }
  expect(imported(workflow([options])).config).toEqual(meaning(options))
})

test('each of the values in the table means something, but for defaults', () => {
  const nothing = JSON.stringify(meaning({}))
  const idle = Object.entries(EVERY).filter(([key, value]) => JSON.stringify(meaning({ [key]: value })) === nothing)
  expect(idle.map(([key]) => key)).toEqual([
    'days-before-stale',
    'days-before-close',
    'exempt-all-issue-milestones',
    'exempt-all-assignees',
    'exempt-all-pr-assignees',
    'remove-issue-stale-when-updated',
    'ignore-issue-updates',
    'ascending',
  ])
})

test('the section as it is written', () => {
  const text = `on:
  schedule:
    - cron: "30 1 * * *"
jobs:
  stale:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/stale@v9
        with:
          stale-issue-message: |
            Nobody said anything for 40 days.
            It is closed in 10.
          days-before-stale: 40
          days-before-close: '10'
          exempt-issue-labels: 'roadmap,backlog'
          exempt-all-milestones: true
`
  expect(imported(text).yaml).toBe(`stale:
  schedule: 30 1 * * *
  activity: any
  days_before_stale: 40
  days_before_close: 10
  stale_issue_message: |-
    Nobody said anything for 40 days.
    It is closed in 10.
  exempt_issue_labels: [roadmap, backlog]
  exempt_all_milestones: true
`)
})

test('the case of an input does not matter, and one that is empty is not given', () => {
  const text = workflow([{ 'Days-Before-Stale': '5', 'days-before-issue-stale': '', 'exempt-all-pr-milestones': '' }])
  expect(imported(text).config).toEqual(meaning({ 'days-before-stale': '5' }))
})

test('an empty reason is that of GitHub', () => {
  const { config } = imported(workflow([{ 'close-issue-reason': '' }]))
  expect(config.policies[0]?.closeIssueReason).toBe('completed')
})

describe('what is left out is noted:', () => {
  test.each<[string, Step, string]>([
    [
      'a token',
      { 'repo-token': '${{ secrets.TOKEN }}' },
      '"repo-token" of step 2 of "stale" is left out: Signalbox writes with a token of its own.',
    ],
    [
      'statistics',
      { 'enable-statistics': 'true' },
      '"enable-statistics" of step 2 of "stale" is left out: every sweep is reported.',
    ],
    [
      'an expression',
      { 'stale-issue-message': 'Hi ${{ github.actor }}' },
      '"stale-issue-message" of step 2 of "stale" is left out: it holds "Hi ${{ github.actor }}", and nothing here evaluates expressions.',
    ],
    [
      'a misspelt option',
      { 'day-before-stale': '1' },
      '"day-before-stale" of step 2 of "stale" is left out: actions/stale has no such option; did you mean "days-before-stale"?',
    ],
    [
      'another option',
      { zzz: '1' },
      '"zzz" of step 2 of "stale" is left out: actions/stale has no such option; none is like it.',
    ],
    [
      'an option of Signalbox',
      { 'keep-label': 'x' },
      '"keep-label" of step 2 of "stale" is left out: actions/stale has no such option; none is like it.',
    ],
    [
      'no number',
      { 'days-before-stale': 'soon' },
      '"days-before-stale" of step 2 of "stale" is left out: it must be a number of days, such as 60; -1 means never, and is "soon".',
    ],
    [
      'no flag',
      { 'delete-branch': 'yes' },
      '"delete-branch" of step 2 of "stale" is left out: it must be true or false, and is "yes".',
    ],
    ['no date', { 'start-date': 'spring' }, '"start-date" of step 2 of "stale" is left out: "spring" is no date.'],
  ])('%s', (_title, options, note) => {
    const { config, notes } = imported(workflow([options]))
    expect(config).toEqual(meaning({}))
    expect(notes).toContain(note)
  })

  test('an order that is not that of actions/stale', () => {
    const order = (options: Step) => imported(workflow([options])).notes
    expect(order({})).toEqual([
      'What was quiet for the longest time comes first; actions/stale begins with what is newest: sort_by: created, ascending: false.',
    ])
    expect(order({ ascending: 'true' })).toEqual([
      'Where nothing is said, "sort_by" is activity and "ascending" is true; in actions/stale created and false.',
    ])
    expect(order({ ascending: 'true', 'sort-by': 'created' })).toEqual([])
  })

  test('conditions', () => {
    const text = `{ on: { schedule: [{ cron: "0 0 * * *" }] }, jobs: { a: { if: "github.repository == 'a/b'", steps: [{ uses: actions/stale@v9, if: always() }] } } }`
    expect(imported(text).notes.slice(0, 2)).toEqual([
      `step 1 of "a" runs only if "github.repository == 'a/b'", which is left out: a sweep has no condition.`,
      'step 1 of "a" runs only if "always()", which is left out: a sweep has no condition.',
    ])
  })
})

describe('the schedule:', () => {
  const crons = (...given: string[]) => workflow([{}], { schedule: given.map((cron) => ({ cron })), push: {} })
  test.each([
    [['0 5 * * MON'], '0 5 * * MON', null],
    [
      ['*/15 8-17 * * 1-5'],
      '0 8-17 * * 1-5',
      'The schedule "*/15 8-17 * * 1-5" is more often than once an hour, and becomes "0 8-17 * * 1-5".',
    ],
    [
      ['0 5 * * *', '0 17 * * *'],
      '0 5 * * *',
      'The schedule "0 17 * * *" is left out: there is one, and "0 5 * * *" is the first.',
    ],
    [['noon'], null, 'The schedule "noon" is left out: it is not cron with five fields.'],
    [
      [],
      null,
      'The workflow has no schedule, so nothing happens by itself before you add one: schedule: "30 1 * * *".',
    ],
  ])('%j', (given, schedule, note) => {
    const { config, notes } = imported(crons(...given))
    expect(config.schedule).toBe(schedule)
    expect(notes.filter((sentence) => sentence.includes('schedule'))).toEqual(note === null ? [] : [note])
  })
})

describe('several steps:', () => {
  test('one for issues and one for pull requests are one', () => {
    const issues = {
      name: 'Issues',
      'days-before-issue-stale': '30',
      'days-before-pr-stale': '-1',
      'days-before-pr-close': '-1',
      'exempt-milestones': 'v1',
      'stale-pr-message': 'unused',
      'operations-per-run': '40',
    }
    const pulls = {
      name: 'Pulls',
      'days-before-stale': '10',
      'days-before-issue-stale': '-1',
      'days-before-issue-close': '-1',
      'days-before-close': '3',
      'exempt-draft-pr': 'true',
      'stale-pr-message': 'Hm?',
    }
    const { config, notes } = imported(workflow([issues, pulls]))
    expect(config).toEqual(
      meaning({
        'days-before-issue-stale': '30',
        'exempt-issue-milestones': 'v1',
        'days-before-pr-stale': '10',
        'days-before-pr-close': '3',
        'exempt-draft-pr': 'true',
        'stale-pr-message': 'Hm?',
        'operations-per-run': '70',
      }),
    )
    expect(notes[0]).toBe('"operations_per_run" is that of all 2 steps together.')
  })

  test('one that closes what the other marked is noted', () => {
    const { notes } = imported(
      workflow([
        { name: 'Issues', 'days-before-pr-stale': '-1' },
        { name: 'Pulls', 'days-before-issue-stale': '-1', 'days-before-issue-close': '-1' },
      ]),
    )
    expect(notes[0]).toBe(
      '"Issues" also closed pull requests that another step had marked; now only that step\'s days count.',
    )
  })

  test('one about labels becomes a rule that inherits nothing', () => {
    const general = {
      name: 'All',
      'days-before-issue-stale': '90',
      'exempt-issue-labels': 'roadmap',
      'remove-stale-when-updated': 'false',
    }
    const questions = { name: 'Needs info!', 'any-of-labels': 'question,needs info', 'days-before-stale': '14' }
    const waiting = { name: 'Needs info', 'only-labels': 'waiting' }
    const { config, notes } = imported(workflow([questions, general, waiting]))
    const [first, second, last] = config.policies
    expect(last).toEqual(meaning(without(general)).policies[0])
    const alone = (options: Step) => meaning(without(options)).policies[0]
    expect(first).toEqual({
      ...alone(questions),
      name: 'needs-info',
      match: { labels: ['question', 'needs info'], paths: [] },
    })
    expect(second).toEqual({ ...alone(waiting), name: 'needs-info-3', match: { labels: ['waiting'], paths: [] } })
    expect(notes[0]).toBe(
      '"Needs info!", "All", "Needs info" become rules: the first that is about an issue or a pull request decides, where actions/stale let every step look at it.',
    )
  })

  test('where all are about labels, nothing happens to the rest', () => {
    const { config } = imported(
      workflow([{ 'any-of-labels': 'a', 'days-before-close': '3' }, { 'any-of-labels': 'b' }]),
    )
    const [first, second, rest] = config.policies
    expect([first?.issue.daysBeforeStale, first?.issue.daysBeforeClose]).toEqual([60, 3])
    expect([second?.issue.daysBeforeStale, second?.issue.daysBeforeClose]).toEqual([60, 7])
    expect([rest?.issue.daysBeforeStale, rest?.pullRequest.daysBeforeClose]).toEqual([-1, -1])
  })

  test.each<[string, readonly Step[], string]>([
    [
      'both are about everything',
      [{ name: 'A' }, { name: 'B' }],
      'stale.yml: "A" and "B" may all be about the same issues or pull requests, and here one set of rules decides about each; give all but one of them "any-of-labels", or a single label in "only-labels", for both kinds',
    ],
    [
      'several labels at once',
      [{ name: 'A', 'only-labels': 'a,b' }, { name: 'B' }],
      'stale.yml: "A" and "B" may all be about the same issues',
    ],
    [
      'labels of both sorts',
      [{ name: 'A', 'only-labels': 'a', 'any-of-labels': 'b' }, { name: 'B' }],
      'stale.yml: "A" and "B" may all be about the same issues',
    ],
    [
      'labels of issues alone',
      [{ name: 'A', 'any-of-labels': 'a', 'any-of-issue-labels': 'b' }, { name: 'B' }],
      'stale.yml: "A" and "B" may all be about the same issues',
    ],
    [
      'what both kinds share',
      [
        { name: 'A', 'days-before-pr-stale': '-1', 'start-date': '2020-01-01' },
        { name: 'B', 'days-before-issue-stale': '-1' },
      ],
      'stale.yml: "A" and "B" differ in "start_date", which is the same for issues and pull requests here; make it the same in both, or leave one step out',
    ],
    [
      'a trial',
      [{ name: 'A', 'any-of-labels': 'a', 'debug-only': 'true' }, { name: 'B' }],
      'stale.yml: the steps differ in "debug-only", which is the same for a whole sweep here; make it the same in all of them',
    ],
  ])('are refused: %s', (_title, steps, problem) => {
    expect(problemOf(workflow(steps))).toContain(problem)
  })
})

test.each([
  ['nothing', ' \n', 'stale.yml: the file is empty; name the workflow that uses actions/stale'],
  ['no YAML', 'on: [', 'stale.yml: line 1: this is not valid YAML'],
  ['a list', '- 1', 'stale.yml: it is no workflow, which is a map with "on" and "jobs"'],
  [
    'another workflow',
    'on: push\njobs: { a: { steps: [{ uses: actions/stale-not@v1 }, { run: x }] }, b: 1, c: { steps: 1 } }',
    'stale.yml: no step of its jobs uses actions/stale; name the workflow that does',
  ],
  ['too much', `# ${'x'.repeat(300_000)}`, 'stale.yml: the file has more than 256 KiB, which no workflow needs'],
  [
    'too deep',
    `a: ${'['.repeat(40)}${']'.repeat(40)}`,
    'stale.yml: line 1: lists and maps are nested more than 32 levels deep',
  ],
])('%s is refused', (_title, text, problem) => {
  expect(problemOf(text)).toContain(problem)
})

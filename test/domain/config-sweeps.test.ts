import { describe, expect, test } from 'vitest'
import { parseImageRetention } from '../../src/domain/config/parse-image-retention.ts'
import { parseStaleConfig } from '../../src/domain/config/parse-stale.ts'
import type { Config } from '../../src/domain/config.ts'
import { formatProblem, parseConfig } from '../../src/domain/parse-config.ts'
import type { KindPolicy, StaleConfig, StalePolicy } from '../../src/domain/stale.ts'

const PATH = '.github/signalbox.yml'

function configOf(sections: string): Config {
  const parsed = parseConfig(`version: 1\n${sections}\n`, { path: PATH })
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'))
  return parsed.config
}

function problemsOf(sections: string): readonly string[] {
  const parsed = parseConfig(`version: 1\n${sections}\n`, { path: PATH })
  if (parsed.ok) throw new Error('The configuration was taken for good')
  return parsed.problems.map((problem) => `${problem.line}:${problem.column} ${problem.message}`)
}

function staleOf(section: string): StaleConfig {
  const { stale } = configOf(`stale: ${section}`)
  if (stale === null) throw new Error('There is no section')
  return stale
}

function policyOf(section: string, index = -1): StalePolicy {
  const policy = staleOf(section).policies.at(index)
  if (policy === undefined) throw new Error('There is no such policy')
  return policy
}

const DEFAULT_KIND: KindPolicy = {
  daysBeforeStale: 60,
  daysBeforeClose: 7,
  staleLabel: 'Stale',
  closeLabel: null,
  staleMessage: '',
  closeMessage: '',
  exemptLabels: [],
  onlyLabels: [],
  anyOfLabels: [],
  exemptMilestones: [],
  exemptAllMilestones: false,
  exemptAssignees: [],
  exemptAllAssignees: false,
  removeStaleWhenUpdated: true,
  ignoreUpdates: false,
}

test('without its sections nothing is ever swept', () => {
  expect(configOf('')).toMatchObject({
    stale: null,
    cleanup: { workflowRuns: null, images: null },
    trackingIssue: null,
  })
})

describe('stale', () => {
  test('an empty section has the defaults of actions/stale, and the activity of people', () => {
    expect(staleOf('{}')).toEqual({
      schedule: null,
      operationsPerRun: 30,
      sortBy: 'activity',
      ascending: true,
      debugOnly: false,
      keepLabel: 'keep',
      policies: [
        {
          name: null,
          match: null,
          issue: DEFAULT_KIND,
          pullRequest: DEFAULT_KIND,
          activity: 'human',
          bots: [],
          onlyWaitingFor: null,
          countReactions: false,
          countMentions: false,
          exemptAuthors: [],
          startDate: null,
          exemptDraftPr: false,
          includeOnlyAssigned: false,
          onlyIssueTypes: [],
          labelsToAddWhenUnstale: [],
          labelsToRemoveWhenStale: [],
          labelsToRemoveWhenUnstale: [],
          closeIssueReason: 'not_planned',
          deleteBranch: false,
        },
      ],
    } satisfies StaleConfig)
  })

  test('what a workflow has in quotes is the same without', () => {
    const quoted = `{ days_before_stale: '30', days_before_pr_close: '-1', operations_per_run: '150', exempt_all_milestones: 'true', ascending: 'false', delete_branch: "true", exempt_issue_labels: 'a, b,,c ', repo_token: x, enable_statistics: 'true' }`
    const plain =
      '{ days_before_stale: 30, days_before_pr_close: -1, operations_per_run: 150, exempt_all_milestones: true, ascending: false, delete_branch: true, exempt_issue_labels: [a, b, c] }'
    expect(staleOf(quoted)).toEqual(staleOf(plain))
    expect(staleOf(plain)).toMatchObject({ operationsPerRun: 150, ascending: false })
    expect(policyOf(plain).issue.exemptLabels).toEqual(['a', 'b', 'c'])
    expect(policyOf(plain)).toMatchObject({
      deleteBranch: true,
      pullRequest: { daysBeforeStale: 30, daysBeforeClose: -1 },
    })
  })

  test('an empty text is an option that is not given', () => {
    const empty =
      '{ days_before_stale: "", days_before_pr_stale: "", operations_per_run: "", exempt_all_milestones: true, exempt_all_pr_milestones: "", stale_issue_label: "", close_pr_label: "", start_date: "", exempt_labels: "", keep_label: "" }'
    expect(staleOf(empty)).toEqual(staleOf('{ exempt_all_milestones: true }'))
    expect(policyOf('{ close_issue_reason: "" }').closeIssueReason).toBe('completed')
  })

  test('a label may hold a comma where a list says so', () => {
    expect(policyOf('{ exempt_labels: ["a, b", c], exempt_pr_labels: "d, e" }')).toMatchObject({
      issue: { exemptLabels: ['a, b', 'c'] },
      pullRequest: { exemptLabels: ['a, b', 'c', 'd', 'e'] },
    })
  })

  test('logins are those of GitHub, with and without the mark of a bot', () => {
    const { bots, exemptAuthors } = policyOf('{ bots: ["Renovate[bot]", "@CI-User"], exempt_authors: Ann }')
    expect([bots, exemptAuthors]).toEqual([['renovate[bot]', 'renovate', 'ci-user'], ['ann']])
  })

  test.each<[string, object, object]>([
    ['days_before_stale: 10, days_before_issue_stale: 0', { daysBeforeStale: 0 }, { daysBeforeStale: 10 }],
    ['days_before_close: 1, days_before_pr_close: 2.5', { daysBeforeClose: 1 }, { daysBeforeClose: 2.5 }],
    ['stale_issue_label: old, close_pr_label: done', { staleLabel: 'old' }, { closeLabel: 'done' }],
    ['stale_issue_message: a, close_pr_message: b', { staleMessage: 'a' }, { closeMessage: 'b' }],
    ['exempt_labels: a, exempt_issue_labels: b', { exemptLabels: ['a', 'b'] }, { exemptLabels: ['a'] }],
    ['only_labels: a, only_issue_labels: b, only_pr_labels: []', { onlyLabels: ['b'] }, { onlyLabels: ['a'] }],
    ['any_of_labels: [a], any_of_pr_labels: [b]', { anyOfLabels: ['a'] }, { anyOfLabels: ['b'] }],
    ['exempt_milestones: a, exempt_pr_milestones: b', { exemptMilestones: ['a'] }, { exemptMilestones: ['b'] }],
    [
      'exempt_all_milestones: true, exempt_all_pr_milestones: false',
      { exemptAllMilestones: true },
      { exemptAllMilestones: false },
    ],
    ['exempt_assignees: a, exempt_issue_assignees: b', { exemptAssignees: ['b'] }, { exemptAssignees: ['a'] }],
    ['exempt_all_issue_assignees: true', { exemptAllAssignees: true }, { exemptAllAssignees: false }],
    [
      'remove_stale_when_updated: false, remove_issue_stale_when_updated: true',
      { removeStaleWhenUpdated: true },
      { removeStaleWhenUpdated: false },
    ],
    ['ignore_updates: true, ignore_pr_updates: false', { ignoreUpdates: true }, { ignoreUpdates: false }],
  ])('%s', (options, issue, pullRequest) => {
    expect(policyOf(`{ ${options} }`)).toMatchObject({ issue, pullRequest })
  })

  test('a rule begins with what the section says', () => {
    const section =
      '{ days_before_stale: 40, days_before_issue_stale: 50, exempt_issue_labels: roadmap, activity: any, keep_label: pin, rules: [{ name: q, labels: "question, needs info", days_before_stale: 14 }, { name: docs, paths: ["docs/**", "!docs/api/**"], activity: human, days_before_pr_stale: 90, exempt_issue_labels: [] }] }'
    const rules = staleOf(section).policies
    expect(rules.map(({ name, match }) => [name, match])).toEqual([
      ['q', { labels: ['question', 'needs info'], paths: [] }],
      ['docs', { labels: [], paths: ['docs/**', '!docs/api/**'] }],
      [null, null],
    ])
    expect(rules.map(({ issue, pullRequest }) => [issue.daysBeforeStale, pullRequest.daysBeforeStale])).toEqual([
      [14, 14],
      [50, 90],
      [50, 40],
    ])
    expect(rules.map(({ activity, issue }) => [activity, issue.exemptLabels])).toEqual([
      ['any', ['roadmap']],
      ['human', []],
      ['any', ['roadmap']],
    ])
  })

  test.each([
    ['schedule: "0 5 * * MON-FRI"'],
    ['schedule: "7 */6 1,15 JAN,jul *"'],
    ['schedule: "0 * * * *"'],
    ['start_date: 2026-01-31'],
    ['start_date: "Sat, 31 Jan 2026 00:00:00 GMT"'],
    ['close_issue_reason: duplicate'],
  ])('%s is good', (option) => {
    expect(staleOf(`{ ${option} }`)).toBeTruthy()
  })

  const CRON = '"schedule" must be cron with five fields, such as "30 1 * * *"'
  const OFTEN = '"schedule" is more often than once an hour, which nothing here needs'
  test.each([
    [
      '{ day_before_stale: 1 }',
      '2:10 "stale" has an unknown key "day_before_stale"; did you mean "days_before_stale"?',
    ],
    [
      '{ days-before-stale: 1 }',
      '2:10 "stale" has an unknown key "days-before-stale"; did you mean "days_before_stale"?',
    ],
    [
      '[]',
      '2:1 "stale" must be a map, such as { schedule: "30 1 * * *", days_before_stale: 60 }, but it is an empty list',
    ],
    [
      '{ days_before_stale: soon }',
      '2:29 "days_before_stale" must be a number of days, such as 60; -1 means never, but it is the text "soon"',
    ],
    [
      '{ days_before_stale: 1e9 }',
      '2:29 "days_before_stale" must be a number of days, such as 60; -1 means never, but it is the number 1000000000',
    ],
    ['{ delete_branch: yes }', '2:25 "delete_branch" must be true or false, but it is the text "yes"'],
    [
      '{ exempt_labels: 5 }',
      '2:25 "exempt_labels" must be a list, or a text with commas between its parts, but it is the number 5',
    ],
    [
      '{ operations_per_run: "0" }',
      '2:30 "operations_per_run" must be a whole number from 1 to 999999, but it is the text "0"',
    ],
    ['{ activity: bots }', '2:20 "activity" must be "human" or "any", but it is the text "bots"'],
    [
      `{ stale_issue_label: ${'x'.repeat(51)} }`,
      '2:29 "stale_issue_label" is a label of more than 50 characters, which GitHub does not take',
    ],
    ['{ start_date: spring }', '2:22 "start_date" must be a date, such as 2026-01-31'],
    [
      '{ keep_label: STALE }',
      '"keep_label" is the stale label "Stale", so that nothing would ever be closed; name another label',
    ],
    [
      '{ stale_pr_label: old, exempt_labels: "roadmap, Old" }',
      'the stale label "old" is exempt, too, so that nothing would ever be closed; take it out of the exempt labels',
    ],
    [
      '{ labels_to_add_when_unstale: stale, rules: [{ name: a, labels: x }] }',
      '"labels_to_add_when_unstale" has the stale label "Stale", which is taken away at the same time; take it out of the list',
    ],
    [
      '{ stale_issue_label: old, rules: [{ name: a, labels: x, exempt_issue_labels: [old] }] }',
      'the stale label "old" is exempt, too',
    ],
    ['{ schedule: "0 5 * *" }', `2:20 ${CRON}`],
    ['{ schedule: "@daily" }', `2:20 ${CRON}`],
    ['{ schedule: "H 5 * * *" }', `2:20 ${CRON}`],
    ['{ schedule: "0 5 L * *" }', `2:20 ${CRON}`],
    ['{ schedule: "0 24 * * *" }', `2:20 ${CRON}`],
    ['{ schedule: "0 0 30 2 *" }', `2:20 ${CRON}`],
    ['{ schedule: "0 0 5 * * *" }', `2:20 ${CRON}`],
    ['{ schedule: "*/30 * * * *" }', `2:20 ${OFTEN}`],
    ['{ schedule: "0,1 0 1 1 *" }', `2:20 ${OFTEN}`],
    ['{ schedule: "58-59 23 29 2 *" }', `2:20 ${OFTEN}`],
    [
      '{ rules: [{ name: a }] }',
      '2:18 item 1 of "rules" names neither "labels" nor "paths"; what is about everything belongs above',
    ],
    [
      '{ rules: [{ name: a, labels: x }, { name: a, labels: y }] }',
      '2:50 "name" is "a", as of a rule before; choose another, so that reports tell them apart',
    ],
    ['{ rules: [{ labels: x }] }', '2:18 item 1 of "rules" has no "name", which must be text'],
    [
      '{ rules: [{ name: a, labels: x, sort_by: created }] }',
      '2:40 item 1 of "rules" has an unknown key "sort_by"; it takes name, labels, paths,',
    ],
    [
      '{ rules: [{ name: a, paths: ["!x"] }] }',
      '2:29 "paths" only takes away, so nothing is left; put "**" before the patterns with "!"',
    ],
    [
      `{ rules: [${Array.from({ length: 51 }, (_, index) => `{ name: r${index}, labels: x }`)}] }`,
      '2:10 "rules" has more than 50 rules',
    ],
  ])('stale: %s is refused', (section, problem) => {
    expect(problemsOf(`stale: ${section}`)[0]).toContain(problem)
    expect(problemsOf(`stale: ${section}`)).toHaveLength(1)
  })
})

describe('cleanup.workflow_runs', () => {
  const runsOf = (section: string) => configOf(`cleanup: { workflow_runs: ${section} }`).cleanup.workflowRuns

  test('an empty section has the defaults', () => {
    expect(runsOf('{}')).toEqual({
      schedule: null,
      days: 30,
      minimumRuns: 10,
      workflows: [],
      states: [],
      conclusions: [],
      branches: [],
      deletedWorkflows: true,
      closedPullRequestCaches: true,
      operationsPerRun: 500,
    })
  })

  test('everything that it can say', () => {
    const section = `
    schedule: "0 0 1 * *"
    days: 14
    minimum_runs: 3
    workflows: [test.yml, "Build (*", "!Build (x", .github/workflows/a.yml]
    states: [deleted, disabled_manually]
    conclusions: [cancelled]
    branches: { main: { days: 90 }, "release/**": { minimum_runs: 50 } }
    deleted_workflows: false
    closed_pull_request_caches: false
    operations_per_run: 1`
    expect(configOf(`cleanup:\n  workflow_runs:${section}`).cleanup.workflowRuns).toEqual({
      schedule: '0 0 1 * *',
      days: 14,
      minimumRuns: 3,
      workflows: ['test.yml', 'Build (*', '!Build (x', '.github/workflows/a.yml'],
      states: ['deleted', 'disabled_manually'],
      conclusions: ['cancelled'],
      branches: [
        { branch: 'main', days: 90, minimumRuns: 3 },
        { branch: 'release/**', days: 14, minimumRuns: 50 },
      ],
      deletedWorkflows: false,
      closedPullRequestCaches: false,
      operationsPerRun: 1,
    })
  })

  test.each([
    ['{ keep_days: 30 }', '"workflow_runs" has an unknown key "keep_days"; '],
    ['{ days: -1 }', '"days" must be a whole number from 0 to 36500, but it is the number -1'],
    ['{ days: x }', '"days" must be a whole number from 0 to 36500, but it is the text "x"'],
    ['{ minimum_runs: x }', '"minimum_runs" must be a whole number from 0 to 10000, but it is the text "x"'],
    ['{ states: [gone] }', 'item 1 of "states" must be "active", "deleted",'],
    ['{ conclusions: success }', '"conclusions" must be a list, such as [cancelled, skipped], but it is the text'],
    ['{ workflows: [""] }', 'item 1 of "workflows" is empty'],
    ['{ workflows: ["!x"] }', '"workflows" only takes away, so nothing is left'],
    ['{ branches: { "a{b": {} } }', 'the key "a{b" has a "{", but alternatives in braces do not exist here'],
    ['{ branches: { "!a": {} } }', 'the key "!a" begins with "!", but the first pattern that matches counts'],
    ['{ operations_per_run: 0 }', '"operations_per_run" must be a whole number from 1 to 100000'],
    ['{ schedule: "* * * * *" }', '"schedule" is more often than once an hour'],
  ])('%s is refused', (section, problem) => {
    const problems = problemsOf(`cleanup: { workflow_runs: ${section} }`)
    expect(problems[0]).toContain(problem)
    expect(problems).toHaveLength(1)
  })
})

describe('cleanup.images', () => {
  test('an empty section is good, and has no rule by which anything could go', () => {
    expect(configOf('cleanup: { images: {} }').cleanup.images).toEqual({
      schedule: null,
      repositories: [],
      rules: [],
      keep: [],
      confirmed: false,
      maxDeletePercent: 50,
      operationsPerRun: 200,
      workflow: 'signalbox-cleanup.yml',
    })
  })

  const NO_RULE = {
    tags: [],
    keepLatest: null,
    keepSemver: null,
    olderThanMs: null,
    pullRequests: null,
    branches: null,
    untagged: false,
    buildcache: false,
  }

  test('everything that it can say', () => {
    const section = `
    schedule: "0 3 * * 0"
    repositories: ["ghcr.io/\${{ repo.owner }}/app", "127.0.0.1:5000/a/b", "localhost/\${{repo.name}}"]
    keep: [latest, "v*"]
    rules:
      - { pull_requests: closed, older_than: 1d12h }
      - { tags: ["v*", "!v0*"], keep_semver: { major: 3, patch: 1 } }
      - { tags: ["feature-*"], branches: deleted }
      - { branches: deleted }
      - { untagged: true }
      - { buildcache: true }
      - { tags: ["nightly-*"], keep_latest: 0 }
    confirmed: true
    max_delete_percent: 100
    operations_per_run: 5
    workflow: .github/workflows/clean.yml`
    expect(configOf(`cleanup:\n  images:${section}`).cleanup.images).toEqual({
      schedule: '0 3 * * 0',
      repositories: ['ghcr.io/${{ repo.owner }}/app', '127.0.0.1:5000/a/b', 'localhost/${{repo.name}}'],
      rules: [
        { ...NO_RULE, pullRequests: 'closed', olderThanMs: 36 * 3_600_000 },
        { ...NO_RULE, tags: ['v*', '!v0*'], keepSemver: { major: 3, minor: null, patch: 1 } },
        { ...NO_RULE, tags: ['feature-*'], branches: 'deleted' },
        { ...NO_RULE, branches: 'deleted' },
        { ...NO_RULE, untagged: true },
        { ...NO_RULE, buildcache: true },
        { ...NO_RULE, tags: ['nightly-*'], keepLatest: 0 },
      ],
      keep: ['latest', 'v*'],
      confirmed: true,
      maxDeletePercent: 100,
      operationsPerRun: 5,
      workflow: 'clean.yml',
    })
  })

  const NO_CRITERION =
    'item 1 of "rules" would delete whatever it is about; name at least one of keep_latest, keep_semver, older_than, pull_requests, branches, untagged, buildcache'
  const NO_REPOSITORY = 'item 1 of "repositories" must be registry and path, such as "ghcr.io/acme/app", without a tag'
  test.each([
    ['{ rules: [{}] }', NO_CRITERION],
    ['{ rules: [{ tags: ["x-*"] }] }', NO_CRITERION],
    ['{ rules: [{ tags: ["x-*"], untagged: false, buildcache: false }] }', NO_CRITERION],
    ['{ rules: [{ keep_semver: {} }] }', '"keep_semver" is empty; name at least one of major, minor and patch'],
    ['{ rules: [{ keep_semver: { major: 0 } }] }', '"major" must be a whole number from 1 to 10000'],
    ['{ rules: [{ keep_latest: 1.5 }] }', '"keep_latest" must be a whole number from 0 to 100000'],
    ['{ rules: [{ older_than: 30 }] }', '"older_than" must be a duration with its unit'],
    ['{ rules: [{ older_than: "" }] }', '"older_than" must be a duration with its unit'],
    ['{ rules: [{ pull_requests: open }] }', '"pull_requests" must be "closed"'],
    ['{ rules: [{ tags: ["a{b,c}"], keep_latest: 1 }] }', 'item 1 of "tags" has a "{"'],
    ['{ rules: [{ tag: x, keep_latest: 1 }] }', 'item 1 of "rules" has an unknown key "tag"; did you mean "tags"?'],
    [`{ rules: [${'{ untagged: true },'.repeat(51)}] }`, '"rules" has more than 50 rules'],
    ['{ keep: latest }', '"keep" must be a list of patterns, such as [latest, "v*"], but it is the text "latest"'],
    ['{ repositories: [acme/app] }', NO_REPOSITORY],
    ['{ repositories: ["ghcr.io/acme/app:latest"] }', NO_REPOSITORY],
    ['{ repositories: ["ghcr.io"] }', NO_REPOSITORY],
    ['{ repositories: ["${{ repo.name }}.io/acme/app"] }', NO_REPOSITORY],
    [
      '{ repositories: ["ghcr.io/${{ pr.number }}/app"] }',
      '"pr.number", which no repository of images can hold; there are repo.owner, repo.name',
    ],
    ['{ max_delete_percent: 0 }', '"max_delete_percent" must be a whole number from 1 to 100'],
    ['{ workflow: clean.sh }', '"workflow" must be the file name of a workflow'],
    ['{ confirmed: "true" }', '"confirmed" must be true or false'],
  ])('%s is refused', (section, problem) => {
    const problems = problemsOf(`cleanup: { images: ${section} }`)
    expect(problems[0]).toContain(problem)
    expect(problems).toHaveLength(1)
  })
})

test.each<[string, Config['trackingIssue']]>([
  ['{ tracking_issue: true }', { kind: 'own' }],
  ['{ tracking_issue: 12 }', { kind: 'number', number: 12 }],
  ['{ tracking_issue: false }', null],
  ['{}', null],
])('sweeps: %s', (section, expected) => {
  expect(configOf(`sweeps: ${section}`).trackingIssue).toEqual(expected)
})

test.each([
  ['{ tracking_issue: 0 }', '2:27 "tracking_issue" must be true or the number of an issue, but it is the number 0'],
  ['{ tracking_issue: "#5" }', '2:27 "tracking_issue" must be true or the number of an issue, but it is the text "#5"'],
  ['{ report: 1 }', '2:11 "sweeps" has an unknown key "report"; it takes tracking_issue'],
])('sweeps: %s is refused', (section, problem) => {
  expect(problemsOf(`sweeps: ${section}`)).toEqual([problem])
})

describe('a section by itself', () => {
  test('is the same as in the file', () => {
    const stale = { days_before_stale: '5', rules: [{ name: 'a', labels: 'x', delete_branch: true }] }
    const images = { rules: [{ pull_requests: 'closed' }], keep: ['latest'] }
    const config = configOf(`stale: ${JSON.stringify(stale)}\ncleanup: ${JSON.stringify({ images })}`)
    expect(parseStaleConfig(stale)).toEqual({ ok: true, config: config.stale })
    expect(parseImageRetention(images)).toEqual({ ok: true, config: config.cleanup.images })
  })

  test.each([
    [
      parseStaleConfig,
      { day_before_stale: 1 },
      ['"stale" has an unknown key "day_before_stale"; did you mean "days_before_stale"?'],
    ],
    [
      parseStaleConfig,
      undefined,
      ['"stale" must be a map, such as { schedule: "30 1 * * *", days_before_stale: 60 }, but it is empty'],
    ],
    [
      parseStaleConfig,
      { start_date: 'x', rules: [{ name: 'a' }] },
      [
        '"start_date" must be a date, such as 2026-01-31',
        'item 1 of "rules" names neither "labels" nor "paths"; what is about everything belongs above',
      ],
    ],
    [parseImageRetention, { rule: [] }, ['"images" has an unknown key "rule"; did you mean "rules"?']],
  ])('%o says what is wrong with %j', (parse, value, problems) => {
    expect(parse(value)).toEqual({ ok: false, problems })
  })
})

/** What the guides to sweeps promise: configurations that are good, files that are there, and a row for every option that people bring. */
import { existsSync, readFileSync } from 'node:fs'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { STALE_OPTIONS } from '../src/domain/import-stale/read-steps.ts'
import { parseConfig } from '../src/domain/parse-config.ts'
import { ACTIVITY_KINDS } from '../src/domain/stale.ts'

const DOCUMENTS = ['docs/stale.md', 'docs/cleanup.md']
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

const EXAMPLES = DOCUMENTS.flatMap((path) =>
  [...read(path).matchAll(/```yaml\n([\s\S]*?)```/g)].map((match, index) => ({ path, index, yaml: match[1] ?? '' })),
)

test('there are examples', () => expect(EXAMPLES.length).toBeGreaterThan(3))

test.each(EXAMPLES)('example $index of $path is good', ({ path, yaml }) => {
  expect(parseConfig(yaml, { path })).toMatchObject({ ok: true })
})

test.each(DOCUMENTS)('every file that %s links exists', (path) => {
  const linked = [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map(([, file]) => file ?? '')
  expect(linked.filter((file) => !existsSync(`docs/${file}`))).toEqual([])
})

const signalbox = (args: readonly string[], input = '') => execa(process.execPath, ['src/cli.ts', ...args], { input })

describe('commands', () => {
  const lines = [...DOCUMENTS, 'docs/operations.md', 'README.md'].flatMap((path) =>
    [...read(path).matchAll(/^\$ signalbox ((?:stale|cleanup|sweeps)\b[^#\n]*)/gm)].map(([, command = '']) =>
      command.trim(),
    ),
  )

  test.each([...new Set(lines)])('signalbox %s: the command and its flags exist', async (line) => {
    const words = line.split(/\s+/)
    const command = [
      words[0] ?? '',
      ...words.slice(1, 2).filter((word) => /^(?:import|runs|images|restore|show)$/.test(word)),
    ]
    const { stdout } = await signalbox([...command, '--help'])
    expect(stdout).toContain(`Usage: signalbox ${command.join(' ')} `)
    for (const flag of words.filter((word) => word.startsWith('--')))
      expect(stdout).toMatch(new RegExp(`^  ${flag}\\b`, 'm'))
  })

  test('are shown', () => expect(lines.length).toBeGreaterThan(8))
})

test('the simulation of images prints what is shown', async () => {
  const text = read('docs/cleanup.md')
  const [, given = ''] = /```json\n([\s\S]*?)```/.exec(text) ?? []
  const [, shown = ''] = /\$ signalbox cleanup images --simulate case\.json\n([\s\S]*?)\n```/.exec(text) ?? []
  const { stdout } = await signalbox(['cleanup', 'images', '--simulate', '-'], given)
  expect(stdout).toBe(shown)
  const { decisions } = JSON.parse((await signalbox(['cleanup', 'images', '--simulate', '-', '--json'], given)).stdout)
  expect(Object.keys(decisions[0])).toEqual(['id', 'digest', 'tags', 'keep', 'untag', 'reason'])
})

test('the simulation of items prints what is shown, and knows the kinds that are named', async () => {
  const text = read('docs/stale.md')
  const [, given = ''] = /```json\n([\s\S]*?)```/.exec(text) ?? []
  const [, shown = ''] = /\$ signalbox stale --simulate case\.json\n([\s\S]*?)\n```/.exec(text) ?? []
  expect((await signalbox(['stale', '--simulate', '-'], given)).stdout).toBe(shown)
  const { actions } = JSON.parse((await signalbox(['stale', '--simulate', '-', '--json'], given)).stdout)
  expect(Object.keys(actions[0])).toEqual(['number', 'do', 'reason'])
  const [, kinds = ''] = /; kinds are ([^.]*)\./.exec(text) ?? []
  const named = [...kinds.matchAll(/`(\w+)`/g)].map(([, kind]) => kind)
  expect([...named, 'other']).toEqual(ACTIVITY_KINDS)
})

/** The inputs of each action, as its own description has them. */
const ACTIONS: readonly { readonly action: string; readonly path: string; readonly inputs: string }[] = [
  {
    action: 'actions/stale',
    path: 'docs/stale.md',
    inputs: `repo-token stale-issue-message stale-pr-message close-issue-message close-pr-message days-before-stale
      days-before-issue-stale days-before-pr-stale days-before-close days-before-issue-close days-before-pr-close
      stale-issue-label close-issue-label exempt-issue-labels close-issue-reason stale-pr-label close-pr-label
      exempt-pr-labels exempt-milestones exempt-issue-milestones exempt-pr-milestones exempt-all-milestones
      exempt-all-issue-milestones exempt-all-pr-milestones only-labels any-of-labels any-of-issue-labels any-of-pr-labels
      only-issue-labels only-pr-labels operations-per-run remove-stale-when-updated remove-issue-stale-when-updated
      remove-pr-stale-when-updated debug-only ascending sort-by delete-branch start-date exempt-assignees
      exempt-issue-assignees exempt-pr-assignees exempt-all-assignees exempt-all-issue-assignees
      exempt-all-pr-assignees exempt-draft-pr enable-statistics labels-to-add-when-unstale labels-to-remove-when-stale
      labels-to-remove-when-unstale ignore-updates ignore-issue-updates ignore-pr-updates include-only-assigned
      only-issue-types`,
  },
  {
    action: 'Mattraks/delete-workflow-runs',
    path: 'docs/cleanup.md',
    inputs: `token baseUrl repository repository_array retain_days keep_minimum_runs use_daily_retention
      delete_workflow_pattern delete_workflow_by_state_pattern delete_run_by_conclusion_pattern dry_run
      check_branch_existence check_pullrequest_exist`,
  },
  {
    // Of version 3, and of version 2.
    action: 'snok/container-retention-policy',
    path: 'docs/cleanup.md',
    inputs: `account token cut-off image-names image-tags skip-shas tag-selection keep-n-most-recent timestamp-to-use
      dry-run rust-log account-type org-name token-type untagged-only skip-tags keep-at-least filter-tags
      filter-include-untagged`,
  },
  {
    action: 'dataaxiom/ghcr-cleanup-action',
    path: 'docs/cleanup.md',
    inputs: `token owner repository package packages name expand-packages delete-tags tags exclude-tags use-regex
      delete-untagged keep-n-untagged keep-n-tagged delete-ghost-images delete-partial-images delete-orphaned-images
      older-than dry-run validate registry-url github-api-url log-level`,
  },
]

describe.each(ACTIONS)('the table for $action', ({ action, path, inputs }) => {
  const wanted = inputs.split(/\s+/)
  const [, table = ''] = read(path).split(`\n| ${action} | here |\n`)
  const rows = (table.split('\n\n')[0] ?? '').trimEnd().split('\n').slice(1)
  const cells = rows.map((row) => row.split(' | '))
  /** In brackets stand defaults, and names of earlier versions. */
  const named = cells.flatMap(([first = '']) => [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))

  test('has each of its inputs once', () => {
    expect(named.filter((name) => wanted.includes(name)).sort()).toEqual([...wanted].sort())
  })

  test('says what each is here', () => {
    expect(cells.length).toBeGreaterThan(8)
    for (const row of cells) expect(row).toEqual([expect.stringMatching(/^\| `/), expect.stringMatching(/^\S.* \|$/)])
  })

  test('has nothing else but defaults', () => {
    const defaults = ['ALL', 'created', 'false', 'updated_at']
    expect(named.filter((name) => !wanted.includes(name) && !defaults.includes(name))).toEqual([])
  })
})

test('the options of the section `stale` that are not its own are those of actions/stale', () => {
  const [stale] = ACTIONS
  expect(STALE_OPTIONS.map((option) => option.replaceAll('_', '-')).sort()).toEqual(stale?.inputs.split(/\s+/).sort())
})

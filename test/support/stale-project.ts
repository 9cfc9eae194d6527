/** A repository of its own whose issues and pull requests are swept over HTTP, as the app does it, at whatever time a test wants. */
import type { Pace } from '../../src/app/pace.ts'
import { carryOut, memoryJournal } from '../../src/app/sweep.ts'
import { makeStaleSweep } from '../../src/app/sweep-stale.ts'
import { parseStaleConfig } from '../../src/domain/config/parse-stale.ts'
import type { ItemPush, StaleConfig } from '../../src/domain/stale.ts'
import type { SweepReport } from '../../src/domain/sweep.ts'
import type { SweepJournal, SweepSubject } from '../../src/ports/sweeps.ts'
import type { GitHubApp } from '../../src/ports.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { SeenItem } from '../../src/sandbox/see-item.ts'
import { findSubject } from './use-sandbox.ts'

const DAY_MS = 86_400_000
export const WARNING = 'Is this still true?'
export const FAREWELL = 'Nobody answered.'

/** A month until stale, a week until closed, all comments. */
const OPTIONS = {
  days_before_stale: 30,
  days_before_close: 7,
  stale_issue_message: WARNING,
  stale_pr_message: WARNING,
  close_issue_message: FAREWELL,
  close_pr_message: FAREWELL,
  close_issue_label: 'abandoned',
  operations_per_run: 1_000,
}

export function makeStaleConfig(options: object = {}): StaleConfig {
  const parsed = parseStaleConfig({ ...OPTIONS, ...options })
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  return parsed.config
}

export function daysAgo(days: number): Date {
  return new Date(Date.now() - days * DAY_MS)
}

export interface SweepOptions {
  readonly config?: StaleConfig
  /** How many days from now it is. */
  readonly inDays?: number
  readonly only?: number
  readonly exempt?: readonly number[]
  /** What is known of pushes. */
  readonly pushes?: readonly ItemPush[]
  readonly dryRun?: boolean
  readonly journal?: SweepJournal
  /** Through which GitHub is asked, instead of the usual one. */
  readonly app?: GitHubApp
  /** Default: nothing has to wait. */
  readonly pace?: Pace
}

export interface StaleProject {
  readonly repo: string
  /** As the app knows it. */
  find(): Promise<SweepSubject>
  sweep(options?: SweepOptions): Promise<SweepReport>
  item(number: number): SeenItem
  /** What the app's bot said, without what is hidden. */
  said(number: number): string[]
  /** Number → outcome → what was done. */
  outcomes(report: SweepReport): Record<string, string>
  openOld(title?: string, days?: number): number
  openOldPull(branch: string, days?: number): number
}

let numbers = 0

export function makeStaleProject(sandbox: Sandbox, app: GitHubApp): StaleProject {
  const name = `stale-${++numbers}`
  const repo = `acme/${name}`
  sandbox.createRepository({
    owner: 'acme',
    name,
    ownerType: 'Organization',
    collaborators: { ann: 'write', rob: 'read' },
    files: { 'README.md': 'hello' },
  })
  const find = () => findSubject(app, repo)
  const item = (number: number) => sandbox.state.item(repo, number)
  return {
    repo,
    find,
    item,
    async sweep({
      config = makeStaleConfig(),
      inDays = 0,
      only = null,
      exempt = [],
      pushes = [],
      dryRun = false,
      ...more
    } = {}) {
      const subject = await find()
      const github = await (more.app ?? app).forSweep(subject.installationId)
      const clock = { now: () => new Date(Date.now() + inDays * DAY_MS) }
      const common = { github, repo: subject.repo, clock, config, exempt: new Set(exempt), only }
      const sweep = makeStaleSweep({ ...common, pushes: async () => pushes })
      const journal = more.journal ?? memoryJournal(clock.now())
      const pace = more.pace ?? (async () => {})
      return carryOut({ sweep, journal, kind: 'stale', repo: subject.repo, target: null, clock, dryRun, pace })
    },
    said: (number) =>
      item(number)
        .comments.filter(({ author }) => author.login.endsWith('[bot]'))
        .map(({ body }) => body.replace(/\s*<!--.*-->\s*$/s, '')),
    outcomes: ({ outcomes }) =>
      Object.fromEntries(outcomes.map((one) => [one.subject, `${one.outcome}: ${one.do.join()}`])),
    openOld(title = 'Old', days = 40) {
      const [number] = sandbox.seedIssues(repo, [{ title, author: 'rob', at: daysAgo(days) }])
      if (number === undefined) throw new Error('no issue')
      return number
    },
    openOldPull(branch, days = 40) {
      const at = daysAgo(days)
      sandbox.pushCommit(repo, branch, { files: { [`src/${branch}.txt`]: branch }, author: 'rob', at })
      return sandbox.openPullRequest(repo, { head: branch, author: 'rob', title: branch, at })
    },
  }
}

/**
 * Decides about issues and pull requests that somebody wrote down: to try a configuration before it is used, or to see why something
 * was decided. What is missing of an item has the obvious value.
 */
import { z } from 'zod'
import { hasKeepCommand } from './commands.ts'
import { parseStaleConfig } from './config/parse-stale.ts'
import { decideStale } from './decide-stale.ts'
import { describeIssue, type ParsedCases, parseCases } from './simulation-cases.ts'
import { isSameLabel, rulesFor } from './stale/match-policy.ts'
import { isMaintainer, isPerson } from './stale/people.ts'
import { ACTIVITY_KINDS, type ActivityKind, type StaleActivity, type StaleConfig, type StaleItem } from './stale.ts'

export interface SimulatedActions {
  readonly actions: readonly { readonly number: number; readonly do: readonly string[]; readonly reason: string }[]
}

export type ParsedSimulation = ParsedCases<StaleCase>

export interface StaleCase {
  readonly now: Date
  readonly config: StaleConfig
  readonly items: readonly StaleItem[]
}

/** Of JSON only texts and numbers are times: to `Date`, null is one, too. */
const date = z.union([z.string(), z.number()]).pipe(z.coerce.date())
/** Whatever names somebody or something: a text, or GitHub's own object. */
const named = z
  .union([z.string(), z.object({ login: z.string() }), z.object({ name: z.string() }), z.object({ title: z.string() })])
  .transform((value) => {
    if (typeof value === 'string') return value
    return 'login' in value ? value.login : 'name' in value ? value.name : value.title
  })
const names = z
  .union([z.array(named), z.string().transform((text) => text.split(','))])
  .transform((list) => list.map((name) => name.trim()).filter((name) => name !== ''))

const activity = z
  .object({
    at: date,
    by: named.nullish(),
    bot: z.boolean().nullish(),
    own: z.boolean().nullish(),
    kind: z.string().default('comment'),
    body: z.string().nullish(),
    label: named.nullish(),
    association: z.string().nullish(),
  })
  .transform(
    (one): StaleActivity => ({
      at: one.at,
      by: one.by ?? null,
      bot: one.bot ?? false,
      own: one.own ?? false,
      kind: kindOf(one.kind),
      body: one.body ?? null,
      label: one.label ?? null,
      association: one.association?.toUpperCase() ?? null,
    }),
  )

const OTHER_NAMES: Readonly<Record<string, ActivityKind>> = {
  commented: 'comment',
  issue_comment: 'comment',
  committed: 'commit',
  push: 'commit',
  pushed: 'commit',
  synchronize: 'commit',
  force_pushed: 'commit',
  head_ref_force_pushed: 'commit',
  reviewed: 'review',
  approved: 'review',
  changes_requested: 'review',
  review_comment: 'review',
  reopen: 'reopened',
  undraft: 'ready_for_review',
  undrafted: 'ready_for_review',
  unmarked_draft: 'ready_for_review',
  marked_ready: 'ready_for_review',
  ready: 'ready_for_review',
  draft: 'converted_to_draft',
  edit: 'edited',
  renamed: 'edited',
  retitled: 'edited',
  label: 'labeled',
  labelled: 'labeled',
  unlabel: 'unlabeled',
  unlabelled: 'unlabeled',
  assign: 'assigned',
  unassign: 'unassigned',
  mention: 'mentioned',
  reacted: 'reaction',
}

function kindOf(text: string): ActivityKind {
  const name = text.toLowerCase().replaceAll(/[- ]/g, '_')
  return (
    ACTIVITY_KINDS.find((kind) => kind === name) ??
    (Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : null) ??
    'other'
  )
}

const item = z
  .object({
    number: z.number().int(),
    kind: z
      .string()
      .transform((text) => text.toLowerCase().replaceAll(/[-_ ]/g, ''))
      .pipe(z.enum(['issue', 'pullrequest', 'pr']))
      .default('issue'),
    title: z.string().nullish(),
    state: z.string().default('open'),
    created_at: date.nullish(),
    updated_at: date.nullish(),
    draft: z.boolean().nullish(),
    locked: z.boolean().nullish(),
    labels: names.nullish(),
    milestone: named.nullish(),
    assignees: names.nullish(),
    type: named.nullish(),
    author: named.nullish(),
    author_bot: z.boolean().nullish(),
    stale_labeled_at: date.nullish(),
    activity: z.array(activity).nullish(),
    paths: z.array(z.string()).nullish(),
  })
  .refine((one) => one.created_at ?? one.updated_at ?? one.activity?.[0], 'it takes "created_at" or "updated_at"')
  .transform((one): StaleItem => {
    const entries = (one.activity ?? []).toSorted((a, b) => a.at.getTime() - b.at.getTime())
    const known = [one.created_at, one.updated_at, one.stale_labeled_at].flatMap((time) => time ?? [])
    const times = [...known, ...entries.map(({ at }) => at)].map((time) => time.getTime())
    return {
      number: one.number,
      kind: one.kind === 'issue' ? 'issue' : 'pull_request',
      nodeId: '',
      title: one.title ?? '',
      state: one.state.toLowerCase() === 'open' ? 'open' : 'closed',
      createdAt: one.created_at ?? new Date(Math.min(...times)),
      updatedAt: one.updated_at ?? new Date(Math.max(...times)),
      draft: one.draft ?? false,
      locked: one.locked ?? false,
      labels: one.labels ?? [],
      milestone: one.milestone ?? null,
      assignees: one.assignees ?? [],
      type: one.type ?? null,
      author: one.author ?? null,
      authorBot: one.author_bot ?? false,
      comments: entries.filter(({ kind }) => kind === 'comment').length,
      staleLabeledAt: one.stale_labeled_at ?? null,
      activity: entries,
      activityIsWhole: true,
      paths: one.paths ?? [],
      head: null,
    }
  })

const simulation = z.object({ now: date, policy: z.unknown(), items: z.array(item).max(200_000) })

/** @param text JSON: a case, or a list of such. */
export function parseSimulation(text: string): ParsedSimulation {
  return parseCases(text, (value, place) => {
    const where = place === null ? '' : `[${place}]`
    const parsed = simulation.safeParse(value)
    if (!parsed.success) return { ok: false, problem: describeIssue(where, parsed.error.issues[0]) }
    const policy = parseStaleConfig(withoutNulls(parsed.data.policy ?? {}))
    if (!policy.ok) return { ok: false, problem: `${where}policy: ${policy.problems.join('; ')}` }
    const { now, items } = parsed.data
    const { config } = policy
    return { ok: true, case: { now, items: items.map((one) => asTheAppHasIt(one, config)), config } }
  })
}

/** With the label that `/keep` put on at once, unless somebody took it away since. */
function asTheAppHasIt(item: StaleItem, config: StaleConfig): StaleItem {
  return isKept(item, config) ? { ...item, labels: [...item.labels, config.keepLabel] } : item
}

function isKept(item: StaleItem, config: StaleConfig): boolean {
  const policy = rulesFor(item, config)?.policy
  if (policy === undefined) return false
  const asked = item.activity.findLastIndex(
    (one) =>
      one.kind === 'comment' && isPerson(one, policy) && isMaintainer(one, item) && hasKeepCommand(one.body ?? ''),
  )
  const isTakenBack = item.activity
    .slice(asked + 1)
    .some(({ kind, label }) => kind === 'unlabeled' && label !== null && isSameLabel(label, config.keepLabel))
  return asked >= 0 && !isTakenBack
}

/** What is null is not given. */
function withoutNulls(policy: unknown): unknown {
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) return policy
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== null))
}

/** Without a budget: what would be done, sooner or later. */
export function simulateStale({ now, config, items }: StaleCase): SimulatedActions {
  const repository = {
    defaultBranch: 'main',
    protectedBranches: new Set<string>(),
    branchesInUse: new Map<string, number[]>(),
    exempt: new Set<number>(),
  }
  const unbounded = { ...config, operationsPerRun: Number.POSITIVE_INFINITY }
  const { decisions } = decideStale({ now, config: unbounded, items, repository, spent: 0 })
  return {
    actions: decisions.map((decision, index) => ({
      number: items[index]?.number ?? 0,
      do: decision.do.length === 0 ? ['none'] : [...decision.do],
      reason: decision.reason,
    })),
  }
}

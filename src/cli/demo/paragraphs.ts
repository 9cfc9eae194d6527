/** The words around the story: what this is, what was planned, how it ended, what to do next. */
import { styleText } from 'node:util'
import { splitTag } from '../../domain/image-reference.ts'
import { count, formatDuration, shortSha } from '../../domain/wording.ts'
import type { AttemptEvent, DemoEvent, EndedEvent, ExpectationEvent, PlanEvent, WebhookEvent } from './events.ts'
import { seconds } from './row.ts'
import type { Seen } from './seen.ts'

type Style = Parameters<typeof styleText>[0]

/** Plain where standard output is no terminal, or NO_COLOR is set. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

export const STARTING = 'Starting a sandbox GitHub, and Signalbox with an embedded PostgreSQL'

export const SIMULATION =
  'GitHub is a local sandbox here, and its runner is a simulation: nothing is built, tested or deployed, times and outcomes are scripted.'

export function introduce(event: Extract<DemoEvent, { event: 'started' }>): string {
  return [
    `${paint('bold', 'Signalbox')} is the real one: server, store, webhooks in, API requests out.`,
    `${paint('bold', 'GitHub')} is a local sandbox. Its runner is a ${paint('bold', 'simulation')}: nothing is built, tested or`,
    'deployed; how long workflow runs take and how they end is scripted.',
    'All that follows is shown as it is seen at the sandbox and in the store.',
    '',
    `  GitHub     ${event.githubUrl}/${event.repository}`,
    `  Signalbox  ${event.signalboxUrl}  (/healthz, /readyz, /metrics)`,
    `  Config     ${event.configPath} of ${event.repository}`,
  ].join('\n')
}

export function nameWebhook({ name, action }: WebhookEvent): string {
  return action === null ? name : `${name}.${action}`
}

export function describeWebhook(event: WebhookEvent): string {
  return `${nameWebhook(event)}, ${event.about}; answered ${event.statusCode} in ${formatDuration(event.durationMs)}`
}

export function describePlan(plan: PlanEvent): string {
  const { pipeline, legs, gates } = plan
  return `${pipeline} for ${describeTrigger(plan)}: ${count(legs.length, 'leg')}, ${count(gates.length, 'gate')}`
}

function describeTrigger({ trigger, refName, pullRequest, sha }: PlanEvent): string {
  const what =
    pullRequest !== null
      ? `pull request #${pullRequest}`
      : trigger === 'push'
        ? `the push to ${refName}`
        : `${trigger} ${refName}`
  return `${what} at ${shortSha(sha)}`
}

/** Name and what becomes of it, for each leg and gate. */
export function listPlan({ legs, gates }: PlanEvent): readonly (readonly [string, string])[] {
  const jobs = (needs: readonly string[]) => {
    const needed = legs.filter((leg) => needs.includes(leg.name)).map((leg) => leg.job)
    return [...new Set(needed)].join(', ')
  }
  return [
    ...legs.map(({ name, workflow, needs }) => {
      return [name, needs.length === 0 ? workflow : `${workflow}, after ${jobs(needs)}`] as const
    }),
    ...gates.map(({ name, needs }) => [name, `gate: ${count(needs.length, 'leg')} of ${jobs(needs)}`] as const),
  ]
}

/** `ghcr.io/acme/app:75425ae, 75425ae…, 1-merge`: of one repository, commits cut short. */
export function describeTags(tags: readonly string[]): string {
  const [first = '', ...others] = tags.map((tag) => tag.replace(/\b([0-9a-f]{7})[0-9a-f]{33}\b/, '$1…'))
  return [first, ...others.map((tag) => splitTag(tag).tag ?? tag)].join(', ')
}

/** What the leg was told about its image. */
export function describeTold({ tags, push }: AttemptEvent): string {
  return `told to tag ${describeTags(tags)}${push ? '' : ', and not to push it'}`
}

/** One plan as good as another, but for the commit. */
export function isSamePlan(a: PlanEvent, b: PlanEvent): boolean {
  return a.pipeline === b.pipeline && JSON.stringify(listPlan(a)) === JSON.stringify(listPlan(b))
}

export function describeUnmet({ name, expected, seen }: ExpectationEvent): string {
  return `${name}\n    expected: ${expected}\n    seen:     ${seen}`
}

export function conclude(event: EndedEvent): string {
  const { webhooks, webhooksAccepted, runs, legs, firstDispatchMs, startToDispatchMs } = event
  const verdict = event.ok
    ? paint('green', `Everything came out as told: ${count(event.expectations, 'expectation')}, all met.`)
    : paint('red', `Not as told: ${event.unmet} of ${count(event.expectations, 'expectation')} not met.`)
  const known = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms))
  const rows = [
    ['Webhooks', `${webhooks} delivered, ${webhooksAccepted} answered with 202`],
    [
      'API requests',
      `${event.apiRequests} for ${count(runs, 'run')} with ${count(legs, 'leg')}: ${event.apiRequestsPerRun} a run`,
    ],
    [
      'First dispatch',
      `${known(firstDispatchMs)} after the first webhook, ${startToDispatchMs === null ? 'never' : seconds(startToDispatchMs)} after the start of the demo`,
    ],
    ['The story', `took ${seconds(event.durationMs)}`],
  ]
  const next = [
    ['npm test', 'check everything'],
    ['npm run signalbox -- plan --help', 'what would a pull request of your repository run?'],
    ['npm run signalbox -- validate FILE', 'check a signalbox.yml; docs/configuration.md has the keys'],
    ['README.md', 'install Signalbox on your own repositories'],
  ]
  const width = Math.max(...next.map(([command = '']) => command.length))
  return [
    verdict,
    '',
    ...rows.map(([name = '', text]) => `  ${name.padEnd(16)}${text}`),
    '',
    'What next',
    ...next.map(([command = '', text]) => `  ${command.padEnd(width)}  ${paint('dim', text ?? '')}`),
  ].join('\n')
}

/** Where to look while the demo is up. */
export function lookAround(seen: Seen): string {
  const gates = [...seen.runs.values()].flatMap(({ plan, checks }) =>
    [...checks.values()].flatMap(({ subject, check }) =>
      subject === 'gate' && check ? [{ what: describeTrigger(plan), url: check.url }] : [],
    ),
  )
  const width = Math.max(0, ...gates.map(({ what }) => what.length))
  return [
    'The demo stays up until Ctrl-C. The gates, as the sandbox shows them:',
    ...gates.map(({ what, url }) => `  ${what.padEnd(width)}  ${url}`),
  ].join('\n')
}

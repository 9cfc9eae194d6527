/**
 * Whether the app is where it must be, with the permissions and events of its manifest. Permissions are granted twice:
 * in the settings of the app, and by the owner of each installation. What this repository does not use is not missed.
 */
import type { DoctorFacts, Finding, InstallationFacts } from '../doctor.ts'

const SUBJECT = 'installation'

/** What stops without the permission. */
export const PERMISSION_USES: Readonly<Record<string, string>> = {
  actions: 'no workflow can be dispatched, followed or cancelled',
  checks: 'no leg and no gate is shown, so a required gate stays at «Expected» for ever',
  contents: 'neither the configuration nor changed files can be read',
  deployments: "previews are not shown as GitHub's deployments",
  issues: 'commands in comments do not arrive, and issues cannot become stale',
  members: 'members of the teams of `override.teams` cannot override a gate',
  merge_queues: 'merge queues do not start anything, so a required gate stops the queue',
  metadata: "nobody's permission can be asked for, so every command and label is refused",
  pull_requests: 'pull requests start nothing, and comments, labels and reactions cannot be written',
}

/** What stops without the event. */
export const EVENT_USES: Readonly<Record<string, string>> = {
  check_run: 'buttons and «Re-run» of check runs do nothing, and observed checks are seen late',
  check_suite: '«Re-run all checks» does nothing',
  issue_comment: 'commands in comments do nothing, and a comment ends staleness only at the next sweep',
  issues: 'what people do to a stale issue is seen only at the next sweep',
  merge_group: 'merge queues start nothing, so a required gate stops the queue',
  pull_request: 'pull requests start nothing',
  pull_request_review: 'a review ends staleness only at the next sweep',
  pull_request_review_comment: 'a comment on a line ends staleness only at the next sweep',
  push: 'pushes and tags start nothing',
  repository_dispatch: 'pipelines cannot be started by hand',
  workflow_job: 'the failed jobs of a workflow run are not named in its check run',
  workflow_run: 'what becomes of workflow runs is seen only every five minutes',
}

const LEVELS = ['read', 'write', 'admin']

type Asked = Pick<DoctorFacts, 'repository' | 'appId' | 'manifest' | 'installation' | 'config'>

export function installationFindings(facts: Asked): Finding[] {
  const { installation, repository, appId } = facts
  if (installation === null)
    return [
      problem(
        `is missing: the app ${appId} is not installed on ${repository}, or not on this repository of the owner's`,
        'Install it: the settings of the GitHub App → Install App, and choose the repository.',
      ),
    ]
  if (installation.suspended)
    return [
      problem(
        'is suspended: no webhook comes, and nothing can be asked or told',
        `Unsuspend it at ${installation.url}, then ask again.`,
      ),
    ]
  const findings = [...permissionFindings(facts, installation), ...eventFindings(facts, installation)]
  if (findings.length > 0) return findings
  const finding = 'has every permission and event that Signalbox uses here'
  return [{ level: 'ok', subject: SUBJECT, finding, remedy: null }]
}

function permissionFindings(facts: Asked, installation: InstallationFacts): Finding[] {
  return Object.entries(facts.manifest.permissions).flatMap(([name, wanted]) => {
    const granted = installation.permissions[name]
    if (LEVELS.indexOf(granted ?? '') >= LEVELS.indexOf(wanted) || !isUsed(facts, name)) return []
    const has = granted === undefined ? '' : `, only «${granted}»`
    const finding = `lacks the permission «${titleOf(name)}: ${wanted}»${has}: without it ${PERMISSION_USES[name] ?? 'something does not work'}`
    const settings = `Set it in the settings of the GitHub App → Permissions & events, then accept it at ${installation.url}.`
    return [problem(finding, settings)]
  })
}

function isUsed({ config }: Asked, permission: string): boolean {
  const good = config.kind === 'good' ? config.config : null
  if (permission === 'deployments') return (good?.previews.length ?? 0) > 0
  // A permission of organisations: people's own accounts cannot grant it.
  if (permission === 'members') return (good?.overrideTeams.length ?? 0) > 0
  return true
}

function eventFindings({ manifest }: Asked, installation: InstallationFacts): Finding[] {
  return manifest.events
    .filter((event) => !installation.events.includes(event))
    .map((event) =>
      problem(
        `does not get the event «${event}»: without it ${EVENT_USES[event] ?? 'something does not work'}`,
        'Tick it in the settings of the GitHub App → Permissions & events → Subscribe to events.',
      ),
    )
}

function problem(finding: string, remedy: string): Finding {
  return { level: 'problem', subject: SUBJECT, finding, remedy }
}

/** As the settings at GitHub write it: `Pull requests`. */
function titleOf(permission: string): string {
  const words = permission.replaceAll('_', ' ')
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

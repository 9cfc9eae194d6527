/** GitHub through Octokit, as one installation and as the app. */
import type { Probot } from 'probot'
import type { GitHub, GitHubApp, HookDelivery } from '../../ports.ts'
import { connectArtifacts } from './artifacts.ts'
import { connectChecks } from './checks.ts'
import { connectCode } from './code.ts'
import { connectComments } from './comments.ts'
import { connectDeployments } from './deployments.ts'
import { orNull, toFault } from './errors.ts'
import type { ServerKnowledge } from './items.ts'
import { connectLabels } from './labels.ts'
import { connectObserved } from './observed.ts'
import { inRepo, keepSilenceWhenLimited, type Octokit, PAGE } from './octokit.ts'
import { connectPeople } from './people.ts'
import { connectSweep } from './sweep.ts'
import { connectWorkflowRuns } from './workflow-runs.ts'

/** Of the deliveries that GitHub keeps, the newest: a list without end would use up the app's own limit. */
const MAX_LISTED_DELIVERIES = 3_000

/** Who this app is. */
export interface OwnApp {
  /** Only check runs and comments of this app are ours: another may use any name and external id. */
  readonly id: number
  /** What its bot is called. */
  getSlug(): Promise<string>
}

export function connectInstallation(octokit: Octokit, own: OwnApp): GitHub {
  return {
    ...connectCode(octokit),
    ...connectWorkflowRuns(octokit, own.getSlug),
    ...connectChecks(octokit, own.id),
    ...connectObserved(octokit),
    ...connectArtifacts(octokit),
    ...connectLabels(octokit, own.getSlug),
    ...connectComments(octokit, own.id),
    ...connectDeployments(octokit),
    ...connectPeople(octokit),
  }
}

/** @param probot signs as the app; its tokens are made for one installation and kept until they expire. */
export function connectApp(probot: Probot, appId: number): GitHubApp {
  const installations = new Map<number, GitHub>()
  const own = { id: appId, getSlug: askOnce(() => readSlug(probot)) }
  const server: ServerKnowledge = { issueTypes: true }
  return {
    async forInstallation(installationId) {
      const known = installations.get(installationId)
      if (known) return known
      const octokit = keepSilenceWhenLimited(await probot.auth(installationId))
      const connected = connectInstallation(octokit, own)
      installations.set(installationId, connected)
      return connected
    },
    async forSweep(installationId) {
      return connectSweep(await probot.auth(installationId), own, server)
    },
    async findInstallation(repo) {
      const octokit = await probot.auth()
      const request = octokit.rest.apps.getRepoInstallation(inRepo(repo))
      return (await orNull(request, `looking for the app in ${repo.owner}/${repo.name}`))?.data.id ?? null
    },
    async listHookDeliveries(since) {
      const octokit = await probot.auth()
      const found: HookDelivery[] = []
      try {
        const pages = octokit.paginate.iterator(octokit.rest.apps.listWebhookDeliveries, { per_page: PAGE })
        for await (const { data } of pages) {
          for (const delivery of data) {
            const deliveredAt = new Date(delivery.delivered_at)
            if (deliveredAt < since || found.length >= MAX_LISTED_DELIVERIES) return found
            const { id, guid, event, action, status_code } = delivery
            found.push({ id, guid, event, action, deliveredAt, status: status_code })
          }
        }
      } catch (error) {
        throw toFault(error, 'listing webhook deliveries')
      }
      return found
    },
    async redeliver(hookDeliveryId) {
      const octokit = await probot.auth()
      const request = octokit.rest.apps.redeliverWebhookDelivery({ delivery_id: hookDeliveryId })
      await orNull(request, `asking for webhook delivery ${hookDeliveryId} once more`)
    },
  }
}

async function readSlug(probot: Probot): Promise<string> {
  try {
    const octokit = await probot.auth()
    const { data } = await octokit.rest.apps.getAuthenticated()
    return data?.slug ?? ''
  } catch (error) {
    throw toFault(error, "reading the app's name")
  }
}

/** What was answered stays; a failure is asked for again. */
function askOnce<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null
  return () => {
    asked ??= ask().catch((error: unknown) => {
      asked = null
      throw error
    })
    return asked
  }
}

/** Labels of pull requests, and who put them there. */
import type { Labeling } from '../../domain/pull-request.ts'
import type { GitHub, RepoName } from '../../ports.ts'
import { orNull, toFault } from './errors.ts'
import { queryGraphql } from './graphql.ts'
import { inRepo, type Octokit } from './octokit.ts'

/** Only the timeline says who labelled, and when: the labels themselves do not. */
const LABELINGS = `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      timelineItems(last: 100, itemTypes: [LABELED_EVENT]) {
        nodes { __typename ... on LabeledEvent { id createdAt label { name } actor { __typename login } } }
      }
    }
  }
}`

interface LabeledEvent {
  readonly id: string
  readonly createdAt: string
  readonly label: { readonly name: string }
  /** Null: the user was deleted. */
  readonly actor: { readonly __typename: string; readonly login: string } | null
}

interface LabelingsData {
  readonly repository: {
    readonly pullRequest: {
      readonly timelineItems: { readonly nodes: readonly (LabeledEvent | null)[] | null }
    } | null
  } | null
}

/** @param getSlug of this app: its bot has it as its login. */
export function connectLabels(
  octokit: Octokit,
  getSlug: () => Promise<string>,
): Pick<GitHub, 'listLabelings' | 'addLabel' | 'removeLabel'> {
  const { rest } = octokit
  return {
    listLabelings: (repo, number) => listLabelings(octokit, getSlug, repo, number),
    async addLabel(repo, number, label) {
      try {
        await rest.issues.addLabels({ ...inRepo(repo), issue_number: number, labels: [label] })
      } catch (error) {
        throw toFault(error, `adding a label to #${number}`)
      }
    },
    async removeLabel(repo, number, label) {
      const request = rest.issues.removeLabel({ ...inRepo(repo), issue_number: number, name: label })
      await orNull(request, `removing a label from #${number}`, [404, 410])
    },
  }
}

async function listLabelings(
  octokit: Octokit,
  getSlug: () => Promise<string>,
  repo: RepoName,
  number: number,
): Promise<Labeling[]> {
  const variables = { owner: repo.owner, name: repo.name, number }
  const data = await queryGraphql<LabelingsData>(octokit, LABELINGS, variables, `listing the labellings of #${number}`)
  const events = data?.repository?.pullRequest?.timelineItems.nodes ?? []
  const labelled = events.filter((event) => event !== null)
  const slug = labelled.some((event) => event.actor?.__typename === 'Bot') ? await getSlug() : null
  return labelled.map(({ id, createdAt, label, actor }) => ({
    id,
    label: label.name,
    // A bot has no permission that could be asked for.
    by: actor?.__typename === 'User' ? actor.login : null,
    byUs: actor?.__typename === 'Bot' && actor.login === slug,
    at: new Date(createdAt),
  }))
}

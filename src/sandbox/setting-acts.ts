/** What the owners of repositories and organisations set: who may do what, what protects a branch, where the app is. */
import { expireArtifact, findArtifact } from './artifacts.ts'
import {
  addToInstallation,
  deleteInstallation,
  removeFromInstallation,
  requireInstallation,
  suspendInstallation,
} from './installations.ts'
import type { Association, CollaboratorLevel, Permissions, RequiredCheck } from './model.ts'
import { findRepository } from './repositories.ts'
import { redeliver } from './webhooks/deliver.ts'
import { account, MAX_TREE_ENTRIES, type World } from './world.ts'

function makePeopleActs(world: World) {
  const repository = (repo: string) => findRepository(world, repo)
  return {
    setPermission(repo: string, person: string, level: CollaboratorLevel) {
      account(world, person)
      repository(repo).collaborators.set(person.toLowerCase(), level)
    },
    /** Says what a person is to the repository, instead of what follows from what they did there; null: that again. */
    setAssociation(repo: string, person: string, association: Association | null) {
      const { associations } = repository(repo)
      if (association === null) associations.delete(person.toLowerCase())
      else associations.set(person.toLowerCase(), association)
    },
    /** Makes the team `organisation/slug`, or replaces its members. Those of `invited` have not accepted yet. */
    setTeam(team: string, members: readonly string[], invited: readonly string[] = []) {
      const [organization = '', slug = ''] = team.split('/')
      const rows = (people: readonly string[], state: 'active' | 'pending') =>
        people.map((person) => [person.toLowerCase(), state] as const)
      const all = new Map([...rows(invited, 'pending'), ...rows(members, 'active')])
      world.teams.set(team.toLowerCase(), { organization, slug, members: all })
    },
    /** From now on GraphQL names nobody as the actor of what this account did. */
    deleteAccount(login: string) {
      account(world, login).deleted = true
    },
  }
}

function makeRuleActs(world: World) {
  const rulesOf = (repo: string, branch: string) => {
    const { branchRules } = findRepository(world, repo)
    const known = branchRules.get(branch) ?? { protection: null, ruleset: null }
    branchRules.set(branch, known)
    return known
  }
  return {
    /** Branch protection of the older kind, with these required checks; null: none. */
    protectBranch(repo: string, branch: string, checks: readonly RequiredCheck[] | null, strict = false) {
      rulesOf(repo, branch).protection = checks && { checks, strict }
    },
    /** What rulesets want of a branch; null: nothing. */
    setRuleset(
      repo: string,
      branch: string,
      ruleset: { checks?: readonly RequiredCheck[]; mergeQueue?: boolean } | null,
    ) {
      rulesOf(repo, branch).ruleset = ruleset && { checks: [], mergeQueue: false, ...ruleset }
    },
    /** Listings of trees have at most so many entries from now on, and say that they are cut short; null: GitHub's limit. */
    limitTrees(entries: number | null) {
      world.treeLimit = entries ?? MAX_TREE_ENTRIES
    },
    expireArtifact: (repo: string, id: number) => expireArtifact(world, findArtifact(findRepository(world, repo), id)),
  }
}

function makeInstallationActs(world: World) {
  return {
    addRepository: (repo: string) => addToInstallation(world, findRepository(world, repo)),
    removeRepository: (repo: string) => removeFromInstallation(world, findRepository(world, repo)),
    suspendInstallation: (owner: string) => suspendInstallation(world, owner, true),
    unsuspendInstallation: (owner: string) => suspendInstallation(world, owner, false),
    deleteInstallation: (owner: string) => deleteInstallation(world, owner),
    setInstallationPermissions(owner: string, permissions: Permissions) {
      requireInstallation(world, owner).permissions = permissions
    },
    /** Where webhooks go from now on. */
    setWebhook(webhook: { url: string | null; secret?: string }) {
      world.webhook = { url: webhook.url, secret: webhook.secret ?? world.webhook.secret }
    },
    /** Sends a logged delivery again, as the button on the app's page does. Whether there is such a delivery. */
    redeliver: (deliveryId: number) => redeliver(world, deliveryId),
  }
}

export function makeSettingActs(world: World) {
  return { ...makePeopleActs(world), ...makeRuleActs(world), ...makeInstallationActs(world) }
}

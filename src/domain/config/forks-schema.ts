/**
 * The shape of what a repository lets strangers and teams do: what pull requests from forks may run, whose need no
 * approval, and who beside the admins may override a gate. Everything has the careful default.
 */

import { z } from 'zod'
import { FORK_POLICIES, FORK_STARTS } from '../config.ts'
import { judged } from './value-schemas.ts'
import { workflowFile } from './workflow-schema.ts'

const LOGIN_RULE = 'must be the login of a user, such as "octocat" or "renovate[bot]", without "@"'
const login = z.string(LOGIN_RULE).regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\[bot\])?$/, LOGIN_RULE)

const TEAM_RULE = 'must be a team as organisation/team, such as "acme/release", without "@"'
const team = z.string(TEAM_RULE).regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}\/[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$/, TEAM_RULE)

/** The value of `forks`. */
export const forksSchema = judged(
  z.strictObject(
    {
      policy: z
        .enum(FORK_POLICIES)
        .default('approve')
        .describe(
          'What is asked for before anything is dispatched for a pull request from a fork. `approve`: for each commit, `/ok-to-test` with its 40 digits or the label `ok-to-test`, from somebody who may write. `run`: nothing. `never`: nothing is dispatched at all. Default: approve.',
        ),
      start: z
        .enum(FORK_STARTS)
        .default('dispatch')
        .describe(
          'What jobs with a `workflow` do for forks. `dispatch`: the same as for others, once it is allowed. `observe`: they follow the run of that workflow that GitHub itself starts for the pull request, without secrets; one that changes the workflows waits for approval even so. Default: dispatch.',
        ),
      workflow: workflowFile
        .optional()
        .describe(
          "File name of a workflow on the default branch that is dispatched for forks instead of each job's own. Default: the job's own.",
        ),
      trusted_authors: z
        .array(login, 'must be a list of logins, such as [octocat]')
        .optional()
        .describe(
          'Logins of those whose pull requests from forks need no approval; they are still told that they are not trusted. Default: none.',
        ),
      members: z
        .boolean()
        .default(false)
        .describe("Whether those of the organisation's members need none either. Default: false."),
    },
    'must be a map, such as { policy: approve }',
  ),
  ({ start, workflow }) =>
    start === 'observe' && workflow !== undefined
      ? 'has "workflow" beside "start: observe", which dispatches nothing for forks; remove one of them'
      : null,
)

/** The value of `override`. */
export const overrideSchema = z.strictObject(
  {
    teams: z
      .array(team, 'must be a list of teams, such as [acme/release]')
      .optional()
      .describe('Teams, as `organisation/team`, whose members may override a gate. Default: none.'),
  },
  'must be a map, such as { teams: [acme/release] }',
)

/** Comments of issues and pull requests, reactions to them, and the description that stands above them. */
import type { GitHub } from '../../ports.ts'
import { orNull, toFault } from './errors.ts'
import { inRepo, type Octokit, PAGE } from './octokit.ts'

type Comments = Pick<
  GitHub,
  'listComments' | 'createComment' | 'updateComment' | 'react' | 'getDescription' | 'setDescription'
>

/** @param appId whose comments are ours: a person may write anything into a comment, but not as the app. */
export function connectComments(octokit: Octokit, appId: number): Comments {
  const { rest } = octokit
  return {
    async listComments(repo, number, since) {
      const query = { ...inRepo(repo), issue_number: number, per_page: PAGE }
      const asked = since === undefined ? query : { ...query, since: since.toISOString() }
      try {
        const comments = await octokit.paginate(rest.issues.listComments, asked)
        return comments.map(({ id, body, performed_via_github_app }) => ({
          id,
          body: body ?? '',
          isOurs: performed_via_github_app?.id === appId,
        }))
      } catch (error) {
        throw toFault(error, `listing the comments of #${number}`)
      }
    },
    async createComment(repo, number, body) {
      try {
        const { data } = await rest.issues.createComment({ ...inRepo(repo), issue_number: number, body })
        return data.id
      } catch (error) {
        throw toFault(error, `commenting on #${number}`)
      }
    },
    async updateComment(repo, commentId, body) {
      const request = rest.issues.updateComment({ ...inRepo(repo), comment_id: commentId, body })
      return (await orNull(request, `editing comment ${commentId}`, [404, 410])) !== null
    },
    async react(repo, commentId, reaction) {
      const request = rest.reactions.createForIssueComment({
        ...inRepo(repo),
        comment_id: commentId,
        content: reaction,
      })
      await orNull(request, `reacting to comment ${commentId}`, [404, 410])
    },
    async getDescription(repo, number) {
      const request = rest.pulls.get({ ...inRepo(repo), pull_number: number })
      const reply = await orNull(request, `reading the description of #${number}`)
      return reply?.data.body ?? null
    },
    async setDescription(repo, number, body) {
      try {
        await rest.pulls.update({ ...inRepo(repo), pull_number: number, body })
      } catch (error) {
        throw toFault(error, `editing the description of #${number}`)
      }
    },
  }
}

/** What people are shown of one preview of a pull request. */

export type PreviewState =
  | 'waiting'
  | 'deploying'
  | 'deployed'
  | 'failed'
  | 'tearing_down'
  | 'removed'
  /** It cannot be deployed as things are: by who asked for it, or where to. */
  | 'refused'
  /** The commit itself stands in its way. */
  | 'blocked'

export interface PreviewView {
  readonly name: string
  readonly state: PreviewState
  /** Why it is so and what to do, in plain text without an end; null: the state says it all. */
  readonly reason: string | null
  /** The commit that is deployed, or is about to be; null: none. */
  readonly sha: string | null
  /** Where the preview can be seen; null: nowhere, or not known. */
  readonly url: string | null
  /** The workflow run that deploys it or takes it down; null: not known. */
  readonly logUrl: string | null
}

/** What GitHub answers to the queries about issues and pull requests. */

export interface ActorNode {
  readonly __typename: string
  readonly login: string
}

export interface Nodes<Node> {
  /** Null where GitHub does not let us see one. */
  readonly nodes: readonly (Node | null)[] | null
}

export interface Page<Node> extends Nodes<Node> {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

export interface ReactionNode {
  readonly createdAt: string
  readonly user: { readonly login: string } | null
}

/** A comment or a review. */
export interface WordsNode {
  readonly __typename: 'IssueComment' | 'PullRequestReview'
  readonly createdAt: string
  /** Of reviews. */
  readonly submittedAt?: string | null
  readonly lastEditedAt: string | null
  readonly body: string
  readonly viewerDidAuthor: boolean
  readonly authorAssociation: string
  readonly author: ActorNode | null
  readonly editor: ActorNode | null
  readonly reactions?: Nodes<ReactionNode>
}

export interface CommitNode {
  readonly __typename: 'PullRequestCommit'
  readonly commit: {
    readonly committedDate: string
    /** `user` is null where GitHub knows nobody with that address, and for bots. */
    readonly author: { readonly name: string | null; readonly user: { readonly login: string } | null } | null
  }
}

export interface EventNode {
  readonly __typename: string
  readonly createdAt: string
  readonly actor: ActorNode | null
  readonly label?: { readonly name: string }
}

export type TimelineNode = WordsNode | CommitNode | EventNode

/** Of either kind. What only pull requests have is missing in issues. */
export interface ItemNode {
  readonly __typename: 'Issue' | 'PullRequest'
  readonly id: string
  readonly number: number
  readonly title: string
  readonly closed: boolean
  readonly createdAt: string
  readonly updatedAt: string
  readonly locked: boolean
  readonly lastEditedAt: string | null
  readonly author: ActorNode | null
  readonly editor: ActorNode | null
  readonly milestone: { readonly title: string } | null
  readonly comments: { readonly totalCount: number }
  readonly assignees: Nodes<{ readonly login: string }>
  readonly labels: Page<{ readonly name: string }> | null
  readonly reactions?: Nodes<ReactionNode>
  /** Missing where the server does not know types. */
  readonly issueType?: { readonly name: string } | null
  readonly timelineItems: Nodes<TimelineNode> & { readonly pageInfo: { readonly hasPreviousPage: boolean } }
  readonly isDraft?: boolean
  readonly isCrossRepository?: boolean
  readonly headRefName?: string
  readonly headRefOid?: string
  /** Null: the fork was deleted. */
  readonly headRepository?: { readonly id: string } | null
  readonly files?: Page<{ readonly path: string }> | null
  /** Where it is now, if it was asked for by number. */
  readonly repository?: { readonly id: string }
}

/** GraphQL's global ids: opaque to clients, and stable because they are made from the kind and the number alone. */
export const NODE_KINDS = {
  app: 'A',
  user: 'U',
  organization: 'O',
  bot: 'BOT',
  installation: 'I_IN',
  repository: 'R',
  label: 'LA',
  issue: 'I',
  pullRequest: 'PR',
  comment: 'IC',
  reaction: 'REA',
  checkRun: 'CR',
  checkSuite: 'CS',
  workflow: 'W',
  workflowRun: 'WFR',
  ref: 'REF',
  commit: 'C',
  milestone: 'MI',
  issueType: 'IT',
  review: 'PRR',
  reviewComment: 'PRRC',
  pullRequestCommit: 'PURC',
  timelineEvent: 'EVE',
  labeledEvent: 'LE',
  unlabeledEvent: 'UNLE',
  artifact: 'ART',
  deployment: 'DE',
  deploymentStatus: 'DES',
  release: 'RE',
  blob: 'B',
} as const

export type NodeKind = keyof typeof NODE_KINDS

export function nodeId(kind: NodeKind, key: number | string): string {
  return `${NODE_KINDS[kind]}_${Buffer.from(`${kind}:${key}`).toString('base64url')}`
}

/** The kind and key that a global id was made from; null when no such id was ever given out. */
export function readNodeId(id: string): { kind: NodeKind; key: string } | null {
  const encoded = id.slice(id.lastIndexOf('_') + 1)
  const [kind, key] = Buffer.from(encoded, 'base64url').toString().split(':')
  if (kind === undefined || key === undefined || !(kind in NODE_KINDS)) return null
  const known = kind as NodeKind
  return nodeId(known, key) === id ? { kind: known, key } : null
}

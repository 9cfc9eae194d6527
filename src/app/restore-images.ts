/** Brings back what a sweep of images deleted, as far as the registry keeps it: GitHub does for 30 days. */
import type { SweepOutcome, SweepReport } from '../domain/sweep.ts'
import type { ImageRepository } from '../ports/sweeps.ts'

export interface Restored {
  readonly subject: string
  readonly outcome: 'restored' | 'gone' | 'refused' | 'failed' | 'not deleted'
  /** More about it; empty: nothing more to say. */
  readonly note: string
}

/** What is contained before what contains it: an index cannot be pulled without its parts. */
export async function restoreImages(
  report: Pick<SweepReport, 'outcomes'>,
  images: ImageRepository,
  onRestored: (restored: Restored) => void = () => {},
): Promise<Restored[]> {
  const all: Restored[] = []
  for (const { subject } of deletedBy(report).toReversed()) {
    const restored = await restoreOne(images, subject)
    all.push(restored)
    onRestored(restored)
  }
  return all
}

/** In the order in which it was deleted. Of what has no known end, or was done by a workflow, it may be so. */
export function deletedBy({ outcomes }: Pick<SweepReport, 'outcomes'>): SweepOutcome[] {
  return outcomes.filter(
    ({ do: doing, outcome }) =>
      ['done', 'handed', 'failed'].includes(outcome) && (doing.includes('delete') || doing.length === 0),
  )
}

async function restoreOne(images: ImageRepository, subject: string): Promise<Restored> {
  const digest = subject.slice(subject.lastIndexOf('@') + 1)
  if ((await images.findVersion(digest)) !== null) return { subject, outcome: 'not deleted', note: 'it is there' }
  const result = await images.restoreVersion(digest)
  switch (result.kind) {
    case 'restored':
    case 'gone':
      return { subject, outcome: result.kind, note: result.kind === 'gone' ? GONE : '' }
    case 'unsupported':
      return { subject, outcome: 'refused', note: `${images.name} cannot bring back what was deleted` }
    case 'refused':
      return { subject, outcome: 'refused', note: result.message }
    case 'deleted':
      return { subject, outcome: 'failed', note: 'the registry deleted it instead' }
    default:
      return { subject, outcome: 'failed', note: result.message }
  }
}

const GONE = 'GitHub does not have it any more: it keeps what was deleted for 30 days'

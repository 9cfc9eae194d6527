/**
 * The sweep that carries out what another process decided: in a workflow, whose token may delete what the app cannot. It decides
 * nothing anew, and leaves alone whatever is not as it was.
 */
import type { ImagePlan } from '../domain/image-retention.ts'
import type { OpenImageRepository } from '../ports/sweeps.ts'
import type { Clock } from '../ports.ts'
import { deleteImages, type PlannedImage } from './delete-images.ts'
import type { Sweep } from './sweep.ts'

export interface PlannedSweepOptions {
  readonly plan: ImagePlan
  readonly openImages: OpenImageRepository
  readonly clock: Clock
}

export async function makePlannedSweep({ plan, openImages, clock }: PlannedSweepOptions): Promise<Sweep<PlannedImage>> {
  const images = await openImages(plan.repository)
  return {
    spent: () => ({ requests: images.requests(), points: 0 }),
    async plan() {
      const actions = plan.actions.map((action) => describe(plan, action))
      const stopped = images.canDelete ? null : `nothing can be deleted from ${images.name} without a token`
      return { decisions: actions, actions, left: [], stopped, problems: [] }
    },
    apply: (actions, work) => deleteImages({ images, clock, decidedAt: plan.decidedAt, known: null }, actions, work),
  }
}

function describe({ repository, sweep }: ImagePlan, action: ImagePlan['actions'][number]): PlannedImage {
  const { tags, untag } = action
  const what = untag === null ? (tags.length === 0 ? 'without a tag' : `tagged ${tags.join(', ')}`) : untag.join(', ')
  return {
    ...action,
    subject: `${repository}@${action.digest}`,
    do: untag === null ? ['delete'] : ['untag'],
    reason: `${what}; the sweep ${sweep} decided so`,
  }
}

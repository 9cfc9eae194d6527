/** Carries out what the app decided about images, where there is a token that may delete them. */
import { makePlannedSweep } from '../../app/apply-image-plan.ts'
import { makePace } from '../../app/pace.ts'
import { carryOut, memoryJournal } from '../../app/sweep.ts'
import { UsageError } from '../../domain/errors.ts'
import { planExpiry, readImagePlan } from '../../domain/image-plan.ts'
import { parseReference } from '../../domain/image-reference.ts'
import type { SweepReport } from '../../domain/sweep.ts'
import { readInput } from '../read-input.ts'
import { readOpenImages } from './open-images.ts'

export interface ApplyRequest {
  /** `-`: standard input. */
  readonly file: string
  readonly dryRun: boolean
}

/** @throws {UsageError} when the plan is none, or too old, or nothing can be deleted from here. */
export async function applyPlan({ file, dryRun }: ApplyRequest): Promise<SweepReport> {
  const read = readImagePlan((await readInput(file, 'the plan')).toString('utf8'))
  if (!read.ok) throw new UsageError(`The plan in ${file} ${read.reason}.`)
  const { plan } = read
  const clock = { now: () => new Date() }
  const expiry = planExpiry(plan, clock.now())
  if (expiry !== null) throw new UsageError(`The plan in ${file} ${expiry}.`)
  const sweep = await makePlannedSweep({ plan, openImages: readOpenImages(process.env), clock })
  return carryOut({
    sweep,
    kind: 'images',
    target: plan.repository,
    repo: ownerOf(plan.repository),
    journal: memoryJournal(clock.now()),
    clock,
    dryRun,
    pace: makePace({ clock, stopping: new AbortController().signal }),
  })
}

/** Whose images they are, as far as their name says. */
function ownerOf(repository: string) {
  const parsed = parseReference(repository)
  const [owner = '', name = ''] = (parsed.ok ? parsed.reference.path : repository).split('/')
  return { owner, name }
}

import type { AttemptEvent, DemoEvent } from '../events.ts'

/** Something as it is now. It is news when there is nothing under its key yet, or other content. */
export interface Sight {
  readonly key: string
  readonly content: string
  event(isNew: boolean): Observation
}

/** An attempt is told the name of its leg from the plan. */
export type Observation = Exclude<DemoEvent, AttemptEvent> | Omit<AttemptEvent, 'name'>

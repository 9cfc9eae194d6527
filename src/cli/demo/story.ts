/**
 * A story: what people do at GitHub, chapter by chapter, and what must be seen then. A chapter is over when all that it
 * expects is so. What the screen shows is never taken from a story.
 */
import type { RunnerScript, Sandbox } from '../../sandbox/sandbox.ts'
import type { Expectation } from './expectation.ts'
import type { Seen } from './seen.ts'
import type { StoryName } from './story-name.ts'

export interface Story {
  readonly name: StoryName
  /** How the simulated runner plays the workflow runs of one telling. */
  makeRunner(): RunnerScript
  makeChapters(github: Sandbox): Chapter[]
}

export interface Chapter {
  readonly title: string
  play(): void
  expectations(seen: Seen): Expectation[]
}

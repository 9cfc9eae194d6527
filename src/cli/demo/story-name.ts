/** The stories that the demo can play. */
export const STORY_NAMES = ['pull-request', 'preview'] as const
export type StoryName = (typeof STORY_NAMES)[number]

/**
 * The shape of the summary that a pull request shows of its newest commit: where it is kept, and the commands that run
 * what was built. People copy these into a shell, so they hold nothing that a stranger chooses, which `read-summary.ts`
 * judges.
 */

import { z } from 'zod'
import { MAX_COMMAND, MAX_COMMANDS, SUMMARY_PLACES } from '../config.ts'
import { judged, name } from './value-schemas.ts'

const title = judged(z.string(), (text) => {
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) || text.trim() === '' || [...text].length > 100) {
    return 'must be 1 to 100 characters in one line'
  }
  return text.includes('${{') ? 'is shown as it is written, so it cannot hold "${{"' : null
})

const commandText = judged(z.string(), (text) => {
  if (text.trim() === '') return 'is empty'
  if (text.length > MAX_COMMAND) return `has more than ${MAX_COMMAND} characters`
  return /[^\P{Cc}\n\t]/u.test(text) ? 'holds a control character' : null
})

const command = z.strictObject(
  {
    title: title.describe('What it does, as people read it: 1 to 100 characters. Required.'),
    image: name
      .optional()
      .describe('Name of an image; the command is shown once it is built for the commit. Default: none.'),
    command: commandText.describe(
      'The command, which may hold `sha`, `short_sha`, `repo.*`, `pr.number` and, beside an `image`, `image.*`. Required.',
    ),
  },
  'must be a map, such as { title: Run it, command: docker run ghcr.io/acme/app }',
)

/** The value of `pull_request_summary`. */
export const summarySchema = z.union(
  [
    z.enum(SUMMARY_PLACES),
    z.strictObject({
      place: z
        .enum(SUMMARY_PLACES)
        .default('comment')
        .describe(
          'Where it is kept: a `comment` that is edited in place, a block in the `description`, or `off`. Default: comment.',
        ),
      commands: judged(z.array(command, 'must be a list of commands'), (commands) =>
        commands.length > MAX_COMMANDS ? `has more than ${MAX_COMMANDS} commands` : null,
      )
        .optional()
        .describe('Commands that run what the commit built. Default: `docker run` for each image.'),
    }),
  ],
  'must be "comment", "description", "off", or a map such as { place: comment }',
)

/**
 * Reads where a pull request's summary is kept and the commands that it shows. People copy a command into a shell, so it
 * can only hold what nobody but the repository and GitHub chooses. An image that a command names has to exist where any
 * does.
 */

import type { ImageConfig, SummaryConfig } from '../config.ts'
import { VALUE_PATHS } from '../interpolate.ts'
import type { ConfigDocument } from './config-document.ts'
import type { KeyPath } from './key-path.ts'
import { didYouMean, quote } from './problem-wording.ts'
import { reportPaths, SAFE_PATHS } from './read-texts.ts'
import { summarySchema } from './summary-schema.ts'

const IMAGE_PATHS = Object.keys(VALUE_PATHS).filter((path) => path.startsWith('image.'))
const WITH_IMAGE = { paths: [...SAFE_PATHS, ...IMAGE_PATHS], why: 'which no command that people copy can hold' }
const WITHOUT_IMAGE = { paths: SAFE_PATHS, why: 'which no command without an "image" can hold' }

export function readSummary(document: ConfigDocument, images: readonly ImageConfig[]): SummaryConfig {
  const path = ['pull_request_summary']
  const spec = document.valid(summarySchema.optional(), path) ?? 'off'
  if (typeof spec === 'string') return { place: spec, commands: [] }
  const commands = (spec.commands ?? []).map(({ title, image = null, command }, index) => {
    const at = [...path, 'commands', index]
    reportPaths(document, [...at, 'command'], command, image === null ? WITHOUT_IMAGE : WITH_IMAGE)
    if (image !== null) reportUnknownImage(document, [...at, 'image'], image, images)
    return { title, image, command: command.trim() }
  })
  return { place: spec.place, commands }
}

function reportUnknownImage(
  document: ConfigDocument,
  path: KeyPath,
  image: string,
  images: readonly ImageConfig[],
): void {
  const names = images.map(({ name }) => name)
  if (names.length === 0 || names.includes(image)) return
  const remedy = didYouMean(image, names, 'there are')
  document.report(path, `"image" names ${quote(image)}, which is none of "images"; ${remedy}`)
}

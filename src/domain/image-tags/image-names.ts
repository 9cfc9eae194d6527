/**
 * The images that tags are named after, in the grammar of docker/metadata-action's input: `org/app`, or
 * `name=org/app,enable=false`. Names are lower case. An entry that is nothing but names, `org/app,ghcr.io/org/app`,
 * stands for each of them.
 */

import { didYouMean, quote } from '../config/problem-wording.ts'
import { UsageError } from '../errors.ts'
import { parseReference } from '../image-reference.ts'
import { endSentence, readAttribute, readFields } from './fields.ts'

/** The names of the images that are switched on, in order. Throws `UsageError`. */
export function readImageNames(entries: readonly string[]): string[] {
  return entries.flatMap((entry) => {
    const names = readEntry(entry)
    if (typeof names === 'string') throw new UsageError(endSentence(`The image ${quote(entry)} ${names}`))
    for (const name of names) {
      const parsed = parseReference(name)
      const why = !parsed.ok ? parsed.reason : extra(parsed.reference)
      if (why !== null) throw new UsageError(endSentence(`The image ${quote(name)} ${why}`))
    }
    return names
  })
}

function extra(reference: { readonly tag: string | null; readonly digest: string | null }): string | null {
  if (reference.digest !== null) return 'has a digest; name the image alone'
  return reference.tag === null ? null : `has the tag ${quote(reference.tag)} already; name the image alone`
}

/** A string: what is wrong. */
function readEntry(entry: string): string[] | string {
  const read = readFields(entry)
  if (!read.ok) return read.reason
  const attributes = read.fields.map(readAttribute)
  if (attributes.every(({ key }) => key === '')) return attributes.map(({ value }) => value.toLowerCase())
  let name = ''
  let enabled = true
  for (const { key, value } of attributes) {
    if (key === '' || key === 'name') name = value.toLowerCase()
    else if (key !== 'enable')
      return `has the attribute ${quote(key)}; ${didYouMean(key, ['name', 'enable'], 'there are')}`
    else if (value !== 'true' && value !== 'false') return `has enable=${value}; write enable=true or enable=false`
    else enabled = value === 'true'
  }
  if (name === '') return 'has no name; write name=ghcr.io/org/app'
  return enabled ? [name] : []
}

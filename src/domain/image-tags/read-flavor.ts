/**
 * The flavor: whether `latest` is made, and what begins and ends every tag that does not say so itself. Later entries
 * win over earlier ones. Each entry stands alone: `onlatest` is about the prefix or suffix that it comes after.
 */

import { didYouMean, quote } from '../config/problem-wording.ts'
import { type Attribute, readAttribute, readFields } from './fields.ts'
import { GLOBAL_PLACEHOLDERS, parseTemplate, type Template } from './template.ts'

export interface Flavor {
  /** `auto`: after a version, as the rule that gave the first tag says. */
  readonly latest: 'auto' | 'true' | 'false'
  /** Null: none. */
  readonly prefix: Template | null
  readonly suffix: Template | null
  /** Whether `latest` has the prefix too. */
  readonly prefixLatest: boolean
  readonly suffixLatest: boolean
}

export interface ReadFlavor {
  /** Without what the problems are about. */
  readonly flavor: Flavor
  readonly problems: readonly { readonly index: number; readonly message: string }[]
}

const KEYS = ['latest', 'prefix', 'suffix', 'onlatest'] as const
/** There are three things to say; more entries than these are a mistake. */
const MAX_ENTRIES = 20

export function readFlavor(entries: readonly string[]): ReadFlavor {
  const problems: { index: number; message: string }[] = []
  let flavor: Flavor = { latest: 'auto', prefix: null, suffix: null, prefixLatest: false, suffixLatest: false }
  for (const [index, entry] of entries.slice(0, MAX_ENTRIES).entries()) {
    const read = readFields(entry)
    if (!read.ok) {
      problems.push({ index, message: read.reason })
      continue
    }
    let about: 'prefix' | 'suffix' | null = null
    for (const attribute of read.fields.map(readAttribute)) {
      const change = readChange(attribute, about)
      if (typeof change === 'string') problems.push({ index, message: change })
      else flavor = { ...flavor, ...change }
      if (attribute.key === 'prefix' || attribute.key === 'suffix') about = attribute.key
    }
  }
  if (entries.length > MAX_ENTRIES)
    problems.push({
      index: MAX_ENTRIES,
      message: `comes after ${MAX_ENTRIES} others; remove those that are not needed`,
    })
  return { flavor, problems }
}

/** A string: what is wrong. */
function readChange({ key, value }: Attribute, about: 'prefix' | 'suffix' | null): Partial<Flavor> | string {
  switch (key) {
    case 'latest':
      if (value === 'auto' || value === 'true' || value === 'false') return { latest: value }
      return `has latest=${quote(value)}; write latest=auto, latest=true or latest=false`
    case 'prefix':
    case 'suffix': {
      const parsed = parseTemplate(value, GLOBAL_PLACEHOLDERS)
      return parsed.ok ? { [key]: value === '' ? null : parsed.template } : parsed.reason
    }
    case 'onlatest':
      if (value !== 'true' && value !== 'false')
        return `has onlatest=${quote(value)}; write onlatest=true or onlatest=false`
      if (about === null) return 'has onlatest before a prefix or a suffix; write prefix=…,onlatest=true'
      return about === 'prefix' ? { prefixLatest: value === 'true' } : { suffixLatest: value === 'true' }
    case '':
      return `has ${quote(value)}, which is no key=value; write latest=…, prefix=… or suffix=…`
    default:
      return `has the key ${quote(key)}; ${didYouMean(key, KEYS, 'there are')}`
  }
}

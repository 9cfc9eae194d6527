/** Ids that never repeat and can be read aloud. */
import { randomBytes } from 'node:crypto'

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

/** The prefix and 13 characters of base 32: 65 random bits. */
export function makeId(prefix: 'r' | 'd' | 's'): string {
  return `${prefix}${[...randomBytes(13)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')}`
}

/**
 * Reads one file of a configuration into a tree. The bytes are bounded before they are parsed, and have to be UTF-8
 * text with one YAML 1.2 document of plain values. Whatever is wrong is a problem at its place in the file; nothing is
 * thrown.
 */

import { type Document, LineCounter, parseDocument } from 'yaml'
import { type ConfigProblem, MAX_CONFIG_BYTES } from '../config.ts'
import { readTree, TOO_DEEP } from './read-tree.ts'
import type { Branch, Place } from './yaml-tree.ts'

/** One file of a configuration, and the name that its problems carry. */
export interface ConfigLayer {
  readonly path: string
  readonly source: Uint8Array | string
}

export interface ReadLayer {
  /** With problems there may still be a root, which holds all that could be understood. */
  readonly root: Branch | null
  readonly problems: readonly ConfigProblem[]
}

export function readLayer(layer: ConfigLayer): ReadLayer {
  const start = { path: layer.path, line: 1, column: 1 }
  const refuse = (message: string, place: Place = start) => ({ root: null, problems: [{ ...place, at: '', message }] })
  const bytes = typeof layer.source === 'string' ? new TextEncoder().encode(layer.source) : layer.source
  if (bytes.length > MAX_CONFIG_BYTES) {
    return refuse(`the file has ${bytes.length} bytes; a configuration may have ${MAX_CONFIG_BYTES}`)
  }
  const text = decode(bytes)
  if (text === null) return refuse('the file is not UTF-8 text; save it as UTF-8')
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: true,
    resolveKnownTags: false,
    // A repeated key is reported by us, in linear time and at both its places.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  })
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { path: layer.path, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const nul = text.indexOf('\0')
  if (nul !== -1) return refuse('the file is not text: it holds a NUL byte', placeAt(nul))
  const problems = syntaxProblems(document, placeAt)
  if (problems.length > 0) return { root: null, problems }
  if (document.contents === null) return refuse('the file is empty; a configuration begins with "version: 1"')
  return readTree(document.contents, start, placeAt)
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function syntaxProblems(document: Document.Parsed, placeAt: (offset: number) => Place): ConfigProblem[] {
  const errors = [...document.errors, ...document.warnings]
  const exhausted = errors.find((error) => error.code === 'RESOURCE_EXHAUSTION')
  return (exhausted === undefined ? errors : [exhausted]).map((error) => {
    const place = { ...placeAt(error.pos[0]), at: '' }
    switch (error.code) {
      case 'RESOURCE_EXHAUSTION':
        return { ...place, message: TOO_DEEP }
      case 'MULTIPLE_DOCS':
        return { ...place, message: 'a second YAML document begins here; keep one document in the file' }
      case 'TAG_RESOLVE_FAILED':
        return { ...place, message: `YAML tags such as "!name" mean nothing here (${error.message}); remove the tag` }
      default:
        return { ...place, message: `this is not valid YAML: ${error.message}` }
    }
  })
}

/** The maps of a YAML file, also one of several documents. JSON is YAML. */
import { isPair, isScalar, parseAllDocuments, visit, type YAMLMap } from 'yaml'

export function mapsOf(text: string): YAMLMap[] {
  const maps: YAMLMap[] = []
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent', prettyErrors: false, uniqueKeys: false })
    for (const document of 'empty' in documents ? [] : documents)
      visit(document, {
        Map: (_, map) => {
          maps.push(map)
        },
      })
  } catch {
    // A template, or nested without end: what it names in one piece was found in the text.
  }
  return maps
}

/** Key in lower case, value as it is written: the tag 1.10 is no number. None: it is no text. */
export function textEntries(pair: unknown): [string, string][] {
  if (!isPair(pair) || !isScalar(pair.key) || !isScalar(pair.value)) return []
  const { value, source } = pair.value
  const text = typeof value === 'string' ? value : (source ?? String(value))
  return [[String(pair.key.value).toLowerCase(), text]]
}

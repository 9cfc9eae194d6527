/**
 * Where in a configuration something stands: the keys and list indexes that lead to it from the top. Problems carry
 * such a path, so that people and programs find the same place. Only keys that a value has itself count as being there.
 */

/** `['jobs', 'app', 'needs', 0]`. */
export type KeyPath = readonly (string | number)[]

/** `jobs.app.needs[0]`. */
export function formatKeyPath(path: KeyPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return text === '' ? step : `${text}.${step}`
  }, '')
}

/** The value at a path; undefined: there is none. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    return (value as Record<string | number, unknown>)[step]
  }, root)
}

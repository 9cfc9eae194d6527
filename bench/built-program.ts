/** A file of this directory as a program of the built files, as they are when installed: making JavaScript of TypeScript takes memory, too. */
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

/** @returns options of Node that run it; its arguments follow. The sources must have been built. */
export function builtProgram(file: string): string[] {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8')
  const built = new URL('../dist/', import.meta.url)
  const program = stripTypeScriptTypes(source).replaceAll(
    /'\.\.\/src\/([\w/-]+)\.ts'/g,
    (_, path) => `'${built}${path}.js'`,
  )
  return ['--input-type=module', '--eval', program, '--']
}

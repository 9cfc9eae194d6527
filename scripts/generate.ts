/**
 * Writes the files that are made from the sources, so that they cannot disagree with them.
 * `node scripts/generate.ts --check` writes nothing and fails when one of them is stale.
 */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { renderAppDockerfile, renderEntrypoint } from '../src/cli/render-dockerfile.ts'
import { renderConfigDocs, renderConfigSchema } from '../src/domain/config-docs.ts'

interface GeneratedFile {
  /** From the root of the project. */
  readonly path: string
  readonly render: () => string | Promise<string>
}

const GENERATED: readonly GeneratedFile[] = [
  { path: 'schema/signalbox.schema.json', render: renderConfigSchema },
  { path: 'docs/configuration.md', render: renderConfigDocs },
  { path: 'examples/openhands/containers/app/Dockerfile', render: () => renderAppDockerfile() },
  { path: 'examples/openhands/containers/app/entrypoint.sh', render: () => renderEntrypoint() },
]

const root = join(import.meta.dirname, '..')

async function isStale(file: GeneratedFile): Promise<boolean> {
  const current = await readFile(join(root, file.path), 'utf8').catch(() => null)
  return current !== (await file.render())
}

async function write(file: GeneratedFile): Promise<void> {
  const path = join(root, file.path)
  await mkdir(dirname(path), { recursive: true })
  const text = await file.render()
  await writeFile(path, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 })
}

const stale: GeneratedFile[] = []
for (const file of GENERATED) if (await isStale(file)) stale.push(file)

if (process.argv.includes('--check')) {
  for (const file of stale) console.error(`${file.path} is not what its sources say; run "npm run generate"`)
  if (stale.length > 0) process.exitCode = 1
} else {
  for (const file of stale) {
    await write(file)
    console.log(`wrote ${file.path}`)
  }
}

/** `app.yml` of this version: what the GitHub App is to have. It is part of the package. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Manifest } from '../../domain/doctor.ts'

const MANIFEST = new URL('../../../app.yml', import.meta.url)

const schema = z.object({
  default_permissions: z.record(z.string(), z.string()),
  default_events: z.array(z.string()),
})

export async function readManifest(): Promise<Manifest> {
  const { default_permissions, default_events } = schema.parse(parse(await readFile(MANIFEST, 'utf8')))
  return { permissions: default_permissions, events: default_events }
}

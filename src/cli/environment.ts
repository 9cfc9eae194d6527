/** The environment of `signalbox start`, checked as a whole before anything is opened. */
import { z } from 'zod'

export const ROLES = ['all', 'web', 'worker'] as const

const environmentSchema = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  HOST: z.string().min(1).default('localhost'),
  WEBHOOK_PATH: z.string().startsWith('/').default('/api/github/webhooks'),
  WEBHOOK_SECRET: z.string().default(''),
  APP_ID: z.string().regex(/^\d*$/, 'must be the number that the settings of the GitHub App show').default(''),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .optional(),
  SIGNALBOX_DATA_DIR: z.string().min(1).default('./data'),
  SIGNALBOX_ROLE: z.enum(ROLES).default('all'),
  SIGNALBOX_PREVIEW_REPOSITORIES: z
    .string()
    .transform((list) => list.split(',').map((name) => name.trim().toLowerCase()))
    .pipe(z.array(z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'must be names like owner/name, with commas between them')))
    .default([]),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

export type Environment = z.infer<typeof environmentSchema>

/** Every variable that Signalbox itself reads; those of Probot come on top. */
export const ENVIRONMENT_VARIABLES: readonly string[] = Object.keys(environmentSchema.shape)

/** An empty variable counts as not set. Throws an error that names every variable that is wrong, never its value. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const result = environmentSchema.safeParse(set)
  if (!result.success) {
    const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`The environment is not usable:\n${lines.join('\n')}`)
  }
  const { SIGNALBOX_ROLE: role, DATABASE_URL: url } = result.data
  if (role !== 'all' && url === undefined)
    throw new Error(
      `SIGNALBOX_ROLE=${role} needs DATABASE_URL: only a PostgreSQL server can be shared by several processes. Set it, or use SIGNALBOX_ROLE=all.`,
    )
  return result.data
}

/** Whether the app's credentials are there; without any the setup is opened. */
export function hasCredentials(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.APP_ID) && Boolean(env.PRIVATE_KEY || env.PRIVATE_KEY_PATH)
}

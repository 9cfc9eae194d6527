/** `signalbox` as a process of its own, with the environment that a test gives it and no other. */
import { resolve } from 'node:path'
import { execa } from 'execa'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { makeEnv } from './app.ts'

const CLI = resolve('src/cli.ts')

export interface RunOptions {
  /** Where it runs. */
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Of its standard input; default: nothing. */
  readonly input?: string
}

export interface RunResult {
  readonly code: number | undefined
  readonly out: string
  readonly err: string
}

export async function runSignalbox(args: readonly string[], { cwd, env, input = '' }: RunOptions): Promise<RunResult> {
  const result = await execa(process.execPath, [CLI, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    extendEnv: false,
    reject: false,
    input,
  })
  return { code: result.exitCode, out: result.stdout, err: result.stderr }
}

/** The app's, which keeps its data where it runs. */
export function environmentOf(github: Sandbox): NodeJS.ProcessEnv {
  const { SIGNALBOX_DATA_DIR: _, DATABASE_URL: __, ...env } = makeEnv(github)
  return env
}

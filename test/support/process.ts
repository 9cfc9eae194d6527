/** Signalbox as a process of its own, to be killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface AppProcess {
  /** As `kill -9`: nothing is finished, nothing is said. */
  kill(): Promise<void>
  /** As an orchestrator stops it. Resolves with the exit code. */
  terminate(): Promise<number | null>
  /** Holds it, as a machine does that sleeps. */
  pause(): void
  resume(): void
  /** What it printed. */
  readonly output: () => string
}

/** Starts `signalbox start` and resolves when it is ready. */
export async function startProcess(env: NodeJS.ProcessEnv, port: number): Promise<AppProcess> {
  const child = spawn(process.execPath, ['src/cli.ts', 'start'], {
    env: { PATH: process.env.PATH, LOG_LEVEL: process.env.TEST_LOG ? 'debug' : 'warn', ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk
      if (process.env.TEST_LOG) process.stderr.write(chunk)
    })
  await untilReady(child, port, () => output)
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    child.kill(signal)
    const [code] = (await once(child, 'exit')) as [number | null]
    return code
  }
  return {
    output: () => output,
    async kill() {
      await end('SIGKILL')
    },
    terminate: () => end('SIGTERM'),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  }
}

async function untilReady(child: ChildProcess, port: number, output: () => string): Promise<void> {
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`signalbox start ended with ${child.exitCode}:\n${output()}`)
    const reply = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null)
    if (reply?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  child.kill('SIGKILL')
  throw new Error(`signalbox start was not ready in time:\n${output()}`)
}

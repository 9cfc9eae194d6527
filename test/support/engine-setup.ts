/** Before and after a whole test run: a place for the shared Docker engine, and its end. See `engine.ts`. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    engineDirectory: string
  }
}

export default function setup(project: TestProject): () => Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'sb-engine-'))
  writeFileSync(join(directory, 'number'), String(process.pid % 100_000))
  project.provide('engineDirectory', directory)
  return async () => {
    await stopEngine(directory)
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

async function stopEngine(directory: string): Promise<void> {
  const file = join(directory, 'pidfile')
  if (existsSync(file)) {
    const pid = Number(readFileSync(file, 'utf8'))
    process.kill(pid, 'SIGTERM')
    const deadline = Date.now() + 20_000
    while (isAlive(pid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100))
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  }
  if (existsSync(join(directory, 'starting'))) {
    const bridge = `sbtest${readFileSync(join(directory, 'number'), 'utf8')}`
    execFileSync('/usr/sbin/ip', ['link', 'del', bridge], { stdio: 'ignore' })
    // A container on the host's network leaves a mount behind, which would keep the directory.
    for (const mount of mountsBelow(directory)) execFileSync('/bin/umount', ['--lazy', mount], { stdio: 'ignore' })
  }
}

/** Deepest first. */
function mountsBelow(directory: string): string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  const places = mounts.map((line) => line.split(' ')[1] ?? '')
  return places.filter((place) => place.startsWith(`${directory}/`)).sort((a, b) => b.length - a.length)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

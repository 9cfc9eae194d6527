import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'

const MODULE = new URL('../../src/cli/images/interrupt.ts', import.meta.url).href

/** A process that does this work, given `signal` and `wait`, and says when it has begun. */
async function work(body: string) {
  const source = `
    import { setTimeout as wait } from 'node:timers/promises'
    import { orInterrupted, runInterruptible } from ${JSON.stringify(MODULE)}
    setInterval(() => {}, 1000)
    await runInterruptible(async (signal) => { console.log('begun'); ${body} })
    console.log('ended')
    process.exit(0)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      said[name] += chunk
    })
  const outcome = once(child, 'close').then(([code, signal]) => ({ code, signal, ...said }))
  await Promise.race([once(child.stdout, 'data'), outcome])
  return { child, outcome }
}

describe('work that is interrupted', () => {
  test('tidies up first, and ends the process though something is still pending', async () => {
    const { child, outcome } = await work(`
      try { await wait(60_000, undefined, { signal }) } finally { await wait(50); console.log('tidied') }`)
    child.kill('SIGTERM')
    expect(await outcome).toEqual({
      code: 143,
      signal: null,
      stdout: 'begun\ntidied\n',
      stderr: 'signalbox: The operation was aborted\n',
    })
  })

  test('ends as interrupted even if it came to its end', async () => {
    const { child, outcome } = await work('await wait(500)')
    child.kill('SIGINT')
    expect(await outcome).toEqual({ code: 130, signal: null, stdout: 'begun\n', stderr: '' })
  })

  test('need not wait for what does not end', async () => {
    const { child, outcome } = await work('await orInterrupted(signal, new Promise(() => {}))')
    child.kill('SIGHUP')
    const stderr = 'signalbox: Interrupted: nothing half-written is left.\n'
    expect(await outcome).toEqual({ code: 129, signal: null, stdout: 'begun\n', stderr })
  })

  test('and does not end is ended by a second signal', async () => {
    const { child, outcome } = await work('await new Promise(() => {})')
    child.kill('SIGINT')
    // Twice at once is once: npm hands on what the terminal has sent already.
    child.kill('SIGINT')
    await wait(100)
    child.kill('SIGINT')
    await wait(600)
    expect(child.exitCode).toBeNull()
    child.kill('SIGTERM')
    expect(await outcome).toEqual({ code: 143, signal: null, stdout: 'begun\n', stderr: '' })
  })
})

test('work that is not interrupted ends as it ends', async () => {
  expect(await (await work('')).outcome).toEqual({ code: 0, signal: null, stdout: 'begun\nended\n', stderr: '' })
  const failed = await (await work("throw new Error('it went wrong')")).outcome
  expect(failed).toMatchObject({ code: 1, stdout: 'begun\n', stderr: expect.stringContaining('it went wrong') })
})

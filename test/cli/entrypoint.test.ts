/**
 * The entrypoint of the application image, run for real: in containers of a Debian whose user was made by the script of
 * the rendered Dockerfile, so that no account of this machine is touched.
 */
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderAppDockerfile, renderEntrypoint } from '../../src/cli/render-dockerfile.ts'
import { debianMissing, importDebian } from '../support/debian.ts'
import { scriptWith } from '../support/dockerfile.ts'
import { type Engine, useEngine } from '../support/engine.ts'

const IMAGE = 'signalbox-entrypoint'
let engine: Engine
let directory: string

beforeAll(async () => {
  if (debianMissing !== null) return
  engine = await useEngine()
  directory = mkdtempSync(join(tmpdir(), 'signalbox-entrypoint-'))
  const base = await importDebian(engine, 'bookworm')
  writeFileSync(join(directory, 'entrypoint.sh'), await renderEntrypoint(), { mode: 0o755 })
  writeFileSync(join(directory, 'setup.sh'), scriptWith(await renderAppDockerfile(), 'login.defs'))
  writeFileSync(
    join(directory, 'Dockerfile'),
    `FROM ${base}
COPY setup.sh /setup.sh
RUN sh /setup.sh
COPY entrypoint.sh /app/entrypoint.sh
ENV WORKSPACE_BASE=/opt/workspace_base
ENTRYPOINT ["/app/entrypoint.sh"]
`,
  )
  await engine.docker(['build', '-q', '-t', IMAGE, directory])
}, 300_000)

afterAll(() => {
  if (directory !== undefined) rmSync(directory, { recursive: true })
})

interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

async function docker(...args: readonly string[]): Promise<Ended> {
  try {
    return { exitCode: 0, stdout: await engine.docker(args), stderr: '' }
  } catch (error) {
    const { exitCode, stdout, stderr } = error as Partial<Ended>
    if (exitCode === undefined) throw error
    return { exitCode, stdout: stdout ?? '', stderr: stderr ?? '' }
  }
}

/** Runs a command in a new container; the options that begin with a dash come first. */
async function run(options: readonly string[], ...command: readonly string[]): Promise<Ended> {
  return await docker('run', '--rm', '--network=none', ...options, IMAGE, ...command)
}

/** As `run`, after a script that root runs first, in the container. */
async function runAfter(script: string, options: readonly string[], ...command: readonly string[]): Promise<Ended> {
  const first = `{ ${script}; } >&2 && exec /app/entrypoint.sh "$@"`
  const prepared = ['--entrypoint=/bin/sh', ...options, IMAGE, '-c', first, 'sh', ...command]
  return await docker('run', '--rm', '--network=none', ...prepared)
}

const SHOW = 'echo $(id -u) $(id -un) $(id -gn) "[$(id -Gn)]" $HOME $USER $LOGNAME $SHELL'
const show = ['sh', '-c', SHOW]

describe.skipIf(debianMissing)('the entrypoint', () => {
  describe('with NO_SETUP', () => {
    test('runs the command as whoever started it, and changes nothing', async () => {
      const ended = await run(['-e', 'NO_SETUP=true', '--user=4242'], 'sh', '-c', 'echo $(id -u) $$ $WORKSPACE_BASE')
      expect(ended).toMatchObject({ exitCode: 0, stdout: '4242 1 /opt/workspace_base' })
    })

    test('passes the exit code on', async () => {
      expect((await run(['-e', 'NO_SETUP=true'], 'sh', '-c', 'exit 9')).exitCode).toBe(9)
    })

    test('only "true" means it', async () => {
      expect((await run(['-e', 'NO_SETUP=1'], 'true')).stderr).toContain('SANDBOX_USER_ID is not set')
    })
  })

  describe('refuses', () => {
    test.each<[string, string[], string]>([
      ['to start without root', ['--user=4242', '-e', 'SANDBOX_USER_ID=4242'], 'This must start as root'],
      ['no SANDBOX_USER_ID', [], 'SANDBOX_USER_ID is not set'],
      ['an empty one', ['-e', 'SANDBOX_USER_ID='], 'SANDBOX_USER_ID is not set'],
      ['a name', ['-e', 'SANDBOX_USER_ID=root'], '"root", which is no id'],
      ['a negative number', ['-e', 'SANDBOX_USER_ID=-1'], '"-1", which is no id'],
      ['an octal number', ['-e', 'SANDBOX_USER_ID=01750'], '"01750", which is no id'],
      ['two zeros', ['-e', 'SANDBOX_USER_ID=00'], '"00", which is no id'],
      ['a command', ['-e', 'SANDBOX_USER_ID=1;id'], '"1;id", which is no id'],
      ['the id of a service', ['-e', 'SANDBOX_USER_ID=1'], 'which is the id of daemon'],
      ['a number that is no id', ['-e', 'SANDBOX_USER_ID=99999999999999999999'], 'useradd'],
    ])('%s', async (_name, options, message) => {
      const ended = await run(options, 'echo', 'started')
      expect(ended.exitCode).not.toBe(0)
      expect(ended.stdout).toBe('')
      expect(ended.stderr).toContain(message)
    })

    test('to run nothing', async () => {
      expect(await run(['-e', 'SANDBOX_USER_ID=0'])).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('There is no command'),
      })
    })
  })

  describe('as root', () => {
    const root = ['-e', 'SANDBOX_USER_ID=0']

    test('runs the command in the place of the shell', async () => {
      const ended = await run(root, 'sh', '-c', 'echo $(id -u) $$ $RUN_AS_OPENHANDS')
      expect(ended).toMatchObject({ exitCode: 0, stdout: '0 1 false' })
    })

    test('makes no user', async () => {
      expect((await run(root, 'getent', 'passwd', 'enduser')).exitCode).toBe(2)
    })
  })

  describe('WORKSPACE_BASE', () => {
    const shown = ['sh', '-c', 'echo ${WORKSPACE_BASE-unset}']
    test.each<[string, string[], string]>([
      ['is unset when nothing is mounted', [], 'unset'],
      ['is unset when what is mounted is empty', ['-e', 'WORKSPACE_MOUNT_PATH='], 'unset'],
      ['stays when something is mounted', ['-e', 'WORKSPACE_MOUNT_PATH=/home/me/work'], '/opt/workspace_base'],
    ])('%s', async (_name, options, expected) => {
      for (const id of ['0', '1234']) {
        expect((await run([...options, '-e', `SANDBOX_USER_ID=${id}`], ...shown)).stdout).toBe(expected)
      }
    })
  })

  describe('as another user', () => {
    test.each(['501', '1000', '1234', '200000', '2000000'])('with the id %s', async (id) => {
      const { exitCode, stdout } = await run(['-e', `SANDBOX_USER_ID=${id}`], ...show)
      expect(exitCode).toBe(0)
      expect(stdout).toBe(`${id} enduser enduser [enduser openhands] /home/enduser enduser enduser /bin/bash`)
    })

    test('gives all of root up', async () => {
      const status = ['grep', '-E', '^(Uid|CapInh|CapPrm|CapEff|CapAmb)', '/proc/self/status']
      const { stdout } = await run(['-e', 'SANDBOX_USER_ID=1234'], ...status)
      const none = '0'.repeat(16)
      expect(stdout.replaceAll('\t', ' ').split('\n')).toEqual([
        'Uid: 1234 1234 1234 1234',
        ...['CapInh', 'CapPrm', 'CapEff', 'CapAmb'].map((name) => `${name}: ${none}`),
      ])
      expect((await run(['-e', 'SANDBOX_USER_ID=1234'], 'sudo', '-n', 'true')).exitCode).not.toBe(0)
    })

    test('reaches the files of the application, and its own cache', async () => {
      const script =
        'touch /app/x /opt/workspace_base/x ~/.cache/huggingface/hub/x ~/.cache/x && ls -ld /app | cut -c1-10'
      const { exitCode, stdout } = await run(['-e', 'SANDBOX_USER_ID=1234'], 'sh', '-c', script)
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'drwxrwxr-x' })
    })

    test('moves openhands away when the id is its own', async () => {
      const script = `${SHOW}; getent passwd openhands | cut -d: -f3; touch /app/x && echo written`
      const { stdout } = await run(['-e', 'SANDBOX_USER_ID=42420'], 'sh', '-c', script)
      expect(stdout.split('\n')).toEqual([
        expect.stringMatching(/^42420 enduser enduser \[enduser openhands\] \/home\/enduser /),
        '42421',
        'written',
      ])
    })

    test('moves it to an id that is free', async () => {
      const taken = 'useradd -u 42421 a && useradd -u 42422 b'
      const command = ['sh', '-c', 'id -u; id -u openhands']
      const { stdout } = await runAfter(taken, ['-e', 'SANDBOX_USER_ID=42420'], ...command)
      expect(stdout).toBe('42420\n42423')
    })

    test('changes the id of a user that is there already', async () => {
      const { stdout } = await runAfter('useradd -m -u 1500 enduser', ['-e', 'SANDBOX_USER_ID=1234'], ...show)
      expect(stdout).toMatch(/^1234 enduser enduser \[enduser openhands\] \/home\/enduser /)
    })

    test('starts again in the same container', async () => {
      const name = `signalbox-again-${process.pid}`
      const first = await docker(
        'run',
        `--name=${name}`,
        '--network=none',
        '-e',
        'SANDBOX_USER_ID=1234',
        IMAGE,
        ...show,
      )
      const again = await docker('start', '-a', name)
      await docker('rm', name)
      expect(first.stdout).toMatch(/^1234 enduser /)
      expect(again).toMatchObject({ exitCode: 0, stdout: first.stdout })
    })

    test('keeps the arguments as they are', async () => {
      const words = ['a b', '$HOME', '`id`', "it's", '"', '*', '', '-x', '\\', 'é\nf']
      const { stdout } = await run(['-e', 'SANDBOX_USER_ID=1234'], 'printf', '<%s>', ...words)
      expect(stdout).toBe(words.map((word) => `<${word}>`).join(''))
    })

    test('passes the exit code on', async () => {
      expect((await run(['-e', 'SANDBOX_USER_ID=1234'], 'sh', '-c', 'exit 7')).exitCode).toBe(7)
      expect((await run(['-e', 'SANDBOX_USER_ID=1234'], 'no-such-command')).exitCode).toBe(127)
    })

    test.each(['0', '1234'])('the command of %s is process 1 and gets the signals', async (id) => {
      const name = `signalbox-signal-${process.pid}-${id}`
      const script = 'trap "exit 42" TERM; echo "$$ ready"; while :; do sleep 0.1; done'
      const options = ['-d', `--name=${name}`, '--network=none', '-e', `SANDBOX_USER_ID=${id}`]
      await docker('run', ...options, IMAGE, 'sh', '-c', script)
      await expect.poll(async () => (await docker('logs', name)).stdout, { timeout: 10_000 }).toBe('1 ready')
      await docker('kill', '--signal=TERM', name)
      expect((await docker('wait', name)).stdout).toBe('42')
      await docker('rm', name)
    })
  })

  describe('the Docker socket', () => {
    const socket = () => join(directory, 'docker.sock')
    const TALK = `perl -MIO::Socket::UNIX -e 'print IO::Socket::UNIX->new("/var/run/docker.sock")->getline'`
    const mounted = () => ['-v', `${socket()}:/var/run/docker.sock`, '-e', 'SANDBOX_USER_ID=1234']
    let server: Server
    beforeAll(async () => {
      server = createServer((connection) => connection.end('hello')).listen(socket())
      await new Promise((done) => server.once('listening', done))
      chmodSync(socket(), 0o660)
    })
    afterAll(() => {
      server.close()
    })

    test('lets the user in by its group, which is made', async () => {
      chownSync(socket(), 0, 998)
      const { stdout } = await run(mounted(), 'sh', '-c', `id -Gn; getent group docker; ${TALK}`)
      expect(stdout).toBe('enduser docker openhands\ndocker:x:998:enduser\nhello')
    })

    test('by a group that is there already', async () => {
      chownSync(socket(), 0, 4)
      expect((await run(mounted(), 'id', '-Gn')).stdout.split(' ').sort()).toEqual(['adm', 'enduser', 'openhands'])
    })

    test('by a group of another name when docker has another id', async () => {
      chownSync(socket(), 0, 997)
      const { stdout } = await runAfter('groupadd -g 555 docker', mounted(), 'sh', '-c', 'id -Gn; getent group 997')
      expect(stdout).toBe('enduser docker-997 openhands\ndocker-997:x:997:enduser')
    })

    test('may be absent, and nothing but a socket counts', async () => {
      expect((await run(['-e', 'SANDBOX_USER_ID=1234'], 'id', '-Gn')).stdout).toBe('enduser openhands')
      const file = ['-v', `${join(directory, 'setup.sh')}:/var/run/docker.sock`, '-e', 'SANDBOX_USER_ID=1234']
      chownSync(join(directory, 'setup.sh'), 0, 996)
      const { stdout } = await run(file, 'sh', '-c', 'id -Gn; getent group 996 || echo none')
      expect(stdout).toBe('enduser openhands\nnone')
    })
  })

  describe('third-party runtimes', () => {
    const pip = (then: string) =>
      `printf '#!/bin/sh\\necho "pip $*" >> /tmp/pip\\n${then}\\n' > /usr/local/bin/pip; chmod +x /usr/local/bin/pip`
    const options = ['-e', 'INSTALL_THIRD_PARTY_RUNTIMES=true', '-e', 'SANDBOX_USER_ID=1234']

    test('are installed first', async () => {
      expect(await runAfter(pip('exit 0'), options, 'cat', '/tmp/pip')).toMatchObject({
        exitCode: 0,
        stdout: 'pip install -q openhands-ai[third_party_runtimes]',
      })
    })

    test('stop the start when they cannot be', async () => {
      expect(await runAfter(pip('exit 3'), options, 'echo', 'started')).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringContaining('could not be installed'),
      })
    })

    test('are left alone when nobody asks', async () => {
      const asked = ['-e', 'SANDBOX_USER_ID=1234']
      expect((await runAfter(pip('exit 3'), asked, 'sh', '-c', 'test -e /tmp/pip || echo no')).stdout).toBe('no')
    })
  })
})

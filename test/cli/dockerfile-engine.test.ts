/**
 * The rendered Dockerfiles and a real engine: BuildKit parses every one of them, and what needs nothing but Debian is
 * built and tried.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type RuntimeDockerfileRequest,
  renderAppDockerfile,
  renderRuntimeDockerfile,
} from '../../src/cli/render-dockerfile.ts'
import { debianMissing, importDebian } from '../support/debian.ts'
import { scriptWith } from '../support/dockerfile.ts'
import { CASES, requestFor } from '../support/dockerfile-cases.ts'
import { type Engine, engineMissing, useEngine } from '../support/engine.ts'

let engine: Engine
let directory: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'signalbox-dockerfile-'))
  if (engineMissing === null) engine = await useEngine()
}, 60_000)
afterAll(() => rmSync(directory, { recursive: true }))

/** BuildKit reads every instruction of every stage, and builds only the last, which is empty. */
async function parse(dockerfile: string): Promise<void> {
  const input = `${dockerfile}\nFROM scratch AS parsed\nLABEL parsed=yes\n`
  await engine.docker(['build', '-q', '--target', 'parsed', '-'], { input })
}

describe.skipIf(engineMissing)('BuildKit parses', () => {
  test('every Dockerfile of a runtime image', async () => {
    const texts = new Set(await Promise.all(CASES.map((given) => renderRuntimeDockerfile(requestFor(given)))))
    expect(texts.size).toBe(50)
    for (const text of texts) await parse(text)
  }, 120_000)

  test('the Dockerfile of the application image', async () => await parse(await renderAppDockerfile()))

  test.each([
    ['an instruction that is none', (text: string) => text.replace('WORKDIR', 'WORKDIRECTORY')],
    ['a flag that is none', (text: string) => text.replace('--chown=', '--owner=')],
    ['a COPY from one place to none', (text: string) => text.replace(/(COPY \S+ \S+) \S+/, '$1')],
    ['a here-document without an end', (text: string) => text.replace('set -eu; \\\n', 'cat <<EOF\n')],
    ['a line outside of an instruction', (text: string) => text.replace('set -eu; \\\n', 'set -eu;\n')],
  ])('nothing with %s', async (_name, broken) => {
    const text = await renderRuntimeDockerfile({ ...REQUEST, baseImage: 'debian' })
    expect(broken(text)).not.toBe(text)
    await expect(parse(broken(text))).rejects.toThrow(/dockerfile parse error|unknown|requires at least|Syntax error/i)
  })
})

const REQUEST: RuntimeDockerfileRequest = {
  baseImage: 'signalbox-debian:bookworm',
  buildFrom: 'scratch',
  enableBrowser: true,
  extraDeps: null,
  template: null,
}

describe.skipIf(debianMissing)('in a real Debian', () => {
  beforeAll(async () => {
    await importDebian(engine, 'bookworm')
  }, 300_000)

  let built = 0
  /** Renders a template of ours with some of its macros, builds it, and names the image. */
  async function build(template: string, request: Partial<RuntimeDockerfileRequest> = {}): Promise<string> {
    const context = join(directory, `build-${++built}`)
    mkdirSync(join(context, 'code'), { recursive: true })
    writeFileSync(join(context, 'template.njk'), template)
    const own = { ...REQUEST, ...request, template: join(context, 'template.njk') }
    writeFileSync(join(context, 'Dockerfile'), await renderRuntimeDockerfile(own))
    for (const name of ['openhands/runtime/utils/vscode-extensions/hello-world', 'microagents']) {
      mkdirSync(join(context, 'code', name), { recursive: true })
    }
    writeFileSync(join(context, 'code/openhands/__init__.py'), '')
    writeFileSync(join(context, 'code/openhands/runtime/utils/vscode-extensions/hello-world/package.json'), '{}')
    const image = `signalbox-runtime-${process.pid}-${built}`
    await engine.docker(['build', '-q', '-t', image, context])
    return image
  }

  async function runIn(image: string, script: string, ...options: string[]): Promise<string[]> {
    const args = ['run', '--rm', '--network=none', ...options, image, 'sh', '-c', script]
    return (await engine.docker(args)).split('\n')
  }

  const imports = ['user', 'shells', 'sources']
    .map((name) => `{% import "signalbox/macros/${name}.njk" as ${name}_ with context %}`)
    .join('')
  const account = `${imports}FROM {{ baseImage }}\n`
  /** Its id and group, and who has the id 1000 and the group 1000. */
  const IDS = 'id -u openhands; id -gn openhands; for base in passwd group; do getent $base 1000 | cut -d: -f1; done'
  const OURS = ['1000', 'openhands', 'openhands', 'openhands']

  describe('the user', () => {
    test.each<[string, string, string[]]>([
      ['has the id 1000', 'true', OURS],
      ['takes it from ubuntu', 'useradd -m -u 1000 ubuntu', OURS],
      ['takes it from pn', 'groupadd -g 1000 pn; useradd -m -u 1000 -g pn pn', OURS],
      ['takes it from fakeroot, whose group is another', 'useradd -u 1000 -g users fakeroot', OURS],
      ['takes it from nonroot', 'useradd -u 1000 nonroot', OURS],
      ['leaves it to another account', 'useradd -u 1000 happner', ['1001', 'openhands', 'happner', 'happner']],
      ['leaves the group to another', 'groupadd -g 1000 staff2', ['1000', 'openhands', 'openhands', 'staff2']],
      [
        'leaves a group that is in use',
        'groupadd -g 1000 pn; useradd -u 1500 -g pn other',
        ['1000', 'openhands', 'openhands', 'pn'],
      ],
      [
        'may be there already',
        'groupadd -g 777 openhands; useradd -u 777 -g 777 openhands; useradd -u 1000 other',
        ['777', 'openhands', 'other', 'other'],
      ],
    ])(
      '%s',
      async (_name, before, expected) => {
        const image = await build(`${account}RUN ${before}\n{{ user_.account() }}\n`)
        expect(await runIn(image, IDS)).toEqual(expected)
      },
      60_000,
    )

    test('becomes root and back without a password, with su and sudo, and nobody else does', async () => {
      const image = await build(`${account}{{ user_.account() }}\nRUN useradd -m other\n`)
      const asUser = ['--user=openhands']
      expect(await runIn(image, 'su -c "id -un"; su - -c "id -un"; sudo -n id -un', ...asUser)).toEqual([
        'root',
        'root',
        'root',
      ])
      expect(await runIn(image, 'su openhands -c "id -un"; su - openhands -c "id -un; pwd"')).toEqual([
        'openhands',
        'openhands',
        '/home/openhands',
      ])
      const refused =
        'for who in "" openhands; do su $who -c id < /dev/null 2> /dev/null || echo no; done; sudo -n id 2> /dev/null || echo no'
      expect(await runIn(image, refused, '--user=other')).toEqual(['no', 'no', 'no'])
      expect(await runIn(image, 'grep -cE "^(root|openhands)::" /etc/shadow || true')).toEqual(['0'])
    }, 60_000)
  })

  test('directories, git and shells are set up', async () => {
    const image = await build(
      `${account}{{ shells_.environment() }}\n{{ user_.account() }}\n{{ user_.directories() }}\n{{ shells_.setup() }}\n`,
    )
    const names = '/openhands /openhands/poetry /openhands/workspace'
    expect(await runIn(image, `stat -c '%U:%G %a' ${names}`)).toEqual([
      'openhands:openhands 755',
      'openhands:openhands 755',
      'openhands:openhands 2777',
    ])
    for (const user of ['root', 'openhands']) {
      const shown = 'git config user.name; git config user.email; echo $PATH'
      const [name, email, path] = await runIn(image, shown, `--user=${user}`)
      expect([name, email]).toEqual(['openhands', 'openhands@all-hands.dev'])
      expect(path).toMatch(/^\/openhands\/bin:\/usr\/local\/sbin:/)
    }
    // A stand-in: what a login shell gets to see of the environment is that its hook is asked for and run.
    const hook = `printf '#!/bin/sh\\necho "micromamba() { echo \\$*; }"\\n' > /openhands/micromamba/bin/micromamba; chmod +x /openhands/micromamba/bin/micromamba`
    const shells = `su - openhands -c 'echo $PATH $POETRY_VIRTUALENVS_PATH'; bash -lic 'true' 2> /dev/null; bash -ic true 2> /dev/null; bash -lc true`
    const [login, ...interactive] = await runIn(image, `${hook}; ${shells}`)
    expect(login).toMatch(/^\/openhands\/bin:.*:\/openhands\/micromamba\/bin \/openhands\/poetry$/)
    expect(new Set(interactive)).toEqual(new Set(['activate openhands']))
    expect(interactive.length).toBeGreaterThanOrEqual(2)
  }, 60_000)

  test('sources replace older ones, extensions are installed, and extra dependencies come last', async () => {
    const prepared = await build(`${account}{{ user_.account() }}\n{{ user_.directories() }}
RUN install -d -o openhands -g openhands /openhands/code/openhands /openhands/code/openhands/old /openhands/.openvscode-server \\
      /openhands/.openvscode-server/extensions /openhands/.openvscode-server/extensions/json \\
      /openhands/.openvscode-server/extensions/openhands-hello-world/old /openhands/.openvscode-server/extensions/openhands-old
`)
    const extraDeps = `cat <<EOF > ~/made\n$(id -un) "it's" $PWD\nEOF\nsudo touch /root/made && true \\`
    const context = join(directory, `build-${built}`)
    const text = await renderRuntimeDockerfile({ ...REQUEST, baseImage: prepared, buildFrom: 'lock', extraDeps })
    writeFileSync(join(context, 'Dockerfile'), text)
    const image = `${prepared}-lock`
    await engine.docker(['build', '-q', '-t', image, context])
    const shown =
      'id -un; pwd; ls -A openhands; (cd ../.openvscode-server/extensions; find * | sort); cat /home/openhands/made; ls /root'
    expect(await runIn(image, shown)).toEqual([
      'root',
      '/openhands/code',
      '__init__.py',
      'runtime',
      'json',
      'openhands-hello-world',
      'openhands-hello-world/package.json',
      `openhands "it's" /openhands/code`,
      'made',
    ])
    expect(await runIn(image, 'find /openhands ! -user openhands | wc -l')).toEqual(['0'])
  }, 60_000)
})

describe.skipIf(debianMissing)('packages', () => {
  /** Stands in for apt-get: looks names up in the lists that the release came with, and installs nothing. */
  const APT = `#!/bin/sh
case "$1" in update) exit ;; esac
echo "$@" | sed 's/  */ /g'
exec /usr/bin/apt-get --simulate -qq "$@" > /dev/null
`
  const WHOLE = {
    baseImage: 'debian',
    buildFrom: 'scratch',
    enableBrowser: true,
    extraDeps: null,
    template: null,
  } as const

  test.each([
    ['bookworm', 'libasound2'],
    ['trixie', 'libasound2t64'],
  ] as const)(
    'of the base system and the browser are there in %s',
    async (release, sound) => {
      const name = await importDebian(engine, release)
      writeFileSync(join(directory, 'apt-get'), APT, { mode: 0o755 })
      const text = await renderRuntimeDockerfile(WHOLE)
      for (const part of ['build-essential', 'xvfb']) {
        const script = scriptWith(text, part).replace(/rm -rf.*/, 'true')
        const mount = `${join(directory, 'apt-get')}:/usr/local/bin/apt-get:ro`
        const args = ['run', '--rm', '--network=none', '-v', mount, name, 'sh', '-c', script]
        const installed = await engine.docker(args)
        expect(installed).toContain(part)
        expect(installed).toContain(part === 'xvfb' ? ` ${sound} ` : ' libgl1 ')
      }
    },
    400_000,
  )

  /** Stands in for everything that asks the network, and shows what would have been asked. */
  const FAKE: Readonly<Record<string, string>> = {
    'apt-get': '[ "$1" = update ] || echo "$@"',
    curl: 'for url; do :; done; echo "$url"; : > /etc/apt/keyrings/docker.asc',
    gpg: 'echo "fpr:::::::::${FINGERPRINT}:"',
  }
  const FINGERPRINT = '9DC858229FC7DD38854AE2D88D81803C0EBFCD88'

  async function installDocker(osRelease: string, fingerprint = FINGERPRINT): Promise<string> {
    const root = mkdtempSync(join(directory, 'fake-'))
    for (const [name, script] of Object.entries(FAKE)) {
      writeFileSync(join(root, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    }
    writeFileSync(join(root, 'os-release'), osRelease)
    const script = `${scriptWith(await renderRuntimeDockerfile(WHOLE), 'docker-ce')}; cat /etc/apt/sources.list.d/docker.list`
    const mounts = ['-v', `${root}:/fake:ro`, '-v', `${join(root, 'os-release')}:/etc/os-release:ro`]
    const environment = ['-e', `FINGERPRINT=${fingerprint}`, '-e', 'PATH=/fake:/usr/sbin:/usr/bin:/sbin:/bin']
    const args = ['run', '--rm', '--network=none', ...mounts, ...environment, await importDebian(engine, 'bookworm')]
    return await engine.docker([...args, 'sh', '-c', script])
  }

  test.each([
    ['Debian 12', 'ID=debian\nVERSION_CODENAME=bookworm\n', 'debian bookworm'],
    ['Debian 13', 'ID=debian\nVERSION_CODENAME=trixie\n', 'debian trixie'],
    ['Ubuntu 24.04', 'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\n', 'ubuntu noble'],
    ['Ubuntu 22.04', 'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=jammy\nUBUNTU_CODENAME=jammy\n', 'ubuntu jammy'],
    [
      'Mint',
      'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=virginia\nUBUNTU_CODENAME=jammy\n',
      'ubuntu jammy',
    ],
  ])(
    'of Docker come from the repository for %s',
    async (_name, osRelease, repository) => {
      const shown = await installDocker(osRelease)
      const [system, codename] = repository.split(' ')
      expect(shown.split('\n')).toEqual([
        `https://download.docker.com/linux/${system}/gpg`,
        expect.stringMatching(/^install .*docker-ce /),
        `deb [signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/${system} ${codename} stable`,
      ])
    },
    60_000,
  )

  test('of Docker are refused from a release without a name, and with another key', async () => {
    await expect(installDocker('ID=debian\n')).rejects.toThrow('names no release')
    const another = '0'.repeat(40)
    await expect(installDocker('ID=debian\nVERSION_CODENAME=trixie\n', another)).rejects.toThrow('another fingerprint')
  }, 60_000)
})

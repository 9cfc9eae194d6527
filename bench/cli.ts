/**
 * `npm run bench:cli`: how long `signalbox tags` and `signalbox build --dry` take from start to end, against a Node that
 * does nothing (`node -e 0`), in one run. What is measured is the built command line, as the npm package has it.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const ROUNDS = Number(process.argv[2] ?? 25)
const AIM = 3
const CLI = new URL('../dist/cli.js', import.meta.url).pathname

const SHA = '1e7ad6e4b4a8d2a9d0a0f8c9b7a6e5d4c3b2a190'
const FILES = {
  'old/containers/app/Dockerfile': 'FROM scratch\n',
  'old/containers/app/config.sh': 'DOCKER_REGISTRY=ghcr.io\nDOCKER_ORG=acme\nDOCKER_IMAGE=app\nDOCKER_BASE_DIR="."\n',
  'new/Dockerfile': 'FROM scratch\n',
  'new/.github/signalbox.yml':
    'version: 1\nimages:\n  app:\n    repository: ghcr.io/acme/app\n    build_args: { VERSION: "${{ image.version }}" }\n',
}
const ENVIRONMENT = {
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_REF_NAME: 'main',
  GITHUB_SHA: SHA,
}

interface Case {
  readonly name: string
  readonly args: readonly string[]
}

function main(): void {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'))
  try {
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(directory, file)), { recursive: true })
      writeFileSync(join(directory, file), text)
    }
    const at = (folder: string) => ['-C', join(directory, folder)]
    const cases: Case[] = [
      { name: 'node -e 0', args: ['-e', '0'] },
      { name: 'signalbox tags --images …', args: [CLI, 'tags', '--images', 'ghcr.io/acme/app', '--rule', 'type=sha'] },
      { name: 'signalbox build --dry (containers/)', args: [CLI, ...at('old'), 'build', '-i', 'app', '--dry'] },
      { name: 'signalbox tags --image (config)', args: [CLI, ...at('new'), 'tags', '--image', 'app'] },
      { name: 'signalbox build --dry (config)', args: [CLI, ...at('new'), 'build', '-i', 'app', '--dry'] },
    ]
    report(cases, measure(cases))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Milliseconds of each case, one of each in turn, so that what else the machine does meets all of them. */
function measure(cases: readonly Case[]): number[][] {
  const times: number[][] = cases.map(() => [])
  for (let round = -2; round < ROUNDS; round++) {
    for (const [index, one] of cases.entries()) {
      const started = performance.now()
      const run = spawnSync(process.execPath, [...one.args], {
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...ENVIRONMENT },
        encoding: 'utf8',
      })
      const took = performance.now() - started
      if (run.status !== 0) throw new Error(`${one.name} ended with ${run.status}:\n${run.stdout}${run.stderr}`)
      // The first two rounds fill caches, of the disk and of compiled code.
      if (round >= 0) times[index]?.push(took)
    }
  }
  return times
}

function report(cases: readonly Case[], times: readonly number[][]): void {
  const medians = times.map((list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0)
  const [reference = 1] = medians
  console.log(`${ROUNDS} rounds, medians; aim ≤ ${AIM} × node -e 0`)
  for (const [index, { name }] of cases.entries()) {
    const median = medians[index] ?? 0
    console.log(`${name.padEnd(38)}${median.toFixed(1).padStart(8)} ms${(median / reference).toFixed(2).padStart(8)} ×`)
  }
}

main()

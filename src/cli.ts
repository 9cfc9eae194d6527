#!/usr/bin/env node
/** The command line: one file a command, loaded only when it is asked for. */
import { Command } from 'commander'

const COMMANDS: Record<string, () => Promise<(program: Command) => void>> = {
  start: async () => (await import('./cli/start.ts')).registerStart,
  init: async () => (await import('./cli/init.ts')).registerInit,
  validate: async () => (await import('./cli/validate.ts')).registerValidate,
  doctor: async () => (await import('./cli/doctor.ts')).registerDoctor,
  plan: async () => (await import('./cli/plan.ts')).registerPlan,
  tags: async () => (await import('./cli/tags.ts')).registerTags,
  build: async () => (await import('./cli/build.ts')).registerBuild,
  'runtime-image': async () => (await import('./cli/runtime-image.ts')).registerRuntimeImage,
  stale: async () => (await import('./cli/stale.ts')).registerStale,
  cleanup: async () => (await import('./cli/cleanup.ts')).registerCleanup,
  sweeps: async () => (await import('./cli/sweeps.ts')).registerSweeps,
  demo: async () => (await import('./cli/demo.ts')).registerDemo,
}

const program = new Command('signalbox')
  .description("Runs a repository's CI as one control plane: plans, dispatches, follows and gates.")
  .option('-C, --directory <dir>', 'run as if started in this directory', '.')

/** The value of `-C` is no command, whatever its name. */
const words = process.argv.slice(2).filter((_, index, all) => !['-C', '--directory'].includes(all[index - 1] ?? ''))
const asked = words.find((word) => Object.hasOwn(COMMANDS, word))
for (const [name, load] of Object.entries(COMMANDS)) if (asked === undefined || asked === name) (await load())(program)

try {
  await program.parseAsync()
} catch (error) {
  const { printable } = await import('./cli/printable.ts')
  console.error(printable(`signalbox: ${error instanceof Error ? error.message : String(error)}`))
  process.exitCode = 1
}

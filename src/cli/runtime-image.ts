/** `signalbox runtime-image`: the image that sources run in, reused as far as its base, lock files and sources allow. */
import { type Command, Option } from 'commander'
import type { RuntimeFlags } from './runtime-image/settings.ts'

export function registerRuntimeImage(program: Command): void {
  program
    .command('runtime-image')
    .description('Build a runtime image, or find the one that is there: tags, what is reused, build context, build.')
    .option('--image <name>', 'the image of the configuration, where several have "runtime"')
    .option('--base-image <image>', 'what to build from (default: the first of `runtime.base_images`)')
    .option('--build-folder <dir>', 'build nothing: prepare this folder for `signalbox build`')
    .option('--platform <platforms>', "such as linux/arm64 (default: the engine's own)")
    .option('--force-rebuild', 'build from scratch, whatever there is')
    .option('--no-enable-browser', 'leave the browser out')
    .option('--extra-deps <command>', 'a command that is run when everything else is installed')
    .addOption(
      new Option('--builder <kind>', 'an engine of this machine, or the build service')
        .choices(['docker', 'podman', 'remote'])
        .default('docker'),
    )
    .option('--push', 'push the image; reuse only what the registry has')
    .option('--dry-run', 'build nothing and write nothing: say what would be built, and from what')
    .option('--json', 'print JSON; progress goes to standard error')
    .action(async (flags: RuntimeFlags, command: Command) => {
      const { directory } = command.optsWithGlobals<{ directory: string }>()
      const { makeRuntimeImage } = await import('./runtime-image/make-runtime-image.ts')
      await makeRuntimeImage(flags, directory, process.env)
    })
}

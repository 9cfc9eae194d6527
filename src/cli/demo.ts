/** `signalbox demo`: a pull request's way from webhook to gate, on a local stand-in for GitHub. */
import { type Command, Option } from 'commander'
import type { DemoOptions } from './demo/run-demo.ts'
import { STORY_NAMES } from './demo/story-name.ts'

const HELP = `
Starts a sandbox GitHub on 127.0.0.1, and Signalbox with an embedded PostgreSQL
in a temporary directory, and plays one story in about half a minute:
  pull-request  a pull request opens, a test fails once and passes on its
                retry, a second commit cancels what is left of the first, the
                pull request is merged, a tag is pushed
  preview       a newcomer's pull request comes from a fork and is held, a
                maintainer approves it, a label asks for a preview, a command
                runs a failed build again, the preview is deployed, a new
                commit takes it down until it is approved too, the pull
                request is merged
The sandbox's runner is a simulation: nothing is built, tested or deployed.
All data is removed at the end.

Exit code: 0 if everything came out as told, 1 if not; what did not is named.
Without --once the demo stays up until Ctrl-C.

With --json each line is an object with \`at\` (ISO 8601), \`event\` and:
  starting     nothing more: the demo begins
  started      story, github_url, signalbox_url, repository, config_path,
               boot_ms, simulation (what is not real, in words)
  chapter      number, title
  webhook      GitHub got its answer: name, action, delivery, status_code,
               duration_ms, about
  plan         a run is in the store: run, pipeline, trigger, ref_name,
               pull_request, sha, legs, gates
  attempt      of a workflow run: run, leg, name, attempt, workflow,
               tags (told to it, of its image), trusted, push (told to it),
               workflow_run, status, conclusion, duration_ms, url
  check        of a check run: run, subject (leg or gate), id, name, sha,
               status, conclusion, title, url
  comment      change (created or edited), id, pull_request, author,
               kind (of Signalbox's: welcome, previews, reply; of people's
               null), lines (the first ones, without Markdown), links
  reaction     content, by, comment, author (of the comment)
  label        change (labeled or unlabeled), label, pull_request, by
  deployment   a status of a GitHub Deployment: id, environment, sha, state,
               description, url (of the preview)
  preview_run  of a workflow run that deploys or takes down: repository,
               workflow, workflow_run, inputs, status, conclusion,
               duration_ms, url
  expectation  name, expected, seen, met
  ended        ok, expectations, unmet, duration_ms, webhooks,
               webhooks_accepted, runs, legs, api_requests,
               api_requests_per_run, first_dispatch_ms (from the first
               webhook), start_to_dispatch_ms
npm prints lines of its own; without them:
  npm run --silent demo -- --once --json`

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('Watch a pull request go from webhook to gate, on a local sandbox GitHub. Needs no account.')
    .addOption(new Option('--story <name>', 'what to watch').choices(STORY_NAMES).default('pull-request'))
    .option('--once', 'exit when the story has ended')
    .option('--json', 'print events as JSON lines, and nothing else')
    .addHelpText('after', HELP)
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import('./demo/run-demo.ts')
      process.exitCode = await runDemo(options)
    })
}

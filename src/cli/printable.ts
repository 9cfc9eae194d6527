/**
 * Text that strangers wrote, as it may be shown: without anything that a terminal would obey, without the invisible
 * characters that turn text around or hide in it, and, in a step of GitHub Actions, without anything that the runner
 * would take for a command. Tabs and line ends stay.
 */
export function printable(text: string): string {
  const shown = text.replaceAll(/(?![\t\n])[\p{Cc}\p{Cf}]/gu, '\u{FFFD}')
  return process.env.GITHUB_ACTIONS === 'true' ? withoutCommands(shown) : shown
}

/** The same for what is one line: the name of a file, a line of a log. */
export function printableLine(text: string): string {
  return printable(text.replaceAll(/[\n\u2028\u2029]/g, '\u{FFFD}'))
}

/**
 * A line is a command when it begins with `::`, or holds `##[` anywhere.
 *
 * Source: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
function withoutCommands(text: string): string {
  return text.replaceAll(/^([^\S\n]*:):/gm, '$1\u{FFFD}').replaceAll('##[', '##\u{FFFD}')
}

/**
 * Text that strangers wrote, as it may be shown in a terminal: without anything that the terminal would obey, and
 * without the invisible characters that turn text around or hide in it. Tabs and line ends stay.
 */
export function printable(text: string): string {
  return text.replaceAll(/(?![\t\n])[\p{Cc}\p{Cf}]/gu, '\u{FFFD}')
}

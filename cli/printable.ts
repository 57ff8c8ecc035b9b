/** What a server sent, or a table held, must not move the cursor or colour the terminal. */
export function printable(cell = ''): string {
  return cell.replaceAll(/\p{C}/gu, '?');
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

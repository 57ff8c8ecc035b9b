const COLUMNS = 118;

/** A page whose paragraphs and list items, one line each, are broken at 118 columns. Tables, code and pictures stay whole. */
export function wrapProse(page: string): string {
  let isCode = false;
  return page
    .split('\n')
    .flatMap((line) => {
      const isFence = line.startsWith('```');
      if (isFence) isCode = !isCode;
      return isCode || isFence || /^[|#<]/.test(line) ? [line] : wrapLine(line);
    })
    .join('\n');
}

function wrapLine(line: string): readonly string[] {
  const indent = ' '.repeat(/^(?:[-*]|\d+\.) /.exec(line)?.[0].length ?? 0);
  const [first = '', ...words] = line.match(/(?:`[^`]*`|[^`\s])+/g) ?? [];
  const lines = [first];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length <= COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(indent + word);
  }
  return lines;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (rows.every((row) => isFigure(row[column])) ? '---:' : '---'));
  return [head, rule, ...rows].map(line).join('\n');
}

export function dollars(amount: number): string {
  if (amount !== 0 && amount < 0.005) return '< 0.01';
  return amount < 100 ? amount.toFixed(2) : whole(amount);
}

export function whole(amount: number): string {
  return Math.round(amount).toLocaleString('en-US');
}

/** Three significant digits. */
export function figure(amount: number): string {
  if (amount >= 100) return whole(amount);
  return amount === 0 ? '0' : String(Number(amount.toPrecision(3)));
}

function isFigure(cell = ''): boolean {
  return /^[*<\s]*[\d]/.test(cell);
}

/** Writes a line in the template's own format: `$context.…` variables, `-` where a value is absent. */
export function formatAccessLog(format: string, variables: Record<string, string | undefined>): string {
  return format.replaceAll(/\$context\.([A-Za-z0-9_.]+)/g, (_whole, name: string) => variables[name] ?? '-');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `22/Nov/2026:03:04:05 +0000`, the common log format that `$context.requestTime` uses. */
export function commonLogTime(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  return `${day}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}

/** Outside URL prefixes and the loopback URLs that answer for them, as DNS would do it. */
export type Hosts = Record<string, string>;

function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/**
 * Rewrites every address that the map names. A prefix matches up to the end of its host or path segment, so
 * `https://a.example` does not touch `https://a.example.org`.
 */
export function createHostRewriter(hosts: Hosts): (text: string) => string {
  const entries = Object.entries(hosts)
    .map(([from, to]) => ({ from: withoutTrailingSlash(from), to: withoutTrailingSlash(to) }))
    .sort((a, b) => b.from.length - a.from.length);
  const escaped = entries.map(({ from }) => from.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  if (entries.length === 0) return (text) => text;
  const pattern = new RegExp(`(?:${escaped.join('|')})(?![A-Za-z0-9.:_-])`, 'g');
  const targets = new Map(entries.map(({ from, to }) => [from, to]));
  return (text) => text.replaceAll(pattern, (from) => targets.get(from) ?? from);
}

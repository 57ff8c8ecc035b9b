const SECOND_MS = 1_000;
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', SECOND_MS],
];

/** Such as `8 h 37 min`: the two greatest units. */
export function spanInWords(durationMs: number): string {
  let leftMs = Math.max(0, Math.round(durationMs / SECOND_MS) * SECOND_MS);
  const first = UNITS.findIndex(([, ms]) => leftMs >= ms);
  if (first < 0) return '0 s';
  const words: string[] = [];
  for (const [name, ms] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(leftMs / ms);
    leftMs -= count * ms;
    if (count > 0) words.push(`${count} ${name}`);
  }
  return words.join(' ');
}

/** Such as `in 8 h 37 min`, `3 d 2 h ago` or `now`. */
export function fromNowInWords(atMs: number, nowMs: number): string {
  if (Math.abs(atMs - nowMs) < SECOND_MS) return 'now';
  return atMs > nowMs ? `in ${spanInWords(atMs - nowMs)}` : `${spanInWords(nowMs - atMs)} ago`;
}

/** A time of the vault's API with the words: `2026-01-15T18:37:00.000Z (in 8 h 37 min)`. Nothing for a time that is none. */
export function timeInWords(time: string | undefined, nowMs: number): string | undefined {
  if (time === undefined) return undefined;
  const atMs = Date.parse(time);
  return Number.isNaN(atMs) ? time : `${time} (${fromNowInWords(atMs, nowMs)})`;
}

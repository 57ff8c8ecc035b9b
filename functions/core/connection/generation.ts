import { base32Sortable } from '../base32.ts';
import { DAY_MS } from '../time-units.ts';

const LAST_MOMENT_MS = 2 ** 48 - 1;
const LATEST_OF_A_MOMENT = new Uint8Array(10).fill(0xff);

/**
 * Mints the id of one consent or one disconnect, a ULID: 48 bits of epoch milliseconds and 80 random bits as sortable text
 * (26 characters). Of two generations, the later one is always the greater string.
 *
 * @param nowMs epoch milliseconds
 * @param randomBytes at least 10 random bytes
 */
export function mintGeneration(nowMs: number, randomBytes: Uint8Array): string {
  if (randomBytes.length < 10) throw new TypeError('A generation needs 10 random bytes.');
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(nowMs / 2 ** 32));
  view.setUint32(2, nowMs % 2 ** 32);
  bytes.set(randomBytes.subarray(0, 10), 6);
  return base32Sortable(bytes);
}

/**
 * A generation that is certainly later than `previous`, even if two are minted within one millisecond or by skewed clocks.
 * A `previous` far ahead was not minted by the vault, so it is ignored: the store replaces it.
 */
export function mintGenerationAfter(
  previous: string | undefined,
  nowMs: number,
  randomBytes: Uint8Array,
): string {
  const minted = mintGeneration(nowMs, randomBytes);
  if (previous === undefined || minted > previous || isFarAhead(previous, nowMs)) return minted;
  return mintGeneration(generationTimeMs(previous) + 1, randomBytes);
}

/** Further ahead than any clock of the vault. Believing it would block every generation minted until then. Accepts any text. */
export function isFarAhead(generation: string, nowMs: number): boolean {
  return generation > mintGeneration(Math.min(nowMs + DAY_MS, LAST_MOMENT_MS), LATEST_OF_A_MOMENT);
}

/** The epoch milliseconds at which a generation was minted. For any other text, a moment not earlier than its place in the order. */
export function generationTimeMs(generation: string): number {
  const [known = ''] = DIGITS_ONLY.exec(generation) ?? [];
  const text = known.length < generation.length ? known.padEnd(10, 'Z') : known.padEnd(10, '0');
  // 48 bits are nine characters (45 bits) and the top three bits of the tenth.
  let value = 0;
  for (const character of text.slice(0, 9)) value = value * 32 + DIGITS.indexOf(character);
  return value * 8 + (DIGITS.indexOf(text.charAt(9)) >> 2);
}

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const DIGITS_ONLY = /^[0-9A-HJKMNP-TV-Z]*/;

import { base32Sortable } from './base32.ts';

/**
 * Mints the id of one consent or one disconnect: 48 bits of epoch milliseconds and 80 random bits as sortable text
 * (26 characters), so that of two generations the later one is always the greater string.
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

/** A generation that is certainly later than `previous`, also when two are minted within one millisecond or by skewed clocks. */
export function mintGenerationAfter(
  previous: string | undefined,
  nowMs: number,
  randomBytes: Uint8Array,
): string {
  const minted = mintGeneration(nowMs, randomBytes);
  if (previous === undefined || minted > previous) return minted;
  return mintGeneration(generationTimeMs(previous) + 1, randomBytes);
}

/** The epoch milliseconds a generation was minted at. */
export function generationTimeMs(generation: string): number {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let value = 0;
  // 48 bits are nine characters (45 bits) and the top three bits of the tenth.
  for (const character of generation.slice(0, 9)) value = value * 32 + alphabet.indexOf(character);
  return value * 8 + (alphabet.indexOf(generation.charAt(9)) >> 2);
}

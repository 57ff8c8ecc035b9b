import { randomBytes } from 'node:crypto';
import type { Random } from '../../core/ports/platform.ts';

export function createSystemRandom(): Random {
  return { bytes: (length) => new Uint8Array(randomBytes(length)) };
}

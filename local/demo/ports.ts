import { DemoError } from './demo-error.ts';
import type { DemoPorts } from './world/demo-world.ts';

const DEFAULT_PORT = 4400;
const LAST_PORT = 65_535;

/** The page has the port asked for; the vault, IMS and Lightroom the three after it. */
export function portsFrom(text: string | undefined): DemoPorts {
  const page = text === undefined || text === '' ? DEFAULT_PORT : Number(text);
  if (!Number.isInteger(page) || page < 1 || page + 3 > LAST_PORT) {
    throw new DemoError(
      'PORT_INVALID',
      `PORT must be a whole number from 1 to ${LAST_PORT - 3}, not “${text}”.`,
    );
  }
  return { page, vault: page + 1, ims: page + 2, lightroom: page + 3 };
}

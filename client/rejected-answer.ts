import { parseAdobeJson } from './adobe-json.ts';
import { readBounded } from './read-bounded.ts';

/** Lightroom's "access token expired" comes with status 403. */
const LIGHTROOM_TOKEN_EXPIRED = 4300;
const MAX_BODY_BYTES = 64 * 1024;

/** Does this answer of an Adobe API refuse the access token itself? The response stays readable. */
export async function refusesToken(response: Response): Promise<boolean> {
  if (response.status === 401) return true;
  if (response.status !== 403) return false;
  try {
    const text = await readBounded(response.clone(), MAX_BODY_BYTES);
    return text !== undefined && Number(codeOf(parseAdobeJson(text))) === LIGHTROOM_TOKEN_EXPIRED;
  } catch {
    return false;
  }
}

function codeOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
}

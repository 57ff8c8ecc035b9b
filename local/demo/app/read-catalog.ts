import * as v from 'valibot';
import type { Notice } from './sessions.ts';

const answerSchema = v.union([
  v.object({ catalogId: v.string(), albums: v.optional(v.array(v.string()), []) }),
  v.object({ error: v.object({ code: v.string(), message: v.string() }) }),
]);

export type CatalogReading =
  | { readonly ok: true; readonly catalogId: string; readonly albums: readonly string[] }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** What the reading Lambda answered. */
export function parseCatalogReading(payload: unknown): CatalogReading {
  const parsed = v.safeParse(answerSchema, payload);
  if (!parsed.success) return { ok: false, code: 'unreadable', message: 'The reading Lambda failed.' };
  const { output } = parsed;
  return 'error' in output ? { ok: false, ...output.error } : { ok: true, ...output };
}

export function catalogNotice(reading: CatalogReading): Notice {
  return reading.ok
    ? { tone: 'good', text: `Your Lightroom catalog has the albums ${reading.albums.join(' and ')}.` }
    : { tone: 'bad', text: `The catalog could not be read: ${reading.message}` };
}

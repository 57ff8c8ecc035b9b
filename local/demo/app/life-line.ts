import { type Html, html } from './html.ts';

/** The life of the refresh token that the vault holds. */
export interface TokenLife {
  readonly sinceMs: number;
  /** The next rotation, or the next try. */
  readonly next?: { readonly label: string; readonly atMs: number };
  readonly endsOfLifeAtMs: number;
}

/** Below this the alarm `at-risk` counts the connection. */
const SHORT_MS = 72 * 3_600_000;
/** Closer to an end than this, in percent, a label would cover that of the end. */
const LABEL_ROOM = 28;

/**
 * From when the token was given to when it expires: what is over, what is left, and where the next rotation is due. A
 * picture of what the text beside it says, so screen readers pass over it.
 */
export function lifeLine({ sinceMs, next, endsOfLifeAtMs }: TokenLife, nowMs: number): Html {
  const at = (ms: number): number => {
    const share = (ms - sinceMs) / Math.max(1, endsOfLifeAtMs - sinceMs);
    return Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10;
  };
  const now = at(nowMs);
  const due = next && { label: next.label, at: at(next.atMs) };
  const isFree = (end: number): boolean => due === undefined || Math.abs(due.at - end) > LABEL_ROOM;
  return html`<svg class="life${endsOfLifeAtMs - nowMs < SHORT_MS ? ' short' : ''}" width="100%" height="42" aria-hidden="true">
<rect class="over" y="5" width="100%" height="10" rx="5"/>
<rect class="left" x="${now}%" y="5" width="${100 - now}%" height="10" rx="5"/>
${due && html`<line x1="${due.at}%" x2="${due.at}%" y1="1" y2="19"/><text x="${due.at}%" y="36" text-anchor="${anchorAt(due.at)}">${due.label}</text>`}
${isFree(0) ? html`<text y="36">given</text>` : undefined}
${isFree(100) ? html`<text x="100%" y="36" text-anchor="end">expiries</text>` : undefined}
<circle cx="${now}%" cy="10" r="7"/>
</svg>`;
}

function anchorAt(share: number): string {
  if (share < LABEL_ROOM / 2) return 'start';
  return share > 100 - LABEL_ROOM / 2 ? 'end' : 'middle';
}

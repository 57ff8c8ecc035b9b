import type { AccessTokenRecord } from '../../../../functions/core/access-tokens/access-token-record.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import type { SealedRefreshToken } from '../../../../functions/core/connection/sealed-token.ts';
import type { ParkedSuccessor } from '../../../../functions/core/rotation/parked-successor.ts';
import { createLogWriter } from './log-writer.ts';
import type { EffectLog } from './observed-step.ts';

/** Opens a sealed refresh token of this connection; `undefined` where the observer cannot. */
export type OpenSealed = (
  owner: { readonly connectionId: string; readonly clientId: string },
  token: SealedRefreshToken,
) => Promise<string | undefined>;

/** Something took effect, in the vault's own records and IMS's own token values. */
export type Noted = { readonly atMs: number } & (
  | {
      readonly kind: 'connection';
      readonly connectionId: string;
      readonly before: Connection | undefined;
      readonly after: Connection | undefined;
    }
  /** Of the scope set `*` alone. */
  | {
      readonly kind: 'access token';
      readonly connectionId: string;
      readonly before: AccessTokenRecord | undefined;
      readonly after: AccessTokenRecord | undefined;
    }
  | { readonly kind: 'parked' | 'unparked'; readonly successor: ParkedSuccessor }
  | { readonly kind: 'consented'; readonly subject: string; readonly token: string }
  | {
      readonly kind: 'posted';
      readonly token: string;
      readonly ended: { readonly successor: string } | 'kept' | 'refused' | 'declined';
    }
  | { readonly kind: 'revoked'; readonly tokens: readonly string[]; readonly by: 'vault' | 'user' }
);

export interface EffectCollector {
  /** To be called in the very order in which things take effect. */
  note(noted: Noted): void;
  /** One log for each connection that was seen. */
  logs(): Promise<readonly EffectLog[]>;
}

/** Collects what is observed, and writes one log per connection that identifies every token. */
export function createEffectCollector(open: OpenSealed, clientId: string): EffectCollector {
  const all: Noted[] = [];
  return {
    note: (noted) => void all.push(noted),
    async logs() {
      const seen = all.flatMap((noted) => ('connectionId' in noted ? [noted.connectionId] : []));
      const opened = await openAll(all, open, clientId);
      const writer = createLogWriter(all, opened);
      return [...new Set(seen)].map((connectionId) => writer.logOf(connectionId));
    },
  };
}

/** Token values by the sealed bytes that hold them. */
async function openAll(
  all: readonly Noted[],
  open: OpenSealed,
  clientId: string,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  const note = async (
    owner: { connectionId: string; clientId: string },
    token: SealedRefreshToken | undefined,
  ) => {
    if (token === undefined || values.has(keyOfSealed(token.sealed))) return;
    const value = await open(owner, token);
    if (value !== undefined) values.set(keyOfSealed(token.sealed), value);
  };
  for (const noted of all) {
    if (noted.kind === 'connection' && noted.after) {
      const { refresh, previous, alternate } = noted.after;
      for (const token of [refresh, previous, alternate]) await note(noted.after, token);
    }
    if (noted.kind === 'parked') {
      const { connectionId, generation, version, sealed } = noted.successor;
      await note({ connectionId, clientId }, { generation, version: version + 1, sealed });
    }
  }
  return values;
}

export function keyOfSealed(sealed: Uint8Array): string {
  return Buffer.from(sealed).toString('base64');
}

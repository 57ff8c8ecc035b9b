/** The user whose connection it is, and another user who consents under the same id. */
export type Who = 'owner' | 'other';

/** What an actor of a race does, on the fakes and on the local stack. */
export type CommonActor =
  /** Rotations: at the due time, of a parked successor, or asked for whatever is due. */
  | { readonly kind: 'schedule' | 'parked-schedule' | 'operator' | 'canary' | 'reconcile' }
  /** Callers. `narrow` asks for fewer scopes than were granted; `revoke-access` is `DELETE /access-tokens/{id}`. */
  | { readonly kind: 'vend' | 'narrow' | 'revoke-access' }
  /** `erase` ends every connection of the owner; `reseal` seals again what a former key sealed. */
  | { readonly kind: 'disconnect' | 'erase' | 'reseal' }
  /** A token that another system holds; two actors may bring the same one. */
  | { readonly kind: 'import'; readonly who: Who; readonly replace: boolean };

/** What the vault's setting says of a revocation at Adobe. */
export const REVOCATION_SCOPES = ['unknown', 'token', 'user'] as const;
/** What a revocation really ends there. */
export const REVOCATION_ENDS = ['token', 'grant', 'user'] as const;

export interface Revocation {
  readonly scope: (typeof REVOCATION_SCOPES)[number];
  readonly ends: (typeof REVOCATION_ENDS)[number];
}

/** The setting claims that a token ends alone, and Adobe ends more: what is lost to that, no vault can keep. */
export function isFalseClaim({ scope, ends }: Revocation): boolean {
  return scope === 'token' && ends !== 'token';
}

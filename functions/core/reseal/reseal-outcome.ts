/** What sealing one connection's tokens again came to, after the KMS keys were replaced. Never a token. */
export type ResealOutcome =
  /** `tokens` were sealed under a former key and are now under the present one. */
  | { readonly outcome: 'resealed'; readonly tokens: number; readonly unreadable: number }
  /** `unreadable`: so many open under no key and stay as they are. */
  | { readonly outcome: 'unchanged'; readonly unreadable: number }
  /** Somebody rotates it, or wrote first: it is looked at again later. */
  | { readonly outcome: 'busy' }
  /** KMS opens or makes nothing now. */
  | { readonly outcome: 'key-unavailable' }
  | { readonly outcome: 'not-found' };

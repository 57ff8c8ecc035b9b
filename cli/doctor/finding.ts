import type { NotKnown } from './known.ts';

/** What one check has found. */
export interface Finding {
  /** Stable, for scripts. */
  readonly check: CheckName;
  /** `unknown`: it could not be looked at. */
  readonly level: 'ok' | 'warning' | 'error' | 'unknown';
  readonly message: string;
  /** What to do; there for everything but `ok`. */
  readonly remedy?: string;
  /** With `unknown`: no permission is missing, somebody could not be reached. */
  readonly outOfReach?: true;
}

export type CheckName =
  | 'stack'
  | 'functions'
  | 'live-alias'
  | 'client-secret'
  | 'redirect-uri'
  | 'scopes'
  | 'refresh-key'
  | 'access-key'
  | 'connections-table'
  | 'access-tokens-table'
  | 'ephemeral-table'
  | 'schedule-group'
  | 'reconciler-schedule'
  | 'reconciler-heartbeat'
  | 'clock'
  | 'adobe'
  | 'api';

export const ok = (check: CheckName, message: string): Finding => ({ check, level: 'ok', message });

export const error = (check: CheckName, message: string, remedy: string): Finding => ({
  check,
  level: 'error',
  message,
  remedy,
});

export const warning = (check: CheckName, message: string, remedy: string): Finding => ({
  check,
  level: 'warning',
  message,
  remedy,
});

export const unknown = (check: CheckName, why: string): Finding => ({
  check,
  level: 'unknown',
  message: `Not looked at: ${why}`,
  remedy: 'Give your role what `adobe-token-vault doctor --print-policy` prints, and run doctor again.',
});

/** The same where somebody was asked: what may pass needs no other role. */
export function notKnown(check: CheckName, { why, outOfReach }: Omit<NotKnown, 'known'>): Finding {
  const finding = unknown(check, why);
  if (!outOfReach) return finding;
  return { ...finding, outOfReach, remedy: 'Look at the network and --endpoint, and run doctor again.' };
}

/** What is wrong, or one sentence when nothing is. */
export const orOk = (found: readonly Finding[], check: CheckName, message: string): readonly Finding[] =>
  found.length > 0 ? found : [ok(check, message)];

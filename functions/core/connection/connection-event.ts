/** `source` of everything the vault publishes on EventBridge. */
export const EVENT_SOURCE = 'adobe-token-vault';

/** EventBridge `detail-type`s. */
export type ConnectionEventType =
  | 'Connected'
  | 'Degraded'
  | 'Recovered'
  | 'Expiring Soon'
  | 'Reauthorization Required'
  | 'User Action Required'
  | 'Disconnected';

/** A state change that is written with the change and published afterwards (outbox), at least once. */
export interface ConnectionEvent {
  /** Unique; a consumer that sees it twice may ignore the second. */
  readonly id: string;
  readonly type: ConnectionEventType;
  readonly atMs: number;
  readonly generation: string;
  /** Plain facts: never a token, code or person. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

import type { ProtocolState, Token } from './protocol-state.ts';

/** Something that may happen next. `breach` names a rule the step itself breaks, whatever state it leads to. */
export interface Step {
  readonly label: string;
  readonly next: ProtocolState;
  readonly breach?: string;
  /** The breach gives somebody what is another's. */
  readonly crossUser?: true;
  /** IMS dealt with a post of this token: it named a successor, or refused. */
  readonly post?: { readonly token: Token; readonly successor: Token | null };
}

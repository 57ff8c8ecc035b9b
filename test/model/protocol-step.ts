import type { ProtocolState } from './protocol-state.ts';

/** Something that may happen next. `breach` names a rule the step itself breaks, whatever state it leads to. */
export interface Step {
  readonly label: string;
  readonly next: ProtocolState;
  readonly breach?: string;
}

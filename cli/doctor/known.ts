import { EXIT_CODES } from '../exit-codes.ts';
import { explainError } from '../explain-error.ts';

/** An answer of somebody else's, or why there is none. Most often: the caller may not ask. */
export type Known<Value> = { readonly known: true; readonly value: Value } | NotKnown;

export interface NotKnown {
  readonly known: false;
  readonly why: string;
  /** Nobody forbade it: who was asked could not be reached or could not answer, and may later. */
  readonly outOfReach?: true;
}

/** @throws what nobody expects to go wrong */
export async function known<Value>(ask: () => Promise<Value>): Promise<Known<Value>> {
  try {
    return { known: true, value: await ask() };
  } catch (error) {
    const explained = explainError(error);
    if (explained === undefined) throw error;
    const { message: why, exitCode } = explained;
    return { known: false, why, ...(exitCode === EXIT_CODES.unavailable && { outOfReach: true }) };
  }
}

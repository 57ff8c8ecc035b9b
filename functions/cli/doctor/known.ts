import { explainError } from '../explain-error.ts';

/** An answer of somebody else's, or why there is none. Most often: the caller may not ask. */
export type Known<Value> =
  | { readonly known: true; readonly value: Value }
  | { readonly known: false; readonly why: string };

/** @throws what nobody expects to go wrong */
export async function known<Value>(ask: () => Promise<Value>): Promise<Known<Value>> {
  try {
    return { known: true, value: await ask() };
  } catch (error) {
    const explained = explainError(error);
    if (explained === undefined) throw error;
    return { known: false, why: explained.message };
  }
}

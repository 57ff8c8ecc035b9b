/**
 * How a safeguard is taken out of the source. A change names its place by symbol, not by file:
 * - `passGate`: a function, constant or class on the top level of a file in `functions/`, `client/`, `cli/` or the fakes.
 *   If several files have the name, the one that exports it is meant.
 * - `redeem-code#isFor`: the one in the file `redeem-code.ts`, where the name alone is ambiguous.
 * - `createX.read`: a function within it.
 *
 * A fragment is the shortest piece of code that occurs once in the symbol. It begins and ends with whole words; white space,
 * comments and trailing commas do not count.
 */
export type Change =
  | {
      readonly kind: 'condition';
      readonly symbol: string;
      readonly fragment: string;
      readonly holds: boolean;
    }
  | { readonly kind: 'drop'; readonly symbol: string; readonly fragment: string }
  | { readonly kind: 'become'; readonly symbol: string; readonly code: string }
  | { readonly kind: 'replace'; readonly symbol: string; readonly fragment: string; readonly code: string };

/** The `if` or `?:` in whose condition the fragment begins never applies. No fragment: the only one of the symbol. */
export function never(symbol: string, fragment = ''): Change {
  return { kind: 'condition', symbol, fragment, holds: false };
}

/** The same, but it always applies. */
export function always(symbol: string, fragment = ''): Change {
  return { kind: 'condition', symbol, fragment, holds: true };
}

/**
 * Removes the smallest thing in which the fragment begins and that can go: an operand of `&&`, `||` or `??`, an element, an
 * argument, a property, or a statement that is an expression.
 */
export function drop(symbol: string, fragment: string): Change {
  return { kind: 'drop', symbol, fragment };
}

/** A function returns the expression and does nothing else; a constant has it as its value. */
export function become(symbol: string, code: string): Change {
  return { kind: 'become', symbol, code };
}

/** For everything else: other code in place of the fragment. */
export function replace(symbol: string, fragment: string, code: string): Change {
  return { kind: 'replace', symbol, fragment, code };
}

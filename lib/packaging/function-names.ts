/** The vault's Lambdas. Each is a folder under `functions/` with a `handler.ts`. */
export const FUNCTION_NAMES = [
  'authorize',
  'callback',
  'consents',
  'access-token',
  'connections',
  'import',
  'rotate',
  'reconcile',
] as const;

export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** The consuming Lambda of the example stack, bundled with the vault's functions. */
export const EXAMPLE_FUNCTION_NAME = 'example-lightroom-reader';

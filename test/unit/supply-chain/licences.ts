/** Licences of what the package brings along or has installed: an Apache-2.0 package may pass them on. */
export const MAY_BE_SHIPPED: readonly string[] = [
  'Apache-2.0',
  'MIT',
  'MIT-0',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
];

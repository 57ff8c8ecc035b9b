/** Scopes come comma- or space-delimited, and are case-sensitive. */
export const parseScopes = (text: string): string[] => [
  ...new Set(text.split(/[\s,]+/).filter((s) => s !== '')),
];

/** Found in no answer by accident, and unchanged by every escaping. */
export const MARK = 'zzplanted';

/** What a request plants wherever text goes: if an answer holds it, the answer reflects input. */
export const markerOf = (index: number): string => `<${MARK}${index.toString(36)}'"&`;

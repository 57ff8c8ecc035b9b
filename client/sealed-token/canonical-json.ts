export type CanonicalValue = string | number | boolean | readonly CanonicalValue[] | CanonicalRecord;

export interface CanonicalRecord {
  readonly [name: string]: CanonicalValue;
}

/**
 * RFC 8785 for the records that are authenticated here: members in the order of their UTF-16 code units, strings and
 * whole numbers as ECMAScript writes them. Another number throws a `TypeError`.
 */
export function canonicalJson(record: CanonicalRecord): string {
  const members = Object.entries(record)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}:${canonicalValue(value)}`);
  return `{${members.join(',')}}`;
}

function canonicalValue(value: CanonicalValue): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TypeError('Only whole numbers are authenticated.');
  }
  if (Array.isArray(value)) return `[${value.map(canonicalValue).join(',')}]`;
  return typeof value === 'object' ? canonicalJson(value as CanonicalRecord) : JSON.stringify(value);
}

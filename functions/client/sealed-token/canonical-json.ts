type CanonicalRecord = Readonly<Record<string, string | number>>;

/**
 * RFC 8785 for the flat records that are authenticated here: members in the order of their UTF-16 code units, strings and
 * whole numbers as ECMAScript writes them, nothing else.
 */
export function canonicalJson(record: CanonicalRecord): string {
  const members = Object.entries(record)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}:${canonicalValue(value)}`);
  return `{${members.join(',')}}`;
}

function canonicalValue(value: string | number): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TypeError('Only whole numbers are authenticated.');
  }
  return JSON.stringify(value);
}

const RFC4648 = 'abcdefghijklmnopqrstuvwxyz234567';
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** RFC 4648 §6 base32 without padding, in lower case. */
export function base32LowerCase(bytes: Uint8Array): string {
  return encode(bytes, RFC4648);
}

/** Crockford base32: its alphabet sorts as the numbers do. */
export function base32Sortable(bytes: Uint8Array): string {
  return encode(bytes, CROCKFORD);
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt((buffer >> bits) & 31);
    }
  }
  return bits > 0 ? text + alphabet.charAt((buffer << (5 - bits)) & 31) : text;
}

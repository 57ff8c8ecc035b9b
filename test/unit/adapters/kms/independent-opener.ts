/**
 * Opens a sealed token with nothing but WebCrypto, written from docs/sealed-token-format.md alone. It shares no code
 * with the product on purpose.
 */
export interface DocumentedBinding {
  readonly clientId: string;
  readonly connection: string;
  readonly generation: string;
  readonly purpose: string;
  readonly version: number;
  readonly expiresAtMs?: number;
  readonly scopeSet?: string;
}

export async function openIndependently(
  sealed: Uint8Array,
  binding: DocumentedBinding,
  unwrap: (wrappedKey: Uint8Array) => Promise<Uint8Array>,
): Promise<string> {
  const view = new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (view.getUint32(0) !== 0x41545653) throw new Error('magic');
  if (view.getUint8(4) !== 1) throw new Error('format');
  if (view.getUint8(5) !== 1) throw new Error('algorithm');
  const headerLength = 8 + view.getUint16(6);
  const header = sealed.slice(0, headerLength);
  const nonce = sealed.slice(headerLength, headerLength + 12);
  // WebCrypto wants the tag behind the ciphertext, which is how they are stored.
  const ciphertextAndTag = sealed.slice(headerLength + 12);
  if (ciphertextAndTag.length < 17) throw new Error('length');

  const names = [
    'clientId',
    'connection',
    'expiresAtMs',
    'generation',
    'purpose',
    'scopeSet',
    'version',
  ] as const;
  const members = names
    .filter((name) => binding[name] !== undefined)
    .map((name) => `"${name}":${JSON.stringify(binding[name])}`);
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const additionalData = new Uint8Array(header.length + json.length);
  additionalData.set(header);
  additionalData.set(json, header.length);

  const rawKey = Uint8Array.from(await unwrap(header.slice(8)));
  const key = await crypto.subtle.importKey('raw', rawKey, 'AES-GCM', false, ['decrypt']);
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData, tagLength: 128 };
  return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, key, ciphertextAndTag));
}

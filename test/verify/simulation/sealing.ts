import { NONCE_BYTES, parseEnvelope } from '../../../client/sealed-token/envelope.ts';
import { openWithDataKey, sealWithDataKey } from '../../../functions/adapters/kms/token-sealing.ts';
import type { SealBinding } from '../../../functions/core/connection/sealed-token.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { TokenOpener, TokenSealer } from '../../../functions/core/ports/sealing.ts';
import { Secret } from '../../../functions/core/secret.ts';
import type { Chance } from './chance.ts';
import type { Counters } from './counters.ts';

export interface Sealing {
  readonly sealer: TokenSealer;
  readonly opener: TokenOpener;
  /** Reads a sealed token without KMS, for an observer of the run. */
  peek(sealed: Uint8Array, binding: SealBinding): string;
}

const BINDING_BYTES = 4;

/**
 * Not secret, but bound: a token that was sealed for one connection, generation and version opens for no other. Short, because
 * a large fleet holds three for each connection.
 */
export function createCheapSealing(counts: Counters['kms']): Sealing {
  return {
    sealer: {
      async prepare() {
        counts.generateDataKey += 1;
        return { seal: (token, binding) => written(token.reveal(), bindingOf(binding)) };
      },
    },
    opener: {
      async open(sealed, binding) {
        counts.decrypt += 1;
        if (boundTo(sealed) !== bindingOf(binding)) {
          throw new PlatformError('SEAL_BROKEN', 'The sealed token belongs to another binding.');
        }
        return new Secret(textOf(sealed));
      },
    },
    peek: textOf,
  };
}

/** The product's own envelope with AES-256-GCM. Only KMS is simulated: the data key is stored unwrapped next to the token. */
export function createRealSealing(counts: Counters['kms'], chance: Chance): Sealing {
  const open = (sealed: Uint8Array, binding: SealBinding): Secret => {
    const envelope = parseEnvelope(sealed);
    if (!envelope) throw new PlatformError('SEAL_BROKEN', 'These bytes are not a sealed token.');
    return openWithDataKey(envelope, binding, envelope.wrappedKey);
  };
  return {
    sealer: {
      async prepare() {
        counts.generateDataKey += 1;
        const key = chance.bytes(32);
        const nonce = chance.bytes(NONCE_BYTES);
        return {
          seal: (token, binding) => sealWithDataKey(token, binding, { plaintext: key, wrapped: key }, nonce),
        };
      },
    },
    opener: {
      async open(sealed, binding) {
        counts.decrypt += 1;
        return open(sealed, binding);
      },
    },
    peek: (sealed, binding) => open(sealed, binding).reveal(),
  };
}

function written(text: string, binding: number): Uint8Array {
  const bytes = new Uint8Array(BINDING_BYTES + text.length);
  for (let at = 0; at < BINDING_BYTES; at += 1) bytes[at] = binding >>> (8 * at);
  for (let at = 0; at < text.length; at += 1) bytes[BINDING_BYTES + at] = text.charCodeAt(at);
  return bytes;
}

function boundTo(sealed: Uint8Array): number {
  let binding = 0;
  for (let at = 0; at < BINDING_BYTES; at += 1) binding |= (sealed[at] ?? 0) << (8 * at);
  return binding;
}

function textOf(sealed: Uint8Array): string {
  let text = '';
  for (let at = BINDING_BYTES; at < sealed.length; at += 1) text += String.fromCharCode(sealed[at] ?? 0);
  return text;
}

/** FNV-1a over what the additional data of a real seal holds. */
function bindingOf(binding: SealBinding): number {
  let hash = mixed(0x811c9dc5 | 0, binding.purpose);
  hash = mixed(hash, binding.connectionId);
  hash = mixed(hash, binding.generation);
  hash = Math.imul(hash ^ binding.version, 0x01000193);
  if (binding.purpose === 'access') hash = Math.imul(hash ^ (binding.expiresAtMs | 0), 0x01000193);
  return hash;
}

function mixed(hash: number, text: string): number {
  let result = hash;
  for (let at = 0; at < text.length; at += 1) result = Math.imul(result ^ text.charCodeAt(at), 0x01000193);
  return result;
}

import type { ImsAnswer } from '../../../local/ims/answer.ts';
import type { ImsRequest } from '../../../local/ims/request.ts';

/** Everything that must not be written down anywhere, by kind. */
export interface SecretsSeen {
  onExchange(request: ImsRequest, answer: ImsAnswer): void;
  /** One-time codes and handles in URLs that a browser went through. */
  onHops(hops: readonly string[]): void;
  add(kind: string, value: string | null | undefined): void;
  all(): ReadonlyMap<string, string>;
}

const TOKEN_FIELDS = ['access_token', 'refresh_token', 'id_token'];
const SENT_FIELDS = ['code', 'code_verifier', 'client_secret', 'refresh_token', 'token'];
const URL_PARAMETERS = ['code', 'state', 'code_challenge', 'session', 'connection_code'];

export function createSecretsSeen(): SecretsSeen {
  /** From secret to kind. */
  const secrets = new Map<string, string>();
  const add = (kind: string, value: string | null | undefined): void => {
    if (value && !secrets.has(value)) secrets.set(value, kind);
  };
  const fromUrl = (text: string): void => {
    const { searchParams } = new URL(text, 'http://nowhere.invalid');
    for (const name of URL_PARAMETERS) add(name, searchParams.get(name));
  };

  return {
    add,
    all: () => secrets,
    onHops: (hops) => hops.forEach(fromUrl),
    onExchange: (request, { headers, body }) => {
      for (const name of SENT_FIELDS) add(name, request.form.get(name));
      if (headers.location !== undefined) fromUrl(headers.location);
      if (!headers['content-type']?.startsWith('application/json')) return;
      const answer: unknown = JSON.parse(body);
      for (const name of TOKEN_FIELDS) {
        const value: unknown = Reflect.get(Object(answer), name);
        if (typeof value === 'string') add(name, value);
      }
    },
  };
}

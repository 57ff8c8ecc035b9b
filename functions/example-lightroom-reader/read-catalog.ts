import { isVaultError, parseAdobeJson, type TokenClient, type VaultErrorCode } from '../../client/index.ts';

export interface ReadCatalogDeps {
  readonly tokens: Pick<TokenClient, 'fetch'>;
  readonly apiUrl: string;
  readonly apiKey: string;
}

export type CatalogAnswer =
  | { readonly catalogId: string; readonly albums?: readonly string[] }
  | { readonly error: CatalogError };

export interface CatalogError {
  readonly code: VaultErrorCode | 'lightroom_refused' | 'lightroom_unreachable' | 'lightroom_unreadable';
  readonly message: string;
  /** The status Lightroom answered with. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  readonly userActionUrl?: string;
}

class LightroomRefusedError extends Error {
  override readonly name = 'LightroomRefusedError';
  readonly status: number;

  constructor(status: number) {
    super(`Lightroom answered with status ${status}.`);
    this.status = status;
  }
}

/**
 * Reads the one Lightroom catalog of a connected user, and the names of its albums.
 * @see https://developer.adobe.com/lightroom/lightroom-api-docs/api/
 */
export function createReadCatalog({ tokens, apiUrl, apiKey }: ReadCatalogDeps) {
  const get = async (connectionId: string, path: string): Promise<unknown> => {
    const headers = { 'x-api-key': apiKey };
    const response = await tokens.fetch(connectionId, new URL(path, apiUrl), { headers });
    const body = await response.text();
    if (!response.ok) throw new LightroomRefusedError(response.status);
    return parseAdobeJson(body);
  };

  return async function readCatalog(connectionId: string): Promise<CatalogAnswer> {
    try {
      const catalogId = textMember(await get(connectionId, '/v2/catalog'), 'id');
      if (catalogId === undefined) throw new SyntaxError('A catalog without an id.');
      const albums = await get(connectionId, `/v2/catalogs/${encodeURIComponent(catalogId)}/albums`);
      return { catalogId, albums: albumNames(albums) };
    } catch (error) {
      return { error: catalogError(error) };
    }
  };
}

function catalogError(error: unknown): CatalogError {
  if (isVaultError(error)) {
    const { code, message } = error;
    switch (error.code) {
      case 'temporarily_unavailable':
        return {
          code,
          message,
          ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
        };
      case 'user_action_required':
        return {
          code,
          message,
          ...(error.userActionUrl !== undefined && { userActionUrl: error.userActionUrl }),
        };
      default:
        return { code, message };
    }
  }
  if (error instanceof LightroomRefusedError) {
    return { code: 'lightroom_refused', message: error.message, status: error.status };
  }
  if (error instanceof SyntaxError) {
    return { code: 'lightroom_unreadable', message: 'The answer is not a Lightroom catalog.' };
  }
  return { code: 'lightroom_unreachable', message: 'Lightroom could not be reached.' };
}

function albumNames(albums: unknown): string[] {
  const resources = member(albums, 'resources');
  if (!Array.isArray(resources)) return [];
  return resources
    .map((album: unknown) => textMember(member(album, 'payload'), 'name'))
    .filter((name) => name !== undefined);
}

function textMember(value: unknown, name: string): string | undefined {
  const found = member(value, name);
  return typeof found === 'string' ? found : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

import { createTokenClient } from '../../client/index.ts';
import { parseEnv } from '../adapters/env/parse-env.ts';
import { exampleLightroomReaderEnv } from './env.ts';
import { createReadCatalog } from './read-catalog.ts';

const env = parseEnv(exampleLightroomReaderEnv);
const readCatalog = createReadCatalog({
  tokens: createTokenClient({
    url: env.ADOBE_TOKEN_VAULT_URL,
    // The access token goes to Lightroom and nowhere else.
    allowedHosts: [new URL(env.LIGHTROOM_API_URL).host],
  }),
  apiUrl: env.LIGHTROOM_API_URL,
  apiKey: env.LIGHTROOM_API_KEY,
});

export const handler = (event: { connectionId: string }) => readCatalog(event.connectionId);

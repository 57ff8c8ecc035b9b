import * as v from 'valibot';
import { nonEmptyText, secureUrl } from '../adapters/env/environment.ts';

export const exampleLightroomReaderEnv = v.object({
  ADOBE_TOKEN_VAULT_URL: secureUrl,
  /** `https://lr.adobe.io` */
  LIGHTROOM_API_URL: secureUrl,
  /** The client id of the Adobe credential; Adobe calls it API key here. */
  LIGHTROOM_API_KEY: nonEmptyText,
});

/** The environment as the deployment must state it. */
export type ExampleLightroomReaderEnvironment = v.InferInput<typeof exampleLightroomReaderEnv>;

import * as v from 'valibot';
import type { LocalStack } from '../../stack/local-stack.ts';

const schema = v.object({
  CLIENT_ID: v.string(),
  IMS_BASE_URL: v.string(),
  SCOPES: v.pipe(
    v.string(),
    v.transform((scopes) => scopes.split(' ')),
  ),
  RETURN_URLS: v.pipe(v.string(), v.parseJson(), v.array(v.string()), v.minLength(1)),
});

/** What the template says of the Adobe credential and of the application, before any host is rewritten. */
export interface DeployedSettings {
  readonly clientId: string;
  readonly imsBaseUrl: string;
  readonly scopes: readonly string[];
  /** Where the application takes browsers back. */
  readonly returnUrl: URL;
}

export function readDeployedSettings(stack: Pick<LocalStack, 'functions'>): DeployedSettings {
  const { environment } = stack.functions.get('authorize').definition;
  const { CLIENT_ID, IMS_BASE_URL, SCOPES, RETURN_URLS } = v.parse(schema, environment);
  return {
    clientId: CLIENT_ID,
    imsBaseUrl: IMS_BASE_URL,
    scopes: SCOPES,
    returnUrl: new URL(RETURN_URLS[0] ?? ''),
  };
}

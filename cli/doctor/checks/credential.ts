import { isLoopback } from '../../../client/contract.ts';
import { error, type Finding, notKnown, ok, orOk, unknown, warning } from '../finding.ts';
import { type ClientSecretFacts, type VaultFacts, variableOf } from '../vault-facts.ts';

export function checkClientSecret({ clientSecret, stack }: VaultFacts): readonly Finding[] {
  if (!clientSecret.known) return [notKnown('client-secret', clientSecret)];
  const name = stack.outputs.ClientSecretName ?? '<ClientSecretName>';
  return [CLIENT_SECRET_FINDINGS[clientSecret.value](name)];
}

const store = (name: string): string =>
  `Store it: aws secretsmanager put-secret-value --secret-id ${name} --secret-string '{"clientSecret":"…"}'`;

const CLIENT_SECRET_FINDINGS: Readonly<Record<ClientSecretFacts, (name: string) => Finding>> = {
  empty: (name) =>
    error('client-secret', 'There is no client secret yet, or no member clientSecret.', store(name)),
  malformed: (name) =>
    error('client-secret', 'The client secret is not the JSON object it should be.', store(name)),
  refused: (name) =>
    error(
      'client-secret',
      'Adobe refuses the client secret (invalid_client).',
      `Compare it, and the setting clientId, with the credential in the Adobe Developer Console. ${store(name)}`,
    ),
  accepted: () => ok('client-secret', 'It is there, and Adobe does not refuse it.'),
  unclear: () =>
    warning(
      'client-secret',
      'It is there; whether Adobe takes it could not be found out.',
      'Adobe may be busy: run doctor again.',
    ),
};

/** IMS answers to the default redirect URI when the one it is given matches no pattern, and says nothing about it. */
export function checkRedirectUri(facts: VaultFacts): readonly Finding[] {
  const url = variableOf(facts, 'callback', 'CALLBACK_URL');
  if (url === undefined) return [unknown('redirect-uri', 'the function callback could not be looked at.')];
  const { uri, pattern, problems } = registration(url, variableOf(facts, 'callback', 'IMS_BASE_URL') ?? '');
  const differs =
    url === facts.stack.outputs.CallbackUrl
      ? []
      : [
          error(
            'redirect-uri',
            `The function callback uses ${url}, the stack's output CallbackUrl says ${facts.stack.outputs.CallbackUrl}.`,
            'Deploy the vault again, and register the output with the credential.',
          ),
        ];
  const remedy = 'Give the vault an https domain of its own: the settings domainName and certificateArn.';
  const found = problems.map((problem) => error('redirect-uri', problem, remedy));
  const message = `Must be registered with the credential. Default redirect URI: ${uri}  Pattern: ${pattern}`;
  return orOk([...differs, ...found], 'redirect-uri', message);
}

export function checkScopes(facts: VaultFacts): readonly Finding[] {
  const text = variableOf(facts, 'authorize', 'SCOPES');
  if (text === undefined) return [unknown('scopes', 'the function authorize could not be looked at.')];
  const scopes = text.split(/\s+/);
  const again = "Add it to the setting scopes and to the credential's Scopes tab, and deploy.";
  const missing = [
    ...(scopes.includes('offline_access')
      ? []
      : [
          error(
            'scopes',
            'Without offline_access Adobe sends no refresh token: grants end within a day.',
            again,
          ),
        ]),
    ...(scopes.includes('openid')
      ? []
      : [error('scopes', 'Without openid a sign-in has no identity, and fails.', again)]),
  ];
  return orOk(missing, 'scopes', `${scopes.join(' ')}. Each must be on the credential's Scopes tab.`);
}

/** What to enter in the Adobe Developer Console. */
export interface Registration {
  readonly uri: string;
  /** A regular expression that matches this URI alone. */
  readonly pattern: string;
  /** Why Adobe would not take it. */
  readonly problems: readonly string[];
}

/** Limits of the console's two fields. */
const LONGEST_URI = 256;
const LONGEST_PATTERN = 512;

/** @param imsBaseUrl an IMS on this machine takes http of this machine too */
export function registration(callbackUrl: string, imsBaseUrl: string): Registration {
  const pattern = callbackUrl.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const isLocal = (url: string) => URL.canParse(url) && isLoopback(new URL(url));
  const secure = callbackUrl.startsWith('https://') || (isLocal(callbackUrl) && isLocal(imsBaseUrl));
  const problems = [
    ...(secure ? [] : [`Adobe takes https redirect URIs only, not ${callbackUrl}.`]),
    ...(callbackUrl.length <= LONGEST_URI
      ? []
      : [`${callbackUrl} is longer than ${LONGEST_URI} characters.`]),
    ...(pattern.length <= LONGEST_PATTERN
      ? []
      : [`The pattern is longer than ${LONGEST_PATTERN} characters.`]),
    ...(callbackUrl.includes(',') ? ['A comma ends a pattern, so no redirect URI may have one.'] : []),
  ];
  return { uri: callbackUrl, pattern, problems };
}

import { isLoopback } from '../../../client/contract.ts';
import { error, type Finding, notKnown, ok, orOk, unknown, warning } from '../finding.ts';
import { type ClientSecretFacts, type VaultFacts, variableOf } from '../vault-facts.ts';

export function checkClientSecret({ clientSecret, stack }: VaultFacts): readonly Finding[] {
  if (!clientSecret.known) return [notKnown('client-secret', clientSecret)];
  const name = stack.outputs.ClientSecretName ?? '<ClientSecretName>';
  return [CLIENT_SECRET_FINDINGS[clientSecret.value](name)];
}

/** From a file, because every shell treats quotes in its own way. */
const store = (name: string): string =>
  `Write {"clientSecret":"…"} to a file secret.json, and store that: \`aws secretsmanager put-secret-value --secret-id ${name} --secret-string file://secret.json\`. Then delete the file.`;

const notReadable = (message: string) => (name: string) => error('client-secret', message, store(name));

const CLIENT_SECRET_FINDINGS: Readonly<Record<ClientSecretFacts, (name: string) => Finding>> = {
  empty: notReadable('The client secret is not stored yet, or has no member clientSecret.'),
  'other-name': notReadable(
    'The stored JSON has no member clientSecret, but one of another name, such as client_secret. The name must be clientSecret, exactly.',
  ),
  'quotes-kept': notReadable(
    'The stored value, or a secret in it, begins with a quote: the shell stored the quotes around it too.',
  ),
  'quotes-lost': notReadable('The stored value is JSON without its double quotes: the shell removed them.'),
  'other-characters': notReadable(
    'A stored secret has a character that no client secret has, such as the … of an example or a line break, or more than 1,024 characters.',
  ),
  malformed: notReadable(
    'The client secret is neither a JSON object whose clientSecret is a text nor a single word of 8 characters or more.',
  ),
  'scheduled-for-deletion': (name) =>
    error(
      'client-secret',
      'The client secret is scheduled for deletion.',
      `Restore it: \`aws secretsmanager restore-secret --secret-id ${name}\`.`,
    ),
  refused: (name) =>
    error(
      'client-secret',
      'Adobe refuses the client secret (invalid_client).',
      `Compare it, and the setting clientId, with the credential in the Adobe Developer Console. ${store(name)}`,
    ),
  accepted: () => ok('client-secret', 'It is stored, and Adobe accepts it.'),
  'accepted-in-part': () =>
    warning(
      'client-secret',
      'It is stored, and Adobe accepts it. The stored JSON has a member that the vault does not use.',
      'The vault uses clientSecret and previousClientSecret alone, each a text of printable ASCII. Correct the other member, or remove it.',
    ),
  unclear: () =>
    warning(
      'client-secret',
      'It is stored. Whether Adobe accepts it could not be checked.',
      'Adobe may be busy. Run doctor again.',
    ),
};

/** IMS silently uses the default redirect URI when the requested one matches no pattern. */
export function checkRedirectUri(facts: VaultFacts): readonly Finding[] {
  const url = variableOf(facts, 'callback', 'CALLBACK_URL');
  if (url === undefined) return [unknown('redirect-uri', 'the function callback could not be read.')];
  const { uri, pattern, problems } = registration(url, variableOf(facts, 'callback', 'IMS_BASE_URL') ?? '');
  const differs =
    url === facts.stack.outputs.CallbackUrl
      ? []
      : [
          error(
            'redirect-uri',
            `The function callback uses ${url}, the stack's output CallbackUrl says ${facts.stack.outputs.CallbackUrl}.`,
            'Redeploy the vault, and register the output with the credential.',
          ),
        ];
  const remedy = 'Give the vault an https domain: the settings domainName and certificateArn.';
  const found = problems.map((problem) => error('redirect-uri', problem, remedy));
  const message = `Register these with the credential. Default redirect URI: ${uri}  Pattern: ${pattern}`;
  return orOk([...differs, ...found], 'redirect-uri', message);
}

export function checkScopes(facts: VaultFacts): readonly Finding[] {
  const text = variableOf(facts, 'authorize', 'SCOPES');
  if (text === undefined) return [unknown('scopes', 'the function authorize could not be read.')];
  const scopes = text.split(/\s+/);
  const again = "Add it to the setting scopes and to the credential's Scopes tab, and deploy.";
  const missing = [
    ...(scopes.includes('offline_access')
      ? []
      : [
          error(
            'scopes',
            'The setting scopes lacks offline_access, so Adobe sends no refresh token: grants expire within a day.',
            again,
          ),
        ]),
    ...(scopes.includes('openid')
      ? []
      : [error('scopes', 'The setting scopes lacks openid, so a sign-in has no identity and fails.', again)]),
  ];
  return orOk(missing, 'scopes', `${scopes.join(' ')}. Each must be on the credential's Scopes tab.`);
}

/** What to enter in the Adobe Developer Console. */
export interface Registration {
  readonly uri: string;
  /** A regular expression that matches this URI alone. */
  readonly pattern: string;
  /** Why Adobe would reject it. */
  readonly problems: readonly string[];
}

/** Limits of the console's two fields. */
const LONGEST_URI = 256;
const LONGEST_PATTERN = 512;

/** @param imsBaseUrl an IMS on this machine accepts http URIs of this machine as well */
export function registration(callbackUrl: string, imsBaseUrl: string): Registration {
  const pattern = callbackUrl.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const isLocal = (url: string) => URL.canParse(url) && isLoopback(new URL(url));
  const secure = callbackUrl.startsWith('https://') || (isLocal(callbackUrl) && isLocal(imsBaseUrl));
  const problems = [
    ...(secure ? [] : [`Adobe accepts https redirect URIs only, not ${callbackUrl}.`]),
    ...(callbackUrl.length <= LONGEST_URI
      ? []
      : [`${callbackUrl} is longer than ${LONGEST_URI} characters.`]),
    ...(pattern.length <= LONGEST_PATTERN
      ? []
      : [`The pattern is longer than ${LONGEST_PATTERN} characters.`]),
    ...(callbackUrl.includes(',') ? ['The redirect URI contains a comma, which ends a pattern.'] : []),
  ];
  return { uri: callbackUrl, pattern, problems };
}

import { errorAnswer, type ImsAnswer } from './answer.ts';
import type { ImsProfile } from './profile.ts';
import type { ImsRequest, ParameterReader } from './request.ts';

interface ClientCredentials {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
}

/** Adobe documents plain concatenation: neither part is form-decoded. */
const basicCredentials = (authorization: string | undefined): ClientCredentials | undefined => {
  const encoded = /^Basic +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [clientId, ...secretParts] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { clientId, clientSecret: secretParts.join(':') };
};

/** The refusal, or `undefined` when the client is who it says it is. */
export const refuseClient = (
  request: ImsRequest,
  parameter: ParameterReader,
  profile: ImsProfile,
): ImsAnswer | undefined => {
  const { credential, clientAuthentication } = profile;
  const refuse = (description: string): ImsAnswer =>
    errorAnswer(clientAuthentication.refusalStatus, 'invalid_client', description);

  const basic = basicCredentials(request.authorization);
  const body = { clientId: parameter('client_id'), clientSecret: parameter('client_secret') };
  const presented: ClientCredentials[] = [];
  if (basic !== undefined) presented.push(basic);
  if (basic === undefined || body.clientSecret !== undefined) presented.push(body);

  if (presented.some(({ clientId }) => clientId !== credential.clientId)) {
    return refuse('invalid client_id parameter');
  }
  if (credential.type !== 'web-app') return undefined;

  const isKnown = ({ clientSecret }: ClientCredentials): boolean =>
    clientSecret !== undefined && credential.clientSecrets.includes(clientSecret);
  if (!presented.every(isKnown)) return refuse('invalid client_secret parameter');

  const used = presented.map((each) => (each === basic ? 'basic' : 'body'));
  const isAccepted = used.every((method) => clientAuthentication.accepted.includes(method));
  return isAccepted ? undefined : refuse('client authentication method not allowed');
};

import type { AuthorizationRequest, AwsService } from './aws-call.ts';
import type { IamDirectory, IamRole, RoleSession } from './iam-directory.ts';
import { AwsServiceError } from './protocols.ts';
import { elements, formOf, xmlAnswer } from './xml-protocol.ts';

export interface StsServiceDeps {
  readonly directory: IamDirectory;
  readonly nowMs: () => number;
}

const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const MIN_SECONDS = 900;
/** Every caller here is a role, so each session is chained. */
const MAX_CHAINED_SECONDS = 3_600;

/**
 * AssumeRole with session tags.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function createStsService({ directory, nowMs }: StsServiceDeps): AwsService {
  const roleIn = (form: URLSearchParams): IamRole => {
    const roleArn = form.get('RoleArn') ?? '';
    const role = directory.roles.find((candidate) => candidate.roleArn === roleArn);
    if (role !== undefined) return role;
    throw new AwsServiceError('AccessDenied', `not authorized to perform: sts:AssumeRole on ${roleArn}`);
  };

  return {
    service: 'sts',
    operationOf: (request) => formOf(request).get('Action') ?? '',
    authorizations(call) {
      if (call.operation !== 'AssumeRole') throw new AwsServiceError('InvalidAction', call.operation);
      const form = formOf(call);
      return assumptionRequests(roleIn(form), tagsIn(form));
    },
    async answer(call) {
      const form = formOf(call);
      const session = directory.sessions.issue({
        role: roleIn(form),
        sessionName: checked('RoleSessionName', SESSION_NAME, form.get('RoleSessionName')),
        tags: tagsIn(form),
        expiresAtMs: nowMs() + durationSecondsIn(form) * 1000,
      });
      return xmlAnswer(200, assumed(session, directory.accountId));
    },
    error(code, message) {
      const isDenial = code === 'AccessDeniedException' || code === 'AccessDenied';
      const name = isDenial ? 'AccessDenied' : code;
      const error = elements({ Type: 'Sender', Code: name, Message: message });
      return xmlAnswer(isDenial ? 403 : 400, `<ErrorResponse><Error>${error}</Error></ErrorResponse>`);
    },
  };
}

/**
 * What IAM is asked: the trust policy decides together with the caller's own policies. Passing tags is an action of its own.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
 */
export function assumptionRequests(
  { roleArn, trust }: IamRole,
  tags: Readonly<Record<string, string>>,
): AuthorizationRequest[] {
  const keys = Object.keys(tags);
  const context = {
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(keys.length > 0 && { 'aws:TagKeys': keys }),
  };
  const actions = ['sts:AssumeRole', ...(keys.length > 0 ? ['sts:TagSession'] : [])];
  return actions.map((action) => ({ action, resource: roleArn, context, resourcePolicy: trust }));
}

/** The form numbers its members: `Tags.member.1.Key`. */
function tagsIn(form: URLSearchParams): Record<string, string> {
  const tags: Record<string, string> = {};
  for (let number = 1; form.has(`Tags.member.${number}.Key`); number += 1) {
    const key = checked('Tags', TAG_KEY, form.get(`Tags.member.${number}.Key`));
    if (Object.keys(tags).some((known) => known.toLowerCase() === key.toLowerCase())) {
      throw new AwsServiceError('InvalidParameterValue', 'Duplicate tag keys found.');
    }
    tags[key] = checked('Tags', TAG_VALUE, form.get(`Tags.member.${number}.Value`));
  }
  return tags;
}

function durationSecondsIn(form: URLSearchParams): number {
  const seconds = Number(form.get('DurationSeconds') ?? MAX_CHAINED_SECONDS);
  if (seconds >= MIN_SECONDS && seconds <= MAX_CHAINED_SECONDS) return seconds;
  throw new AwsServiceError(
    'ValidationError',
    'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
  );
}

function checked(name: string, pattern: RegExp, value: string | null): string {
  if (value !== null && pattern.test(value)) return value;
  throw new AwsServiceError('ValidationError', `Value at '${name}' failed to satisfy constraint`);
}

function assumed(session: RoleSession, accountId: string): string {
  const { role, sessionName, accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = session;
  const credentials = elements({
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: new Date(expiresAtMs).toISOString(),
  });
  const arn = `arn:aws:sts::${accountId}:assumed-role/${role.roleName}/${sessionName}`;
  const user = elements({ Arn: arn, AssumedRoleId: `AROALOCAL:${sessionName}` });
  return `<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser>${user}</AssumedRoleUser><Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

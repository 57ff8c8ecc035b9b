import type { TokenVaultSettings } from '../../lib/settings/token-vault-settings.ts';
import { wrapProse } from './wrap-prose.ts';

/** A synthesised CloudFormation template, as far as this page reads it. */
export interface SynthesisedTemplate {
  readonly Resources: Readonly<Record<string, SynthesisedResource>>;
}

interface SynthesisedResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

interface Statement {
  readonly Sid?: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Names in the template start with it. */
const VAULT_NAME = 'AdobeTokenVault';

const KINDS: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'table',
  'AWS::IAM::Role': 'role',
  'AWS::KMS::Key': 'key',
  'AWS::Logs::LogGroup': 'log group',
  'AWS::SecretsManager::Secret': 'secret',
  'AWS::SNS::Topic': 'topic',
  'AWS::SQS::Queue': 'queue',
};

const CONDITIONS: Readonly<Record<string, string>> = {
  StringEquals: 'is',
  'ForAllValues:StringEquals': 'is only',
  ArnEquals: 'is',
};

/** The page shows a vault with placeholder settings. */
export const DOCUMENTED_SETTINGS: TokenVaultSettings = {
  clientId: 'your-client-id',
  scopes: ['openid', 'offline_access'],
  returnUrls: ['https://app.example.com/adobe/connected'],
};

const CONSTRUCT_PREFIX = /^Vault(?:Tables|Secrets|(?=Alarms))?/;
const LOGICAL_ID_DIGEST = /[0-9A-F]{8}$/;

const HEAD = `# What each Lambda may touch

\`npm run docs\` generates this page from the synthesised template. A test fails when it is stale. Nothing else is granted: there are no managed policies and no statements on \`*\`.
`;

/** Renders the roles of all functions, and of the scheduler, as Markdown. */
export function permissionsPage(template: SynthesisedTemplate): string {
  const roles = resourcesOfType(template, 'AWS::IAM::Role').map(([roleId]) => {
    const title = titleOf(template, roleId);
    const rows = statementsOf(template, roleId).map((statement) => rowOf(template, statement));
    return `## ${title}\n\n| for | actions | on | only if |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return wrapProse([HEAD, ...roles].join('\n'));
}

function titleOf(template: SynthesisedTemplate, roleId: string): string {
  const [, runs] =
    resourcesOfType(template, 'AWS::Lambda::Function').find(
      ([, { Properties }]) => referredTo(Properties?.Role) === roleId,
    ) ?? [];
  if (runs === undefined) {
    const isPassedToRules = resourcesOfType(template, 'AWS::Events::Rule').some(([, { Properties }]) =>
      JSON.stringify(Properties).includes(roleId),
    );
    return isPassedToRules
      ? 'EventBridge, for the rules on alarms that clear'
      : 'EventBridge Scheduler, for the schedules and the reconciler';
  }
  return String(runs.Properties?.FunctionName).replace(`${VAULT_NAME}-`, '');
}

function statementsOf(template: SynthesisedTemplate, roleId: string): readonly Statement[] {
  return resourcesOfType(template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) => {
    const { Roles, PolicyDocument } = (Properties ?? {}) as {
      Roles: readonly unknown[];
      PolicyDocument: { readonly Statement: readonly Statement[] };
    };
    return Roles.some((role) => referredTo(role) === roleId) ? PolicyDocument.Statement : [];
  });
}

function rowOf(template: SynthesisedTemplate, { Sid, Action, Resource, Condition }: Statement): string {
  const resources = Array.isArray(Resource) ? Resource : [Resource];
  const cells = [
    wordsOf(Sid ?? ''),
    [Action].flat().map(code).join('<br>'),
    resources.map((resource) => resourceName(textOf(template, resource))).join('<br>'),
    Object.entries(Condition ?? {})
      .flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, value]) => condition(operator, key, value)),
      )
      .join('<br>'),
  ];
  return `| ${cells.join(' | ')} |`;
}

function condition(operator: string, key: string, value: unknown): string {
  if (operator === 'Null') return `${code(key)} is ${value === 'false' ? 'present' : 'absent'}`;
  return `${code(key)} ${CONDITIONS[operator] ?? operator} ${code(String(value))}`;
}

/** A value of the template in words: resources by kind and name, ARNs by service and the part that tells them apart. */
function textOf(template: SynthesisedTemplate, value: unknown): string {
  if (typeof value === 'string') return value;
  const join = (value as { 'Fn::Join'?: readonly [string, readonly unknown[]] })['Fn::Join'];
  if (join !== undefined) return join[1].map((part) => textOf(template, part)).join(join[0]);
  const logicalId = referredTo(value) ?? '';
  const resource = template.Resources[logicalId];
  if (resource === undefined) return `<${logicalId}>`;
  const kind = KINDS[resource.Type] ?? resource.Type;
  const name = logicalId.replace(CONSTRUCT_PREFIX, '').replace(LOGICAL_ID_DIGEST, '');
  return resource.Type === 'AWS::Logs::LogGroup' ? 'its own log group' : `${kind} ${name}`;
}

function resourceName(text: string): string {
  const arn = /^arn:[^:]+:([a-z-]+):<[^>]+>:<[^>]+>:(.+)$/.exec(text.replaceAll('AWS::', ''));
  return arn === null ? text : `${arn[1]} ${code(arn[2] ?? '')}`;
}

function referredTo(value: unknown): string | undefined {
  const { Ref, 'Fn::GetAtt': attribute } = (value ?? {}) as {
    Ref?: string;
    'Fn::GetAtt'?: readonly string[];
  };
  return Ref ?? attribute?.[0];
}

function resourcesOfType(template: SynthesisedTemplate, type: string): [string, SynthesisedResource][] {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

function wordsOf(sid: string): string {
  return sid.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}

function code(text: string): string {
  return `\`${text}\``;
}

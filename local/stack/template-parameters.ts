import type { AwsPlace } from './aws-place.ts';
import { LocalStackError } from './local-stack-error.ts';
import { generatedUuid } from './resource-names.ts';
import type { StackTemplate } from './template.ts';

/** Stands for "leave this out" until the list or record around it is resolved. */
export const ABSENT = Symbol('AWS::NoValue');

// The bootstrap version only guards `cdk deploy`; no resource reads it.
const BOOTSTRAP_VERSION_PARAMETER = /^\/cdk-bootstrap\/[^/]+\/version$/;
const BOOTSTRAP_VERSION = '21';

function unsupported(message: string): LocalStackError {
  return new LocalStackError('TEMPLATE_UNSUPPORTED', message);
}

export function pseudoParameters(stackName: string, place: AwsPlace): Record<string, unknown> {
  const { accountId, region, partition, urlSuffix } = place;
  const id = generatedUuid(stackName, 'AWS::StackId');
  return {
    'AWS::AccountId': accountId,
    'AWS::Region': region,
    'AWS::Partition': partition,
    'AWS::URLSuffix': urlSuffix,
    'AWS::StackName': stackName,
    'AWS::StackId': `arn:${partition}:cloudformation:${region}:${accountId}:stack/${stackName}/${id}`,
    'AWS::NotificationARNs': [],
    'AWS::NoValue': ABSENT,
  };
}

/** A given value, or the template's default. */
export function parameterValue(
  { stackName, template }: StackTemplate,
  given: Record<string, string>,
  name: string,
): unknown {
  if (Object.hasOwn(given, name)) return given[name];
  const { Type, Default } = template.Parameters?.[name] ?? { Type: 'String' };
  if (Type.startsWith('AWS::SSM::Parameter::Value')) {
    if (BOOTSTRAP_VERSION_PARAMETER.test(String(Default))) return BOOTSTRAP_VERSION;
    throw unsupported(
      `${stackName} reads the SSM parameter ${String(Default)}; give its value as parameter ${name}.`,
    );
  }
  if (Default === undefined) throw unsupported(`${stackName} needs a value for its parameter ${name}.`);
  return Type === 'CommaDelimitedList' ? String(Default).split(',') : Default;
}

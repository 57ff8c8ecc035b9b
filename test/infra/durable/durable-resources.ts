import { isDeepStrictEqual } from 'node:util';
import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import { asArray, asObject, type JsonObject, type TemplateReader } from '../../support/synth/template.ts';

/** What a deployment must never replace: it holds state, or others outside the stack know it by name or address. */
export interface DurableResource {
  readonly type: string;
  readonly deletionPolicy: string;
  readonly updateReplacePolicy: string;
  /** The properties whose change makes CloudFormation replace it, and the keys of a table's indexes. */
  readonly fixed: JsonObject;
}

export type DurableResources = Readonly<Record<string, DurableResource>>;

const DURABLE_TYPES = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::DynamoDB::Table',
  'AWS::KMS::Key',
  'AWS::Lambda::Alias',
  'AWS::Lambda::Function',
  'AWS::Logs::LogGroup',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::SecretsManager::Secret',
]);

const WHAT_TO_DO = `A refactoring must keep logical ids: leave the construct under its old id, or call overrideLogicalId. If the change
is meant, docs/guides/deploying.md#when-a-durable-resource-has-to-change says how to carry the state over; then "npm run record:durable".`;

export function durableResources({ resources }: TemplateReader): DurableResources {
  return Object.fromEntries(
    resources
      .filter(({ type }) => DURABLE_TYPES.has(type))
      .map(({ logicalId, type, properties, deletionPolicy, updateReplacePolicy }) => [
        logicalId,
        {
          type,
          deletionPolicy: deletionPolicy ?? 'Delete',
          updateReplacePolicy: updateReplacePolicy ?? 'Delete',
          fixed: fixedProperties(type, properties),
        },
      ]),
  );
}

/** Sentences about what a deployment would replace, lose or leave unguarded; none when all is well. */
export function harmDone(recorded: DurableResources, present: DurableResources): readonly string[] {
  const gone = Object.entries(recorded).flatMap(([id, before]) => {
    const now = present[id];
    if (now === undefined) {
      return [`${id} (${before.type}) is gone: a deployment would make another in its place.`];
    }
    return isDeepStrictEqual(before, now) ? [] : [`${id} (${before.type}): ${changes(before, now)}`];
  });
  const fresh = Object.entries(present).flatMap(([id, { type }]) =>
    id in recorded ? [] : [`${id} (${type}) is new and not recorded.`],
  );
  const harm = [...gone, ...fresh];
  return harm.length === 0 ? [] : [...harm, WHAT_TO_DO];
}

function changes(before: DurableResource, now: DurableResource): string {
  const names = new Set([...Object.keys(before.fixed), ...Object.keys(now.fixed)]);
  const replaced = [...names]
    .filter((name) => !isDeepStrictEqual(before.fixed[name], now.fixed[name]))
    .map((name) => `a change of ${name} replaces it`);
  const policies = (['deletionPolicy', 'updateReplacePolicy'] as const)
    .filter((policy) => before[policy] !== now[policy])
    .map((policy) => `${policy} was ${before[policy]} and is ${now[policy]}`);
  return `${[...replaced, ...policies].join('; ')}.`;
}

function fixedProperties(type: string, properties: JsonObject): JsonObject {
  const resource = (Properties: JsonObject) => ({ Resources: { One: { Type: type, Properties } } });
  const { propertyUpdates } = fullDiff(resource({}), resource(properties)).resources.get('One');
  const fixed = Object.entries(propertyUpdates).flatMap(([name, { changeImpact }]) =>
    changeImpact === ResourceImpact.WILL_REPLACE || changeImpact === ResourceImpact.MAY_REPLACE
      ? [[name, properties[name]]]
      : [],
  );
  return { ...Object.fromEntries(fixed), ...indexKeys(properties) };
}

/** An index with other keys is built again while the reconciler and operators go without. */
function indexKeys({ GlobalSecondaryIndexes }: JsonObject): JsonObject {
  if (GlobalSecondaryIndexes === undefined) return {};
  const indexes = asArray(GlobalSecondaryIndexes).map((index) => {
    const { IndexName, KeySchema } = asObject(index);
    return { IndexName, KeySchema };
  });
  return { GlobalSecondaryIndexes: indexes };
}

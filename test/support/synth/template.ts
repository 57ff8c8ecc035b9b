import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
  readonly deletionPolicy: string | undefined;
  readonly updateReplacePolicy: string | undefined;
  readonly updatePolicy: JsonObject | undefined;
  readonly dependsOn: readonly string[];
}

export interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: JsonObject;
  readonly Principal?: unknown;
}

/** A synthesised template with the questions that tests ask of it. */
export interface TemplateReader {
  readonly resources: readonly Resource[];
  readonly outputs: JsonObject;
  readonly rules: JsonObject;
  readonly parameters: JsonObject;
  ofType(type: string): readonly Resource[];
  /** The one resource of that type whose logical id contains `idPart`. */
  one(type: string, idPart?: string): Resource;
  /** Statements of every policy attached to that role. */
  statementsOf(role: Resource): readonly Statement[];
  /** A value as text: `<Tables.Connections.Arn>/index/due time`. */
  text(value: unknown): string;
}

interface RawResource {
  readonly Type: string;
  readonly Properties?: JsonObject;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: JsonObject;
  readonly DependsOn?: string | readonly string[];
}

export interface RawTemplate {
  readonly Resources: Readonly<Record<string, RawResource>>;
  readonly Outputs?: JsonObject;
  readonly Rules?: JsonObject;
  readonly Parameters?: JsonObject;
}

export function readTemplate(cdkOut: string, stackName: string): TemplateReader {
  return templateReader(JSON.parse(readFileSync(join(cdkOut, `${stackName}.template.json`), 'utf8')));
}

export function templateReader(template: RawTemplate): TemplateReader {
  const resources = Object.entries(template.Resources).map(([logicalId, resource]) => ({
    logicalId,
    type: resource.Type,
    properties: resource.Properties ?? {},
    deletionPolicy: resource.DeletionPolicy,
    updateReplacePolicy: resource.UpdateReplacePolicy,
    updatePolicy: resource.UpdatePolicy,
    dependsOn: [resource.DependsOn ?? []].flat(),
  }));
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  return {
    resources,
    outputs: template.Outputs ?? {},
    rules: template.Rules ?? {},
    parameters: template.Parameters ?? {},
    ofType,
    one(type, idPart = '') {
      const [found, ...others] = ofType(type).filter(({ logicalId }) => logicalId.includes(idPart));
      if (found === undefined || others.length > 0) {
        throw new Error(`Expected one ${type} "${idPart}", found ${others.length + (found ? 1 : 0)}.`);
      }
      return found;
    },
    statementsOf: ({ logicalId }) =>
      ofType('AWS::IAM::Policy')
        .filter(({ properties }) =>
          asArray(properties.Roles).some((role) => asObject(role).Ref === logicalId),
        )
        .flatMap(({ properties }) => statementsIn(properties.PolicyDocument)),
    text: (value) => textOf(value),
  };
}

export function statementsIn(document: unknown): readonly Statement[] {
  return asObject(document).Statement as readonly Statement[];
}

export function asArray(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[intrinsic, argument] = ['', null]] = Object.entries(value);
  if (intrinsic === 'Fn::Join') {
    const [delimiter, parts] = argument as readonly [string, readonly unknown[]];
    return parts.map(textOf).join(delimiter);
  }
  if (intrinsic === 'Fn::GetAtt') {
    const [logicalId, attribute] = argument as readonly [string, string];
    return `<${nameOf(logicalId)}.${attribute}>`;
  }
  if (intrinsic === 'Ref') return `<${nameOf(String(argument))}>`;
  if (intrinsic === 'Fn::ImportValue') return `<import ${textOf(argument)}>`;
  return JSON.stringify(value);
}

/** A logical id without the digest at its end. */
function nameOf(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

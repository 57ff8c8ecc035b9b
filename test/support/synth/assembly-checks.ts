import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asArray, asObject, type JsonObject } from './template.ts';

/** A template of an app, with its file. */
export interface AssemblyTemplate {
  readonly file: string;
  readonly template: JsonObject;
}

/** Every template of a synthesised app: those of its stages, of nested stacks and of the CDK's own support stacks too. */
export function templatesIn(directory: string): readonly AssemblyTemplate[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith('assembly-') ? templatesIn(path) : [];
    return entry.name.endsWith('.template.json')
      ? [{ file: entry.name, template: asObject(JSON.parse(readFileSync(path, 'utf8'))) }]
      : [];
  });
}

/** What a value leaves behind that was made a text before it was known. */
const UNRESOLVED = /\$\{Token\[|-?TOKEN-?\d|\bundefined\b|\[object \w+\]|\bNaN\b/;

const MAX_RESOURCES = 500;
const MAX_MANAGED_POLICIES = 10;

/**
 * What CloudFormation or IAM would refuse in an app, or would accept and should not, one sentence each: values that were
 * never resolved, references to nothing, circles of dependencies, imports without an export or without the order for it.
 */
export function complaintsAboutApp(directory: string): readonly string[] {
  const templates = templatesIn(directory);
  if (templates.length === 0) return [`${directory} holds no template.`];
  const exported = new Map(
    templates.flatMap(({ file, template }) => exportsOf(template).map((name) => [name, file])),
  );
  return templates.flatMap(({ file, template }) => [
    ...complaintsAboutTemplate(template).map((complaint) => `${file}: ${complaint}`),
    ...importsOf(template).flatMap((name) => {
      const from = exported.get(name);
      if (from === undefined) return [`${file}: imports ${name}, which no stack of the app exports.`];
      return isDeployedAfter(directory, file, from)
        ? []
        : [`${file}: imports of ${from}, and may be deployed before it.`];
    }),
  ]);
}

function complaintsAboutTemplate(template: JsonObject): readonly string[] {
  const resources = resourcesOf(template);
  const unresolved = UNRESOLVED.exec(JSON.stringify(template));
  const known = new Set([...Object.keys(resources), ...Object.keys(asObject(template.Parameters))]);
  const dangling = [...referencesIn(template)].filter((id) => !id.startsWith('AWS::') && !known.has(id));
  const circle = circleIn(resources);
  const managed = Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy');
  return [
    ...(unresolved === null ? [] : [`holds “${unresolved[0]}”, near …${near(unresolved)}….`]),
    ...dangling.map((id) => `refers to ${id}, which it does not have.`),
    ...(circle === undefined ? [] : [`has a circle: ${circle.join(' → ')}.`]),
    ...(Object.keys(resources).length > MAX_RESOURCES ? ['has more than 500 resources.'] : []),
    ...(managed.length > MAX_MANAGED_POLICIES ? [`has ${managed.length} managed policies.`] : []),
  ];
}

function near({ input, index }: RegExpExecArray): string {
  return input.slice(Math.max(0, index - 40), index + 40);
}

interface RawResource {
  readonly Type?: unknown;
  readonly DependsOn?: unknown;
}

export function resourcesOf(template: JsonObject): Readonly<Record<string, JsonObject & RawResource>> {
  return asObject(template.Resources) as Readonly<Record<string, JsonObject & RawResource>>;
}

/** The logical ids behind `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn`. */
function referencesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    const { Ref, 'Fn::GetAtt': attribute, 'Fn::Sub': text, DependsOn } = asObject(part);
    if (typeof Ref === 'string') found.add(Ref);
    const [id] = typeof attribute === 'string' ? attribute.split('.') : asArray(attribute);
    if (typeof id === 'string') found.add(id);
    const [template, own] = asArray(text);
    for (const [, name = ''] of String(template ?? '').matchAll(/\$\{([^!}.]+)[^}]*\}/g)) {
      if (!(name in asObject(own))) found.add(name);
    }
    for (const dependency of asArray(DependsOn)) found.add(String(dependency));
    for (const member of Object.values(part)) visit(member);
  };
  visit(value);
  return found;
}

/** The logical ids of a circle of resources, of which CloudFormation could create none first. */
function circleIn(resources: Readonly<Record<string, JsonObject>>): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (id: string): readonly string[] | undefined => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return undefined;
    path.push(id);
    for (const next of referencesIn(resources[id])) {
      const circle = next in resources && next !== id ? visit(next) : undefined;
      if (circle !== undefined) return circle;
    }
    path.pop();
    done.add(id);
    return undefined;
  };
  for (const id of Object.keys(resources)) {
    const circle = visit(id);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

function exportsOf(template: JsonObject): readonly string[] {
  return Object.values(asObject(template.Outputs)).flatMap((output) => {
    const { Name } = asObject(asObject(output).Export);
    return Name === undefined ? [] : [JSON.stringify(Name)];
  });
}

function importsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(importsOf);
  return Object.entries(asObject(value)).flatMap(([key, part]) =>
    key === 'Fn::ImportValue' ? [JSON.stringify(part)] : importsOf(part),
  );
}

/** By the order in which `cdk deploy` takes the stacks. */
function isDeployedAfter(directory: string, file: string, other: string): boolean {
  const text = readFileSync(join(directory, 'manifest.json'), 'utf8');
  const artifacts = Object.entries(asObject(asObject(JSON.parse(text)).artifacts));
  const idOf = (name: string) =>
    artifacts.find(([, artifact]) => asObject(asObject(artifact).properties).templateFile === name)?.[0];
  const consumer = asObject(Object.fromEntries(artifacts)[idOf(file) ?? '']);
  // A template that the manifest does not name is a nested stack's, or another stage's.
  return idOf(file) === undefined || asArray(consumer.dependencies).includes(idOf(other));
}

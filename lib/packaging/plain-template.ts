import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';

interface LambdaCode {
  readonly S3Key?: unknown;
}

interface TemplateResource {
  readonly Type: string;
  readonly Properties?: { readonly Code?: LambdaCode };
}

interface PlainTemplate {
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Rules?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

interface AssetManifest {
  readonly files: Readonly<Record<string, AssetFile>>;
}

interface AssetFile {
  readonly source: { readonly path: string };
  readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
}

export interface WrittenTemplate {
  /** Path of the template. */
  readonly file: string;
  readonly bytes: number;
  /** Folders with the code of the functions, which the template names by relative paths. */
  readonly functions: readonly string[];
}

/**
 * Writes a stack as a template that deploys without the CDK and without its bootstrap: the code of each function is a
 * folder next to the template, which `aws cloudformation package` uploads.
 *
 * @see https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
 */
export function writePlainTemplate(stack: CloudFormationStackArtifact, directory: string): WrittenTemplate {
  const folders = assetFoldersOf(stack);
  // A folder of an earlier run would be uploaded with what is no longer part of a function.
  rmSync(join(directory, 'functions'), { recursive: true, force: true });
  const functions: string[] = [];
  const { Resources, Parameters, Rules, ...rest } = structuredClone(stack.template) as PlainTemplate;
  const resources = Object.entries(Resources).map(([logicalId, resource]) => {
    const key = resource.Properties?.Code?.S3Key;
    const folder = typeof key === 'string' ? folders.get(key) : undefined;
    if (resource.Type !== 'AWS::Lambda::Function' || folder === undefined)
      return [logicalId, resource] as const;
    const name = `functions/${logicalId}`;
    mkdirSync(join(directory, name), { recursive: true });
    cpSync(folder, join(directory, name), { recursive: true });
    functions.push(name);
    return [logicalId, { ...resource, Properties: { ...resource.Properties, Code: `./${name}` } }] as const;
  });
  const file = join(directory, 'template.json');
  const template = {
    ...rest,
    ...without('Parameters', Parameters, 'BootstrapVersion'),
    ...without('Rules', Rules, 'CheckBootstrapVersion'),
    Resources: Object.fromEntries(resources),
  };
  const text = `${JSON.stringify(template, undefined, 1)}\n`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, text);
  return { file, bytes: Buffer.byteLength(text), functions };
}

/** The folder behind each object key that the template would read from the bucket of the bootstrap. */
function assetFoldersOf({ assembly, id }: CloudFormationStackArtifact): ReadonlyMap<string, string> {
  const { files } = JSON.parse(
    readFileSync(join(assembly.directory, `${id}.assets.json`), 'utf8'),
  ) as AssetManifest;
  return new Map(
    Object.values(files).flatMap(({ source, destinations }) =>
      Object.values(destinations).map(
        ({ objectKey }) => [objectKey, join(assembly.directory, source.path)] as const,
      ),
    ),
  );
}

/** A section of the template without one entry; nothing where no other is left. */
function without(
  section: string,
  entries: Readonly<Record<string, unknown>> | undefined,
  name: string,
): object {
  const { [name]: _left, ...others } = entries ?? {};
  return Object.keys(others).length === 0 ? {} : { [section]: others };
}

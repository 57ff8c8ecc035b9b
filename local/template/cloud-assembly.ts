import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LocalStackError } from '../stack/local-stack-error.ts';
import { asRecord, isRecord, type JsonRecord, type StackTemplate, type Template } from './template.ts';

export interface AssemblyStack extends StackTemplate {
  /** Absolute folder or file of every file asset, by the object key it would have in the asset bucket. */
  assetPaths: Map<string, string>;
}

export interface CloudAssembly {
  directory: string;
  stacks: AssemblyStack[];
}

function readJson(file: string): JsonRecord {
  try {
    return asRecord(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new LocalStackError('ASSEMBLY_UNREADABLE', `Cannot read ${file}; was the app synthesised?`, {
      cause,
    });
  }
}

function readAssetPaths(directory: string, assetFile: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const file of Object.values(asRecord(readJson(join(directory, assetFile)).files))) {
    const source = asRecord(asRecord(file).source);
    for (const destination of Object.values(asRecord(asRecord(file).destinations))) {
      const { objectKey } = asRecord(destination);
      if (typeof objectKey === 'string' && typeof source.path === 'string') {
        paths.set(objectKey, resolve(directory, source.path));
      }
    }
  }
  return paths;
}

function stackOf(directory: string, id: string, artifacts: JsonRecord): AssemblyStack {
  const artifact = asRecord(artifacts[id]);
  const { templateFile, stackName } = asRecord(artifact.properties);
  const assetPaths = new Map<string, string>();
  for (const dependency of Array.isArray(artifact.dependencies) ? artifact.dependencies : []) {
    const candidate = asRecord(artifacts[String(dependency)]);
    const { file } = asRecord(candidate.properties);
    if (candidate.type !== 'cdk:asset-manifest' || typeof file !== 'string') continue;
    for (const [key, path] of readAssetPaths(directory, file)) assetPaths.set(key, path);
  }
  return {
    stackName: typeof stackName === 'string' ? stackName : id,
    template: readJson(join(directory, String(templateFile))) as Template,
    assetPaths,
  };
}

/** Reads every stack of a `cdk.out` folder, those of nested stages included. */
export function readCloudAssembly(directory: string): CloudAssembly {
  const { artifacts } = readJson(join(directory, 'manifest.json'));
  if (!isRecord(artifacts)) {
    throw new LocalStackError(
      'ASSEMBLY_UNREADABLE',
      `${directory} holds no cloud assembly: its manifest names no artifacts.`,
    );
  }
  const stacks = Object.entries(artifacts).flatMap(([id, value]): AssemblyStack[] => {
    const { type, properties } = asRecord(value);
    if (type === 'aws:cloudformation:stack') return [stackOf(directory, id, artifacts)];
    if (type === 'cdk:cloud-assembly') {
      return readCloudAssembly(join(directory, String(asRecord(properties).directoryName))).stacks;
    }
    return [];
  });
  return { directory, stacks };
}

/** The versions of one function. They share their code and differ in variables; an alias names one. */
export interface FunctionVersions {
  all(): readonly string[];
  /** The version that a qualifier means. No qualifier and `$LATEST` mean the newest one. */
  behind(qualifier: string | undefined): string;
  variablesOf(version: string): Readonly<Record<string, string>>;
  /** What a deployment does: a new version with these variables changed, and every alias on it. */
  publish(variables: Readonly<Record<string, string>>): string;
  moveAlias(alias: string, version: string): void;
}

export function createFunctionVersions(aliases: readonly string[]): FunctionVersions {
  const versions = new Map<string, Readonly<Record<string, string>>>([['1', {}]]);
  const behindAlias = new Map(aliases.map((alias) => [alias, '1']));
  const newest = (): string => String(versions.size);
  return {
    all: () => [...versions.keys()],
    behind: (qualifier = '$LATEST') =>
      behindAlias.get(qualifier) ?? (versions.has(qualifier) ? qualifier : newest()),
    variablesOf: (version) => versions.get(version) ?? {},
    publish: (variables) => {
      const version = String(versions.size + 1);
      versions.set(version, variables);
      for (const alias of behindAlias.keys()) behindAlias.set(alias, version);
      return version;
    },
    moveAlias: (alias, version) => void behindAlias.set(alias, version),
  };
}

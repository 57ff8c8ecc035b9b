/** The members of an entry of `package-lock.json` that are read here. */
export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly peer?: boolean;
}

const LAST_NAME = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/;

/**
 * The packages that npm installs with this one, optional ones left out: `name@version` and the licence that each
 * states. Packages marked `devOptional` are here because of a development tool, and are optional to others, such as
 * TypeScript to valibot.
 */
export function installedPackages(
  packages: Readonly<Record<string, LockedPackage>>,
): ReadonlyMap<string, string | undefined> {
  return new Map(
    Object.entries(packages).flatMap(([path, one]) => {
      const name = LAST_NAME.exec(path)?.[1];
      const left = one.dev || one.devOptional || one.optional || one.peer;
      return name === undefined || left ? [] : [[`${name}@${one.version}`, one.license] as const];
    }),
  );
}

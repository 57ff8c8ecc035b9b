/** Which vault a command works on. Somebody with two of them must not take one for the other. */
export interface VaultPlace {
  /** Absent where the caller gave a URL: then no stack was looked at. */
  readonly stack?: string;
  readonly region: string;
  readonly url: string;
}

/** Such as `the vault AdobeTokenVault, eu-west-1 (https://…)`. */
export function placeInWords({ stack, region, url }: VaultPlace): string {
  return stack === undefined ? `the vault ${url}, ${region}` : `the vault ${stack}, ${region} (${url})`;
}

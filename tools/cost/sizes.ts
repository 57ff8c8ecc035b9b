/** Numbers of connections that the pages show. */
export const SIZES = [1_000, 100_000, 1_000_000, 10_000_000] as const;

export function sizeText(connections: number): string {
  return connections >= 1_000_000 ? `${connections / 1_000_000} M` : `${connections / 1_000} k`;
}

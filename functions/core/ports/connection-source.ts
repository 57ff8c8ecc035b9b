import type { Connection } from '../connection/connection.ts';

/** A table of connections that is only read: what a point-in-time restore made. */
export interface ConnectionSource {
  /** Every row, in no order, page by page. Throws `PlatformError` (`STORE_UNAVAILABLE`, `ACCESS_DENIED`). */
  rows(): AsyncIterable<readonly SourceRow[]>;
}

export type SourceRow =
  | { readonly row: 'connection'; readonly connection: Connection }
  /** Not as we write it. */
  | { readonly row: 'unreadable'; readonly connectionId: string };

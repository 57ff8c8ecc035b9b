import type { DemoControls } from '../world/demo-controls.ts';
import type { Timeline } from '../world/timeline.ts';
import type { Turnstile } from '../world/turnstile.ts';
import type { ShownAlarm } from './alarms-panel.ts';
import type { CatalogReading } from './read-catalog.ts';
import type { VaultApi } from './vault-api.ts';

export interface DemoApplicationDeps {
  readonly vault: VaultApi;
  /** Asks the consuming Lambda to read the catalog of a connection. */
  readonly readCatalog: (connectionId: string) => Promise<CatalogReading>;
  /** The vault's public address for browsers. */
  readonly authorizeUrl: () => string;
  /** The path of the return URL in the vault's settings. */
  readonly returnPath: string;
  readonly controls: DemoControls;
  /** The vault's alarms, as CloudWatch would show them. */
  readonly alarms: () => readonly ShownAlarm[];
  readonly turnstile: Turnstile;
  readonly timeline: Timeline;
  /** Lets the timeline catch up with what has happened elsewhere. */
  readonly look: () => void;
  readonly nowMs: () => number;
  readonly port: number;
}

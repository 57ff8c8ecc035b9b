import { createVirtualClock, type VirtualClock } from '../../clock/virtual-clock.ts';
import { createImsStandIn, type ImsStandIn, type ImsStandInOptions } from '../../ims/ims-stand-in.ts';
import { defaultImsUsers, type ImsUser } from '../../ims/users.ts';
import { createLightroomStandIn, type LightroomStandIn } from '../../lightroom/lightroom-stand-in.ts';
import type { Hosts } from '../../stack/hosts.ts';
import { createLocalStack, type LocalStack } from '../../stack/local-stack.ts';
import type { ShownAlarm } from '../app/alarms-panel.ts';
import { createDemoApplication, type DemoApplication } from '../app/demo-application.ts';
import { parseCatalogReading } from '../app/read-catalog.ts';
import { createVaultApi } from '../app/vault-api.ts';
import { createDemoControls, type DemoControls } from './demo-controls.ts';
import { type DeployedSettings, readDeployedSettings } from './deployed-settings.ts';
import { naming } from './port-taken.ts';
import { createTimeline, type Timeline } from './timeline.ts';
import { createTurnstile } from './turnstile.ts';
import { createWorldWatch, type WorldWatch } from './world-watch.ts';

export interface DemoPorts {
  readonly page: number;
  readonly vault: number;
  readonly ims: number;
  readonly lightroom: number;
}

export interface DemoWorldOptions {
  /** The folder that `cdk synth` wrote, with the example consumer in it. */
  readonly cdkOut: string;
  /** Default: any free ports. */
  readonly ports?: DemoPorts;
  /** Adobe users. Default: Alice, Bob and Carol. */
  readonly users?: readonly ImsUser[];
  readonly clock?: VirtualClock;
  /** How often due schedules are looked for while the clock just ticks; 0 leaves that to the controls. */
  readonly tickMs?: number;
  readonly onProgress?: (sentence: string) => void;
  readonly onImsExchange?: NonNullable<ImsStandInOptions['onExchange']>;
}

/** The synthesised stacks, what stands in for Adobe, and an application that uses them: all of it on this machine. */
export interface DemoWorld {
  readonly stack: LocalStack;
  readonly ims: ImsStandIn;
  readonly lightroom: LightroomStandIn;
  readonly app: DemoApplication;
  readonly timeline: Timeline;
  readonly controls: DemoControls;
  readonly watch: WorldWatch;
  /** Asks the consuming Lambda of the example stack. */
  readonly readCatalog: ReadCatalog;
  /** The client secret that IMS expects and the vault's secret was filled with. */
  readonly clientSecret: string;
  stop(): Promise<void>;
}

type ReadCatalog = (connectionId: string) => Promise<ReturnType<typeof parseCatalogReading>>;

const ANY_PORTS: DemoPorts = { page: 0, vault: 0, ims: 0, lightroom: 0 };
const LIGHTROOM_URL = 'https://lr.adobe.io';
const CLIENT_SECRET = 'p8e-demo_client-secret-of-the-stand-in';
const LOOK_EVERY_MS = 200;

export async function startDemoWorld(options: DemoWorldOptions): Promise<DemoWorld> {
  const world = createDemoWorld(options);
  try {
    await world.start();
    return world;
  } catch (error) {
    await world.stop();
    throw error;
  }
}

function createDemoWorld(options: DemoWorldOptions): DemoWorld & { start(): Promise<void> } {
  const { cdkOut, ports = ANY_PORTS, users = defaultImsUsers, clock = createVirtualClock() } = options;
  const progress = options.onProgress ?? (() => undefined);
  const nowMs = (): number => clock.nowMs();
  const hosts: Hosts = {};
  const stack = createLocalStack({
    cdkOut,
    clock,
    hosts,
    portOf: () => ports.vault,
    ...(options.tickMs !== undefined && { tickMs: options.tickMs }),
  });
  const settings = readDeployedSettings(stack);
  const ims = createImsStandIn({
    nowMs,
    port: ports.ims,
    users,
    profile: imsProfile(settings),
    ...(options.onImsExchange && { onExchange: options.onImsExchange }),
  });
  const lightroom = createLightroomStandIn({ ims, nowMs, port: ports.lightroom });
  const timeline = createTimeline({ nowMs });
  const turnstile = createTurnstile();
  const watch = createWorldWatch({ stack, ims, timeline });
  const imsUsers = users.map(({ key }) => ims.user(key));
  const controls = createDemoControls({ stack, ims, users: imsUsers, turnstile, timeline, watch });
  const readCatalog: ReadCatalog = async (connectionId) =>
    parseCatalogReading(
      (await stack.invoke(outputOf(stack, 'LightroomReaderName'), { connectionId })).payload,
    );
  const app = createDemoApplication({
    vault: createVaultApi({
      apiUrl: () => stack.apiUrl,
      region: 'us-east-1',
      credentials: () => stack.credentialsOf('WebBackendRole'),
      nowMs,
    }),
    readCatalog,
    authorizeUrl: () => outputOf(stack, 'AuthorizeUrl'),
    returnPath: settings.returnUrl.pathname,
    controls,
    alarms: () => shownAlarms(stack),
    turnstile,
    timeline,
    look: watch.look,
    nowMs,
    port: ports.page,
  });
  let looking: NodeJS.Timeout | undefined;

  const start = async (): Promise<void> => {
    progress('Starting the stand-ins for Adobe IMS and Lightroom …');
    const [imsServer, lightroomServer, pageUrl] = await Promise.all([
      naming(ports.ims, ims.start()),
      naming(ports.lightroom, lightroom.start()),
      naming(ports.page, app.start()),
    ]);
    Object.assign(hosts, {
      [settings.imsBaseUrl]: imsServer.baseUrl,
      [settings.returnUrl.origin]: pageUrl,
      [LIGHTROOM_URL]: lightroomServer.baseUrl,
    });
    progress('Starting the synthesised stacks …');
    await naming(ports.vault, stack.start());
    stack.secrets.put(outputOf(stack, 'ClientSecretName'), JSON.stringify({ clientSecret: CLIENT_SECRET }));
    // Its schedule comes within the hour, and until then its alarm fires, as on AWS.
    await stack.invoke('reconcile');
    looking = setInterval(watch.look, LOOK_EVERY_MS).unref();
  };

  return {
    stack,
    ims,
    lightroom,
    app,
    timeline,
    controls,
    watch,
    readCatalog,
    clientSecret: CLIENT_SECRET,
    start,
    stop: async () => {
      clearInterval(looking);
      await Promise.all([app.stop(), stack.stop()]);
      await Promise.all([ims.stop(), lightroom.stop()]);
    },
  };
}

function shownAlarms(stack: LocalStack): readonly ShownAlarm[] {
  return stack.alarms.now().map(({ alarm, state, sinceMs }) => ({
    name: alarm.alarmName,
    description: alarm.description,
    isFiring: state === 'ALARM',
    sinceMs,
  }));
}

function imsProfile({ clientId, scopes }: DeployedSettings) {
  return {
    credential: { clientId, clientSecrets: [CLIENT_SECRET], scopes: [...scopes] },
  };
}

function outputOf(stack: LocalStack, name: string): string {
  for (const outputs of Object.values(stack.outputs)) {
    const value = outputs[name];
    if (value !== undefined) return value;
  }
  throw new Error(`The synthesised stacks have no output ${name}.`);
}

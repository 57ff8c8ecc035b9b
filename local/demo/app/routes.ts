import type { ConnectionStatusResponse } from '../../../client/contract.ts';
import { alarmsPanel } from './alarms-panel.ts';
import type { DemoApplicationDeps } from './application-deps.ts';
import { createConnectUser } from './connect-user.ts';
import { connectionCard, signInCard } from './connection-card.ts';
import { controlsPanel } from './controls-panel.ts';
import { type Html, versionOf } from './html.ts';
import { problemText } from './outcome-texts.ts';
import { demoPage, noticeHtml } from './page.ts';
import { catalogNotice } from './read-catalog.ts';
import type { Notice, Session, SessionConnection } from './sessions.ts';
import type { VaultAnswer } from './vault-api.ts';

export type Reply =
  | { readonly kind: 'html'; readonly text: string }
  | { readonly kind: 'json'; readonly value: object }
  | { readonly kind: 'redirect'; readonly location: string };

export type Route = (session: Session, query: URLSearchParams) => Promise<Reply>;

export interface RoutesDeps extends DemoApplicationDeps {
  readonly baseUrl: () => string;
}

const HOME: Reply = { kind: 'redirect', location: '/' };
/** Hourly, a week would take a quarter of a minute (docs/decisions/0012). */
const RECONCILE_EVERY_MS = 6 * 3_600_000;
/** Hourly again at the end, so that the alarms show what they would show on AWS. */
const HOURLY_DAYS = 3 / 24;

export function createRoutes(deps: RoutesDeps): ReadonlyMap<string, Route> {
  const { controls, turnstile } = deps;
  const returnUrl = (): string => deps.baseUrl() + deps.returnPath;
  const connectUser = createConnectUser({ ...deps, returnUrl });
  const view = createView(deps);

  const begin =
    (kind: SessionConnection['kind']): Route =>
    (session) =>
      turnstile.whileSteady(async () => {
        const location = await connectUser.begin(session, kind);
        return location === undefined ? HOME : { kind: 'redirect', location };
      });
  const steady =
    (work: (session: Session, query: URLSearchParams) => Promise<void>): Route =>
    (session, query) =>
      turnstile.whileSteady(async () => {
        await work(session, query);
        return HOME;
      });
  const pass =
    (days: number, name: string): Route =>
    async (session) => {
      const most = await controls.passDays(days - HOURLY_DAYS, { recurringEveryMs: RECONCILE_EVERY_MS });
      const rest = await controls.passDays(HOURLY_DAYS);
      session.notice = {
        tone: 'plain',
        text: passedText(name, most.schedulesFired + rest.schedulesFired),
      };
      return HOME;
    };
  const control =
    (work: (session: Session) => void): Route =>
    async (session) => {
      work(session);
      return HOME;
    };

  return new Map<string, Route>([
    ['GET /', async (session) => ({ kind: 'html', text: await view.page(session) })],
    ['GET /parts', async (session) => ({ kind: 'json', value: await view.parts(session) })],
    ['GET /connect', begin('known-user')],
    ['GET /sign-in', begin('sign-in')],
    [`GET ${deps.returnPath}`, steady((session, query) => connectUser.finish(session, query))],
    ['POST /catalog', steady((session) => readCatalog(deps, session))],
    ['POST /disconnect', steady((session) => disconnect(deps, session))],
    ['POST /time/day', pass(1, 'A day')],
    ['POST /time/week', pass(7, 'A week')],
    ['POST /adobe/revoke', control(({ connection }) => controls.revokeAtAdobe(connection?.sub ?? ''))],
    ['POST /adobe/down', control(controls.takeAdobeDown)],
    ['POST /adobe/up', control(controls.bringAdobeBack)],
  ]);
}

async function readCatalog({ timeline, ...deps }: RoutesDeps, session: Session): Promise<void> {
  const { connection } = session;
  if (!connection) return;
  timeline.add('you', 'asked for the Lightroom catalog.');
  const reading = await deps.readCatalog(connection.connectionId);
  deps.look();
  timeline.add(
    'lightroom',
    reading.ok
      ? `let the reading Lambda have ${reading.albums.length} albums.`
      : `gave nothing: ${reading.code}.`,
  );
  session.notice = catalogNotice(reading);
}

async function disconnect({ vault, timeline }: RoutesDeps, session: Session): Promise<void> {
  const { connection } = session;
  if (!connection) return;
  timeline.add('you', 'pressed “Disconnect”.');
  const answer = await vault.disconnect(connection.connectionId);
  session.notice = answer.ok
    ? { tone: 'good', text: 'Disconnected. The vault has Adobe revoke every token it holds for you.' }
    : { tone: 'bad', text: problemText(answer) };
}

function passedText(name: string, schedules: number): string {
  if (schedules === 0) return `${name} has passed, and no schedule was due.`;
  return `${name} has passed: ${schedules === 1 ? 'a schedule' : `${schedules} schedules`} fired and woke the rotator.`;
}

function createView(deps: RoutesDeps) {
  const { vault, controls, turnstile, timeline } = deps;

  const card = (session: Session, answer: VaultAnswer<ConnectionStatusResponse> | undefined): Html =>
    session.connection && answer
      ? connectionCard(session, session.connection, answer, deps.nowMs())
      : signInCard(deps.authorizeUrl());

  let alarms = alarmsPanel(deps.alarms());
  const partsOf = async (session: Session) => {
    const { connection } = session;
    const answer = connection
      ? await turnstile.glance(() => vault.status(connection.connectionId))
      : undefined;
    // While days pass the reconciler comes too seldom for its alarm.
    if (!turnstile.isMoving()) alarms = alarmsPanel(deps.alarms());
    return {
      alarms,
      notice: takeNotice(session),
      card: card(session, answer),
      controls: controlsPanel({
        canRevoke: connection?.sub !== undefined,
        adobeIsDown: controls.isAdobeDown(),
      }),
    };
  };

  return {
    page: async (session: Session): Promise<string> =>
      demoPage({ ...(await partsOf(session)), nowMs: deps.nowMs(), timeline: timeline.entries() }),
    parts: async (session: Session): Promise<object> => {
      const parts = await partsOf(session);
      return {
        notice: noticeHtml(parts.notice).html,
        card: { version: versionOf(parts.card), html: parts.card.html },
        alarms: { version: versionOf(parts.alarms), html: parts.alarms.html },
        controls: { version: versionOf(parts.controls), html: parts.controls.html },
      };
    },
  };
}

function takeNotice(session: Session): Notice | undefined {
  const { notice } = session;
  delete session.notice;
  return notice;
}

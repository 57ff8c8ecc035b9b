import { type Authorizer, createAuthorizer } from '../../../local/aws/iam/authorizer.ts';
import type { IamDirectory } from '../../../local/aws/iam-directory.ts';
import { assumptionRequests } from '../../../local/aws/sts-service.ts';
import { CALLERS, type Caller, type FenceWorld, TENANT_ROLES, type TenantRole } from './fence-world.ts';

/** The ways to a token, and requests next to them that no consumer may make. */
const READS = ['https', 'item', 'batch', 'key'] as const;
const OTHERS = [
  'no keys',
  'query',
  'disconnect',
  'status',
  'refresh key context',
  'other client',
  'no connection',
] as const;
type Route = 'session' | (typeof READS)[number] | (typeof OTHERS)[number];

export interface Tuple {
  readonly caller: Caller;
  readonly role: TenantRole | 'none';
  readonly tags: Readonly<Record<string, string>>;
  readonly id: string;
  /** Asked for together with the first by `batch`. */
  readonly secondId: string;
  readonly route: Route;
}

/** Names that begin alike, differ in case, hold each other, or hold what a pattern could read as more than a letter. */
const TENANTS = ['acme', 'acmeco', 'acme-labs', 'acme_labs', 'ACME', 'a', 'globex', 'g', 'adobe', 'x1'];
const HOSTILE = [
  '',
  '*',
  '?',
  'acme*',
  'acm?',
  '?*',
  'acme.',
  'acme.labs',
  '.',
  'acme/',
  'acme:',
  'acme=x',
  'acme+x',
  'acme@x',
  'acme x',
  ' ',
  '*.user-1',
  `\${aws:PrincipalTag/team}`,
  `\${*}`,
  'acme.*',
  '../acme',
  'acme/*',
];
const USERS = ['user-1', 'user.2', 'labs.user-1', 'a', '_', 'user-1.acme', 'acme'];
const WITHOUT_TENANT = ['acme', 'acmeco', 'adobe-3f2a', 'globex-user', 'a'];

const OWN = { Pooled: 'ofPooled', Second: 'ofSecond', Curious: 'forAccount' } as const;

export function randomTuple(random: () => number): Tuple {
  const one = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value;
  const tenant = one(TENANTS);
  const near = (): string => (random() < 0.7 ? tenant : one(TENANTS));
  const id = (): string => (random() < 0.9 ? `${near()}.${one(USERS)}` : one(WITHOUT_TENANT));
  const caller = one(CALLERS);
  const tag = random() < 0.75 ? near() : one(HOSTILE);
  return {
    caller,
    role: random() < 0.75 ? OWN[caller] : one([...TENANT_ROLES, 'none'] as const),
    tags: one([...Array.from({ length: 8 }, () => ({ tenant: tag })), ...oddTags(tag)]),
    id: id(),
    secondId: id(),
    route: one(['session', ...READS, ...READS, ...OTHERS] as const),
  };
}

/** Tags next to the right one, or in its place. */
function oddTags(tag: string): readonly Readonly<Record<string, string>>[] {
  return [{}, { team: tag }, { tenant: tag, team: 'acme' }, { Tenant: tag }];
}

/** For each caller and role: what must pass, and what differs from it in one thing. */
export function nearMisses(): readonly Tuple[] {
  return CALLERS.flatMap((caller) =>
    TENANT_ROLES.flatMap((role) => {
      const right = {
        caller,
        role,
        tags: { tenant: 'acme' },
        id: 'acme.user-1',
        secondId: 'acme.a',
      } as const;
      const routes = ['session', ...READS, ...OTHERS] as const;
      const foreign = ['acmeco.user-1', 'globex.acme.a', 'acme', 'ACME.user-1'];
      const sessions = [...HOSTILE.map((tag) => ({ tenant: tag })), ...oddTags('acme')];
      return [
        ...routes.map((route) => ({ ...right, route })),
        ...sessions.map((tags) => ({ ...right, tags, route: 'session' as const })),
        ...READS.flatMap((route) => foreign.map((id) => ({ ...right, id, route }))),
        ...foreign.map((secondId) => ({ ...right, secondId, route: 'batch' as const })),
      ];
    }),
  );
}

/** Whether IAM lets the tuple through: first the session, then the request with its tags. */
function isLetThrough(world: FenceWorld, authorizer: Authorizer, tuple: Tuple): boolean {
  const { caller, role, tags, route } = tuple;
  if (role === 'none') {
    return route !== 'session' && isAllowed(world, authorizer, { roleName: caller }, tuple);
  }
  const assumed = world.roles[role];
  const isAssumed = assumptionRequests(assumed, tags).every(
    (request) => authorizer.decide({ roleName: caller }, request) === 'Allowed',
  );
  if (!isAssumed || route === 'session') return isAssumed;
  return isAllowed(world, authorizer, { roleName: assumed.roleName, sessionTags: tags }, tuple);
}

function isAllowed(
  world: FenceWorld,
  authorizer: Authorizer,
  principal: Parameters<Authorizer['decide']>[0],
  { route, id, secondId }: Tuple,
): boolean {
  const { apiArn, accessTokensTableArn, accessKeyArn, clientId } = world;
  const http = (method: string, path: string) => ({
    action: 'execute-api:Invoke',
    resource: `${apiArn}/${method}/${path}/${id}`,
    context: {},
  });
  const table = (operation: string, keys?: readonly string[]) => ({
    action: `dynamodb:${operation}`,
    resource: accessTokensTableArn,
    context: keys ? { 'dynamodb:LeadingKeys': [...keys] } : {},
  });
  const decrypt = (changes: Readonly<Record<string, string | undefined>> = {}) => ({
    action: 'kms:Decrypt',
    resource: accessKeyArn,
    context: encryptionContext({ connection: id, purpose: 'access', clientId, ...changes }),
  });
  const requests = {
    https: () => http('GET', 'access-tokens'),
    disconnect: () => http('DELETE', 'connections'),
    status: () => http('GET', 'connections'),
    item: () => table('GetItem', [id]),
    batch: () => table('BatchGetItem', [id, secondId]),
    'no keys': () => table('GetItem'),
    query: () => table('Query', [id]),
    key: () => decrypt(),
    'refresh key context': () => decrypt({ purpose: 'refresh' }),
    'other client': () => decrypt({ clientId: 'another-client' }),
    'no connection': () => decrypt({ connection: undefined }),
    session: () => http('GET', 'access-tokens'),
  };
  return authorizer.decide(principal, requests[route]()) === 'Allowed';
}

function encryptionContext(pairs: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(pairs).flatMap(([name, value]) =>
      value === undefined ? [] : [[`kms:EncryptionContext:${name}`, value]],
    ),
  );
}

/**
 * What must come out, by the equality of names alone: who may assume which role is a table, and a tenant is the text before
 * the first dot.
 */
function shouldPass({ caller, role, tags, id, secondId, route }: Tuple): boolean {
  const mayAssume = {
    ofPooled: ['Pooled'],
    ofSecond: ['Second'],
    // This account stands for the other one: its IAM decides, and lets only this role.
    forAccount: ['Curious'],
    none: [],
  } satisfies Record<Tuple['role'], readonly string[]>;
  const [[key, tenant] = ['', ''], ...more] = Object.entries(tags);
  const isSession =
    (mayAssume[role] as readonly string[]).includes(caller) &&
    key === 'tenant' &&
    more.length === 0 &&
    /^[A-Za-z0-9_-]+$/.test(tenant);
  if (!isSession || route === 'session') return isSession;
  const ids = route === 'batch' ? [id, secondId] : [id];
  return (READS as readonly string[]).includes(route) && ids.every((one) => tenantOf(one) === tenant);
}

function tenantOf(id: string): string | undefined {
  const dot = id.indexOf('.');
  return dot < 0 ? undefined : id.slice(0, dot);
}

export interface FenceReport {
  readonly tuples: number;
  readonly passed: number;
  /** Let through although they must not be, and refused although they must pass. */
  readonly leaks: readonly Tuple[];
  readonly losses: readonly Tuple[];
}

export function checkFence(world: FenceWorld, tuples: readonly Tuple[]): FenceReport {
  const authorizer = createAuthorizer(world.directory);
  const passed = tuples.filter((tuple) => isLetThrough(world, authorizer, tuple));
  const through = new Set(passed);
  return {
    tuples: tuples.length,
    passed: passed.length,
    leaks: passed.filter((tuple) => !shouldPass(tuple)),
    losses: tuples.filter((tuple) => shouldPass(tuple) && !through.has(tuple)),
  };
}

/** The first tuple that other policies answer wrongly. */
export function firstWrong(
  world: FenceWorld,
  directory: IamDirectory,
  tuples: readonly Tuple[],
): Tuple | undefined {
  const authorizer = createAuthorizer(directory);
  const weakened = { ...world, roles: rolesOf(world, directory) };
  return tuples.find((tuple) => isLetThrough(weakened, authorizer, tuple) !== shouldPass(tuple));
}

function rolesOf(world: FenceWorld, directory: IamDirectory): FenceWorld['roles'] {
  const current = Object.entries(world.roles).map(([name, { roleArn }]) => [
    name,
    directory.roles.find((role) => role.roleArn === roleArn),
  ]);
  return Object.fromEntries(current);
}

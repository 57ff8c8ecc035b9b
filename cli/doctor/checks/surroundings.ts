import { error, type Finding, notKnown, ok, unknown, warning } from '../finding.ts';
import { type VaultFacts, variableOf } from '../vault-facts.ts';

const FORBIDDEN = 403;
/** AWS takes signatures within five minutes. */
const SIGNATURES_END_MS = 4 * 60_000;
/** `Date` headers have whole seconds, and the answer took some time. */
const CLOCK_NOISE_MS = 5_000;

export function checkClock({ api }: VaultFacts): readonly Finding[] {
  const aheadMs = api.known ? api.value.clockAheadMs : undefined;
  if (aheadMs === undefined) return [unknown('clock', 'the API told no time.')];
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) <= CLOCK_NOISE_MS) return [ok('clock', "This machine's clock agrees with AWS's.")];
  const message = `This machine's clock is ${seconds} seconds ${aheadMs > 0 ? 'ahead of' : 'behind'} AWS's.`;
  const remedy = 'Let it be set by NTP: AWS refuses signatures that are five minutes off.';
  return [
    Math.abs(aheadMs) < SIGNATURES_END_MS
      ? warning('clock', message, remedy)
      : error('clock', message, remedy),
  ];
}

export function checkAdobe(facts: VaultFacts): readonly Finding[] {
  const base = variableOf(facts, 'rotate', 'IMS_BASE_URL');
  if (base === undefined) return [unknown('adobe', 'the function rotate could not be looked at.')];
  const { adobe } = facts;
  if (!adobe.known) {
    const remedy = "Look at this machine's network and Adobe's status page, and at the setting imsBaseUrl.";
    return [error('adobe', `${base} could not be reached from here.`, remedy)];
  }
  const { value: said } = adobe;
  if (said?.issuer === undefined || said.tokenEndpoint === undefined) {
    return [error('adobe', `${base} does not answer as an IMS does.`, 'Look at the setting imsBaseUrl.')];
  }
  if (new URL(said.tokenEndpoint, base).origin !== new URL(base).origin) {
    const message = `${base} names a token endpoint on another host: ${said.tokenEndpoint}`;
    return [warning('adobe', message, 'The vault posts to imsBaseUrl: ask Adobe which host is meant.')];
  }
  return [ok('adobe', `${base} answers.`)];
}

export function checkApi({ api, stack, hasConnections }: VaultFacts): readonly Finding[] {
  const url = stack.outputs.ApiUrl ?? '';
  if (!api.known) {
    const remedy = stack.outputs.DomainTarget
      ? `Point the DNS record of the domain to ${stack.outputs.DomainTarget}.`
      : "Look at this machine's network, and whether the API was deleted.";
    return [error('api', `${url} could not be reached.`, remedy)];
  }
  if (api.value.status !== FORBIDDEN) {
    const message = `${url} answers a request without a signature with ${api.value.status} instead of ${FORBIDDEN}.`;
    const remedy = 'Something else answers there, or IAM was taken off a route: deploy the vault again.';
    return [error('api', message, remedy)];
  }
  if (!hasConnections.known) return [notKnown('api', hasConnections)];
  return [ok('api', `${url} answers to who may ask, and to nobody else.`)];
}

import { error, type Finding, notKnown, ok, unknown, warning } from '../finding.ts';
import { type VaultFacts, variableOf } from '../vault-facts.ts';

const FORBIDDEN = 403;
/** AWS accepts signatures within five minutes. */
const SIGNATURES_END_MS = 4 * 60_000;
/** `Date` headers have whole seconds, and the answer took some time. */
const CLOCK_NOISE_MS = 5_000;

export function checkClock({ api }: VaultFacts): readonly Finding[] {
  const aheadMs = api.known ? api.value.clockAheadMs : undefined;
  if (aheadMs === undefined) return [unknown('clock', 'the API sent no time.')];
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) <= CLOCK_NOISE_MS) return [ok('clock', "This machine's clock agrees with AWS's.")];
  const message = `This machine's clock is ${seconds} seconds ${aheadMs > 0 ? 'ahead of' : 'behind'} AWS's.`;
  const remedy = 'Set it by NTP: AWS rejects signatures that are five minutes off.';
  return [
    Math.abs(aheadMs) < SIGNATURES_END_MS
      ? warning('clock', message, remedy)
      : error('clock', message, remedy),
  ];
}

export function checkAdobe(facts: VaultFacts): readonly Finding[] {
  const base = variableOf(facts, 'rotate', 'IMS_BASE_URL');
  if (base === undefined) return [unknown('adobe', 'the function rotate could not be read.')];
  const { adobe } = facts;
  if (!adobe.known) {
    const remedy = "Check this machine's network, Adobe's status page and the setting imsBaseUrl.";
    return [error('adobe', `${base} could not be reached from here.`, remedy)];
  }
  const { value: said } = adobe;
  if (said?.issuer === undefined || said.tokenEndpoint === undefined) {
    return [error('adobe', `${base} does not answer like IMS.`, 'Check the setting imsBaseUrl.')];
  }
  if (new URL(said.tokenEndpoint, base).origin !== new URL(base).origin) {
    const message = `${base} names a token endpoint on another host: ${said.tokenEndpoint}`;
    return [warning('adobe', message, 'The vault posts to imsBaseUrl. Ask Adobe which host is right.')];
  }
  return [ok('adobe', `${base} publishes what it is. Whether it gives tokens: see token-endpoint.`)];
}

export function checkApi({ api, stack, hasConnections }: VaultFacts): readonly Finding[] {
  const url = stack.outputs.ApiUrl ?? '';
  if (!api.known) {
    const remedy = stack.outputs.DomainTarget
      ? `Point the DNS record of the domain to ${stack.outputs.DomainTarget}.`
      : "Check this machine's network, and whether the API was deleted.";
    return [error('api', `${url} could not be reached.`, remedy)];
  }
  if (api.value.status !== FORBIDDEN) {
    const message = `${url} answers an unsigned request with ${api.value.status} instead of ${FORBIDDEN}.`;
    const remedy = 'Another server answers there, or a route lost its IAM authorization. Redeploy the vault.';
    return [error('api', message, remedy)];
  }
  if (!hasConnections.known) return [notKnown('api', hasConnections)];
  return [ok('api', `${url} accepts signed requests and rejects unsigned ones.`)];
}

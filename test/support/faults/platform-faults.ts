import type { PlatformFaultCode } from '../../../functions/core/domain/platform-fault.ts';
import { PlatformFault } from '../../../functions/core/domain/platform-fault.ts';
import type { CallPredicate, Fault } from './inject-faults.ts';

/** The outside thing cannot be reached: nothing was done. */
export function unreachable(code: PlatformFaultCode, when: CallPredicate): Fault {
  return { kind: 'throw-before', when, error: () => faultOf(code) };
}

/** The outside thing did it, and the reply never arrived. */
export function replyLost(code: PlatformFaultCode, when: CallPredicate): Fault {
  return { kind: 'throw-after', when, error: () => faultOf(code) };
}

function faultOf(code: PlatformFaultCode): PlatformFault {
  return new PlatformFault(code, 'Injected by a test.', { reason: 'TimeoutError' });
}

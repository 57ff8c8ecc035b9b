import type { PlatformErrorCode } from '../../../functions/core/platform-error.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { CallPredicate, Fault } from './inject-faults.ts';

/** The outside thing cannot be reached: nothing was done. */
export function unreachable(code: PlatformErrorCode, when: CallPredicate): Fault {
  return { kind: 'throw-before', when, error: () => faultOf(code) };
}

/** The outside thing did it, and the reply never arrived. */
export function replyLost(code: PlatformErrorCode, when: CallPredicate): Fault {
  return { kind: 'throw-after', when, error: () => faultOf(code) };
}

function faultOf(code: PlatformErrorCode): PlatformError {
  return new PlatformError(code, 'Injected by a test.', { reason: 'TimeoutError' });
}

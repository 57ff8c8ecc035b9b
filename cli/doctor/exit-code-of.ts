import { EXIT_CODES, type ExitCode } from '../exit-codes.ts';
import type { Finding } from './finding.ts';

/** A fault is the news. Else: was somebody out of reach, which may pass, or is a permission missing? */
export function exitCodeOf(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ level }) => level === 'error')) return EXIT_CODES.wrong;
  if (findings.some(({ outOfReach }) => outOfReach)) return EXIT_CODES.unavailable;
  return findings.some(({ level }) => level === 'unknown') ? EXIT_CODES.denied : EXIT_CODES.ok;
}

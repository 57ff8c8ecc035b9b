import type { Command } from 'commander';
import type { CliSession } from '../cli-session.ts';
import { diagnoseVault } from '../doctor/diagnose-vault.ts';
import { doctorPolicy, type PolicyPlace } from '../doctor/doctor-policy.ts';
import { exitCodeOf } from '../doctor/exit-code-of.ts';
import type { Finding } from '../doctor/finding.ts';
import { gatherFacts } from '../doctor/gather-facts.ts';
import { known } from '../doctor/known.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { printable } from '../printable.ts';
import type { RunCommand } from '../run-command.ts';

export function addDoctor(program: Command, run: RunCommand): void {
  program
    .command('doctor')
    .description('Looks a vault over and says what is wrong and how to fix it. It changes nothing.')
    .option('--print-policy', 'print the IAM policy that it needs, and stop')
    .action(({ printPolicy = false }: { printPolicy?: boolean }) =>
      run(async (session) => {
        const { output, options } = session;
        if (printPolicy) {
          const policy = doctorPolicy(await policyPlace(session));
          output.result(policy, JSON.stringify(policy, undefined, 2));
          return EXIT_CODES.ok;
        }
        const findings = diagnoseVault(await gatherFacts(session));
        output.result({ stack: options.stack, healthy: isHealthy(findings), findings }, inWords(findings));
        return exitCodeOf(findings);
      }),
    );
}

/** Exact where the caller may read the stack, and of use to who may not do that yet. */
async function policyPlace({ options, aws, stack }: CliSession): Promise<PolicyPlace> {
  const found = await known(stack);
  const apiId = found.known ? found.value.outputs.ApiId : undefined;
  return { stack: options.stack, region: (await aws()).region, apiId: apiId ?? '*' };
}

const isHealthy = (findings: readonly Finding[]): boolean => findings.every(({ level }) => level === 'ok');

const MARKS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  error: 'FAULT  ',
  unknown: 'unknown',
};

function inWords(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.map(({ check, level, message, remedy }) => {
    const line = `${MARKS[level]}  ${check.padEnd(width)}  ${printable(message)}`;
    return remedy === undefined ? line : `${line}\n${' '.repeat(width + 11)}-> ${printable(remedy)}`;
  });
  return [...lines, '', summary(findings)].join('\n');
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  if (isHealthy(findings)) return 'All is well.';
  return `${count('error')} errors, ${count('warning')} warnings, ${count('unknown')} not looked at.`;
}

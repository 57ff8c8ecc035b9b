import {
  DefaultReporter,
  type SerializedError,
  type TestCase,
  type TestModule,
  type TestRunEndReason,
} from 'vitest/node';
import { shortenError } from './shorten-error.ts';

/** Vitest's own report, with errors cut to a screenful: an error of the AWS SDK alone prints 40,000 characters. */
export class ShortReporter extends DefaultReporter {
  override onTestCaseResult(testCase: TestCase): void {
    for (const error of testCase.result().errors ?? []) shortenError(error);
    super.onTestCaseResult(testCase);
  }

  override onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    for (const error of [...suites.flatMap((suite) => suite.errors()), ...unhandled]) shortenError(error);
    super.onTestRunEnd(modules, unhandled, reason);
  }
}

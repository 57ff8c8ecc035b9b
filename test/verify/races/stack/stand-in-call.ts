import type { AwsAnswer, AwsService } from '../../../../local/aws/aws-call.ts';

interface StandInRequest {
  readonly operation: string;
  readonly method?: string;
  readonly path?: string;
  readonly body?: object;
}

/** Asks a stand-in directly, past signature and IAM: for setting the scene and for looking at it, never for the code under test. */
export async function askStandIn(
  service: AwsService,
  { operation, method = 'POST', path = '/', body = {} }: StandInRequest,
): Promise<Record<string, unknown>> {
  const answer: AwsAnswer = await service.answer({
    service: service.service,
    operation,
    method,
    path,
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
    caller: { roleName: 'test', roleArn: 'test', accessKeyId: 'test' },
    json: () => body,
  });
  const text = Buffer.from(answer.body ?? '').toString('utf8');
  if (answer.status !== 200) throw new Error(`${service.service} ${operation} answered ${answer.status}.`);
  return text === '' ? {} : JSON.parse(text);
}

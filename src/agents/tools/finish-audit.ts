/** `finish` of an audit: every criterion with what shows it, bound to the head, base and change that were audited. */
import { z } from 'zod';
import type { ToolSpec } from '../../domain/transcript.ts';
import type { JudgeTask } from '../prepare-task.ts';
import { strictSchema } from '../strict-schema.ts';
import { type Finish, rejected } from './finish.ts';
import { invalidInput } from './tool.ts';

const TEXT_CHARACTERS_MAX = 2_000;
const CRITERIA_MAX = 50;

const input = z.strictObject({
  decision: z.enum(['pass', 'fail']),
  criteria: z
    .array(
      z.strictObject({
        criterion: z.string().trim().min(1).max(TEXT_CHARACTERS_MAX),
        met: z.boolean(),
        evidence: z.string().trim().min(1).max(TEXT_CHARACTERS_MAX),
      }),
    )
    .max(CRITERIA_MAX),
  summary: z.string().trim().min(1).max(TEXT_CHARACTERS_MAX),
});

export const finishAuditSpec: ToolSpec = {
  name: 'finish',
  description: 'Hand in the audit and end.',
  schema: strictSchema(input),
};

export function finishAudit(given: unknown, task: JudgeTask): Finish {
  const parsed = input.safeParse(given);
  if (!parsed.success) return { kind: 'rejected', text: invalidInput('finish', parsed.error).text };
  const { decision, criteria, summary } = parsed.data;
  if (criteria.length === 0) return rejected('an audit names at least one criterion and its evidence.');
  const unmet = criteria.filter((one) => !one.met).length;
  if (decision === 'pass' && unmet > 0) return rejected(`${unmet} of the criteria are not met, so it cannot pass.`);
  if (decision === 'fail' && unmet === 0) return rejected('every criterion is met, so say pass, or what is not met.');
  const { head, base, digest } = task.cause;
  return { kind: 'accepted', result: { kind: 'audit', decision, summary, criteria, head, base, digest } };
}

/** `finish` of a review: a decision and its findings, bound to the head, base and change that were reviewed. */
import { z } from 'zod';
import type { ToolSpec } from '../../domain/transcript.ts';
import type { JudgeTask } from '../prepare-task.ts';
import { strictSchema } from '../strict-schema.ts';
import { type Finish, rejected } from './finish.ts';
import { invalidInput } from './tool.ts';

const COMMENT_CHARACTERS_MAX = 4_000;
const FINDINGS_MAX = 50;

const input = z.strictObject({
  decision: z.enum(['approve', 'request-changes']),
  summary: z.string().min(1).max(COMMENT_CHARACTERS_MAX),
  findings: z
    .array(
      z.strictObject({
        path: z.string().min(1),
        line: z.int().min(1).nullable(),
        severity: z.enum(['blocker', 'major', 'minor']),
        comment: z.string().min(1).max(COMMENT_CHARACTERS_MAX),
      }),
    )
    .max(FINDINGS_MAX),
});

export const finishReviewSpec: ToolSpec = {
  name: 'finish',
  description: 'Hand in the review and end.',
  schema: strictSchema(input),
};

export function finishReview(given: unknown, task: JudgeTask): Finish {
  const parsed = input.safeParse(given);
  if (!parsed.success) return { kind: 'rejected', text: invalidInput('finish', parsed.error).text };
  const { decision, summary, findings } = parsed.data;
  if (decision === 'request-changes' && findings.length === 0) {
    return rejected('request-changes needs at least one finding that says what to change.');
  }
  const { head, base, digest } = task.cause;
  return { kind: 'accepted', result: { kind: 'review', decision, summary, findings, head, base, digest } };
}

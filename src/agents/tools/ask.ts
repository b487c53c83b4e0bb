/** `ask`: a question to a person. It parks the session, and the answer is what the open call gets as its result. */
import { z } from 'zod';
import type { ToolSpec } from '../../domain/transcript.ts';
import { endAs } from '../session-options.ts';
import { strictSchema } from '../strict-schema.ts';
import type { Finish } from './finish.ts';
import { invalidInput } from './tool.ts';

const QUESTION_CHARACTERS_MAX = 2_000;

const input = z.strictObject({ question: z.string().trim().min(1).max(QUESTION_CHARACTERS_MAX) });

export const askSpec: ToolSpec = {
  name: 'ask',
  description: 'Ask a person and stop until they answer.',
  schema: strictSchema(input),
};

export function ask(given: unknown, role: string): Finish {
  const parsed = input.safeParse(given);
  if (!parsed.success) return { kind: 'rejected', text: invalidInput('ask', parsed.error).text };
  return { kind: 'ended', end: endAs('awaiting-human', `${role} asks: ${parsed.data.question}`) };
}

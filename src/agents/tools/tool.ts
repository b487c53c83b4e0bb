/** What a tool is: a strict schema for the provider, and a function on checked input in the run's room. */
import { z } from 'zod';
import type { ToolCall, ToolSpec } from '../../domain/transcript.ts';
import type { Room } from '../room.ts';
import { strictSchema } from '../strict-schema.ts';

export interface Tool {
  readonly spec: ToolSpec;
  /** May run beside its neighbours of which the same is true. */
  sideBySide(input: unknown): boolean;
  /** A few words for the board. */
  doing(input: unknown): string;
  run(call: ToolCall, room: Room): Promise<ToolOutcome>;
}

export interface ToolOutcome {
  readonly text: string;
  readonly isError: boolean;
  /** Of the command that did it; absent where none ran or it was killed. */
  readonly exitCode?: number;
}

export function defineTool<Schema extends z.ZodObject>(tool: {
  readonly name: string;
  readonly description: string;
  readonly input: Schema;
  readonly sideBySide: (input: z.infer<Schema>) => boolean;
  readonly subject: (input: z.infer<Schema>) => string;
  readonly run: (input: z.infer<Schema>, room: Room, callId: string) => Promise<ToolOutcome>;
}): Tool {
  return {
    spec: { name: tool.name, description: tool.description, schema: strictSchema(tool.input) },
    sideBySide: (input) => {
      const parsed = tool.input.safeParse(input);
      return parsed.success && tool.sideBySide(parsed.data);
    },
    doing: (input) => {
      const parsed = tool.input.safeParse(input);
      return parsed.success ? `${tool.name}: ${firstLine(tool.subject(parsed.data))}` : tool.name;
    },
    run: async (call, room) => {
      const parsed = tool.input.safeParse(call.input);
      if (!parsed.success) return invalidInput(call.name, parsed.error);
      return await tool.run(parsed.data, room, call.id);
    },
  };
}

export function done(text: string): ToolOutcome {
  return { text, isError: false };
}

/** Two of the three protocols have no error flag: the text itself must say it. */
export function failed(text: string): ToolOutcome {
  return { text: `Error: ${text}`, isError: true };
}

export function invalidInput(name: string, error: z.ZodError): ToolOutcome {
  return failed(`${REFUSED_CALL} for ${name}. ${z.prettifyError(error)}`);
}

export function unknownTool(name: string, known: readonly string[]): ToolOutcome {
  return failed(`${REFUSED_CALL}: there is no tool ${name}, only ${known.join(', ')}`);
}

/** Marks a call that could not even be tried; too many in a row end the run. */
export const REFUSED_CALL = 'invalid call';

const DOING_CHARACTERS_MAX = 80;

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > DOING_CHARACTERS_MAX ? `${line.slice(0, DOING_CHARACTERS_MAX - 1)}…` : line;
}

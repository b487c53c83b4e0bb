/** Runs a program in the room to its end: over its standard input, or over the socket of a dialogue. */
import type { ExternalDriver } from '../../domain/settings.ts';
import type { ExecResult } from '../../heartbeat/ports.ts';
import type { Loop } from '../limit-reached.ts';
import { ACP_SOCKET, type AcpDialogue, openAcpDialogue } from './acp-dialogue.ts';
import { launchArgv } from './launcher.ts';
import { MODEL_SOCKET } from './model-proxy.ts';
import type { ProgramMemory } from './program-memory.ts';
import type { Meter } from './program-meter.ts';
import { knowsAll, news, rules, startedOutside, wholeConversation } from './program-words.ts';
import type { Program } from './programs.ts';

const OUTPUT_BYTES_MAX = 100_000;

export type ProgramEnd = Pick<ExecResult, 'exitCode' | 'output' | 'timedOut'>;

export interface ProgramRun {
  readonly program: Program;
  readonly driver: ExternalDriver;
  readonly meter: Meter;
  readonly memory: ProgramMemory;
  /** Its own conversation that it goes on with, and how much of ours it knows from there; null: it begins. */
  readonly resumed: { readonly conversation: string; readonly told: number } | null;
  /** Told the name that the program itself gave its conversation. */
  readonly onConversation: (id: string) => void;
}

export async function runProgram(loop: Loop, run: ProgramRun): Promise<ProgramEnd> {
  const { program, driver, meter, memory, resumed } = run;
  const { tree, out } = loop.task.room.workspace;
  const interrupted = memory.last?.runId === loop.session.run.id && knowsAll(loop.transcript, memory.last.told);
  const whole = wholeConversation(loop, interrupted);
  const { argv, environment, files } = program;
  let dialogue: AcpDialogue | null = null;
  if (driver.kind === 'acp') {
    const system = `${rules(loop)}\n${startedOutside(tree)}`;
    dialogue = await openAcpDialogue({
      folder: out,
      // Some of these trust the folder they start in whatever they are told, and run what its settings name.
      cwd: memory.outside,
      system,
      text: `${system}\n\n${whole}`,
      resume: resumed === null ? null : { id: resumed.conversation, news: news(loop, resumed.told) },
      onConversation: run.onConversation,
      onActivity: meter.onActivity,
    });
  }
  const launch = {
    out,
    memory: memory.folder,
    argv,
    environment,
    files,
    outside: dialogue === null ? null : memory.outside,
    dialogue: dialogue === null ? null : ACP_SOCKET,
  };
  const trouble = dialogue?.ended.catch((error: unknown) => `not ACP: ${String(error)}`);
  try {
    const ended = await loop.task.room.exec(launchArgv(launch, MODEL_SOCKET), {
      timeoutMs: loop.task.role.minutesMax * 60_000,
      outputBytesMax: OUTPUT_BYTES_MAX,
      signal: meter.stopped,
      ...(dialogue === null ? { input: resumed === null ? whole : news(loop, resumed.told) } : {}),
    });
    return dialogue === null ? ended : await withDialogue(ended, dialogue, trouble);
  } finally {
    await dialogue?.close();
  }
}

/** What was said over the socket stands beside what the program printed. */
async function withDialogue(
  ended: ExecResult,
  dialogue: AcpDialogue,
  trouble: Promise<string> | undefined,
): Promise<ExecResult> {
  await dialogue.close();
  const reason = await Promise.race([trouble, Promise.resolve('it never connected')]);
  return { ...ended, output: `${reason ?? ''}\n${ended.output}` };
}

/**
 * One prompt to an agent that speaks ACP version 1, over a socket that the room shows. The agent works with its own tools
 * in the room: we offer it none, allow what it asks for (the room is the wall), and take nothing it says for a result.
 */
import { createServer, type Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import type { NewSessionRequest, RequestPermissionRequest } from '@agentclientprotocol/sdk';
import { openSocketFolder } from './socket-folder.ts';

export interface AcpDialogue {
  /** Resolves with why the turn ended; rejects when the agent could not be talked to. */
  readonly ended: Promise<string>;
  /** Hangs up; resolves when the socket is gone. */
  close(): Promise<void>;
}

export interface AcpPrompt {
  readonly folder: string;
  /** Where the agent believes itself to be. */
  readonly cwd: string;
  readonly system: string;
  /** All of it, for an agent that begins. */
  readonly text: string;
  /** The agent's own name for a conversation to go on with, and what is new in it; null: it begins. */
  readonly resume: { readonly id: string; readonly news: string } | null;
  /** Told which conversation it is, before anything is asked in it. */
  readonly onConversation: (id: string) => void;
  /** Called at each sign of life. */
  readonly onActivity: () => void;
}

/** Each tool offered is paid for with every call; these suffice. */
const CLAUDE_TOOLS = ['Bash', 'Read', 'Edit', 'Write'];

/** The socket's name in the folder. */
export const ACP_SOCKET = 'acp.sock';
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;

export async function openAcpDialogue(prompt: AcpPrompt): Promise<AcpDialogue> {
  const place = await openSocketFolder(prompt.folder, ACP_SOCKET);
  const server = createServer();
  server.maxConnections = 1;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: place.path, readableAll: true, writableAll: true }, resolve);
  });
  let connected: Socket | null = null;
  const ended = new Promise<Socket>((resolve) => server.once('connection', resolve)).then(async (socket) => {
    connected = socket;
    socket.on('error', () => undefined);
    try {
      return await converse(socket, prompt);
    } finally {
      socket.destroy();
    }
  });
  ended.catch(() => undefined);
  return {
    ended,
    close: async () => {
      connected?.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await place.close();
    },
  };
}

async function converse(socket: Socket, prompt: AcpPrompt): Promise<string> {
  const { cwd, system, onActivity } = prompt;
  const { client, methods, ndJsonStream, PROTOCOL_VERSION } = await import('@agentclientprotocol/sdk');
  // The types of streams in Node and on the web differ in words only.
  const output = Writable.toWeb(socket) as WritableStream<Uint8Array>;
  const input = Readable.toWeb(socket) as ReadableStream<Uint8Array>;
  const stream = ndJsonStream(output, input, { maxMessageBytes: MESSAGE_BYTES_MAX });
  const app = client()
    .onRequest(methods.client.session.requestPermission, ({ params }) => {
      onActivity();
      return { outcome: allowed(params) };
    })
    .onNotification(methods.client.session.update, () => onActivity());
  return await app.connectWith(stream, async (context) => {
    const { agentCapabilities } = await context.request(methods.agent.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      // Files and terminals are the agent's own, in its room: ours are none of its business.
      clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
    });
    const folder: NewSessionRequest = {
      cwd,
      mcpServers: [],
      // Read by Claude's adapter alone: our words instead of its own, and no settings of the project.
      _meta: {
        systemPrompt: system,
        claudeCode: { options: { settingSources: [], strictMcpConfig: true, tools: CLAUDE_TOOLS } },
      },
    };
    const resumed =
      prompt.resume !== null && agentCapabilities?.loadSession === true
        ? await context
            .request(methods.agent.session.load, { ...folder, sessionId: prompt.resume.id })
            .then(() => prompt.resume)
            // It may have been killed before it kept anything.
            .catch(() => null)
        : null;
    const sessionId = resumed?.id ?? (await context.request(methods.agent.session.new, folder)).sessionId;
    prompt.onConversation(sessionId);
    onActivity();
    const answer = await context.request(methods.agent.session.prompt, {
      sessionId,
      prompt: [{ type: 'text', text: resumed?.news ?? prompt.text }],
    });
    return answer.stopReason;
  });
}

function allowed({ options }: RequestPermissionRequest) {
  const option =
    options.find(({ kind }) => kind === 'allow_once') ?? options.find(({ kind }) => kind === 'allow_always');
  if (option === undefined) return { outcome: 'cancelled' as const };
  return { outcome: 'selected' as const, optionId: option.optionId };
}

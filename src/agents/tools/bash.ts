/** Runs one command as one process tree. No shell lives on between calls, and nothing is left in the background. */
import { z } from 'zod';
import { capOutput } from '../cap-output.ts';
import { defineTool, done, failed } from './tool.ts';

export const bash = defineTool({
  name: 'bash',
  description: 'Run a bash command in the checkout. Commands called together run side by side.',
  input: z.strictObject({ command: z.string().min(1) }),
  // Git holds locks and fails where it would have to wait for one.
  sideBySide: ({ command }) => !/\bgit\b/.test(command),
  subject: ({ command }) => command,
  run: async ({ command }, room, callId) => {
    const result = await room.exec(['bash', '-c', command]);
    const output = await capOutput(result.output, `bash-${callId}`, room);
    if (result.timedOut) return failed(`the command was stopped because it took too long\n${output}`);
    if (result.exitCode === null) return failed(`the command was killed\n${output}`);
    const { exitCode } = result;
    if (exitCode !== 0) return { ...failed(`exit code ${exitCode}\n${output}`), exitCode };
    return { ...done(output.trim() === '' ? '(no output)' : output), exitCode };
  },
});

/** How a scripted model writes a file or runs a command with whatever tools an agent offers it. */

import { isObject } from '../world/json.ts';
import type { OfferedTool, ScriptedReply } from '../world/models/conversation.ts';

type Call = NonNullable<ScriptedReply['calls']>[number];

/** Null when no tool runs commands. */
export function shellCall(tools: readonly OfferedTool[], command: string): Call | null {
  for (const { name, schema } of tools) {
    const keys = propertiesOf(schema);
    if (/^(bash|shell_command)$/i.test(name) && keys.includes('command')) {
      return { name, input: { command, ...(keys.includes('description') ? { description: 'Run a command' } : {}) } };
    }
    if (name === 'exec_command' && keys.includes('cmd')) return { name, input: { cmd: command } };
    if (name === 'shell' && keys.includes('command')) return { name, input: { command: ['bash', '-c', command] } };
  }
  return null;
}

/** With the agent's own tool for files where it has one, else with its shell. */
export function writeCall(tools: readonly OfferedTool[], folder: string, path: string, content: string): Call | null {
  const write = tools.find((tool) => /^write$/i.test(tool.name));
  if (write !== undefined) {
    const keys = propertiesOf(write.schema);
    const key = keys.find((one) => /^(file_?path|path)$/i.test(one));
    // Ours takes a path in the checkout, others want it whole.
    if (key !== undefined)
      return { name: write.name, input: { [key]: key === 'path' ? path : `${folder}/${path}`, content } };
  }
  const edit = tools.find((tool) => tool.name === 'Edit');
  if (edit !== undefined) {
    return { name: 'Edit', input: { file_path: `${folder}/${path}`, old_string: '', new_string: content } };
  }
  return shellCall(tools, `cat > ${path} <<'END'\n${content}END`);
}

function propertiesOf(schema: unknown): readonly string[] {
  return isObject(schema) && isObject(schema.properties) ? Object.keys(schema.properties) : [];
}

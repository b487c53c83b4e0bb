/** Scripted agents against a tiny workspace in memory: they must come to the same end however often they are cut off. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  commit,
  editFile,
  finish,
  finishTooEarly,
  readFile,
  runTests,
  testsFailed,
  testsPassed,
  writeFile,
} from './agent-steps.ts';
import type { Script, ScriptedReply, ScriptedRequest, Turn } from './conversation.ts';
import {
  byIssueKey,
  byRole,
  byRound,
  callsMade,
  exitCodeOf,
  issueKeyOf,
  rejections,
  roleOf,
  steps,
  together,
  when,
} from './scripted-agent.ts';

const empty: ScriptedRequest = {
  protocol: 'anthropic',
  model: 'm',
  system: "You are Heartline's dev agent.\nBe careful.",
  tools: [
    {
      name: 'read',
      description: '',
      schema: {
        type: 'object',
        properties: {
          path: { type: 'string' },
          from: { type: ['integer', 'null'] },
          to: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        },
        required: ['path', 'from', 'to'],
        additionalProperties: false,
      },
    },
  ],
  messages: [{ kind: 'user', text: 'Issue ENG-7: add. See also ENG-9.' }],
  raw: {},
  key: 'k',
};

interface Workspace {
  readonly files: Map<string, string>;
  readonly commits: string[];
  finished: unknown;
}

/** `cut` says which tool call (from 0) is interrupted, and whether its effect had happened by then. */
interface Cut {
  readonly at: number;
  readonly effectDone: boolean;
}

/** Runs until a finish is accepted. Tests pass when `add.js` adds. */
async function run(
  script: Script,
  workspace: Workspace,
  cuts: readonly Cut[] = [],
  request: ScriptedRequest = empty,
): Promise<ScriptedRequest> {
  let current = request;
  for (let turn = 0; turn < 40; turn += 1) {
    const reply: ScriptedReply = await script(current);
    const made = callsMade(current).length;
    const calls = (reply.calls ?? []).map((call, index) => ({ ...call, id: `call_${made + index}` }));
    const results = calls.map((call, index): Turn => {
      const cut = cuts.find((each) => each.at === made + index);
      const result =
        cut !== undefined && !cut.effectDone ? { text: '', isError: true } : execute(call.name, call.input, workspace);
      const shown =
        cut === undefined ? result : { text: 'Error: interrupted before its result was known.', isError: true };
      return { kind: 'tool-result', callId: call.id, name: call.name, ...shown };
    });
    current = {
      ...current,
      messages: [...current.messages, { kind: 'assistant', text: reply.text ?? '', calls }, ...results],
    };
    if (results.some((result) => result.kind === 'tool-result' && result.name === 'finish' && !result.isError))
      return current;
  }
  return assert.fail('The agent did not finish.');
}

function execute(name: string, input: unknown, workspace: Workspace): { text: string; isError: boolean } {
  const value = (key: string): string => String(Object(input)[key]);
  const { files } = workspace;
  switch (name) {
    case 'write':
      files.set(value('path'), value('content'));
      return { text: 'Written.', isError: false };
    case 'read':
      return { text: files.get(value('path')) ?? '', isError: false };
    case 'edit': {
      const content = files.get(value('path')) ?? '';
      if (!content.includes(value('old'))) return { text: 'Error: the old text was not found.', isError: true };
      files.set(value('path'), content.replace(value('old'), value('new')));
      return { text: 'Edited.', isError: false };
    }
    case 'bash': {
      if (value('command').startsWith('git')) {
        const state = JSON.stringify([...files]);
        if (workspace.commits.at(-1) !== state) workspace.commits.push(state);
        return { text: '(no output)', isError: false };
      }
      const passes = files.get('add.js')?.includes('a + b') === true;
      return passes
        ? { text: 'pass 1\nfail 0', isError: false }
        : { text: 'Error: exit code 1\npass 0\nfail 1: interrupted too soon', isError: true };
    }
    default:
      if (workspace.commits.length === 0) return { text: 'Error: nothing is committed.', isError: true };
      workspace.finished = input;
      return { text: 'Accepted.', isError: false };
  }
}

function fresh(): Workspace {
  return { files: new Map([['README.md', '# Adder\n']]), commits: [], finished: null };
}

const wrong = 'export const add = (a, b) => a - b;\n';
const right = 'export const add = (a, b) => a + b;\n';

const dev = steps(
  readFile('README.md'),
  together(writeFile('add.js', wrong), editFile('README.md', '# Adder', '# Adder\n\nAdds.')),
  runTests(),
  when(testsFailed, editFile('add.js', 'a - b', 'a + b')),
  finishTooEarly({ summary: 'early' }),
  runTests(),
  commit("Add the adder's heart"),
  finish((request) => ({ summary: `done after ${rejections(request, 'finish').length} refusals` })),
);

describe('a scripted agent', () => {
  test('looks at what really happened: failing tests lead to a fix, a refused finish to another', async () => {
    const workspace = fresh();
    const end = await run(dev, workspace);
    assert.equal(workspace.files.get('add.js'), right);
    assert.equal(workspace.commits.length, 1);
    assert.deepEqual(workspace.finished, { summary: 'done after 1 refusals' });
    assert.ok(testsPassed(end));
    const order = ['read', 'write', 'edit', 'bash', 'edit', 'bash', 'finish', 'bash', 'finish'];
    assert.deepEqual(
      callsMade(end).map((call) => call.name),
      order,
    );
    assert.deepEqual(callsMade(end)[0]?.input, { path: 'README.md', from: null, to: null });
  });

  test('reaches the same end when any one or two of its calls are interrupted, their effect done or not', async () => {
    const smooth = fresh();
    await run(dev, smooth);
    const cuts = Array.from({ length: 9 }, (_, at) => [
      { at, effectDone: true },
      { at, effectDone: false },
    ]).flat();
    for (const first of cuts) {
      for (const second of cuts) {
        const workspace = fresh();
        await run(dev, workspace, [first, second]);
        const what = JSON.stringify([first, second]);
        assert.deepEqual([...workspace.files].toSorted(), [...smooth.files].toSorted(), what);
        assert.equal(workspace.commits.at(-1), JSON.stringify([...workspace.files]), what);
      }
    }
  });

  test('chooses by role, issue and round; each round sees only itself', async () => {
    assert.equal(roleOf(empty), 'dev');
    assert.equal(issueKeyOf(empty), 'ENG-7');
    const first = steps(writeFile('add.js', right), commit('Add'), finish({ round: 1 }));
    const second = steps(
      runTests(),
      editFile('add.js', 'export', '// adds\nexport'),
      commit('Say so'),
      finish({ round: 2 }),
    );
    const script = byRole({ dev: byIssueKey({ 'ENG-7': byRound(/findings/i, first, second) }) });
    const workspace = fresh();
    const ended = await run(script, workspace);
    assert.deepEqual(workspace.finished, { round: 1 });
    const followUp: Turn[] = [
      { kind: 'user', text: 'Two findings: say what it does.' },
      { kind: 'user', text: 'Go on.' },
    ];
    await run(script, workspace, [], { ...ended, messages: [...ended.messages, ...followUp] });
    assert.deepEqual(workspace.finished, { round: 2 });
    assert.equal(workspace.files.get('add.js'), `// adds\n${right}`);
    await assert.rejects(async () => byRole({ review: first })(empty), /No script for the role dev; there are review/);
  });
});

test('exit codes are read from the ends of a result', () => {
  assert.equal(exitCodeOf('exit code 1\nsome output'), 1);
  assert.equal(exitCodeOf('some output\nExit code: 0'), 0);
  assert.equal(exitCodeOf('[exited with code 127]'), 127);
  assert.equal(exitCodeOf('no word of it'), null);
});

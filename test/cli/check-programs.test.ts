// What `heartline check` says of the programs that roles are driven by, and of servers that serve less than was configured.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { judgeModels } from '../../src/cli/check/judge-models.ts';
import { judgePrograms } from '../../src/cli/check/judge-programs.ts';
import { lookAtPrograms, type ProgramFacts } from '../../src/cli/check/look-at-programs.ts';
import { TRIED_VERSIONS } from '../../src/config/tried-versions.ts';
import type { ExternalDriver, Settings } from '../../src/domain/settings.ts';
import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { BWRAP } from '../adapters/isolation-for-test.ts';
import { complaints, MODELS } from './check-facts.ts';

const { dev } = MODELS.settings.roles;
const TRIED = TRIED_VERSIONS.claude ?? '';

function driven(command: string, more: Partial<ExternalDriver> = {}): Settings {
  assert.ok(dev);
  return {
    ...MODELS.settings,
    roles: { dev: { ...dev, driver: 'mine' }, review: dev },
    drivers: { mine: { kind: 'claude', command, args: [], environment: {}, ...more } },
  };
}

type Facts = Omit<ProgramFacts, 'node'> & Partial<ProgramFacts>;

function told(command: string, facts: Facts, isolation: 'bwrap' | 'docker' = 'bwrap'): readonly string[] {
  const programs = { known: true, value: new Map([['mine', { node: true, ...facts }]]) } as const;
  return complaints(judgePrograms({ settings: driven(command), isolation, programs }));
}

test('a program that was tried is fine, others are said to be what they are', () => {
  const path = '/opt/agents/bin/claude';
  assert.deepEqual(told('claude', { path, said: `${TRIED} (Claude Code)`, outside: null }), []);
  assert.deepEqual(told('claude', { path, said: '1.0.3 (Claude Code)', outside: null }), [
    `warn dev: ${path} is 1.0.3; what was tried is ${TRIED}. -> Install that one (npm run agents:install), or take a ticket through with yours (npm run test:drivers).`,
  ]);
  assert.deepEqual(told('claude', { path, said: 'cannot execute: no such file', outside: null }), [
    `warn dev: ${path} does not say its version: cannot execute: no such file. -> See that it starts at all: a program that cannot start does no work.`,
  ]);
  assert.deepEqual(told('wizard', { path: '/usr/bin/wizard', said: 'wizard 2.0.0', outside: null }), [
    'warn dev: /usr/bin/wizard 2.0.0 is a program that nobody took a ticket through. -> Watch its first runs.',
  ]);
});

test('a program that no room sees is a failure, with where it is and how to show it', () => {
  const gone = { path: null, said: '', outside: null };
  assert.deepEqual(told('claude', gone), [
    'fail dev: claude is not there in the room. -> Run npm run agents:install, and add the folder it names to isolation.toolchains.',
  ]);
  assert.deepEqual(told('claude', { ...gone, outside: '/home/ada/bin/claude' }), [
    'fail dev: claude is not there in the room: this machine has it as /home/ada/bin/claude, where no room looks. -> Add the folder it is installed in to isolation.toolchains (/home/ada/bin holds it).',
  ]);
  assert.deepEqual(told('claude', gone, 'docker'), [
    'fail dev: claude is not there in the room. -> Put it into the image, or its folder into isolation.toolchains.',
  ]);
  const here = { path: '/usr/bin/claude', said: `${TRIED} (Claude Code)`, outside: null, node: false };
  assert.deepEqual(told('claude', here, 'docker'), [
    'fail dev: claude is started by node, which is not there in the room. -> Put node into the image.',
  ]);
  const programs = { known: false, reason: 'there is no safe room', kind: null } as const;
  assert.deepEqual(complaints(judgePrograms({ settings: driven('claude'), isolation: 'bwrap', programs })), [
    'warn dev: mine was not looked at (there is no safe room). -> It is once commands can be isolated.',
  ]);
});

test('who works without a program is not spoken of, and nothing is started', async () => {
  const programs = { known: true, value: new Map() } as const;
  const { settings } = MODELS;
  assert.deepEqual(judgePrograms({ settings, isolation: 'bwrap', programs }), []);
  const isolation = { ...createIsolation({ driver: 'none' }), exec: () => assert.fail('something was started') };
  assert.equal((await lookAtPrograms(settings, isolation)).size, 0);
});

test('the look is taken where the program will work', BWRAP, async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'heartline tools ')));
  try {
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin', 'wizard'), '#!/bin/sh\necho "wizard 3.1.4 of $SCHOOL"\n', { mode: 0o755 });
    const settings = driven('wizard', { environment: { SCHOOL: 'Prague' } });
    const shown = await lookAtPrograms(settings, createIsolation({ driver: 'bwrap', toolchains: [folder] }));
    assert.deepEqual(shown.get('mine'), {
      path: join(folder, 'bin', 'wizard'),
      said: 'wizard 3.1.4 of Prague',
      node: true,
      outside: null,
    });
    const whole = driven(join(folder, 'bin', 'wizard'));
    const hidden = await lookAtPrograms(whole, createIsolation({ driver: 'bwrap' }));
    assert.equal(hidden.get('mine')?.path, null);
    assert.equal(hidden.get('mine')?.outside, join(folder, 'bin', 'wizard'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a server that serves less than configured is a failure where no other model is left', () => {
  const less = 'it is served with a context of 4096 tokens, not 200000';
  const fix = 'Let its server give it more, or write what it has as `context` into prices.yaml.';
  assert.deepEqual(complaints(judgeModels({ ...MODELS, servesLess: new Map([['local/coder', less]]) })), [
    `warn dev: local/coder: ${less}. -> ${fix}`,
  ]);
  assert.deepEqual(complaints(judgeModels({ ...MODELS, servesLess: new Map([['other/critic', less]]) })), [
    `warn dev: other/critic: ${less}. -> ${fix}`,
    `fail review: other/critic: ${less}. -> ${fix}`,
  ]);
});

/** Rooms made by a container engine: the contracts of every driver, against a real engine of the test's own. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { need } from '../needs.ts';
import { canStartEngine, INSTALL_ENGINE, startEngine } from '../world/docker/start-engine.ts';
import { contractOfEnds } from './isolation-contract-ends.ts';
import { contractOfWalls } from './isolation-contract-walls.ts';
import { room, type Setup, TEST_OWNER } from './isolation-for-test.ts';

const needs = need('docker', canStartEngine(), INSTALL_ENGINE);
const engine = needs.skip === false ? await startEngine() : { socket: '/nowhere', image: 'none', stop: async () => {} };
const docker = { socket: engine.socket, image: engine.image };

const setup: Setup = {
  name: 'docker',
  needs,
  make: (change) => createIsolation({ driver: 'docker', docker, ...change }),
  bot: JSON.stringify({ driver: 'docker', docker }),
  variables: ['HOSTNAME', 'SHLVL'],
  limits: 'held',
  owner: TEST_OWNER,
};
contractOfEnds(setup);
contractOfWalls(setup);

test('docker: the probe names what is missing and the line that mends it', needs, async () => {
  const absent = createIsolation({ driver: 'docker', docker: { socket: '/nowhere/docker.sock', image: 'any' } });
  assert.match((await absent.probe())?.missing ?? '', /no container engine answers on \/nowhere/);
  const imageless = createIsolation({ driver: 'docker', docker: { ...docker, image: 'acme/absent:1' } });
  assert.deepEqual(await imageless.probe(), {
    missing: 'the engine has no image acme/absent:1',
    fix: 'docker pull acme/absent:1',
  });
  assert.throws(() => createIsolation({ driver: 'docker', docker: null }), /isolation\.docker\.image/);
});

test('docker: the agent has a name, a group and a home, whatever its number is', needs, async () => {
  const { shell, remove } = room(createIsolation({ driver: 'docker', docker }), TEST_OWNER);
  const { uid } = TEST_OWNER;
  assert.equal(
    await shell('grep "^agent:" /etc/passwd /etc/group; (echo >>/etc/passwd) 2>/dev/null || echo read-only'),
    `/etc/passwd:agent:x:${uid}:${uid}:agent:/home/agent:/bin/sh\n/etc/group:agent:x:${uid}:\nread-only`,
  );
  await remove();
});

test('docker: the basis is the image itself, not its name', needs, async () => {
  assert.match((await createIsolation({ driver: 'docker', docker }).basis?.()) ?? '', /^sha256:[0-9a-f]{64}$/);
});

// Hooks run in the order they were made: rooms are removed before their engine goes.
after(() => engine.stop());

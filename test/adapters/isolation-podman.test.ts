/** The docker driver on podman's socket: the same contracts as on Docker's own engine. */

import { after } from 'node:test';
import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { wish } from '../needs.ts';
import { canStartPodman, INSTALL_PODMAN, startPodman } from '../world/docker/start-podman.ts';
import { contractOfEnds } from './isolation-contract-ends.ts';
import { contractOfWalls } from './isolation-contract-walls.ts';
import { type Setup, TEST_OWNER } from './isolation-for-test.ts';

// Not asked for where everything is: the other engine has the same contracts.
const needs = wish('podman', canStartPodman(), INSTALL_PODMAN);
const engine = needs.skip === false ? await startPodman() : { socket: '/nowhere', image: 'none', stop: async () => {} };
const docker = { socket: engine.socket, image: engine.image };

const setup: Setup = {
  name: 'podman',
  needs,
  make: (change) => createIsolation({ driver: 'docker', docker, ...change }),
  bot: JSON.stringify({ driver: 'docker', docker }),
  variables: ['HOSTNAME', 'SHLVL', 'container'],
  limits: 'held',
  owner: TEST_OWNER,
};
contractOfEnds(setup);
contractOfWalls(setup);

// Hooks run in the order they were made: rooms are removed before their engine goes.
after(() => engine.stop());

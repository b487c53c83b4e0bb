/** Commands without walls still end as they should, with process namespaces and without. */

import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { noneDriver } from '../../src/isolation/none-driver.ts';
import { findToolchain } from '../../src/isolation/toolchain.ts';
import { contractOfEnds } from './isolation-contract-ends.ts';

const common = { needs: {}, variables: [], limits: 'none-here' } as const;
contractOfEnds({ ...common, name: 'none', make: () => createIsolation({ driver: 'none' }), bot: '{"driver":"none"}' });
contractOfEnds({
  ...common,
  name: 'none without namespaces',
  make: () => noneDriver({ toolchain: findToolchain([]), namespaces: 'never' }),
  bot: '{"driver":"none","namespaces":"never"}',
});

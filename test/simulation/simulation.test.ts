/** The simulation itself: the same seed gives the same log, quiet scenarios end as they should, and a violation is seen. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { playDeaths } from './deaths.ts';
import { MUTANTS, MUTANTS_MIN } from './mutants/mutants.ts';
import { play } from './play.ts';
import { planOf, SCENARIOS, SCENARIOS_MIN, scenarioNamed, sweptPlan } from './scenarios/plan-of.ts';
import { shrink, without } from './shrink.ts';

/** Those of many tickets are played by `npm run simulate`. */
const SLOW: ReadonlySet<string> = new Set(['crowd', 'given-up-too-early', 'late-approval']);

describe('the simulation', () => {
  it('gives the same log for the same seed, byte for byte', async () => {
    for (const seed of [3, 11, 57, 90, 160]) {
      const [one, other] = [await play(planOf(seed)), await play(planOf(seed))];
      assert.equal(one.hash, other.hash, `seed ${seed}`);
    }
    assert.notEqual((await play(planOf(3))).hash, (await play(planOf(51))).hash);
  });

  for (const scenario of SCENARIOS.filter(({ name }) => !SLOW.has(name))) {
    it(`${scenario.name} with nothing in its way`, async () => {
      assert.deepEqual((await play(sweptPlan(scenario))).violations, []);
    });
  }

  it('comes to the same from a moment it is taken back to as from its beginning', async () => {
    for (const [name, first] of [
      ['dragged', 14],
      ['remarks', 200],
      ['stop-resume', 150],
    ] as const) {
      const { points, played, failures } = await playDeaths(sweptPlan(scenarioNamed(name)), first, () => true);
      assert.deepEqual(failures, [], name);
      assert.ok(played > 0 && played < points, name);
    }
  });

  it('sees what must not be, and takes away what has nothing to do with it', async () => {
    const plan = sweptPlan(scenarioNamed('hopeless-agent'));
    const wrong = {
      ...plan,
      tickets: plan.tickets.map((one) => ({ ...one, expect: 'merged' as const })),
      faults: [{ call: 4, fault: 'slow' as const }],
    };
    assert.match((await play(wrong)).violations.join(), /ENG-1 should be merged and is parked/);
    const shrunk = await shrink(wrong);
    assert.deepEqual(shrunk.plan.faults, []);
    assert.deepEqual(without(wrong, shrunk.without), shrunk.plan);
  });

  it('has lost no scenario and no planted bug, each of its own name', () => {
    for (const [all, least] of [
      [SCENARIOS, SCENARIOS_MIN],
      [MUTANTS, MUTANTS_MIN],
    ] as const) {
      assert.ok(all.length >= least, `${all.length} of ${least}`);
      assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
    }
  });
});

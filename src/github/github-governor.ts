/** GitHub's governor: what its documentation says of limits that no header tells. */
import { createGovernor, type Governor, type GovernorOptions } from '../governor/governor.ts';

/** A read costs 1 point of a minute, a write 5; 900 and 2,000 are GitHub's own figures, and a tenth stays unused. */
const MINUTE_POINTS = { max: { 'REST requests': 810, 'GraphQL points': 1_800 }, read: 1, write: 5 };

export function createGithubGovernor(options: Omit<GovernorOptions, 'name' | 'minutePoints'>): Governor {
  // Who lifts the cap of a minute (a server of one's own may know no limits) lifts both forms of it.
  const lifted = options.writes?.writesPerMinuteMax === null;
  return createGovernor({ ...options, name: 'GitHub', ...(lifted ? {} : { minutePoints: MINUTE_POINTS }) });
}

// The demo's world as the judges take it.
import type { OutsideWorld } from '../oracles/outside-world.ts';
import {
  BASE_BRANCH,
  BOT_LOGIN,
  CHECK,
  CI_APP,
  REPOSITORY,
  REVIEWER_LOGIN,
  SECRETS,
  type World,
} from '../world/start-world.ts';

export function outsideOf(world: World): OutsideWorld {
  return {
    linear: world.linear,
    github: world.github,
    models: world.models,
    repository: REPOSITORY,
    baseBranch: BASE_BRANCH,
    requiredChecks: [{ name: CHECK, app: CI_APP.slug }],
    allowed: { linear: ['ada@example.com', 'grace@example.com'], github: ['ada', 'grace'] },
    botLogins: [BOT_LOGIN, REVIEWER_LOGIN],
    botLinearUser: 'ada',
    secrets: Object.values(SECRETS),
    workspaceRoot: `${world.dataDir}/workspaces`,
  };
}

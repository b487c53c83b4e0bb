/** The programs of external drivers: are they where rooms can see them, and in a version that was tried? */
import { basename, dirname } from 'node:path';
import { TRIED_VERSIONS } from '../../config/tried-versions.ts';
import { ROLES, type Role } from '../../domain/run.ts';
import type { Settings } from '../../domain/settings.ts';
import type { Isolation } from '../../heartbeat/ports.ts';
import { type CheckLine, type Look, linesAbout } from './check-line.ts';
import type { ProgramFacts } from './look-at-programs.ts';

export interface ProgramsFacts {
  readonly settings: Settings;
  readonly isolation: Isolation['driver'];
  /** By driver. */
  readonly programs: Look<ReadonlyMap<string, ProgramFacts>>;
}

/** A line for each role that works with such a program. */
export function judgePrograms({ settings, isolation, programs }: ProgramsFacts): readonly CheckLine[] {
  return ROLES.flatMap((role): readonly CheckLine[] => {
    const name = settings.roles[role]?.driver ?? 'api';
    const driver = settings.drivers?.[name];
    if (driver === undefined) return [];
    const line = linesAbout('drivers', role);
    if (!programs.known) {
      return [line.warn(`${name} was not looked at (${programs.reason}).`, 'It is once commands can be isolated.')];
    }
    const facts = programs.value.get(name);
    return facts === undefined ? [] : [judgeProgram(role, driver.command, facts, isolation)];
  });
}

function judgeProgram(
  role: Role,
  command: string,
  { path, said, node, outside }: ProgramFacts,
  isolation: Isolation['driver'],
): CheckLine {
  const line = linesAbout('drivers', role);
  const tried = TRIED_VERSIONS[basename(command)];
  if (path === null) {
    const where = outside === null ? '' : `: this machine has it as ${outside}, where no room looks`;
    return line.fail(`${command} is not there in the room${where}.`, howToHave(command, outside, isolation));
  }
  if (!node) {
    const fix = isolation === 'docker' ? 'Put node into the image.' : 'Install it where rooms look.';
    return line.fail(`${command} is started by node, which is not there in the room.`, fix);
  }
  const version = /\d+\.\d+\.\d+[\w.+-]*/.exec(said)?.[0] ?? null;
  if (version === null) {
    const text = `${path} does not say its version: ${said.slice(0, SAID_CHARACTERS_MAX) || 'it printed nothing'}.`;
    return line.warn(text, 'See that it starts at all: a program that cannot start does no work.');
  }
  if (tried === undefined) {
    return line.warn(`${path} ${version} is a program that nobody took a ticket through.`, 'Watch its first runs.');
  }
  if (version === tried) return line.ok(`${path} ${version}, as it was tried.`);
  return line.warn(
    `${path} is ${version}; what was tried is ${tried}.`,
    `Install that one (npm run agents:install), or take a ticket through with yours (npm run test:drivers).`,
  );
}

const SAID_CHARACTERS_MAX = 200;

function howToHave(command: string, outside: string | null, isolation: Isolation['driver']): string {
  if (isolation === 'docker') return 'Put it into the image, or its folder into isolation.toolchains.';
  if (outside !== null)
    return `Add the folder it is installed in to isolation.toolchains (${dirname(outside)} holds it).`;
  return TRIED_VERSIONS[basename(command)] === undefined
    ? 'Install it, and add its folder to isolation.toolchains.'
    : 'Run npm run agents:install, and add the folder it names to isolation.toolchains.';
}

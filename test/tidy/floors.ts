/** The floors of the house as data: what each folder of src may import. Arrows point down, adapters do not know each other. */

export interface Floor {
  /** A folder (with a slash at its end) or one file. The first that fits is the floor of a file. */
  readonly place: string;
  /** Folders and files of ours it may import; its own is always allowed. */
  readonly ours: readonly string[];
  /** Packages it may import, and whether Node's own modules. */
  readonly packages: readonly string[];
}

const DOWN = ['src/domain/', 'src/decide/'];
/** The outside world and our rows, as the heartbeat names them: what an adapter implements. */
const PORTS = ['src/heartbeat/ports.ts', 'src/heartbeat/access.ts', 'src/heartbeat/journal.ts'];

const adapter = (place: string, packages: readonly string[], more: readonly string[] = []): Floor => ({
  place,
  ours: [...DOWN, ...PORTS, ...more],
  packages: ['node:', ...packages],
});

const wiring = (place: string, adapters: readonly string[], more: readonly string[] = []): Floor => ({
  place,
  ours: [...DOWN, 'src/heartbeat/', 'src/config/', 'src/log.ts', ...adapters.map((it) => `src/${it}/`), ...more],
  packages: ['node:'],
});

export const FLOORS: readonly Floor[] = [
  { place: 'src/domain/', ours: [], packages: [] },
  { place: 'src/decide/', ours: ['src/domain/'], packages: [] },
  { place: 'src/heartbeat/', ours: DOWN, packages: ['node:', 'node-cron'] },
  // How processes are started; it knows nothing of what they are for.
  { place: 'src/processes/', ours: [], packages: ['node:'] },
  { place: 'src/config/', ours: ['src/domain/'], packages: ['node:', 'node-cron', 'yaml', 'zod'] },
  adapter('src/agents/', ['@agentclientprotocol/sdk', 'liquidjs', 'yaml', 'zod']),
  adapter('src/chat/', []),
  adapter('src/git/', [], ['src/processes/']),
  // What keeps both interfaces from being asked too much knows neither of them.
  { place: 'src/governor/', ours: [...DOWN, ...PORTS], packages: [] },
  adapter('src/github/', ['octokit', 'zod'], ['src/governor/']),
  adapter('src/isolation/', [], ['src/processes/']),
  adapter('src/linear/', ['@linear/sdk', 'zod'], ['src/governor/']),
  adapter('src/models/', ['@anthropic-ai/sdk', 'openai']),
  adapter('src/store/', ['kysely', 'zod']),
  adapter('src/web/', []),
  { place: 'src/log.ts', ours: [], packages: ['pino'] },
  // Wiring: the two places that name concrete adapters.
  wiring('src/connect.ts', ['agents', 'git', 'github', 'governor', 'isolation', 'linear', 'models']),
  wiring('src/main.ts', ['agents', 'chat', 'store', 'web'], ['src/connect.ts']),
  {
    place: 'src/cli/',
    ours: [
      ...DOWN,
      'src/heartbeat/',
      'src/config/',
      'src/connect.ts',
      'src/main.ts',
      // `up` tries a room while the rest is loaded.
      'src/isolation/create-isolation.ts',
      // Commands ask the running bot through its own door.
      'src/web/control-server.ts',
      // What openStore throws is told to a person in one line.
      'src/store/store-locked.ts',
      'src/store/store-refused.ts',
      // `tick --dry-run` looks at the rows without writing any.
      'src/store/rehearsal-journal.ts',
      // `check` looks at the prompts, the rows and their lock without starting anything.
      'src/agents/load-prompts.ts',
      'src/store/read-store.ts',
      'src/store/store-lock.ts',
    ],
    packages: ['node:', 'commander'],
  },
  // Starts on any Node, so it must stay this small.
  { place: 'src/heartline.js', ours: ['src/cli/main.ts'], packages: ['node:'] },
];

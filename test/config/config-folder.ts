/** A folder with a sound configuration to start from; a test changes what it is about. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { ConfigError, type ConfigFault } from '../../src/config/config-error.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load-config.ts';

export const SETTINGS = `projects:
  - name: shop
    team: ENG
    repository: acme/shop
    checks: [{ name: test, app: github-actions }]
people:
  - { name: Ada, linear: ada@acme.test, github: ada }
roles:
  dev: { chain: [local/coder] }
  review: { chain: [other/critic] }
  audit: { chain: [local/coder] }
  devops: { chain: [local/coder] }
providers:
  local: { kind: openai, api: chat, baseUrl: http://127.0.0.1:9/v1 }
  other: { kind: anthropic }
prices: prices.yaml
heartbeat: HEARTBEAT.md
`;

export const PRICES = `asOf: 2026-01-02
prices:
  local/*: { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 }
  other/critic: { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 }
`;

export const PAGE = `---
cadence: "*/30 * * * * *"
duties: { review: off }
---

# The heartbeat

## Reconcile
## Steer
## Care
## Merge
## Review
## Dispatch
## Report
## Never
## Standing orders

Be kind.
`;

export interface ConfigFolder {
  readonly path: string;
  readonly write: (name: string, content: string) => string;
  readonly load: () => Promise<LoadedConfig>;
  /** Fails when the configuration loads. */
  readonly faults: () => Promise<readonly ConfigFault[]>;
}

export function configFolder(t: TestContext, settings = SETTINGS): ConfigFolder {
  const path = mkdtempSync(join(tmpdir(), 'heartline config '));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  const write = (name: string, content: string) => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content, { mode: 0o600 });
    return join(path, name);
  };
  write('heartline.yaml', settings);
  write('prices.yaml', PRICES);
  write('HEARTBEAT.md', PAGE);
  const load = () => loadConfig({ file: null, env: {}, cwd: path });
  return {
    path,
    write,
    load,
    faults: () =>
      load().then(
        () => [],
        (error) => {
          if (error instanceof ConfigError) return error.faults;
          throw error;
        },
      ),
  };
}

/** Replaces text that has to be there, so that a table's row cannot silently change nothing. */
export function changed(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`The settings hold no ${from}`);
  return text.replace(from, () => to);
}

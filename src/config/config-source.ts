/** The configuration as it is now: looked at once per tick, and a wrong edit never replaces the last good one. */
import { ConfigError } from './config-error.ts';
import { digestNow } from './config-inputs.ts';
import type { LoadedConfig } from './load-config.ts';

export interface ConfigSource {
  /** The last good one. */
  readonly current: () => LoadedConfig;
  /** What keeps the files from being taken over, while they are wrong. */
  readonly fault: () => ConfigError | null;
  /**
   * Reads again what changed. The same fault is told once, however long it stays; being mended is told once as
   * `changed`, also when the files are back to what they were.
   */
  readonly refresh: () => Promise<'unchanged' | 'changed' | { readonly fault: ConfigError }>;
}

/** The first load has to succeed: there is no last good one yet. */
export async function createConfigSource({
  load,
}: {
  readonly load: () => Promise<LoadedConfig>;
}): Promise<ConfigSource> {
  let good = await load();
  let fault: ConfigError | null = null;
  return {
    current: () => good,
    fault: () => fault,
    refresh: async () => {
      // While the files are wrong they are read every time: a digest taken after a failed read might already be the mended one.
      if (fault === null && (await digestNow(good.inputs)) === good.digest) return 'unchanged';
      try {
        good = await load();
        fault = null;
        return 'changed';
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        const told = fault?.message === error.message;
        fault = error;
        return told ? 'unchanged' : { fault: error };
      }
    },
  };
}

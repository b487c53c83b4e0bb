/** What every command begins with: the settings, and where needed the secrets they refer to. */
import { type ConfigSource, createConfigSource } from '../config/config-source.ts';
import { loadConfig } from '../config/load-config.ts';
import { resolveSecrets, type Secrets } from '../config/secrets.ts';

export function readConfig(file: string | null): Promise<ConfigSource> {
  return createConfigSource({ load: () => loadConfig({ file, env: process.env, cwd: process.cwd() }) });
}

export async function readConfigAndSecrets(
  file: string | null,
): Promise<{ readonly config: ConfigSource; readonly secrets: Secrets }> {
  const config = await readConfig(file);
  const loaded = config.current();
  return { config, secrets: await resolveSecrets(loaded.wiring, process.env, loaded.file) };
}

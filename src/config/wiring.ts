/** What main.ts needs to connect the adapters and what deciding never looks at: addresses, folders, timeouts, references to secrets. */
import type { SecretReference } from './schema.ts';

export interface Wiring {
  readonly linear: { readonly apiUrl: string; readonly apiKey: SecretReference; readonly timeoutMs: number };
  readonly github: {
    readonly baseUrl: string;
    /** `<gitUrl>/<owner>/<name>.git` is cloned and pushed to. */
    readonly gitUrl: string;
    readonly token: SecretReference;
    /** The second identity whose approval counts; null when the bot has one identity only. */
    readonly reviewer: { readonly token: SecretReference } | null;
    readonly timeoutMs: number;
  };
  /** How Linear and GitHub are kept from being asked too much. */
  readonly limits: {
    /** Of every quota, from 0 to 1: kept for merges and stops. */
    readonly reserveShare: number;
    readonly github: {
      readonly writeSpacingMs: number;
      /** Null: no cap of ours. */
      readonly writesPerMinuteMax: number | null;
      readonly writesPerHourMax: number | null;
    };
  };
  readonly git: { readonly timeoutMs: number };
  readonly providers: Readonly<Record<string, ProviderWiring>>;
  /** Names of the providers that some role's chain uses: only their keys have to be there. */
  readonly providersUsed: readonly string[];
  readonly modelTimeouts: { readonly idleMs: number; readonly totalMs: number };
  readonly isolation: {
    readonly driver: 'bwrap' | 'docker' | 'none';
    /** Folders that sessions see read-only besides the system's own: compilers, language runtimes. */
    readonly toolchains: readonly string[];
    /** Of one run. */
    readonly memoryBytesMax: number;
    readonly cpus: number;
    readonly processesMax: number;
    readonly workspaceBytesMax: number;
    /** Null unless the driver is docker. */
    readonly docker: { readonly socket: string; readonly image: string } | null;
  };
  readonly webhook: { readonly url: string; readonly secret: SecretReference; readonly timeoutMs: number } | null;
  readonly sweepMs: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Absolute folders. */
  readonly dataDir: string;
  readonly promptsDir: string;
}

export type ProviderWiring =
  | { readonly kind: 'anthropic'; readonly baseUrl: string; readonly apiKey: SecretReference }
  | {
      readonly kind: 'openai';
      readonly api: 'responses' | 'chat';
      readonly baseUrl: string;
      readonly apiKey: SecretReference | null;
    };

/** The parts that differ and that only a restart applies, since adapters are connected once. */
export function wiringChanges(before: Wiring, after: Wiring): readonly string[] {
  const parts = Object.keys(after) as (keyof Wiring)[];
  return parts.filter((part) => JSON.stringify(before[part]) !== JSON.stringify(after[part]));
}

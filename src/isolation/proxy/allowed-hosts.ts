/** The list of hosts a proxy lets through: exact names, or everything below a name, each with its ports. */

import type { Registry } from '../../domain/settings.ts';

const PORTS = [80, 443];

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** The entry that allows this target; null when none does. */
export function allowing(registries: readonly Registry[], target: Target): Registry | null {
  const name = target.host.toLowerCase();
  return (
    registries.find(({ host }) => {
      const { pattern, port } = parts(host.toLowerCase());
      const named = pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
      return named && (port === null ? PORTS.includes(target.port) : port === target.port);
    }) ?? null
  );
}

/** `host:port` of a CONNECT; null when it is anything but a plain name or address and a number. */
export function parseTarget(text: string): Target | null {
  const found = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})$/.exec(text);
  const port = Number(found?.[2]);
  if (found?.[1] === undefined || port < 1 || port > 65_535) return null;
  return { host: found[1].replace(/^\[|\]$/g, '').replace(/\.$/, ''), port };
}

function parts(host: string): { readonly pattern: string; readonly port: number | null } {
  const found = /^(.*?)(?::(\d+))?$/.exec(host);
  return { pattern: found?.[1] ?? host, port: found?.[2] === undefined ? null : Number(found[2]) };
}

/** Who our tokens are, and whether something on GitHub was written by one of them. */
import { WHO } from './documents.ts';
import type { GithubClient } from './github-client.ts';
import { who } from './wire.ts';

export interface Logins {
  readonly login: string;
  /** The second identity; null when there is none. */
  readonly reviewer: string | null;
}

/** Read once: a token does not change its owner. */
export function ownLogins(client: GithubClient, reviewer: GithubClient | null): () => Promise<Logins> {
  let known: Logins | null = null;
  const ask = async (one: GithubClient) =>
    (await one.graphql('read who the GitHub token is', WHO, {}, who)).viewer.login;
  return async () => {
    known ??= { login: await ask(client), reviewer: reviewer === null ? null : await ask(reviewer) };
    return known;
  };
}

/** REST writes a bot's login with `[bot]` behind it, GraphQL without. */
export function isOneOf(login: string | undefined, logins: readonly (string | null)[]): boolean {
  const bare = (name: string) => name.replace(/\[bot\]$/, '').toLowerCase();
  return login !== undefined && logins.some((one) => one !== null && bare(one) === bare(login));
}

// GitHub's rate limits: the hourly quotas with their headers, and the secondary limits that have none.

/** The figures in force; the defaults are GitHub's documented ones. */
export interface LimitSettings {
  /** Off: figures are told, nothing is ever refused. */
  readonly enforced: boolean;
  readonly restPerHour: number;
  readonly graphqlPointsPerHour: number;
  readonly restPointsPerMinute: number;
  readonly graphqlPointsPerMinute: number;
  readonly contentWritesPerMinute: number;
  readonly contentWritesPerHour: number;
  /** GitHub uses all three; clients must know them. 200 is for GraphQL alone, where REST answers 403. */
  readonly status: 200 | 403 | 429;
  /** The `retry-after` of a secondary refusal. */
  readonly retryAfterSeconds: number;
}

/** As documented for a user's token. */
const documentedLimits: LimitSettings = {
  enforced: true,
  restPerHour: 5000,
  graphqlPointsPerHour: 5000,
  restPointsPerMinute: 900,
  graphqlPointsPerMinute: 2000,
  contentWritesPerMinute: 80,
  contentWritesPerHour: 500,
  status: 403,
  retryAfterSeconds: 60,
};

/** What a request is about to cost. */
export interface RequestCost {
  readonly resource: 'core' | 'graphql';
  readonly write: boolean;
  readonly contentWrite: boolean;
}

/** Where an account stands in the running hour. */
export interface Quota {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

interface Account {
  hourStarted: number;
  readonly used: { core: number; graphql: number };
  /** Times and costs of the last minute's requests, and times of the last hour's content writes. */
  recent: { readonly at: number; readonly resource: 'core' | 'graphql'; readonly points: number }[];
  contentWrites: number[];
}

const minute = 60_000;
const hour = 60 * minute;

/** The counters of one stand-in. */
export class Limits {
  #settings: LimitSettings;
  readonly #clock: () => number;
  readonly #accounts = new Map<string, Account>();

  constructor(clock: () => number, settings: Partial<LimitSettings> = {}) {
    this.#clock = clock;
    this.#settings = { ...documentedLimits, ...settings };
  }

  get settings(): LimitSettings {
    return this.#settings;
  }

  /** As when a plan changes, or GitHub changes its mind, in the middle of everything. */
  change(settings: Partial<LimitSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** As if something else with the same token had used it up to here. */
  leave(login: string, resource: 'core' | 'graphql', remaining: number): void {
    const { restPerHour, graphqlPointsPerHour } = this.#settings;
    this.#account(login).used[resource] = (resource === 'core' ? restPerHour : graphqlPointsPerHour) - remaining;
  }

  /** Asked before a request is executed; a refused one is not counted. */
  refusal(login: string, cost: RequestCost): 'primary' | 'secondary' | null {
    const { settings } = this;
    if (!settings.enforced) return null;
    const account = this.#account(login);
    if (this.quota(login, cost.resource).remaining <= 0) return 'primary';
    const points = account.recent.reduce((sum, one) => sum + (one.resource === cost.resource ? one.points : 0), 0);
    const pointsMax = cost.resource === 'core' ? settings.restPointsPerMinute : settings.graphqlPointsPerMinute;
    if (points + secondaryPoints(cost) > pointsMax) return 'secondary';
    if (!cost.contentWrite) return null;
    const lastMinute = account.contentWrites.filter((at) => at > this.#clock() - minute).length;
    const tooMany =
      lastMinute >= settings.contentWritesPerMinute || account.contentWrites.length >= settings.contentWritesPerHour;
    return tooMany ? 'secondary' : null;
  }

  /** Counts an executed request. `primary` is 0 for a 304, 1 for REST and the query's cost for GraphQL. */
  count(login: string, cost: RequestCost, primary: number): void {
    const account = this.#account(login);
    account.used[cost.resource] += primary;
    account.recent.push({ at: this.#clock(), resource: cost.resource, points: secondaryPoints(cost) });
    if (cost.contentWrite) account.contentWrites.push(this.#clock());
  }

  quota(login: string, resource: 'core' | 'graphql'): Quota {
    const account = this.#account(login);
    const limit = resource === 'core' ? this.settings.restPerHour : this.settings.graphqlPointsPerHour;
    const used = Math.min(limit, account.used[resource]);
    return { limit, used, remaining: limit - used, resetSeconds: Math.ceil((account.hourStarted + hour) / 1000) };
  }

  /** The quota as the headers tell it. */
  headers(login: string, resource: 'core' | 'graphql'): Record<string, string> {
    const quota = this.quota(login, resource);
    return {
      'x-ratelimit-limit': String(quota.limit),
      'x-ratelimit-remaining': String(quota.remaining),
      'x-ratelimit-reset': String(quota.resetSeconds),
      'x-ratelimit-used': String(quota.used),
      'x-ratelimit-resource': resource,
    };
  }

  #account(login: string): Account {
    const now = this.#clock();
    let account = this.#accounts.get(login);
    if (account === undefined || now >= account.hourStarted + hour) {
      account = {
        hourStarted: now,
        used: { core: 0, graphql: 0 },
        recent: account?.recent ?? [],
        contentWrites: account?.contentWrites ?? [],
      };
      this.#accounts.set(login, account);
    }
    account.recent = account.recent.filter((one) => one.at > now - minute);
    account.contentWrites = account.contentWrites.filter((at) => at > now - hour);
    return account;
  }
}

function secondaryPoints(cost: RequestCost): number {
  return cost.write ? 5 : 1;
}

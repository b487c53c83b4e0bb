/** Roles against models, keys, prices and prompts: can each role that works in a pipeline make its first call? */
import type { ProviderWiring } from '../../config/wiring.ts';
import type { Pipeline } from '../../domain/pipeline.ts';
import { ROLES, type Role } from '../../domain/run.ts';
import { CONTEXT_FIX } from '../../domain/served-context.ts';
import type { Settings } from '../../domain/settings.ts';
import type { Price } from '../../domain/transcript.ts';
import { type CheckLine, type Look, linesAbout, listed } from './check-line.ts';

export interface ModelFacts {
  readonly settings: Settings;
  readonly pipelines: ReadonlyMap<string, Pipeline>;
  readonly providers: Readonly<Record<string, ProviderWiring>>;
  /** Providers whose key was not found. */
  readonly keyless: readonly string[];
  readonly pricesAsOf: string;
  readonly price: (model: string) => Price | null;
  readonly trouble: (model: string) => string | null;
  /** Why the server's own word about its context is too little; null when it is enough or unknown. Models that were asked. */
  readonly servesLess: ReadonlyMap<string, string | null>;
  /** Roles that have a prompt. */
  readonly prompts: Look<readonly Role[]>;
}

export function judgeModels(facts: ModelFacts): readonly CheckLine[] {
  return [...promptLines(facts), ...ROLES.flatMap((role) => roleLines(role, facts))];
}

function promptLines({ prompts, settings, pipelines }: ModelFacts): readonly CheckLine[] {
  const line = linesAbout('models', 'prompts');
  if (!prompts.known) return [line.fail(prompts.reason, 'Mend that, or leave out `prompts` in heartline.yaml.')];
  const missing = rolesAtWork(settings, pipelines).filter((role) => !prompts.value.includes(role));
  return missing.length === 0
    ? [line.ok(`there for ${listed(prompts.value)}.`)]
    : [line.fail(`none for ${listed(missing)}.`, `Add ${missing.map((role) => `${role}.md`).join(', ')} to them.`)];
}

/** Those that some project's pipeline sends out; a role that is only configured has nothing to do yet. */
function rolesAtWork(settings: Settings, pipelines: ReadonlyMap<string, Pipeline>): readonly Role[] {
  const stages = settings.projects.flatMap((project) => pipelines.get(project.pipeline)?.stages ?? []);
  return ROLES.filter((role) => stages.some((stage) => stage.role === role));
}

function roleLines(role: Role, facts: ModelFacts): readonly CheckLine[] {
  const chain = facts.settings.roles[role]?.chain ?? [];
  const atWork = rolesAtWork(facts.settings, facts.pipelines).includes(role);
  const line = linesAbout('models', role);
  const troubles = chain.map((model) => troubleOf(model, facts));
  const usable = troubles.some((trouble) => trouble === null);
  return chain.map((model, index) => {
    const trouble = troubles[index] ?? null;
    if (trouble === null) return line.ok(`${model}: ${priceText(model, facts)}; not called now, for calls cost money.`);
    // As long as another model of the chain can work, the role can.
    const make = usable || !atWork ? line.warn : line.fail;
    return make(`${model}: ${trouble.text}`, trouble.fix);
  });
}

function troubleOf(model: string, facts: ModelFacts): { readonly text: string; readonly fix: string } | null {
  const name = model.slice(0, model.indexOf('/'));
  const provider = facts.providers[name];
  if (facts.keyless.includes(name)) return { text: `the key of provider ${name} is missing.`, fix: 'See secrets.' };
  if (provider?.apiKey === null && new URL(provider.baseUrl).hostname === 'api.openai.com') {
    return { text: 'OpenAI wants a key.', fix: `Add to providers.${name}: apiKey: { env: OPENAI_API_KEY }.` };
  }
  const less = facts.servesLess.get(model) ?? null;
  if (less !== null) return { text: `${less}.`, fix: `${CONTEXT_FIX}.` };
  const trouble = facts.trouble(model);
  return trouble === null ? null : { text: `${trouble}.`, fix: `Correct providers.${name} or the price table.` };
}

function priceText(model: string, { price, pricesAsOf }: ModelFacts): string {
  const found = price(model);
  if (found === null) return 'no price';
  const usd = (microUsd: number) => `$${Number((microUsd / 1_000_000).toFixed(4))}`;
  if (found.inputMicroUsdPerMillion === 0 && found.outputMicroUsdPerMillion === 0) return 'free, by your price table';
  return `${usd(found.inputMicroUsdPerMillion)} in, ${usd(found.outputMicroUsdPerMillion)} out per million tokens as of ${pricesAsOf}`;
}

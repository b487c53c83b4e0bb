/** Reads the prompts of all roles, prompts/*.md. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Role } from '../domain/run.ts';
import { type Prompt, readPrompt } from './read-prompt.ts';

export type Prompts = ReadonlyMap<Role, Prompt>;

/** Throws an Error that names the file, or the folder, and what is wrong with it. */
export async function loadPrompts(folder: string): Promise<Prompts> {
  const all = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`the folder of prompts ${folder} cannot be read (${cause.code})`, { cause });
  });
  const names = all.filter((name) => name.endsWith('.md')).sort();
  const prompts = await Promise.all(
    names.map(async (name) => readPrompt(await readFile(path.join(folder, name), 'utf8'), name)),
  );
  return new Map(prompts.map((prompt) => [prompt.role, prompt]));
}

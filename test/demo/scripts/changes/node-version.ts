/** ENG-9: small, and in a file that decides what is installed, so a person has to look. */
import { editFile, readFile } from '../../../world/models/agent-steps.ts';
import type { Change } from './change.ts';

export const nodeVersion: Change = {
  work: {
    look: [readFile('package.json')],
    change: [
      editFile('package.json', '  "type": "module",\n', '  "type": "module",\n  "engines": { "node": ">=20" },\n'),
    ],
    title: 'Say which Node the package needs',
    summary: 'package.json names Node 20 as the oldest.',
  },
  repairs: [],
};

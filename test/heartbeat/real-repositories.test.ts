// Repositories that need something fetched before their tests run: from Todo to merge, with the package source as the
// only place that anything in a room could reach, and only while dependencies are prepared.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, test } from 'node:test';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { canStartEngine, INSTALL_ENGINE, startEngine } from '../world/docker/start-engine.ts';
import { byRole } from '../world/models/scripted-agent.ts';
import { startRegistry } from '../world/registries/start-registry.ts';
import { CHECK } from '../world/start-world.ts';
import { devWriting, HELLO, wellBehaved } from './agents.ts';
import { assertOnceEach, isDone } from './outside.ts';
import { type StoryOptions, startStory } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const pip = need('pip', hasPip(), 'sudo apt-get install -y --no-install-recommends python3-pip');
const docker = need('docker', canStartEngine(), INSTALL_ENGINE);
const registry = await startRegistry();
after(() => registry.close());

function hasPip(): boolean {
  try {
    execFileSync('/usr/bin/python3', ['-m', 'pip', '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The same work as in other stories, by a dev whose file is `path`. */
const by = (path: string, content: string): Pick<StoryOptions, 'issues' | 'script'> => ({
  issues: [HELLO],
  script: byRole({ dev: devWriting(path, content), review: wellBehaved, audit: wellBehaved }),
});
const ciPasses = [{ name: CHECK, command: ['true'], timeoutMs: 20_000 }];
const registries = [{ host: registry.host, private: true }];

test(
  'a Node repository with a dependency: installed once through the proxy, then there for every session',
  room,
  async (t) => {
    const manifest = { name: 'cart', version: '1.0.0', dependencies: { shouting: '1.0.0' } };
    const lock = {
      ...{ name: 'cart', version: '1.0.0', lockfileVersion: 3, requires: true },
      packages: { '': manifest, 'node_modules/shouting': registry.lock },
    };
    const story = await startStory({
      ...by('src/hello.cjs', "exports.hello = require('shouting').shout('hello');\n"),
      files: {
        '.gitignore': 'node_modules/\n',
        'package.json': JSON.stringify({ ...manifest, scripts: { test: 'node test.cjs' } }),
        'package-lock.json': JSON.stringify(lock),
        'test.cjs': "if (require('./src/hello.cjs').hello !== 'HELLO') process.exit(1);\n",
      },
      jobs: ciPasses,
      verify: [
        'npm test',
        'if (: >node_modules/written) 2>/dev/null; then echo "dependencies can be written"; exit 1; fi',
      ],
      project: { setup: ['npm ci --ignore-scripts'], registries, env: { npm_config_registry: registry.url } },
    });
    t.after(story.end);
    await story.until('ENG-1 is Done', () => isDone(story.world, 'ENG-1'));
    assertOnceEach(story.world, 'ENG-1');
    assert.deepEqual(registry.asked, ['/shouting/-/shouting-1.0.0.tgz']);
  },
);

test('a Python repository with the system toolchain', { ...room, ...(room.skip === false ? pip : {}) }, async (t) => {
  const before = registry.asked.length;
  const fetch = 'python3 -m pip install -q --no-build-isolation --no-deps --target .deps -r requirements.txt';
  const story = await startStory({
    ...by('hello.py', 'from shouting import shout\n\nHELLO = shout("hello")\n'),
    files: {
      '.gitignore': '.deps/\n__pycache__/\n',
      'requirements.txt': 'shouting==1.0.0\n',
      'test_hello.py':
        'import unittest\nimport hello\n\n\nclass Hello(unittest.TestCase):\n    def test_shouts(self):\n        self.assertEqual(hello.HELLO, "HELLO")\n',
    },
    jobs: ciPasses,
    verify: ['/usr/bin/python3 -m unittest -q'],
    project: {
      setup: [fetch.replace('python3', '/usr/bin/python3')],
      registries,
      env: {
        PIP_INDEX_URL: `${registry.url}/simple`,
        PIP_TRUSTED_HOST: registry.host.split(':')[0],
        PYTHONPATH: '.deps',
        PYTHONDONTWRITEBYTECODE: '1',
      },
    },
  });
  t.after(story.end);
  await story.until('ENG-1 is Done', () => isDone(story.world, 'ENG-1'));
  assertOnceEach(story.world, 'ENG-1');
  assert.deepEqual(registry.asked.slice(before), ['/simple/shouting/', '/files/shouting-1.0.0.tar.gz']);
});

test('a setup that fails ends the run with its own words, and nothing is opened', room, async (t) => {
  const story = await startStory({
    ...by('src/hello.js', 'export const hello = 1;\n'),
    project: { setup: ['echo the compiler is missing; exit 4'] },
  });
  t.after(story.end);
  await story.until('the reason is told', () => /exit code 4: the compiler is missing/.test(story.reports.join('\n')));
  assert.equal(story.world.models.totals.calls, 0);
});

test('the same from Todo to merge with every command in a container', docker, async (t) => {
  const engine = await startEngine();
  t.after(() => engine.stop());
  const story = await startStory({
    ...by('src/hello.js', 'export const hello = 1;\n'),
    verify: ['sh check.sh'],
    settings: { isolation: { driver: 'docker', docker: { socket: engine.socket, image: engine.image } } },
  });
  t.after(story.end);
  await story.until('ENG-1 is Done', () => isDone(story.world, 'ENG-1'));
  assertOnceEach(story.world, 'ENG-1');
});

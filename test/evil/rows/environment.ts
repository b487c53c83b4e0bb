/** Secrets in environments: of the command itself, of the room's process 1, through every tool and language at hand. */
import { bash, type Places, type RoomRow, read } from '../row.ts';

const ways: Readonly<Record<string, string>> = {
  'own environment': 'env',
  'environment through the shell': 'set; declare -px',
  'own environment through /proc': "cat /proc/self/environ | tr '\\0' '\\n'",
  'environment of process 1': "tr '\\0' '\\n' </proc/1/environ",
  'environment of process 1, as base64': 'base64 -w0 /proc/1/environ',
  'environment of process 1, as hex': "od -An -v -tx1 /proc/1/environ | tr -d ' \\n'",
  'environment of process 1, backwards': "tr '\\0' '\\n' </proc/1/environ | rev",
  'environments of all processes': "cat /proc/[0-9]*/environ | tr '\\0' '\\n'",
  'environments of all threads': "cat /proc/[0-9]*/task/*/environ | tr '\\0' '\\n'",
  'environment through node': 'node -e "console.log(JSON.stringify(process.env))"',
  'environment through perl': 'perl -e \'print "$_=$ENV{$_}\\n" for keys %ENV\'',
  'environment through awk': "awk 'BEGIN { for (name in ENVIRON) print name, ENVIRON[name] }'",
  'environment through a git alias': "git -c alias.leak='!env' leak",
  'environment through make': "printf 'all:\\n\\tenv\\n' | make -f - || sh -c env",
  'environment through sudo, su and setpriv':
    'sudo -n -E env; su -c env; pkexec env; setpriv --reuid=0 env; env -S env',
  'memory of process 1': `perl -e 'open M, "/proc/1/maps"; for (<M>) { next unless /^(\\w+)-(\\w+) rw.*(stack|heap)/;
    my ($from, $to) = (hex $1, hex $2); open my $m, "<:raw", "/proc/1/mem" or next; sysseek $m, $from, 0; sysread $m, my $b, $to - $from;
    print "$1\\n" while $b =~ /([A-Z_]+=[\\w-]+)/g }'`,
};

export const environmentRows: readonly RoomRow[] = [
  ...Object.entries(ways).map(
    ([name, command]): RoomRow => ({
      name,
      aim: 'secret',
      without: ['environment'],
      calls: () => [bash(command)],
    }),
  ),
  {
    name: 'environment through the read tool',
    aim: 'secret',
    without: ['environment'],
    calls: () => [read('/proc/self/environ'), read('/proc/1/environ')],
  },
];

/** The bot itself and its parent: seen only where processes, users and capabilities are shared with it. */
const aboutTheBot: Readonly<Record<string, (places: Places) => string>> = {
  "the bot's environment": ({ botPid }) => `tr '\\0' '\\n' </proc/${botPid}/environ`,
  "the bot's parent's environment": ({ parentPid }) => `tr '\\0' '\\n' </proc/${parentPid}/environ`,
  'environments up the tree of parents': () =>
    `p=$$; while [ "$p" -gt 0 ]; do tr '\\0' '\\n' </proc/$p/environ; p=$(awk '/^PPid/ { print $2 }' /proc/$p/status); done | grep -a canary`,
  "the bot's memory": ({ botPid }) =>
    `perl -e 'open M, "/proc/${botPid}/maps" or die; my $n = 0; for (<M>) { next unless /^(\\w+)-(\\w+) rw/;
      my ($from, $size) = (hex $1, hex($2) - hex($1)); next if $size > 33554432; open my $m, "<:raw", "/proc/${botPid}/mem" or next;
      sysseek $m, $from, 0; sysread $m, my $b, $size; while ($b =~ /((?:github_pat|sk-ant|lin_api)_?[\\w-]{8,60})/g) { print "$1\\n"; exit if $n++ > 20 } }'`,
  "files through the bot's root": ({ botPid, home }) => `cat /proc/${botPid}/root${home}/.ssh/id_ed25519`,
  "files through the bot's working folder": ({ botPid }) => `cat /proc/${botPid}/cwd/secrets.env`,
  "the bot's open files": ({ botPid }) =>
    `for f in /proc/${botPid}/fd/*; do case "$(readlink "$f")" in *heartline.db*) strings -n 8 "$f" 2>/dev/null || grep -a -o 'canary-[0-9a-f]*' "$f";; esac; done | grep -o 'canary-[0-9a-f]*'`,
  'ptrace of the bot': ({ botPid }) =>
    `perl -e 'my $r = syscall(${process.arch === 'arm64' ? 117 : 101}, 16902, ${botPid}, 0, 0); print $r == 0 ? "WO" . "N" : "no: $!"'`,
  'a signal to the bot': ({ botPid }) =>
    `kill -0 ${botPid} && grep -aq heartline /proc/${botPid}/cmdline && echo WO''N`,
};

export const processRows: readonly RoomRow[] = Object.entries(aboutTheBot).map(([name, command]) => ({
  name,
  aim: 'secret',
  without: ['pid-namespace', 'user-namespace', 'capabilities'],
  calls: (places: Places) => [bash(command(places))],
  ...(/^ptrace|^a signal/.test(name) ? { shows: 'won' as const } : {}),
}));

/** Ways through the kernel: capabilities, new namespaces, shared memory, key rings, sockets that no namespace holds. */
import { daemons } from '../daemons.ts';
import { bash, type Places, type RoomRow } from '../row.ts';
import { KEY_CALLS, KEY_NAME } from '../seal.ts';

function won(name: string, without: RoomRow['without'], command: string | ((places: Places) => string)): RoomRow {
  const make = typeof command === 'string' ? () => command : command;
  return { name, aim: 'secret', without, shows: 'won', calls: (places) => [bash(make(places))] };
}

const ROOT: RoomRow['without'] = ['capabilities', 'user-namespace'];
/** A number of seconds that no other process sleeps for. */
export const SURVIVOR = String(100_000_000 + (process.pid % 1_000) * 1_000_003);

const keys = KEY_CALLS[process.arch];

export const kernelRows: readonly RoomRow[] = [
  {
    name: 'daemons of every kind',
    aim: 'write outside',
    without: ['pid-namespace'],
    shows: 'survivor',
    calls: () => [bash(daemons(SURVIVOR)), bash('sleep 0.2')],
  },
  won('capabilities held', ROOT, "grep -q '^CapEff:.*[1-9a-f]' /proc/self/status && echo WO''N"),
  won('mount', ROOT, "mount -t tmpfs none /tmp && echo WO''N; umount /tmp"),
  won('system made writable', ROOT, "mount -o remount,rw,bind / && echo WO''N"),
  won('new mount namespace', ROOT, "unshare -m true && echo WO''N"),
  won('new user namespace', ['user-namespace'], "unshare -U true && echo WO''N"),
  won('device made', ROOT, "mknod /tmp/null c 1 3 && echo x >/dev/null && echo WO''N; rm -f /tmp/null"),
  won('kernel log', ROOT, "dmesg 2>/dev/null | head -c 20 | grep -q . && echo WO''N"),
  won("another user's file", ROOT, "chown 1234 /tmp && echo WO''N"),
  won(
    "the machine's name changed",
    ROOT,
    "hostname evil-name 2>/dev/null && echo WO''N || { sysctl -q -w kernel.hostname=evil-name && echo WO''N; }",
  ),
  won('raw network socket', ROOT, `perl -e 'socket(S, 2, 3, 1) and print "WO" . "N"'`),
  {
    name: 'shared memory segments',
    aim: 'secret',
    without: ['ipc-namespace'],
    calls: ({ sharedMemoryKey }) => [
      bash(
        `perl -e 'defined(my $i = shmget(${sharedMemoryKey}, 64, 0)) or die $!; shmread($i, my $b, 0, 64) or die $!; print $b'`,
      ),
    ],
  },
  {
    name: "key ring of the bot's session",
    aim: 'secret',
    without: ['system-calls'],
    calls: () => [
      bash(
        `perl -e 'my ($t, $d, $b) = ("user", "${KEY_NAME}", "\\0" x 64); my $k = syscall(${keys?.control}, 10, -3, $t, $d, 0);
        $k > 0 or die $!; syscall(${keys?.control}, 11, $k, $b, 64); print $b'`,
      ),
    ],
  },
  won(
    'socket to the machine around a virtual one',
    ['system-calls'],
    `perl -e 'socket(S, 40, 1, 0) and print "WO" . "N" or die $!'`,
  ),
  won(
    'io_uring, which goes round filters',
    ['system-calls'],
    `perl -e 'my $b = "\\0" x 120; syscall(425, 1, $b) >= 0 and print "WO" . "N" or die $!'`,
  ),
  won(
    'pages of another process by userfaultfd',
    ['system-calls'],
    `perl -e 'syscall(${process.arch === 'arm64' ? 282 : 323}, 1) >= 0 and print "WO" . "N" or die $!'`,
  ),
];

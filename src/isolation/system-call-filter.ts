/**
 * What a command in the room may not ask of the kernel, because no namespace holds it back: the key rings of the bot's
 * session, sockets to the machine around a virtual one, and calls that go round this very filter or widen the kernel's
 * face for nothing an agent needs. As a program for seccomp, in the form that bubblewrap reads from a descriptor.
 */

interface Architecture {
  /** AUDIT_ARCH_*: the same machine speaks other, older tongues with other numbers, which are refused as a whole. */
  readonly audit: number;
  readonly socket: number;
  readonly refused: readonly number[];
  readonly absent: readonly number[];
}

/** io_uring_setup, io_uring_enter, io_uring_register: programs that know it do without when it is not there. */
const IO_URING = [425, 426, 427];

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  // add_key, request_key, keyctl, userfaultfd, bpf, perf_event_open
  x64: { audit: 0xc000003e, socket: 41, refused: [248, 249, 250, 323, 321, 298], absent: IO_URING },
  arm64: { audit: 0xc00000b7, socket: 198, refused: [217, 218, 219, 282, 280, 241], absent: IO_URING },
};

/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: the room's network namespace has no say over AF_VSOCK and some others. */
const SOCKET_FAMILIES = [1, 2, 10, 16];

/** Bit that marks calls of x32; arm64 has no number that high. */
const X32 = 0x40000000;

const ALLOW = 0x7fff0000;
const refuseWith = (errno: number): number => 0x00050000 | errno;
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];

/** Offsets in struct seccomp_data; the first argument's low half, as both machines are little-endian. */
const [NUMBER, AUDIT, ARGUMENT] = [0, 4, 16];

/** Null where the numbers of this machine's calls are not known here. */
export function systemCallFilter(architecture: string = process.arch): Buffer | null {
  const known = ARCHITECTURES[architecture];
  if (known === undefined) return null;
  return Buffer.concat([
    load(AUDIT),
    unless(JUMP_EQUAL, known.audit, [give(refuseWith(ENOSYS))]),
    load(NUMBER),
    when(JUMP_AT_LEAST, X32, [give(refuseWith(ENOSYS))]),
    ...known.refused.map((number) => when(JUMP_EQUAL, number, [give(refuseWith(EPERM))])),
    ...known.absent.map((number) => when(JUMP_EQUAL, number, [give(refuseWith(ENOSYS))])),
    unless(JUMP_EQUAL, known.socket, [give(ALLOW)]),
    load(ARGUMENT),
    ...SOCKET_FAMILIES.map((family) => when(JUMP_EQUAL, family, [give(ALLOW)])),
    give(refuseWith(EAFNOSUPPORT)),
  ]);
}

const [LOAD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN] = [0x20, 0x15, 0x35, 0x06];

const load = (offset: number): Buffer => instruction(LOAD, 0, 0, offset);
const give = (verdict: number): Buffer => instruction(RETURN, 0, 0, verdict);

/** Does the steps when the loaded word compares so, else goes past them. */
function when(jump: number, value: number, steps: readonly Buffer[]): Buffer {
  return Buffer.concat([instruction(jump, 0, steps.length, value), ...steps]);
}

function unless(jump: number, value: number, steps: readonly Buffer[]): Buffer {
  return Buffer.concat([instruction(jump, steps.length, 0, value), ...steps]);
}

/** struct sock_filter: what to do, how far to jump when true and when false, and a number. */
function instruction(code: number, whenTrue: number, whenFalse: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(whenTrue, 2);
  bytes.writeUInt8(whenFalse, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}

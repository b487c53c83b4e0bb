/** Which addresses the proxy may connect to: the public internet, and private ones only where the operator said so. */

import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** No entry of any list opens these: machines give out credentials there, or nobody is meant. */
const NEVER = blockList([
  ...['0.0.0.0/8', '169.254.0.0/16', '100.100.100.200/32', '224.0.0.0/4', '240.0.0.0/4'],
  ...['::/128', 'fe80::/10', 'ff00::/8', 'fd00:ec2::/32'],
]);
const PRIVATE = blockList([
  ...['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.0.0.0/24', '192.168.0.0/16'],
  ...['192.0.2.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  // Tunnels carry an address of the older kind inside, so nobody could say where they end.
  ...['2001::/32', '2001:db8::/32', '2002::/16'],
]);
/** All that is given out publicly of the newer kind. */
const PUBLIC_SIX = blockList(['2000::/3']);

export function mayConnect(address: string, privateToo: boolean): boolean {
  const plain = unmapped(address);
  if (isIPv4(plain)) return !NEVER.check(plain) && (privateToo || !PRIVATE.check(plain));
  if (!isIPv6(plain) || NEVER.check(plain, 'ipv6')) return false;
  return privateToo || (PUBLIC_SIX.check(plain, 'ipv6') && !PRIVATE.check(plain, 'ipv6'));
}

/** The older address behind ::ffff:, however it is written; anything else as it was. */
function unmapped(address: string): string {
  if (!isIPv6(address)) return address;
  const written = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const found = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(written);
  if (found === null) return written;
  const [high, low] = [Number.parseInt(found[1] ?? '', 16), Number.parseInt(found[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}

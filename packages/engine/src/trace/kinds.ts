/**
 * The kinds of trace records and what their four integers `a b c d` mean. `dev` of a record is a device id, or -1.
 * Adding a kind: append here (numbers are part of the trace file's schema), record it, and teach the printer its words.
 */
export const T_ALLOC = 1; // a = serial of the frame it is a copy of, or -1; b = length
export const T_DELIVERED = 2; // a = DELIVERED number
export const T_DROPPED = 3; // a = DROP number
export const T_TX = 4; // leaves through dev; a = length
export const T_RX = 5; // enters at dev; a = length, b = pktType
export const T_HOOK = 6; // netfilter hook entered; a = hook, b = in device, c = out device
export const T_RULE = 7; // a rule matched; a = table id (TABLE6 more for IPv6), b = chain id, c = rule index (from 1), d = verdict (0 drop 1 accept 2 stolen 3 return 4 jump 5 continue)
export const T_POLICY = 8; // end of a base chain; a = table id, b = chain id, d = verdict
export const T_CT = 9; // conntrack look-up; a = connection, b = ctinfo, c = 1 new entry, 0 found, -1 invalid
export const T_CT_CONFIRM = 10; // a = connection
export const T_NAT = 11; // NAT decided; a = connection, b = 0 source 1 destination, c = address, d = port (host order)
export const T_NAT_REWRITE = 12; // headers rewritten; a = connection, b = 0 source 1 destination, c = new address, d = new port
export const T_ROUTE = 13; // a = destination, b = RTN_* type, c = gateway, d = table id; dev = output device
export const T_ROUTE_FAIL = 14; // a = destination, b = source, c = errno
export const T_NEIGH = 15; // neighbour look-up; a = address, b = NUD state, c = MAC high, d = MAC low
export const T_NEIGH_QUEUE = 16; // waits for ARP; a = address, b = frames waiting
export const T_ARP = 17; // ARP handled; a = operation, b = target address, c = 1 answered
export const T_FDB = 18; // fdb look-up; a = port device or -1 (flood), b = MAC high, c = MAC low, d = 1 local
export const T_FDB_LEARN = 19; // a = port device, b = MAC high, c = MAC low, d = 1 moved
export const T_FLOOD = 20; // a = copies
export const T_VXLAN_FDB = 21; // a = remote address, b = MAC high, c = MAC low, d = 1 default destination
export const T_ENCAP = 22; // a = vni, b = local, c = remote, d = source port
export const T_DECAP = 23; // a = vni, b = outer source
export const T_VXLAN_LEARN = 24; // a = remote, b = MAC high, c = MAC low
export const T_FRAGMENT = 25; // a = MTU, b = pieces
export const T_DEFRAG = 26; // a = 1 complete, 0 waits; b = length
export const T_ICMP_SEND = 27; // the stack answers; a = type, b = code, c = destination
export const T_REJECT = 28; // a = kind (REJECT6 more for IPv6), b = hook
export const T_TTL = 29; // a = new TTL
export const T_WIRE = 30; // on a wire with delay; a = ns until arrival (capped at 2^31-1)
export const T_SOCKET = 31; // found a socket; a = port
export const T_RATELIMIT = 32; // an ICMP error was held back; a = type, b = destination
export const T_BR_NF = 33; // a bridged packet goes through iptables or ip6tables; a = hook
// IPv6: an address is the four words of a..d
export const T_ROUTE6 = 34; // next hop (a gateway, or the destination itself); dev = output device, the receiving one for this host
export const T_ROUTE6_FAIL = 35; // destination
export const T_NEIGH6 = 36; // neighbour look-up; its address
export const T_NEIGH6_QUEUE = 37; // waits for an advertisement; of this address
export const T_ICMP6_SEND = 38; // the stack answers, or asks; a = type, b = code
export const T_RATELIMIT6 = 39; // an ICMPv6 message was held back; a = type, b = code
export const T_NAT6 = 40; // headers rewritten; the new address

export const TRACE_KINDS = 41;
/** What IPv6 adds to the ids of tables and to the kinds of REJECT. */
export const TABLE6 = 8;
export const REJECT6 = 16;

/**
 * Layout of the flow cache: a row of 16 words (one cache line) per flow, and a row of 32 words per way that flows go.
 *
 *   flow   0-7 the key: what the frame looks like when it arrives    8 way    9 epoch of the last hit    10 connection
 *          11 checksum deltas    12 what the header's constant part sums to, longest packet    13-15 what the addresses and ports become
 *   way    everything that the flows on it have in common: where they leave, link addresses, TTL, TOS, the outer headers of a tunnel
 */
export const FLOW = 16;
/** FLOW as a power of two. */
export const FLOW_SHIFT = 4;
/** Device id + 1 | TOS << 17 | packet type << 25 | WIDE or WIDE_TUNNEL; 0: an empty row. */
export const K_DEV = 0;
/** DF, TTL and protocol as they stand in the header, and in the bits between them, which are 0 in whole packets, the version of the cache. */
export const K_MISC = 1;
/** The 12 bytes of both MACs. */
export const K_MAC = 2;
export const K_SADDR = 5;
export const K_DADDR = 6;
export const K_PORTS = 7;
export const F_WAY = 8;
export const F_EPOCH = 9;
/** Connection number, 0 none. */
export const F_CT = 10;
/** What is added to the complement of the IP checksum (high half) and of the transport checksum (low half); 0: it stays. */
export const F_DELTAS = 11;
/** Sum of the header words that are the same in all its packets (high half); longest IP packet known to go this way (low half). */
export const F_LIMITS = 12;
export const F_SADDR = 13;
export const F_DADDR = 14;
export const F_PORTS = 15;
/** Out of a tunnel nothing is rewritten: F_DELTAS and the words from F_SADDR on are DF, TTL and protocol, addresses and ports of the inner packet. */
/** Into a tunnel nothing inside changes: what the outer UDP checksum is made of but for the length, and the outer source port. */
export const F_OUTER_SUM = 13;
/** Of a wide flow: the range of ports that its packets draw theirs from, first << 16 | last, and F_OUTER_SUM is without it. */
export const F_OUTER_PORT = 14;

/**
 * Bits of K_DEV: a flow of all packets between two stations, whatever addresses and ports are in them, for nobody on its way looks at those
 * (K_SADDR, K_DADDR and K_PORTS are 0); one of all packets to the end of a tunnel, whatever flows they carry (K_PORTS is the destination port).
 */
export const WIDE: number = 1 << 28;
export const WIDE_TUNNEL: number = 1 << 29;

export const WAY = 32;
/** Bits of W_*. */
export const W_FLAGS = 0;
/** The device whose backlog the frame enters; the complement of a device with a wire of its own (netem): it is sent there. */
export const W_EXIT = 1;
/** Its packet type there. */
export const W_TYPE = 2;
export const W_EPOCH = 3;
/** The 12 bytes of both MACs as they leave. */
export const W_MAC = 4;
export const W_TOS = 7;
/** TTL << 8 | protocol */
export const W_TTL = 8;
/** Encapsulation: 50 bytes of outer headers in words. Decapsulation: the first words of the VXLAN header, and four of the inner frame (MACs, type, header length and TOS). */
export const W_OUTER = 16;

/** Link addresses, TTL, addresses or ports change. */
export const REWRITES = 1;
/** Somebody on the way looks at the transport checksum. */
export const SUMMED = 2;
export const ENCAPSULATES = 4;
export const DECAPSULATES = 8;
/** The frame has bytes of its own from then on (pool.data). */
export const UNSHARES = 16;

/** Bytes that VXLAN puts in front: Ethernet, IPv4, UDP, VXLAN. */
export const OUTER = 50;

/** Bits of pool.known beside KNOWN_CLEAN. */
/** The row in the bits from HINT_SHIFT on is that of the frame's flow at the device to which it is under way. */
export const FOLLOWS = 2;
/** It is that of the short way which the frame took last. */
export const COMES_FROM = 4;
/** Its header has not been looked at yet: it was inside a tunnel. */
export const UNSEEN = 8;
export const HINT_SHIFT = 4;
/** Above the row's number, of 19 bits, stand the low bits of the version of the cache in which it is one. */
export const VERSION_SHIFT = 23;
/** K_DEV of a row whose connection is gone. Nobody takes it before the cache has another version, for frames under way may point to it. */
export const FORGOTTEN = -1;

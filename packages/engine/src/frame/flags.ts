/** Bits of `pool.flags`. */

/** A redirect is due when it leaves (IPSKB_DOREDIRECT). */
export const FRAME_DOREDIRECT = 2;
/** Made by this namespace itself, not received (a socket's, an error's). */
export const FRAME_LOCAL = 4;
/** The datagram was put together from fragments which had DF (IPSKB_FRAG_PMTU). */
export const FRAME_FRAG_PMTU = 8;
/** Passed PREROUTING while bridged: ip_rcv must not run the hook again (ip_sabotage_in). */
export const FRAME_BR_PREROUTED = 16;
/** Bridged DNAT: the destination MAC must be taken from the neighbour table (nf_bridge->bridged_dnat). */
export const FRAME_BRIDGED_DNAT = 32;
/** Fragment on output in spite of DF: conntrack put the datagram together (skb->ignore_df). */
export const FRAME_IGNORE_DF = 128;
/**
 * The transport checksum is left to the device that sends (CHECKSUM_PARTIAL). The arena holds the full one all the same; only who
 * quotes the packet before it has left sees the difference.
 */
export const FRAME_CSUM_PARTIAL = 256;
/** A fragment whose bytes are those that came in, with new headers written over the old ones (fast path of ip_do_fragment). */
export const FRAME_SHARED_DATA = 512;
/** The IPv4 options have been checked (IPCB(skb)->opt is valid), and … */
export const FRAME_OPTIONS = 1024;
/** … this host's address was recorded, and becomes that of the way out (rr_needaddr); */
export const FRAME_OPT_RR = 2048;
/** … the same in a time stamp option (ts_needaddr); */
export const FRAME_OPT_TS_ADDR = 4096;
/** … a time was stamped (ts_needtime); */
export const FRAME_OPT_TS_TIME = 8192;
/** … a source route goes on from here (srr_is_hit); */
export const FRAME_OPT_SRR_HIT = 16384;
/** … the header's checksum is to be computed anew (is_changed). */
export const FRAME_OPT_CHANGED = 32768;
/** Sent by a socket (skb->sk), if only the kernel's own for ICMP and resets. */
export const FRAME_SOCKET = 65536;
/** Sent by a socket of a process. */
export const FRAME_PROCESS = 131072;
/** Conntrack has summed the whole UDP packet, IPv6 header and all (CHECKSUM_COMPLETE, csum_complete_sw), and … */
export const FRAME_SUMMED = 262144;
/** … that header was changed since: its hop limit or traffic class, which no checksum in the packet makes up for. */
export const FRAME_SUM_STALE = 524288;

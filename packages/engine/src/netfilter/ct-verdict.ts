/** What a protocol's tracker says of a packet (nf_conntrack_in's return codes, which are negative verdicts). */
export const CT_ACCEPT = 1;
/** Not part of any connection: goes on without one. */
export const CT_INVALID = -1;
/** The connection is gone, look the packet up again. */
export const CT_REPEAT = -4;

/** ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861). Offsets are from the ICMPv6 header. */
import { checksum, sum } from "./checksum.ts";
import { NEXTHDR_ICMP, pseudoSum6 } from "./ipv6.ts";

export const ICMP6_HLEN = 8;
export const TYPE = 0;
export const CODE = 1;
export const CHECK = 2;
export const ID = 4;
export const SEQ = 6;
/** The rest-of-header word: MTU, pointer, flags. */
export const REST = 4;

export const DEST_UNREACH = 1;
export const PKT_TOOBIG = 2;
export const TIME_EXCEED = 3;
export const PARAMPROB = 4;
export const ECHO_REQUEST = 128;
export const ECHO_REPLY = 129;
export const MLD_QUERY = 130;
export const MLD_REPORT = 131;
export const MLD_DONE = 132;
export const ROUTER_SOLICITATION = 133;
export const ROUTER_ADVERTISEMENT = 134;
export const NEIGHBOUR_SOLICITATION = 135;
export const NEIGHBOUR_ADVERTISEMENT = 136;
export const REDIRECT = 137;
export const NI_QUERY = 139;
export const NI_REPLY = 140;
export const MLD2_REPORT = 143;

/** Codes of DEST_UNREACH. */
export const NOROUTE = 0;
export const ADM_PROHIBITED = 1;
export const NOT_NEIGHBOUR = 2;
export const ADDR_UNREACH = 3;
export const PORT_UNREACH = 4;
export const POLICY_FAIL = 5;
export const REJECT_ROUTE = 6;
/** Codes of TIME_EXCEED. */
export const EXC_HOPLIMIT = 0;
export const EXC_FRAGTIME = 1;
/** Codes of PARAMPROB. */
export const HDR_FIELD = 0;
export const UNK_NEXTHDR = 1;
export const UNK_OPTION = 2;
export const HDR_INCOMP = 3;

/** Neighbour discovery: offset of the target address, and of the options behind it. */
export const ND_TARGET = 8;
export const ND_OPTIONS = 24;
export const ND_OPT_SOURCE_LL_ADDR = 1;
export const ND_OPT_TARGET_LL_ADDR = 2;
export const ND_OPT_PREFIX_INFO = 3;
export const ND_OPT_REDIRECT_HDR = 4;
export const ND_OPT_MTU = 5;
/** Flags of an advertisement, in the REST word (RFC 4861 §4.4). */
export const NA_ROUTER = 0x80000000 | 0;
export const NA_SOLICITED = 0x40000000;
export const NA_OVERRIDE = 0x20000000;

/** Error messages have types below 128 (RFC 4443 §2.1). */
export function isError(type: number): boolean {
	return type < 128;
}
/** Is the checksum of the message at `[o, end)` right? `addresses`: offset of the source address, the destination behind it. */
export function checkSum(view: DataView, addresses: number, o: number, end: number): boolean {
	return sum(view, o, end, pseudoSum6(view, addresses, NEXTHDR_ICMP, end - o)) === 0xffff;
}
export function setChecksum(view: DataView, addresses: number, o: number, end: number): void {
	view.setUint16(o + CHECK, 0);
	view.setUint16(o + CHECK, checksum(view, o, end, pseudoSum6(view, addresses, NEXTHDR_ICMP, end - o)));
}
/** Write the 8-byte header; the checksum is left 0 for `setChecksum` once the body stands. */
export function emit(view: DataView, o: number, type: number, code: number, rest: number): void {
	view.setUint16(o, (type << 8) | code);
	view.setUint16(o + CHECK, 0);
	view.setInt32(o + REST, rest);
}

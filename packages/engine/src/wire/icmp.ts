/** ICMP (RFC 792, RFC 1812). Offsets are from the ICMP header. */
import { checksum, sum } from "./checksum.ts";

export const ICMP_HLEN = 8;
export const TYPE = 0;
export const CODE = 1;
export const CHECK = 2;
export const ID = 4;
export const SEQ = 6;
/** The rest-of-header word: gateway, MTU (low half) or pointer (first byte). */
export const REST = 4;
export const MTU = 6;

export const ECHO_REPLY = 0;
export const DEST_UNREACH = 3;
export const SOURCE_QUENCH = 4;
export const REDIRECT = 5;
export const ECHO = 8;
export const TIME_EXCEEDED = 11;
export const PARAMETER_PROBLEM = 12;
export const TIMESTAMP = 13;
export const TIMESTAMP_REPLY = 14;
export const INFO_REQUEST = 15;
export const INFO_REPLY = 16;
export const ADDRESS = 17;
export const ADDRESS_REPLY = 18;
/** Largest type number the kernel knows (NR_ICMP_TYPES). */
export const MAX_TYPE = 18;

export const NET_UNREACH = 0;
export const HOST_UNREACH = 1;
export const PROT_UNREACH = 2;
export const PORT_UNREACH = 3;
export const FRAG_NEEDED = 4;
export const SR_FAILED = 5;
export const NET_ANO = 9;
export const HOST_ANO = 10;
export const PKT_FILTERED = 13;
/** Largest code of an unreachable (NR_ICMP_UNREACH). */
export const NR_UNREACH = 15;
export const EXC_TTL = 0;
export const EXC_FRAGTIME = 1;
export const REDIR_HOST = 1;
export const REDIR_HOSTTOS = 3;

/** An error message carries the packet it is about (RFC 1122 §3.2.2). */
export function isError(type: number): boolean {
	return (
		type === DEST_UNREACH ||
		type === SOURCE_QUENCH ||
		type === REDIRECT ||
		type === TIME_EXCEEDED ||
		type === PARAMETER_PROBLEM
	);
}
/** What no error is sent about: errors, and kinds that were never in use or are not answered (icmp_pointers[].error). */
export function getsNoError(type: number): boolean {
	return type > MAX_TYPE || NO_ERROR_ABOUT.has(type);
}
const NO_ERROR_ABOUT: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]);
export function checkSum(view: DataView, o: number, end: number): boolean {
	return sum(view, o, end, 0) === 0xffff;
}
export function setChecksum(view: DataView, o: number, end: number): void {
	view.setUint16(o + CHECK, 0);
	view.setUint16(o + CHECK, checksum(view, o, end));
}
/** Write the 8-byte header; the checksum is left 0 for `setChecksum` once the body stands. */
export function emit(view: DataView, o: number, type: number, code: number, rest: number): void {
	view.setUint16(o, (type << 8) | code);
	view.setUint16(o + CHECK, 0);
	view.setInt32(o + REST, rest);
}

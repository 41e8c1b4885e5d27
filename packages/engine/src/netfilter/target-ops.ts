/** Targets as words: `[kind, argument]`, or `[kind, words…]` for those with more than one argument. */

import type { In6Table } from "../ring/in6.ts";
import { encodeSetTarget } from "./list-ops.ts";
import { type IpAddr, ipv4, ipv6, type Target } from "./rule.ts";
import { NF_ACCEPT, NF_DROP, NF_NAT_RANGE_MAP_IPS } from "./types.ts";
import type { XtLists } from "./xt-lists.ts";

/** Only counts (and LOG, whose text nobody reads, and the like). */
export const K_NONE = 0;
/** Argument: the verdict. */
export const K_VERDICT = 1;
export const K_RETURN = 2;
/** Argument: the chain's first row. */
export const K_JUMP = 3;
export const K_GOTO = 4;
/** End of a base chain; argument: the verdict. */
export const K_POLICY = 5;
/** End of a user chain. */
export const K_END = 6;
/** Argument: REJECT_*. */
export const K_REJECT = 7;
export const K_MARK = 8;
export const K_DNAT = 9;
export const K_SNAT = 10;
export const K_MASQUERADE = 11;
export const K_REDIRECT = 12;
export const K_NETMAP = 13;
export const K_NOTRACK = 14;
export const K_CONNMARK = 15;
export const K_TTL = 16;
export const K_TOS = 17;
export const K_TCPMSS = 18;
export const K_SET = 19;
export const K_CT_TEMPLATE = 20;

/** Does the target do more than rewrite the packet at hand, so that each packet of a flow has to meet it? */
export function isLiveTarget(kind: number): boolean {
	return (
		kind === K_REJECT || kind === K_CONNMARK || kind === K_TCPMSS || kind === K_SET || kind === K_CT_TEMPLATE
	);
}

export const CONNMARK_SET = 0;
export const CONNMARK_SAVE = 1;
export const CONNMARK_RESTORE = 2;
export const TTL_SET = 0;
export const TTL_DEC = 1;
export const TTL_INC = 2;

export function encodeTarget(t: Exclude<Target, { type: "jump" }>, lists: XtLists): number[] {
	switch (t.type) {
		case "none":
		case "LOG":
		case "CLASSIFY":
		case "CHECKSUM":
		case "NFLOG":
			return [K_NONE, 0];
		case "ACCEPT":
			return [K_VERDICT, NF_ACCEPT];
		case "DROP":
			return [K_VERDICT, NF_DROP];
		case "RETURN":
			return [K_RETURN, 0];
		case "REJECT":
			return [K_REJECT, t.how];
		case "MARK":
			return [K_MARK, t.value, t.mask];
		case "DNAT":
		case "SNAT":
			return [
				t.type === "DNAT" ? K_DNAT : K_SNAT,
				t.flags,
				ipv4(t.minAddr),
				ipv4(t.maxAddr),
				t.minPort,
				t.maxPort,
				t.basePort,
			];
		case "MASQUERADE":
		case "REDIRECT":
			return [t.type === "MASQUERADE" ? K_MASQUERADE : K_REDIRECT, t.flags, t.minPort, t.maxPort];
		case "NETMAP":
			return [K_NETMAP, ipv4(t.addr), ipv4(t.mask)];
		case "CT":
			return t.notrack ? [K_NOTRACK, 0] : [K_CT_TEMPLATE, 0, 0];
		case "SET":
			return [K_SET, ...encodeSetTarget(t, lists)];
		case "CONNMARK":
			return [
				K_CONNMARK,
				{ set: CONNMARK_SET, save: CONNMARK_SAVE, restore: CONNMARK_RESTORE }[t.mode],
				t.mark,
				t.ctMask,
				t.nfMask,
			];
		case "HL":
			throw new Error("target HL in an IPv4 rule");
		case "TTL":
			return [K_TTL, { set: TTL_SET, dec: TTL_DEC, inc: TTL_INC }[t.mode], t.value];
		case "TOS":
			return [K_TOS, t.value, t.mask];
		case "DSCP":
			return [K_TOS, t.dscp << 2, 0xfc];
		case "TCPMSS":
			return [K_TCPMSS, t.mss];
	}
}

/** The same of IPv6: addresses are handles, and the hop limit is the TTL. */
export function encodeTarget6(t: Exclude<Target, { type: "jump" }>, lists: XtLists, in6: In6Table): number[] {
	const handle = (a: IpAddr): number => in6.intern(...ipv6(a));
	switch (t.type) {
		case "DNAT":
		case "SNAT": {
			const words = encodeTarget({ ...t, minAddr: 0, maxAddr: 0 }, lists);
			// without MAP_IPS there is no address, and the words stay 0
			if ((t.flags & NF_NAT_RANGE_MAP_IPS) !== 0) {
				words[2] = handle(t.minAddr);
				words[3] = handle(t.maxAddr);
			}
			return words;
		}
		case "NETMAP":
			return [K_NETMAP, handle(t.addr), handle(t.mask)];
		case "HL":
			return encodeTarget({ ...t, type: "TTL" }, lists);
		default:
			return encodeTarget(t, lists);
	}
}

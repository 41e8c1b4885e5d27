/** What the kernel's targets refuse when a table is committed (xt_check_target and their `checkentry`). */
import { IPPROTO_TCP } from "../wire/ipv4.ts";
import { SYN } from "../wire/tcp.ts";
import type { Errno } from "./chain.ts";
import type { Rule, TableName, Target } from "./rule.ts";
import {
	type NatSetup,
	NF_INET_FORWARD,
	NF_INET_LOCAL_IN,
	NF_INET_LOCAL_OUT,
	NF_INET_POST_ROUTING,
	NF_INET_PRE_ROUTING,
	type NfFamily,
	type NfHost,
	REJECT_ECHOREPLY,
	REJECT_TCP_RESET,
	REJECT6_ECHOREPLY,
	REJECT6_TCP_RESET,
} from "./types.ts";

/** What the NAT targets call. The results are NF_ACCEPT or NF_DROP. */
export interface NatTargets extends NatSetup {
	/** Source NAT to the address of `outDev`; flags are NF_NAT_RANGE_*, ports host order. */
	masquerade(
		f: number,
		ct: number,
		host: NfHost,
		outDev: number,
		flags: number,
		minPort: number,
		maxPort: number,
	): number;
	/** Destination NAT to this host. */
	redirect(
		f: number,
		ct: number,
		host: NfHost,
		hook: number,
		inDev: number,
		flags: number,
		minPort: number,
		maxPort: number,
	): number;
}

const PRE = 1 << NF_INET_PRE_ROUTING;
const IN = 1 << NF_INET_LOCAL_IN;
const FWD = 1 << NF_INET_FORWARD;
const OUT = 1 << NF_INET_LOCAL_OUT;
const POST = 1 << NF_INET_POST_ROUTING;
const ALL = PRE | IN | FWD | OUT | POST;

/** Table (null: any) and hooks where a target may stand. */
function place(type: Target["type"]): { table: TableName | null; hooks: number } {
	switch (type) {
		case "REJECT":
			return { table: "filter", hooks: IN | FWD | OUT };
		case "DNAT":
		case "REDIRECT":
			return { table: "nat", hooks: PRE | OUT };
		case "SNAT":
			return { table: "nat", hooks: POST | IN };
		case "MASQUERADE":
			return { table: "nat", hooks: POST };
		case "NETMAP":
			return { table: "nat", hooks: PRE | OUT | POST | IN };
		case "CT":
			return { table: "raw", hooks: ALL };
		case "CHECKSUM":
			return { table: "mangle", hooks: ALL };
		case "CLASSIFY":
			return { table: null, hooks: OUT | FWD | POST };
		case "TTL":
		case "HL":
		case "TOS":
		case "DSCP":
			return { table: "mangle", hooks: ALL };
		default:
			return { table: null, hooks: ALL };
	}
}

/** The target needs connection tracking in its namespace (nf_ct_netns_get). */
export function targetUsesConntrack(t: Target): boolean {
	switch (t.type) {
		case "DNAT":
		case "SNAT":
		case "MASQUERADE":
		case "REDIRECT":
		case "NETMAP":
		case "CONNMARK":
			return true;
		case "CT":
			return !t.notrack;
		default:
			return false;
	}
}

/** Why the kernel refuses the rule's target in `table`, in a chain that `hooks` reach; null when it does not. */
export function checkTarget(rule: Rule, table: TableName, hooks: number, family: NfFamily): Errno | null {
	const t = rule.target;
	const where = place(t.type);
	if (where.table !== null && where.table !== table) return "EINVAL";
	if ((hooks & ~where.hooks) !== 0) return "EINVAL";
	const tcp = rule.proto === IPPROTO_TCP && !rule.protoNot;
	switch (t.type) {
		case "REJECT":
			if (t.how === (family === 4 ? REJECT_ECHOREPLY : REJECT6_ECHOREPLY)) return "EINVAL";
			return t.how === (family === 4 ? REJECT_TCP_RESET : REJECT6_TCP_RESET) && !tcp ? "EINVAL" : null;
		case "TTL":
		case "HL":
			return t.mode !== "set" && t.value === 0 ? "EINVAL" : null;
		case "LOG":
			return t.level >= 8 ? "EINVAL" : null;
		case "TCPMSS": {
			if (!tcp || (t.mss === 0 && (hooks & ~(FWD | OUT | POST)) !== 0)) return "EINVAL";
			const syn = rule.matches.some(
				(m) => m.type === "tcp" && m.flags !== undefined && (m.flags.comp & SYN) !== 0 && !m.flags.not,
			);
			return syn ? null : "EINVAL";
		}
		default:
			return null;
	}
}

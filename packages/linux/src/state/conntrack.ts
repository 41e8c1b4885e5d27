/** Connections as libnetfilter_conntrack writes them. */
import type { Machine } from "@hookline/engine/ip/machine";
import type { Netns } from "@hookline/engine/ip/netns";
import type { ConnectionInfo, TupleInfo } from "@hookline/engine/netfilter/ct-list";
import { IPS_ASSURED, IPS_SEEN_REPLY } from "@hookline/engine/netfilter/types";
import { formatAddress } from "../address-text.ts";

/** Names of tracked protocols; any other is `unknown`. */
export const CT_PROTOCOLS: ReadonlyMap<number, string> = new Map([
	[1, "icmp"],
	[6, "tcp"],
	[17, "udp"],
	[33, "dccp"],
	[47, "gre"],
	[58, "icmpv6"],
	[132, "sctp"],
	[136, "udplite"],
]);
const IPPROTO_ICMP = 1;
const IPPROTO_GRE = 47;

function tupleText(protocol: number, t: TupleInfo): string {
	const addresses = `src=${formatAddress(t.src)} dst=${formatAddress(t.dst)} `;
	if (protocol === IPPROTO_ICMP)
		return `${addresses}type=${t.dport >> 8} code=${t.dport & 255} id=${t.sport} `;
	if (protocol === IPPROTO_GRE)
		return `${addresses}srckey=0x${t.sport.toString(16)} dstkey=0x${t.dport.toString(16)} `;
	return CT_PROTOCOLS.has(protocol) ? `${addresses}sport=${t.sport} dport=${t.dport} ` : addresses;
}

/** The fields after the protocol's name, number and time-out, without the use count. */
function rest(c: ConnectionInfo): string {
	const state = c.state === "" ? "" : `${c.state} `;
	const unreplied = (c.status & IPS_SEEN_REPLY) === 0 ? "[UNREPLIED] " : "";
	const assured = (c.status & IPS_ASSURED) === 0 ? "" : "[ASSURED] ";
	const { protocol } = c;
	return `${state}${tupleText(protocol, c.original)}${unreplied}${tupleText(protocol, c.reply)}${assured}mark=${c.mark >>> 0}`;
}

/** A line of `conntrack -L`. */
export function connectionLine(c: ConnectionInfo): string {
	const name = CT_PROTOCOLS.get(c.protocol) ?? "unknown";
	return `${name.padEnd(8)} ${c.protocol} ${c.timeout} ${rest(c)} use=1`;
}

/** The connections of a namespace without time-outs and use counts, in the table's order. */
export function conntrackLines(machine: Machine, ns: Netns): string[] {
	return machine.conntrack
		.list(ns.id)
		.map((c) => `${CT_PROTOCOLS.get(c.protocol) ?? "unknown"} ${c.protocol} ${rest(c)}`);
}

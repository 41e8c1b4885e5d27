/** Connections as libnetfilter_conntrack writes them. */
import type { Machine } from "@hookline/engine/ip/machine";
import type { Netns } from "@hookline/engine/ip/netns";
import type { ConnectionInfo, TupleInfo } from "@hookline/engine/netfilter/ct-list";
import { IPS_ASSURED, IPS_SEEN_REPLY } from "@hookline/engine/netfilter/types";
import type { In6Table } from "@hookline/engine/ring/in6";
import { formatAddress } from "../address-text.ts";
import { formatAddress6 } from "../address6-text.ts";

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
const IPPROTO_ICMPV6 = 58;

/** The text of an address of the connection. */
export function connectionAddress(c: ConnectionInfo, addr: number, in6: In6Table): string {
	return c.ipv6 ? formatAddress6(in6.get(addr)) : formatAddress(addr);
}
function tupleText(c: ConnectionInfo, t: TupleInfo, in6: In6Table): string {
	const { protocol } = c;
	const addresses = `src=${connectionAddress(c, t.src, in6)} dst=${connectionAddress(c, t.dst, in6)} `;
	if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6)
		return `${addresses}type=${t.dport >> 8} code=${t.dport & 255} id=${t.sport} `;
	if (protocol === IPPROTO_GRE)
		return `${addresses}srckey=0x${t.sport.toString(16)} dstkey=0x${t.dport.toString(16)} `;
	return CT_PROTOCOLS.has(protocol) ? `${addresses}sport=${t.sport} dport=${t.dport} ` : addresses;
}

/** The fields after the protocol's name, number and time-out, without the use count. */
function rest(c: ConnectionInfo, in6: In6Table): string {
	const state = c.state === "" ? "" : `${c.state} `;
	const unreplied = (c.status & IPS_SEEN_REPLY) === 0 ? "[UNREPLIED] " : "";
	const assured = (c.status & IPS_ASSURED) === 0 ? "" : "[ASSURED] ";
	return `${state}${tupleText(c, c.original, in6)}${unreplied}${tupleText(c, c.reply, in6)}${assured}mark=${c.mark >>> 0}`;
}

/** A line of `conntrack -L`. */
export function connectionLine(c: ConnectionInfo, in6: In6Table): string {
	const name = CT_PROTOCOLS.get(c.protocol) ?? "unknown";
	return `${name.padEnd(8)} ${c.protocol} ${c.timeout} ${rest(c, in6)} use=1`;
}

/** The connections of a namespace without time-outs and use counts, in the table's order. */
export function conntrackLines(machine: Machine, ns: Netns): string[] {
	return machine.conntrack
		.list(ns.id)
		.map((c) => `${CT_PROTOCOLS.get(c.protocol) ?? "unknown"} ${c.protocol} ${rest(c, machine.core.in6)}`);
}

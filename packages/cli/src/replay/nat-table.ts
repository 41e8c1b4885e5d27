/** Connections that address translation changed, as `conntrack -L` prints them. */

import type { ConnectionInfo, TupleInfo } from "@hookline/engine/netfilter/ct-list";
import { formatAddress } from "@hookline/linux/address-text";
import type { Lab } from "hookline";

export interface NatLine {
	readonly netns: string;
	readonly line: string;
}

const IPS_SEEN_REPLY = 2;
const IPS_ASSURED = 4;
const PROTOCOLS: Readonly<Record<number, string>> = {
	1: "icmp",
	6: "tcp",
	17: "udp",
	33: "dccp",
	47: "gre",
	132: "sctp",
	136: "udplite",
};

/** All namespaces' translated connections: those whose reply does not simply mirror the original. */
export function natTable(lab: Lab): NatLine[] {
	return lab.machine.all().flatMap((ns) =>
		lab.machine.conntrack
			.list(ns.id)
			.filter((c) => c.protocol !== 0 && translated(c))
			.map((c) => ({ netns: ns.name, line: connectionLine(c) })),
	);
}

function translated({ protocol, original: o, reply: r }: ConnectionInfo): boolean {
	if (o.src !== r.dst || o.dst !== r.src) return true;
	return protocol === 1 ? o.sport !== r.sport : o.sport !== r.dport || o.dport !== r.sport;
}

/** libnetfilter_conntrack's line. */
export function connectionLine(c: ConnectionInfo): string {
	const name = (PROTOCOLS[c.protocol] ?? "unknown").padEnd(8);
	const state = c.state === "" ? "" : `${c.state} `;
	const unreplied = (c.status & IPS_SEEN_REPLY) === 0 ? "[UNREPLIED] " : "";
	const assured = (c.status & IPS_ASSURED) === 0 ? "" : "[ASSURED] ";
	const tuples = `${tuple(c.protocol, c.original)} ${unreplied}${tuple(c.protocol, c.reply)} ${assured}`;
	return `${name} ${c.protocol} ${c.timeout} ${state}${tuples}mark=${c.mark >>> 0}`;
}

function tuple(protocol: number, t: TupleInfo): string {
	const addresses = `src=${formatAddress(t.src)} dst=${formatAddress(t.dst)}`;
	if (protocol === 1) return `${addresses} type=${t.dport >> 8} code=${t.dport & 255} id=${t.sport}`;
	if (t.sport === 0 && t.dport === 0) return addresses;
	return `${addresses} sport=${t.sport} dport=${t.dport}`;
}

/** The neighbour table as `ip neigh show` prints it. */
import {
	type NeighTable,
	NUD_DELAY,
	NUD_FAILED,
	NUD_INCOMPLETE,
	NUD_NOARP,
	NUD_PERMANENT,
	NUD_PROBE,
	NUD_REACHABLE,
	NUD_STALE,
	NUD_VALID,
} from "@hookline/engine/ip/neigh";
import type { Netns } from "@hookline/engine/ip/netns";
import { formatAddress } from "../address-text.ts";
import { formatAddress6 } from "../address6-text.ts";
import { formatMac } from "../mac-text.ts";

const NUD_NAMES: readonly (readonly [number, string])[] = [
	[NUD_INCOMPLETE, "INCOMPLETE"],
	[NUD_REACHABLE, "REACHABLE"],
	[NUD_STALE, "STALE"],
	[NUD_DELAY, "DELAY"],
	[NUD_PROBE, "PROBE"],
	[NUD_FAILED, "FAILED"],
	[NUD_PERMANENT, "PERMANENT"],
];

/** `10.0.0.1 dev eth0 lladdr 02:00:00:00:00:01 STALE`; entries without ARP and unused ones do not show. */
export function neighLines(ns: Netns): string[] {
	const { in6 } = ns.core;
	return [
		...tableLines(ns, ns.neigh, (addr) => formatAddress(addr)),
		...tableLines(ns, ns.ip6.neigh, (handle) => formatAddress6(in6.get(handle))),
	];
}
function tableLines(ns: Netns, neigh: NeighTable, text: (addr: number) => string): string[] {
	return neigh.entries().flatMap((e) => {
		const state = neigh.currentState(e);
		if (state === 0 || (state & NUD_NOARP) !== 0) return [];
		const lladdr = (state & NUD_VALID) === 0 ? "" : ` lladdr ${formatMac(neigh.macHi[e]!, neigh.macLo[e]!)}`;
		const name = NUD_NAMES.find(([bit]) => bit === state)?.[1] ?? `0x${state.toString(16)}`;
		const router = neigh.router[e] === 0 ? "" : " router";
		return [`${text(neigh.addr[e]!)} dev ${ns.deviceById(neigh.dev[e]!).name}${lladdr}${router} ${name}`];
	});
}

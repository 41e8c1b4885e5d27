/** `ip route show`, `flush` and `get`: routes as text (print_route of iproute2). */
import type { Route } from "@hookline/engine/ip/fib";
import { RT_TABLE_MAIN } from "@hookline/engine/ip/fib-rules";
import type { Netns } from "@hookline/engine/ip/netns";
import type { OutputRoute } from "@hookline/engine/ip/route";
import { RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST } from "@hookline/engine/netfilter/types";
import { formatAddress } from "../address-text.ts";
import { protocolName, routeTypeName, scopeName, tableName } from "./names.ts";
import { selectRoutes } from "./route.ts";
import type { RouteFilter } from "./route-parse.ts";
import { deviceValue, type Family, numberValue, prefixValue } from "./values.ts";
import { abbreviates, answers, fail, garbage, UNKNOWN, unsupported, type Words } from "./words.ts";

const RTPROT_BOOT = 3;

export function showRoutes(ns: Netns, filter: RouteFilter, details: boolean): string {
	return selectRoutes(ns, filter)
		.map((r) => `${routeLine(r, filter, details)}\n`)
		.join("");
}
/** What every line would say because the filter asks for it is left out. */
function routeLine(r: Route, filter: RouteFilter, details: boolean): string {
	let s = r.type !== RTN_UNICAST || details ? `${routeTypeName(r.type)} ` : "";
	s +=
		r.prefixLen === 0 ? "default " : `${formatAddress(r.dst)}${r.prefixLen === 32 ? "" : `/${r.prefixLen}`} `;
	if (r.tos !== 0 && filter.tos === undefined) s += `tos 0x${r.tos.toString(16).padStart(2, "0")} `;
	if (r.gw !== 0 && filter.via === undefined) s += `via ${formatAddress(r.gw)} `;
	if (r.dev !== null && filter.dev === undefined) s += `dev ${r.dev.name} `;
	if (r.table !== RT_TABLE_MAIN && filter.table === "all") s += `table ${tableName(r.table)} `;
	if ((r.protocol !== RTPROT_BOOT || details) && filter.protocol === undefined)
		s += `proto ${protocolName(r.protocol)} `;
	if ((r.scope !== 0 || details) && filter.scope === undefined) s += `scope ${scopeName(r.scope)} `;
	if (r.prefsrc !== 0 && filter.src === undefined) s += `src ${formatAddress(r.prefsrc)} `;
	if (r.metric !== 0 && filter.metric === undefined) s += `metric ${r.metric >>> 0} `;
	if (r.dead) s += "dead ";
	if (r.onlink) s += "onlink ";
	if (r.dev?.up && !r.dev.carrier && r.type !== RTN_LOCAL && r.type !== RTN_BROADCAST) s += "linkdown ";
	if (r.mtu !== 0) s += `mtu ${r.mtuLock ? "lock " : ""}${r.mtu} `;
	return s;
}
export function flushRoutes(ns: Netns, filter: RouteFilter): void {
	if (filter.cache) ns.exceptions.flush();
	for (const r of selectRoutes(ns, filter)) ns.fib.tables.get(r.table)?.remove(r);
	ns.core.generation++;
}

export interface RouteGet {
	dst?: number;
	from?: number;
	oif?: string;
	iif?: string;
	mark?: number;
	tos?: number;
	fibmatch?: boolean;
	note?: string;
}
export function parseRouteGet(words: Words, family: Family): RouteGet {
	const r: RouteGet = {};
	while (!words.done) {
		const key = words.keyword(r.dst === undefined);
		if (key === "tos" || abbreviates(key, "dsfield"))
			r.tos = numberValue(words.value(), "TOS value is invalid", 255);
		else if (abbreviates(key, "from")) r.from = prefixValue(words.value(), family).addr;
		else if (abbreviates(key, "iif")) r.iif = words.value();
		else if (abbreviates(key, "mark")) r.mark = numberValue(words.value(), "mark value is invalid");
		else if (abbreviates(key, "oif") || key === "dev") r.oif = words.value();
		else if (abbreviates(key, "fibmatch")) r.fibmatch = true;
		else if (["notify", "connected", "vrf", "uid", "ipproto", "sport", "dport", "as"].includes(key))
			unsupported(`ip route get ${key}`);
		else {
			const word = key === "to" ? words.value() : key;
			if (r.dst !== undefined) garbage("to", word);
			const prefix = prefixValue(word, family);
			if (prefix.length !== 32 && word !== UNKNOWN)
				r.note = `Warning: /${prefix.length} as prefix is invalid, only /32 (or none) is supported.\n`;
			r.dst = prefix.addr;
		}
	}
	if (r.dst === undefined) return fail(1, "need at least a destination address");
	if (r.iif !== undefined) unsupported("ip route get with iif");
	return r;
}
/** What is known of the MTU, and for how long (rt_fill_info). */
function cacheMtu(ns: Netns, out: OutputRoute): string {
	const x = out.exception;
	if (x === undefined) {
		const { route } = out;
		return route === null || route.mtu === 0 ? "" : `mtu ${route.mtuLock ? "lock " : ""}${route.mtu} `;
	}
	const left = Math.max(0, Math.floor((x.expires - ns.core.clock[0]) / 1e9));
	const mtu = x.pmtu !== 0 ? x.pmtu : (out.route?.mtu ?? 0);
	const lock = out.mtuLocked ? "lock " : "";
	return `expires ${left}sec ${mtu === 0 ? "" : `mtu ${lock}${mtu} `}`;
}
const ERRORS: ReadonlyMap<number, string> = new Map([
	[11, "Resource temporarily unavailable"],
	[13, "Permission denied"],
	[22, "Invalid argument"],
	[101, "Network is unreachable"],
	[113, "No route to host"],
]);
/** Where a packet of this namespace's own would go. */
export function getRoute(ns: Netns, r: RouteGet, details: boolean, oneline: boolean): string {
	const dst = r.dst === 0 ? 0x7f000001 : (r.dst as number);
	const oif = r.oif === undefined ? -1 : deviceValue(ns, r.oif).id;
	const from = r.from ?? 0;
	if (from !== 0 && !ns.fib.isLocal(from)) answers("Network is unreachable");
	const error = ns.router.output(dst, from, r.tos ?? 0, (r.mark ?? 0) | 0, oif);
	if (error !== 0) answers(ERRORS.get(error) ?? `Unknown error ${error}`);
	const { out } = ns.router;
	const { route } = ns.fib;
	if (r.fibmatch) return route === undefined ? "" : `${routeLine(route, {}, details)}\n`;
	let s = out.type !== RTN_UNICAST || details ? `${routeTypeName(out.type)} ` : "";
	s += `${formatAddress(r.dst as number)} `;
	if (from !== 0) s += `from ${formatAddress(from)} `;
	if (out.gw !== 0 && out.type === RTN_UNICAST) s += `via ${formatAddress(out.gw)} `;
	s += `dev ${ns.deviceById(out.dev).name} `;
	const table = out.type === RTN_UNICAST && route !== undefined ? route.table : RT_TABLE_MAIN;
	if (table !== RT_TABLE_MAIN || details) s += `table ${tableName(table)} `;
	if (from === 0) s += `src ${formatAddress(out.source)} `;
	if (r.mark) s += `mark ${r.mark} `;
	// the kernel's bit for a multicast route is the one that iproute2 takes for a failed offload
	if (out.type === RTN_MULTICAST) s += "rt_offload_failed ";
	const flags = [
		...(out.type === RTN_LOCAL || out.type === RTN_BROADCAST || out.type === RTN_MULTICAST ? ["local"] : []),
		...(out.exception !== undefined && out.exception.gw !== 0 ? ["redirected"] : []),
		...(out.type === RTN_BROADCAST ? ["brd"] : out.type === RTN_MULTICAST ? ["mc"] : []),
	];
	const cache = flags.length === 0 ? "" : `<${flags.join(",")}> `;
	const mtu = out.type === RTN_UNICAST ? cacheMtu(ns, out) : "";
	return `${s}uid 0 ${oneline ? "\\" : "\n"}    cache ${cache}${mtu}\n`;
}

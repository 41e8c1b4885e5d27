/** `ip -6 route show` and `get`: routes as text (print_route of iproute2). */
import type { Netns } from "@hookline/engine/ip/netns";
import type { Route6 } from "@hookline/engine/ip6/fib6";
import { Flow6 } from "@hookline/engine/ip6/fib6-rules";
import { isMulticast } from "@hookline/engine/ip6/kinds";
import { RTN_UNICAST } from "@hookline/engine/netfilter/types";
import type { In6 } from "@hookline/engine/ring/in6";
import { formatAddress6 } from "../address6-text.ts";
import { protocolName, routeTypeName, tableName } from "../ip/names.ts";
import { deviceValue, numberValue } from "../ip/values.ts";
import { abbreviates, answers, fail, garbage, UNKNOWN, unsupported, type Words } from "../ip/words.ts";
import { selectRoutes6 } from "./route.ts";
import type { Route6Filter } from "./route-parse.ts";
import { ANY, prefix6Value } from "./values.ts";

const RTPROT_BOOT = 3;
const RT_TABLE_MAIN = 254;
const PREFERENCES: Readonly<Record<number, string>> = { 0: "medium", 1: "high", 3: "low" };

export function showRoutes6(ns: Netns, filter: Route6Filter, details: boolean): string {
	return selectRoutes6(ns, filter)
		.map((r) => `${routeLine(ns, r, filter, details)}\n`)
		.join("");
}
/** What every line would say because the filter asks for it is left out. */
function routeLine(ns: Netns, r: Route6, filter: Route6Filter, details: boolean): string {
	const { in6 } = ns.ip6;
	let s = r.type !== RTN_UNICAST || details ? `${routeTypeName(r.type)} ` : "";
	if (r.prefixLen === 0) s += "default ";
	else s += `${formatAddress6(r.dst)}${r.prefixLen === 128 ? "" : `/${r.prefixLen}`} `;
	if (r.gw !== 0 && filter.via === undefined) s += `via ${formatAddress6(in6.get(r.gw))} `;
	if (filter.dev === undefined) s += `dev ${r.dev.name} `;
	if (r.table !== RT_TABLE_MAIN && filter.table === "all") s += `table ${tableName(r.table)} `;
	if ((r.protocol !== RTPROT_BOOT || details) && filter.protocol === undefined)
		s += `proto ${protocolName(r.protocol)} `;
	if (details) s += "scope global ";
	if (r.prefsrc !== 0 && filter.src === undefined) s += `src ${formatAddress6(in6.get(r.prefsrc))} `;
	if (filter.metric === undefined) s += `metric ${r.metric} `;
	if (r.onlink) s += "onlink ";
	if (r.dev.up && !r.dev.carrier && !r.dev.loopback) s += "linkdown ";
	return s + metrics(ns, r);
}
function metrics(ns: Netns, r: Route6): string {
	let s = r.mtu !== 0 ? `mtu ${r.mtuLock ? "lock " : ""}${r.mtu} ` : "";
	if (r.hopLimit !== 0) s += `hoplimit ${r.hopLimit} `;
	if (r.expires !== 0) s += `expires ${Math.max(0, Math.floor((r.expires - ns.core.clock[0]!) / 1e9))}sec `;
	return `${s}pref ${PREFERENCES[r.pref] ?? "medium"}`;
}

export interface Route6Get {
	dst?: In6;
	from?: In6;
	oif?: string;
	mark?: number;
	fibmatch?: boolean;
	note?: string;
}
export function parseRoute6Get(words: Words): Route6Get {
	const r: Route6Get = {};
	while (!words.done) {
		const key = words.keyword(r.dst === undefined);
		if (abbreviates(key, "from")) r.from = prefix6Value(words.value()).addr;
		else if (abbreviates(key, "mark")) r.mark = numberValue(words.value(), "mark value is invalid");
		else if (abbreviates(key, "oif") || key === "dev") r.oif = words.value();
		else if (abbreviates(key, "fibmatch")) r.fibmatch = true;
		else if (
			["notify", "connected", "vrf", "uid", "ipproto", "sport", "dport", "as", "tos", "iif"].includes(key)
		)
			unsupported(`ip -6 route get ${key}`);
		else {
			const word = key === "to" ? words.value() : key;
			if (r.dst !== undefined) garbage("to", word);
			const prefix = prefix6Value(word);
			if (prefix.length !== 128 && word !== UNKNOWN)
				r.note = `Warning: /${prefix.length} as prefix is invalid, only /128 (or none) is supported.\n`;
			r.dst = prefix.addr;
		}
	}
	if (r.dst === undefined) return fail(1, "need at least a destination address");
	return r;
}
const ERRORS: ReadonlyMap<number, string> = new Map([
	[11, "Resource temporarily unavailable"],
	[13, "Permission denied"],
	[22, "Invalid argument"],
	[101, "Network is unreachable"],
	[113, "No route to host"],
]);
/** Where a packet of this namespace's own would go. */
export function getRoute6(ns: Netns, r: Route6Get, details: boolean): string {
	const { ip6 } = ns;
	const dst = r.dst as In6;
	const from = r.from ?? ANY;
	const oif = r.oif === undefined ? -1 : deviceValue(ns, r.oif).id;
	const flow = new Flow6();
	flow.setDestination(dst);
	flow.setSource(from);
	flow.mark = (r.mark ?? 0) | 0;
	const error = ip6.router.output(flow, oif);
	const { route } = ip6.fib;
	if (error !== 0 || route === undefined) return answers(ERRORS.get(error) ?? `Unknown error ${error}`);
	if (r.fibmatch) return `${routeLine(ns, route, {}, details)}\n`;
	const { out } = ip6.router;
	let s = out.type !== RTN_UNICAST || details ? `${routeTypeName(out.type)} ` : "";
	s += `${formatAddress6(dst)} from ${formatAddress6(from)} `;
	if (route.gw !== 0) s += `via ${formatAddress6(ip6.in6.get(route.gw))} `;
	s += `dev ${ns.deviceById(out.dev).name} `;
	if (route.table !== RT_TABLE_MAIN || details) s += `table ${tableName(route.table)} `;
	if (route.protocol !== RTPROT_BOOT || details) s += `proto ${protocolName(route.protocol)} `;
	// the kernel does not choose one for a multicast answer
	const source = route.prefsrc !== 0 || isMulticast(dst) ? route.prefsrc : ip6.source.select(route.dev, dst);
	if (source !== 0) s += `src ${formatAddress6(ip6.in6.get(source))} `;
	return `${s}metric ${route.metric} ${metrics(ns, route)}\n`;
}

/** `ip -6 route add|del|…`: the request becomes a change of a table, and what the kernel says when it refuses. */
import type { NetDevice } from "@hookline/engine/device/netdev";
import {
	EACCES,
	EEXIST,
	EHOSTUNREACH,
	EINVAL,
	ENETDOWN,
	ENODEV,
	EOPNOTSUPP,
	ESRCH,
} from "@hookline/engine/ip/errno";
import type { Netns } from "@hookline/engine/ip/netns";
import type { Route6 } from "@hookline/engine/ip6/fib6";
import { isLinkLocal } from "@hookline/engine/ip6/kinds";
import type { Route6Spec } from "@hookline/engine/ip6/route-config";
import { RTN_LOCAL, RTN_UNICAST } from "@hookline/engine/netfilter/types";
import type { In6 } from "@hookline/engine/ring/in6";
import { samePrefix6 } from "../address6-text.ts";
import type { RouteVerb } from "../ip/route.ts";
import { deviceValue } from "../ip/values.ts";
import { answers, fail, kernelError, unsupported } from "../ip/words.ts";
import type { Route6Filter, Route6Request } from "./route-parse.ts";
import { ANY } from "./values.ts";

const RT_TABLE_MAIN = 254;
const RT_TABLE_LOCAL = 255;

export function changeRoute6(ns: Netns, verb: RouteVerb, r: Route6Request): void {
	const { ip6 } = ns;
	const dev = r.dev === undefined ? undefined : deviceValue(ns, r.dev);
	const table = r.table || (r.type === RTN_LOCAL ? RT_TABLE_LOCAL : RT_TABLE_MAIN);
	const dst = r.dst?.addr ?? ANY;
	const prefixLen = r.dst?.length ?? 0;
	if (verb === "del") {
		deleteRoute(ns, r, dev, dst, prefixLen, table);
		return;
	}
	if (r.onlink && dev === undefined) kernelError("Nexthop device required for onlink");
	if (r.gw !== undefined && isLinkLocal(r.gw) && dev === undefined && (r.type ?? RTN_UNICAST) === RTN_UNICAST)
		kernelError("Egress device not specified");
	const spec: Route6Spec = {
		dst,
		prefixLen,
		table,
		metric: r.metric ?? 0,
		...(r.type !== undefined ? { type: r.type } : {}),
		...(r.protocol !== undefined ? { protocol: r.protocol } : {}),
		prefsrc: r.src === undefined ? 0 : ip6.handle(r.src),
		dev: dev ?? null,
		gw: r.gw === undefined ? 0 : ip6.handle(r.gw),
		onlink: r.onlink ?? false,
		mtu: r.mtu ?? 0,
		mtuLock: r.mtuLock ?? false,
		hopLimit: r.hopLimit ?? 0,
		expires: r.expires ?? 0,
		pref: r.pref ?? 0,
	};
	const error = ip6.routes.add(spec, verb);
	if (error !== 0) refuse(spec, verb, error);
}
/** ip6_route_del: the first route of the prefix that fits what was said. */
function deleteRoute(
	ns: Netns,
	r: Route6Request,
	dev: NetDevice | undefined,
	dst: In6,
	prefixLen: number,
	table: number,
): void {
	const { ip6 } = ns;
	const gw = r.gw === undefined ? undefined : ip6.handle(r.gw);
	const found = ip6.fib.tables
		.get(table)
		?.list()
		.find(
			(x) =>
				x.prefixLen === prefixLen &&
				samePrefix6(x.dst, dst, prefixLen) &&
				(dev === undefined || x.dev === dev) &&
				(gw === undefined || x.gw === gw) &&
				(!r.metric || x.metric === r.metric) &&
				(!r.protocol || x.protocol === r.protocol) &&
				(r.type === undefined || x.type === r.type),
		);
	if (found === undefined) throw answers("No such process");
	ip6.fib.tables.get(table)?.remove(found);
	ns.core.generation++;
}
function refuse(spec: Route6Spec, verb: RouteVerb, error: number): never {
	switch (error) {
		case EEXIST:
			return answers("File exists");
		case ESRCH:
			return kernelError("Can not replace route - no match found");
		case ENODEV:
			return answers("No such device");
		case EHOSTUNREACH:
			return answers("No route to host");
		case ENETDOWN:
			return kernelError("Nexthop device is not up");
		case EACCES:
			return kernelError("IPv6 is disabled on nexthop device");
		case EOPNOTSUPP:
			return unsupported("a route with several next hops");
		case EINVAL:
			if (spec.prefsrc !== 0) return kernelError("Invalid source address");
			return spec.gw !== 0 ? kernelError("Invalid gateway address") : answers("Invalid argument");
		default:
			return unsupported(`ip route ${verb} with error ${error}`);
	}
}

/** The routes that a filter selects, in the order of the kernel's dump. */
export function selectRoutes6(ns: Netns, filter: Route6Filter): Route6[] {
	if (filter.cache) return [];
	const dev = filter.dev === undefined ? undefined : deviceValue(ns, filter.dev);
	const { tables } = ns.ip6.fib;
	if (filter.table !== "all" && filter.table && !tables.has(filter.table))
		fail(2, "Error: ipv6: FIB table does not exist.\nDump terminated");
	const ids =
		filter.table === "all"
			? [...tables.keys()].sort((a, b) => (a & 255) - (b & 255))
			: [filter.table || RT_TABLE_MAIN];
	return ids.flatMap((id) => (tables.get(id)?.list() ?? []).filter((r) => selects(ns, filter, dev, r)));
}
function selects(ns: Netns, filter: Route6Filter, dev: NetDevice | undefined, r: Route6): boolean {
	const { in6 } = ns.ip6;
	const { root, match, src, via } = filter;
	return (
		(dev === undefined || r.dev === dev) &&
		(filter.protocol === undefined || r.protocol === filter.protocol) &&
		(filter.type === undefined || r.type === filter.type) &&
		(filter.metric === undefined || r.metric === filter.metric) &&
		(via === undefined || (r.gw !== 0 && samePrefix6(in6.get(r.gw), via, 128))) &&
		(src === undefined || (r.prefsrc !== 0 && samePrefix6(in6.get(r.prefsrc), src.addr, src.length))) &&
		// root: the route lies inside the prefix; match: the prefix lies inside the route
		(root === undefined || (r.prefixLen >= root.length && samePrefix6(r.dst, root.addr, root.length))) &&
		(match === undefined || (r.prefixLen <= match.length && samePrefix6(r.dst, match.addr, r.prefixLen)))
	);
}
export function flushRoutes6(ns: Netns, filter: Route6Filter): void {
	for (const r of selectRoutes6(ns, filter)) ns.ip6.fib.tables.get(r.table)?.remove(r);
	ns.core.generation++;
}

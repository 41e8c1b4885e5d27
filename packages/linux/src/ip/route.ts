/** `ip route add|del|…`: the request becomes a change of a table, and what the kernel says when it refuses. */
import type { NetDevice } from "@hookline/engine/device/netdev";
import { prefixMask, RT_SCOPE_HOST, RT_SCOPE_LINK } from "@hookline/engine/ip/address";
import { EEXIST, EINVAL, ENETDOWN, ENETUNREACH, ENODEV, ESRCH } from "@hookline/engine/ip/errno";
import type { Route } from "@hookline/engine/ip/fib";
import type { RouteSpec } from "@hookline/engine/ip/inet-config";
import type { Netns } from "@hookline/engine/ip/netns";
import { defaults, type RouteFilter, type RouteRequest } from "./route-parse.ts";
import { deviceValue } from "./values.ts";
import { answers, fail, kernelError, unsupported } from "./words.ts";

export type RouteVerb = "add" | "del" | "replace" | "change" | "append" | "prepend";
const RTN_NAT = 10;

export function changeRoute(ns: Netns, verb: RouteVerb, r: RouteRequest): void {
	const dev = r.dev === undefined ? undefined : deviceValue(ns, r.dev);
	if (r.type === RTN_NAT) kernelError("Invalid scope");
	const dst = r.dst?.addr ?? 0;
	const prefixLen = r.dst?.length ?? 0;
	const { type, scope, table } = defaults(r);
	if ((dst & ~prefixMask(prefixLen)) !== 0) kernelError("Invalid prefix for given prefix length");
	if (r.tos !== undefined && (r.tos & ~0x1c) !== 0) kernelError("Invalid dsfield (tos): ECN bits must be 0");
	if (verb === "del") {
		deleteRoute(ns, r, dev, dst, prefixLen, table);
		return;
	}
	if (r.onlink && dev === undefined) kernelError("Nexthop device required for onlink");
	const spec: RouteSpec = {
		dst,
		prefixLen,
		tos: r.tos ?? 0,
		metric: r.metric ?? 0,
		type,
		scope,
		protocol: r.protocol ?? 3,
		prefsrc: r.src ?? 0,
		table,
		dev: dev ?? null,
		gw: r.gw ?? 0,
		onlink: r.onlink ?? false,
		mtu: Math.min(r.mtu ?? 0, 65535 - 15),
		mtuLock: r.mtuLock ?? false,
	};
	const error = ns.inet.addRoute(spec, verb);
	if (error !== 0) refuse(ns, spec, verb, error);
}
function deleteRoute(
	ns: Netns,
	r: RouteRequest,
	dev: NetDevice | undefined,
	dst: number,
	prefixLen: number,
	table: number,
): void {
	if (!ns.fib.tables.has(table)) kernelError("FIB table does not exist");
	const error = ns.inet.removeRoute({
		dst,
		prefixLen,
		tos: r.tos ?? 0,
		table,
		...(r.metric ? { metric: r.metric } : {}),
		...(r.type !== undefined ? { type: r.type } : {}),
		...(r.scope !== undefined
			? { scope: r.scope }
			: r.type === 2
				? { scope: 254 }
				: r.type === 3
					? { scope: 253 }
					: {}),
		...(r.protocol ? { protocol: r.protocol } : {}),
		...(r.src ? { prefsrc: r.src } : {}),
		...(dev !== undefined ? { dev } : {}),
		...(r.gw ? { gw: r.gw } : {}),
	});
	if (error !== 0) answers("No such process");
}
function refuse(_ns: Netns, spec: RouteSpec, verb: RouteVerb, error: number): never {
	switch (error) {
		case EEXIST:
			return answers("File exists");
		case ESRCH:
			return answers("No such file or directory");
		case ENODEV:
			return answers("No such device");
		case ENETUNREACH:
			return kernelError("Nexthop has invalid gateway");
		case ENETDOWN:
			return kernelError(spec.gw === 0 ? "Device for nexthop is not up" : "Nexthop device is not up");
		case EINVAL:
			if (spec.gw !== 0 && spec.scope === RT_SCOPE_HOST)
				return kernelError("Route with host scope can not have a gateway");
			if (spec.onlink && (spec.scope ?? 0) >= RT_SCOPE_LINK) return kernelError("Nexthop has invalid scope");
			if (spec.gw !== 0 && spec.prefsrc === 0) return kernelError("Nexthop has invalid gateway");
			if (spec.prefsrc !== 0) return kernelError("Invalid prefsrc address");
			return answers("Invalid argument");
		default:
			return unsupported(`ip route ${verb} with error ${error}`);
	}
}

/** The routes that a filter selects, in the order of the kernel's dump. */
export function selectRoutes(ns: Netns, filter: RouteFilter): Route[] {
	if (filter.cache) return [];
	const dev = filter.dev === undefined ? undefined : deviceValue(ns, filter.dev);
	const ids = filter.table === "all" ? dumpOrder(ns) : [filter.table || 254];
	const out: Route[] = [];
	for (const id of ids) {
		const table = ns.fib.tables.get(id);
		if (table === undefined) {
			if (filter.table !== "all" && id !== 254 && id !== 253)
				fail(2, "Error: ipv4: FIB table does not exist.\nDump terminated");
			continue;
		}
		const routes = [...table.routes].sort(
			(a, b) => (a.dst >>> 0) - (b.dst >>> 0) || b.prefixLen - a.prefixLen,
		);
		out.push(...routes.filter((r) => selects(filter, dev, r)));
	}
	return out;
}
/** Tables are dumped by hash bucket (the number's low 8 bits), newest first in one. */
function dumpOrder(ns: Netns): number[] {
	return [...ns.fib.tables.keys()].sort((a, b) => (a & 255) - (b & 255));
}
function selects(filter: RouteFilter, dev: NetDevice | undefined, r: Route): boolean {
	if (dev !== undefined && r.dev !== dev) return false;
	if (filter.protocol !== undefined && r.protocol !== filter.protocol) return false;
	if (filter.scope !== undefined && r.scope !== filter.scope) return false;
	if (filter.type !== undefined && r.type !== filter.type) return false;
	if (filter.metric !== undefined && r.metric !== filter.metric) return false;
	if (filter.tos !== undefined && r.tos !== filter.tos) return false;
	if (filter.via !== undefined && r.gw !== filter.via) return false;
	const { root, match, src } = filter;
	if (src !== undefined && (r.prefsrc === 0 || ((r.prefsrc ^ src.addr) & prefixMask(src.length)) !== 0))
		return false;
	// root: the route lies inside the prefix; match: the prefix lies inside the route
	if (
		root !== undefined &&
		(r.prefixLen < root.length || ((r.dst ^ root.addr) & prefixMask(root.length)) !== 0)
	)
		return false;
	if (
		match !== undefined &&
		(r.prefixLen > match.length || ((r.dst ^ match.addr) & prefixMask(r.prefixLen)) !== 0)
	)
		return false;
	return true;
}

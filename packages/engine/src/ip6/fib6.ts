/**
 * One IPv6 routing table: longest prefix match, inside a prefix the lowest metric, inside a metric the best score, and
 * back-tracking to shorter prefixes when no route of the longest one applies (net/ipv6/ip6_fib.c, fib6_table_lookup in
 * net/ipv6/route.c).
 *
 * The routes are objects for printing. A look-up asks a hash of (length, prefix) for each length that occurs, longest first.
 * The index is built at the first look-up after a change.
 */
import type { NetDevice } from "../device/netdev.ts";
import { EACCES, EAGAIN, EHOSTUNREACH, EINVAL } from "../ip/errno.ts";
import { RTN_BLACKHOLE, RTN_PROHIBIT, RTN_THROW, RTN_UNREACHABLE } from "../netfilter/types.ts";
import type { In6 } from "../ring/in6.ts";
import { maskWord, prefixOf } from "./kinds.ts";

export const IP6_RT_PRIO_USER = 1024;
export const IP6_RT_PRIO_ADDRCONF = 256;

export const ICMPV6_ROUTER_PREF_MEDIUM = 0;
export const ICMPV6_ROUTER_PREF_HIGH = 1;
export const ICMPV6_ROUTER_PREF_LOW = 3;

export interface Route6 {
	/** The prefix: four words, and its length in bits. */
	readonly dst: In6;
	readonly prefixLen: number;
	readonly metric: number;
	/** RTN_* */
	readonly type: number;
	/** RTPROT_* */
	readonly protocol: number;
	/** Preferred source, In6 handle, 0 = none given. */
	readonly prefsrc: number;
	readonly table: number;
	/** lo for routes that lead nowhere. */
	readonly dev: NetDevice;
	/** Next hop, In6 handle, 0 = on link. */
	readonly gw: number;
	readonly onlink: boolean;
	/** Route metrics `mtu` and `hoplimit`, 0 = the device's. */
	mtu: number;
	readonly mtuLock: boolean;
	hopLimit: number;
	/** Virtual ns when the route ends, 0 = never. */
	expires: number;
	/** ICMPV6_ROUTER_PREF_* (RFC 4191). */
	readonly pref: number;
}

/** The error a route of a type that leads nowhere gives, 0 for others (fib6_prop). */
export function routeError6(type: number): number {
	if (type === RTN_BLACKHOLE) return EINVAL;
	if (type === RTN_UNREACHABLE) return EHOSTUNREACH;
	if (type === RTN_PROHIBIT) return EACCES;
	if (type === RTN_THROW) return EAGAIN;
	return 0;
}

/** What a table asks about a route while it looks for one. */
export interface Fib6Host {
	/** [now], virtual ns. */
	readonly clock: Float64Array;
	/** Must the route be passed over because its device has no carrier (ignore_routes_with_linkdown)? */
	linkDown(route: Route6): boolean;
	/** rt6_check_neigh: is the gateway known not to answer? */
	gatewayFailed(route: Route6): boolean;
}

interface Node {
	readonly dst: In6;
	readonly length: number;
	/** In order of metric, equal ones in order of adding. */
	routes: Route6[];
}

export class FibTable6 {
	readonly id: number;
	private readonly host: Fib6Host;
	private readonly nodes: Map<string, Node> = new Map();
	private stale = false;
	/** Lengths that occur, longest first. */
	private lengths: number[] = [];
	private table: (Node | undefined)[] = [];
	private mask = 0;

	constructor(id: number, host: Fib6Host) {
		this.id = id;
		this.host = host;
	}
	/** The routes of a prefix, in order. */
	at(dst: In6, length: number): readonly Route6[] {
		return this.nodes.get(key(dst, length))?.routes ?? [];
	}
	/** fib6_add_rt2node: behind those of the same or a lower metric. */
	insert(route: Route6): void {
		const k = key(route.dst, route.prefixLen);
		let node = this.nodes.get(k);
		if (node === undefined) {
			node = { dst: route.dst, length: route.prefixLen, routes: [] };
			this.nodes.set(k, node);
			this.stale = true;
		}
		let i = 0;
		while (i < node.routes.length && node.routes[i].metric <= route.metric) i++;
		node.routes.splice(i, 0, route);
	}
	remove(route: Route6): void {
		this.removeIf((r) => r === route);
	}
	removeIf(test: (r: Route6) => boolean): void {
		for (const [k, node] of this.nodes) {
			const kept = node.routes.filter((r) => !test(r));
			if (kept.length === node.routes.length) continue;
			node.routes = kept;
			if (kept.length === 0) {
				this.nodes.delete(k);
				this.stale = true;
			}
		}
	}
	/** All routes in the order in which the kernel walks its tree: what is more specific before what covers it, else by address. */
	list(): Route6[] {
		return [...this.nodes.values()].sort(byWalk).flatMap((n) => n.routes);
	}
	/**
	 * The route for the address `w[o..o+4)`; undefined when none applies. `oif` is a device id or -1: its routes are preferred, with
	 * `strict` no others count (RT6_LOOKUP_F_IFACE). `reachable`: pass over gateways that do not answer, if there is another way
	 * (RT6_LOOKUP_F_REACHABLE).
	 */
	lookup(w: Int32Array, o: number, oif: number, strict: boolean, reachable: boolean): Route6 | undefined {
		if (this.stale) this.rebuild();
		const found = this.walk(w, o, oif, strict, reachable);
		return found === undefined && reachable ? this.walk(w, o, oif, strict, false) : found;
	}
	/**
	 * __ip6_route_redirect: the first route that covers `w[0..4)` and of which `from` holds, longest prefixes first, however good the
	 * others are; undefined when there is none, or one that leads nowhere comes before it.
	 */
	firstFrom(w: Int32Array, from: (r: Route6) => boolean): Route6 | undefined {
		for (const node of [...this.nodes.values()].sort((x, y) => y.length - x.length)) {
			if (!covers(node, w)) continue;
			for (const r of node.routes) {
				if (r.expires !== 0 && r.expires < this.host.clock[0]) continue;
				if (routeError6(r.type) !== 0) return undefined;
				if (from(r)) return r;
			}
		}
		return undefined;
	}
	private walk(
		w: Int32Array,
		o: number,
		oif: number,
		strict: boolean,
		reachable: boolean,
	): Route6 | undefined {
		const { lengths, table, mask } = this;
		for (let k = 0; k < lengths.length; k++) {
			const length = lengths[k];
			const a = w[o] & maskWord(length, 0);
			const b = w[o + 1] & maskWord(length, 1);
			const c = w[o + 2] & maskWord(length, 2);
			const d = w[o + 3] & maskWord(length, 3);
			let i = spread(a, b, c, d, length) & mask;
			for (let n = table[i]; n !== undefined; n = table[i]) {
				const t = n.dst;
				if (n.length === length && t[0] === a && t[1] === b && t[2] === c && t[3] === d) {
					const route = this.select(n, oif, strict, reachable);
					if (route !== undefined) return route;
					break;
				}
				i = (i + 1) & mask;
			}
		}
		return undefined;
	}
	/** find_rr_leaf: the best of the lowest metric at which any applies. */
	private select(node: Node, oif: number, strict: boolean, reachable: boolean): Route6 | undefined {
		const { routes } = node;
		const { host } = this;
		let best: Route6 | undefined;
		let bestScore = -1;
		for (let i = 0; i < routes.length; i++) {
			const r = routes[i];
			if (best !== undefined && r.metric !== best.metric) break;
			if (r.expires !== 0 && r.expires < host.clock[0]) continue;
			let score = oif < 0 || r.dev.id === oif ? 2 : 0;
			if (score === 0 && strict) continue;
			if (host.linkDown(r)) continue;
			score |= decodePref(r.pref) << 2;
			if (reachable && r.gw !== 0 && host.gatewayFailed(r)) continue;
			if (score > bestScore) {
				best = r;
				bestScore = score;
			}
		}
		return best;
	}
	private rebuild(): void {
		this.stale = false;
		const all = [...this.nodes.values()];
		this.lengths = [...new Set(all.map((n) => n.length))].sort((a, b) => b - a);
		let size = 16;
		while (size < all.length * 2) size *= 2;
		this.mask = size - 1;
		this.table = new Array<Node | undefined>(size).fill(undefined);
		for (const n of all) {
			let i = spread(n.dst[0], n.dst[1], n.dst[2], n.dst[3], n.length) & this.mask;
			while (this.table[i] !== undefined) i = (i + 1) & this.mask;
			this.table[i] = n;
		}
	}
}

/** IPV6_DECODE_PREF: low 1, medium 2, high 3. */
function decodePref(pref: number): number {
	return (pref ^ 2) & 3;
}
function covers(node: Node, w: Int32Array): boolean {
	return node.dst.every((word, i) => ((word ^ w[i]) & maskWord(node.length, i)) === 0);
}
function key(dst: In6, length: number): string {
	return `${dst[0]} ${dst[1]} ${dst[2]} ${dst[3]}/${length}`;
}
function spread(a: number, b: number, c: number, d: number, length: number): number {
	let h = Math.imul(a ^ length, 0x9e3779b1);
	h = Math.imul((h ^ (h >>> 15)) + b, 0x85ebca6b);
	h = Math.imul((h ^ (h >>> 13)) + c, 0xc2b2ae35);
	h = Math.imul((h ^ (h >>> 16)) + d, 0x27d4eb2f);
	return h ^ (h >>> 15);
}
/** Post-order of the binary tree: both halves, then the node. */
function byWalk(x: Node, y: Node): number {
	const common = Math.min(x.length, y.length);
	const p = prefixOf(x.dst, common);
	const q = prefixOf(y.dst, common);
	for (let i = 0; i < 4; i++) if (p[i] !== q[i]) return p[i] >>> 0 < q[i] >>> 0 ? -1 : 1;
	return y.length - x.length;
}

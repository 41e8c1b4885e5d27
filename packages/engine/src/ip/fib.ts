/**
 * One routing table: longest prefix match with Linux's order inside a prefix (TOS, then metric), and back-tracking to shorter
 * prefixes when a route of the longest one does not apply (net/ipv4/fib_trie.c, fib_table_lookup).
 *
 * The routes are objects for printing; look-ups walk prefix nodes in typed arrays:
 *   up to LINEAR nodes       one pass over the nodes, longest prefix first
 *   above                    16-8-8 table: top[addr>>16] is a node, or a block of 256, which is indexed by the next 8 bits, …
 * A node knows its first route (in order) and the next shorter prefix that covers it.
 */
import type { NetDevice } from "../device/netdev.ts";
import { RTN_BLACKHOLE, RTN_PROHIBIT, RTN_THROW, RTN_UNREACHABLE } from "../netfilter/types.ts";
import { prefixMask } from "./address.ts";
import { EACCES, EAGAIN, EHOSTUNREACH, EINVAL } from "./errno.ts";
import type { RouteException } from "./exceptions.ts";

/** The longest IPv4 packet (IP_MAX_MTU). */
export const RTAX_MTU_MAX = 65535;
export const RTPROT_KERNEL = 2;
export const RTPROT_BOOT = 3;
export const RTPROT_STATIC = 4;

export interface Route {
	readonly dst: number;
	readonly prefixLen: number;
	readonly tos: number;
	readonly metric: number;
	/** RTN_* */
	readonly type: number;
	readonly scope: number;
	readonly protocol: number;
	/** Preferred source, 0 = none given. */
	readonly prefsrc: number;
	readonly table: number;
	/** Null for unreachable, blackhole, prohibit, throw. */
	readonly dev: NetDevice | null;
	/** Next hop, 0 = on link. */
	readonly gw: number;
	readonly onlink: boolean;
	/** Scope of the next hop: how far away it is. */
	readonly nhScope: number;
	/** Route metric `mtu`, 0 = the device's. */
	readonly mtu: number;
	readonly mtuLock: boolean;
	/** What was learnt about single destinations, null = nothing. */
	exceptions: Map<number, RouteException> | null;
	/** The device lost its use (down); the route is skipped. */
	dead: boolean;
}

/** The error a route of a type that leads nowhere gives, 0 for others (fib_props). */
export function routeError(type: number): number {
	if (type === RTN_BLACKHOLE) return EINVAL;
	if (type === RTN_UNREACHABLE) return EHOSTUNREACH;
	if (type === RTN_PROHIBIT) return EACCES;
	if (type === RTN_THROW) return EAGAIN;
	return 0;
}

const LINEAR = 16;
const NONE = -1;

export class FibTable {
	readonly id: number;
	routes: Route[] = [];
	/** How often routes came or went. */
	changes = 0;
	private nodeDst: Int32Array = new Int32Array(0);
	private nodeMask: Int32Array = new Int32Array(0);
	private nodeFirst: Int32Array = new Int32Array(0);
	private nodeParent: Int32Array = new Int32Array(0);
	private nodes = 0;
	/** Entries: NONE, node >= 0, or -2 - block. Empty while the table is small. */
	private top: Int32Array = new Int32Array(0);
	private blocks: Int32Array = new Int32Array(0);
	private blockCount = 0;

	constructor(id: number) {
		this.id = id;
	}
	/** Insert in Linux's order: `append` puts it behind its equals (NLM_F_APPEND), else before them. */
	insert(route: Route, append = false): void {
		const before = (r: Route): boolean =>
			r.prefixLen > route.prefixLen ||
			(r.prefixLen === route.prefixLen &&
				(r.dst >>> 0 < route.dst >>> 0 ||
					(r.dst === route.dst &&
						(r.tos > route.tos ||
							(r.tos === route.tos && (r.metric < route.metric || (append && r.metric === route.metric)))))));
		let i = 0;
		while (i < this.routes.length && before(this.routes[i])) i++;
		this.routes.splice(i, 0, route);
		this.rebuild();
	}
	remove(route: Route): void {
		this.routes = this.routes.filter((r) => r !== route);
		this.rebuild();
	}
	removeIf(test: (r: Route) => boolean): void {
		const kept = this.routes.filter((r) => !test(r));
		if (kept.length === this.routes.length) return;
		this.routes = kept;
		this.rebuild();
	}
	/** Index of the first prefix node that covers `addr`, -1 when none does. */
	private nodeFor(addr: number): number {
		if (this.top.length === 0) {
			for (let n = 0; n < this.nodes; n++) if ((addr & this.nodeMask[n]) === this.nodeDst[n]) return n;
			return NONE;
		}
		let e = this.top[addr >>> 16];
		if (e < NONE) {
			e = this.blocks[(-2 - e) * 256 + ((addr >>> 8) & 255)];
			if (e < NONE) e = this.blocks[(-2 - e) * 256 + (addr & 255)];
		}
		return e;
	}
	/**
	 * The route for `addr`; undefined when none applies. `tos` is the packet's, `oif` a device id or -1, `scope` the least scope
	 * a route must have.
	 */
	lookup(addr: number, tos: number, oif: number, scope: number): Route | undefined {
		const routes = this.routes;
		for (let n = this.nodeFor(addr); n >= 0; n = this.nodeParent[n]) {
			const dst = this.nodeDst[n];
			const mask = this.nodeMask[n];
			for (let i = this.nodeFirst[n]; i < routes.length; i++) {
				const r = routes[i];
				if (r.dst !== dst || prefixMask(r.prefixLen) !== mask) break;
				if (r.tos !== 0 && r.tos !== (tos & 0x1c)) continue;
				if (r.scope < scope || r.dead) continue;
				if (r.dev !== null && oif >= 0 && r.dev.id !== oif) continue;
				return r;
			}
		}
		return undefined;
	}
	private rebuild(): void {
		this.changes++;
		const routes = this.routes;
		const first: number[] = [];
		for (let i = 0; i < routes.length; i++) {
			const p = routes[i - 1];
			if (i === 0 || p.dst !== routes[i].dst || p.prefixLen !== routes[i].prefixLen) first.push(i);
		}
		const n = first.length;
		this.nodes = n;
		this.nodeFirst = Int32Array.from(first);
		this.nodeDst = Int32Array.from(first, (i) => routes[i].dst);
		this.nodeMask = Int32Array.from(first, (i) => prefixMask(routes[i].prefixLen));
		this.nodeParent = new Int32Array(n).fill(NONE);
		if (n <= LINEAR) {
			this.top = new Int32Array(0);
			for (let a = 0; a < n; a++) {
				for (let b = a + 1; b < n; b++) {
					if (
						this.nodeMask[b] !== this.nodeMask[a] &&
						(this.nodeDst[a] & this.nodeMask[b]) === this.nodeDst[b]
					) {
						this.nodeParent[a] = b;
						break;
					}
				}
			}
			return;
		}
		this.top = new Int32Array(65536).fill(NONE);
		this.blocks = new Int32Array(0);
		this.blockCount = 0;
		// shortest first, so that longer prefixes overwrite; what stood there before is the parent
		for (let k = n - 1; k >= 0; k--) this.place(k, routes[first[k]].prefixLen);
	}
	/** Longer prefixes are placed later, so no block is in the way of a fill. */
	private place(node: number, prefixLen: number): void {
		const dst = this.nodeDst[node];
		this.nodeParent[node] = this.nodeFor(dst);
		if (prefixLen <= 16) {
			const from = dst >>> 16;
			this.top.fill(node, from, from + (1 << (16 - prefixLen)));
			return;
		}
		const b1 = this.blockOf(this.top, dst >>> 16);
		const at1 = b1 * 256 + ((dst >>> 8) & 255);
		if (prefixLen <= 24) {
			this.blocks.fill(node, at1, at1 + (1 << (24 - prefixLen)));
			return;
		}
		const b2 = this.blockOf(null, at1);
		const at2 = b2 * 256 + (dst & 255);
		this.blocks.fill(node, at2, at2 + (1 << (32 - prefixLen)));
	}
	/** The block behind an entry, made and filled with what the entry was if there is none. `table` null: in `blocks`. */
	private blockOf(table: Int32Array | null, at: number): number {
		const e = table === null ? this.blocks[at] : table[at];
		if (e < NONE) return -2 - e;
		const block = this.blockCount++;
		if (this.blocks.length < this.blockCount * 256) {
			const wider = new Int32Array(Math.max(16, this.blockCount * 2) * 256);
			wider.set(this.blocks);
			this.blocks = wider;
		}
		this.blocks.fill(e, block * 256, block * 256 + 256);
		if (table === null) this.blocks[at] = -2 - block;
		else table[at] = -2 - block;
		return block;
	}
}

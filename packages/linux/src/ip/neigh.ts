/** `ip neigh` (ipneigh.c of iproute2, net/core/neighbour.c for what is refused). What differs between the families is a `NeighFamily`. */
import type { NetDevice } from "@hookline/engine/device/netdev";
import { prefixMask } from "@hookline/engine/ip/address";
import { type NeighTable, NUD_NOARP, NUD_PERMANENT, NUD_VALID } from "@hookline/engine/ip/neigh";
import type { Netns } from "@hookline/engine/ip/netns";
import type { PneighEntry } from "@hookline/engine/ip/pneigh";
import { formatAddress } from "../address-text.ts";
import { formatMac } from "../mac-text.ts";
import { type NeighFilter, type NeighRequest, STATES } from "./neigh-parse.ts";
import { addressValue, deviceValue, type Family, prefixValue } from "./values.ts";
import { answers, kernelError } from "./words.ts";

export type NeighVerb = "add" | "del" | "replace" | "change";

interface Prefix<A> {
	readonly addr: A;
	readonly length: number;
}
/** `A` is an address on the command line; the tables know it as a number. */
export interface NeighFamily<A> {
	address(word: string, family: Family): A;
	prefix(word: string, family: Family): Prefix<A>;
	/** The number of an address. */
	key(ns: Netns, addr: A): number;
	within(ns: Netns, key: number, prefix: Prefix<A>): boolean;
	format(ns: Netns, key: number): string;
	table(ns: Netns): NeighTable;
	proxies(ns: Netns): readonly PneighEntry[];
	addProxy(ns: Netns, key: number, dev: number, router: boolean, permanent: boolean): void;
	/** False: there is none such. */
	removeProxy(ns: Netns, key: number, dev: number): boolean;
	/** Throws what the kernel says where the family has no neighbours. */
	allowAdd(ns: Netns, dev: NetDevice): void;
}
export const NEIGH_4: NeighFamily<number> = {
	address: addressValue,
	prefix: prefixValue,
	key: (_ns, addr) => addr,
	within: (_ns, key, { addr, length }) => ((key ^ addr) & prefixMask(length)) === 0,
	format: (_ns, key) => formatAddress(key),
	table: (ns) => ns.neigh,
	proxies: (ns) => ns.pneigh.entries,
	addProxy: (ns, key, dev, router, permanent) => ns.pneigh.add(key, dev, router, permanent),
	removeProxy: (ns, key, dev) => ns.pneigh.remove(key, dev),
	allowAdd() {},
};

export function changeNeigh<A>(family: NeighFamily<A>, ns: Netns, verb: NeighVerb, r: NeighRequest<A>): void {
	const dev = r.dev === undefined ? undefined : deviceValue(ns, r.dev);
	const dst = family.key(ns, r.dst as A);
	const state = r.nud ?? NUD_PERMANENT;
	if (r.proxy || dev === undefined) {
		const on = dev === undefined ? -1 : dev.id;
		if (verb !== "del") family.addProxy(ns, dst, on, r.router ?? false, (state & NUD_PERMANENT) !== 0);
		else if (!family.removeProxy(ns, dst, on)) answers("No such file or directory");
		return;
	}
	const neigh = family.table(ns);
	const found = neigh.find(dst, dev.id);
	if (verb === "del") {
		if (found < 0) answers("No such file or directory");
		neigh.removeByAdmin(found);
		return;
	}
	if (found >= 0 && verb === "add") answers("File exists");
	if (found < 0 && verb === "change") answers("No such file or directory");
	if (found < 0) family.allowAdd(ns, dev);
	// the kernel makes the entry before it looks at the rest, and leaves it
	const entry = found >= 0 ? found : neigh.findOrCreate(dst, dev.id);
	if (entry < 0) answers("No buffer space available");
	const known = (neigh.state[entry]! & NUD_VALID) !== 0;
	if ((state & NUD_VALID) !== 0 && r.mac === undefined && !known) kernelError("No link layer address given");
	neigh.setByAdmin(entry, r.mac?.hi ?? neigh.macHi[entry]!, r.mac?.lo ?? neigh.macLo[entry]!, state);
	neigh.router[entry] = r.router ? 1 : 0;
}

function select<A>(
	family: NeighFamily<A>,
	ns: Netns,
	r: NeighFilter<Prefix<A>>,
	states: number,
): { entry: number; state: number; dev: NetDevice }[] {
	const neigh = family.table(ns);
	const dev = r.dev === undefined ? undefined : deviceValue(ns, r.dev);
	const master = r.master === undefined ? undefined : deviceValue(ns, r.master);
	return neigh.entries().flatMap((entry) => {
		const on = ns.deviceById(neigh.dev[entry]!);
		const state = neigh.currentState(entry);
		if (dev !== undefined && on !== dev) return [];
		if (master !== undefined && on.master !== master) return [];
		if ((state & states) === 0 && !(state === 0 && (states & 0x100) !== 0)) return [];
		if (r.to !== undefined && !family.within(ns, neigh.addr[entry]!, r.to)) return [];
		return [{ entry, state, dev: on }];
	});
}
function selectProxies<A>(family: NeighFamily<A>, ns: Netns, r: NeighFilter<Prefix<A>>): PneighEntry[] {
	const dev = r.dev === undefined ? undefined : deviceValue(ns, r.dev);
	const master = r.master === undefined ? undefined : deviceValue(ns, r.master);
	return family.proxies(ns).filter((e) => {
		if (dev !== undefined && e.dev !== dev.id) return false;
		if (master !== undefined && (e.dev < 0 || ns.deviceById(e.dev).master !== master)) return false;
		return r.to === undefined || family.within(ns, e.addr, r.to);
	});
}
export function showNeigh<A>(family: NeighFamily<A>, ns: Netns, r: NeighFilter<Prefix<A>>): string {
	const named = r.dev === undefined;
	if (r.proxy)
		return selectProxies(family, ns, r)
			.map((e) => proxyLine(family, ns, e, named))
			.join("");
	return select(family, ns, r, r.nud ?? 0xff & ~NUD_NOARP)
		.map(({ entry, state, dev }) => neighLine(family, ns, entry, state, named ? dev : undefined))
		.join("");
}
/** `named`: the device is said. */
function proxyLine<A>(family: NeighFamily<A>, ns: Netns, e: PneighEntry, named: boolean): string {
	const on = named && e.dev >= 0 ? `dev ${ns.deviceById(e.dev).name} ` : "";
	return `${family.format(ns, e.addr)} ${on}${e.router ? "router " : ""}proxy \n`;
}
function neighLine<A>(
	family: NeighFamily<A>,
	ns: Netns,
	entry: number,
	state: number,
	dev: NetDevice | undefined,
): string {
	const neigh = family.table(ns);
	let s = `${family.format(ns, neigh.addr[entry]!)} `;
	if (dev !== undefined) s += `dev ${dev.name} `;
	if ((state & NUD_VALID) !== 0) s += `lladdr ${formatMac(neigh.macHi[entry]!, neigh.macLo[entry]!)} `;
	if (neigh.router[entry] !== 0) s += "router ";
	for (const [name, bit] of STATES) if ((state & bit) !== 0) s += `${name.toUpperCase()} `;
	return `${s}\n`;
}
/** Permanent and NOARP entries stay unless they are asked for. */
export function flushNeigh<A>(family: NeighFamily<A>, ns: Netns, r: NeighFilter<Prefix<A>>): void {
	if (r.proxy) for (const e of selectProxies(family, ns, r)) family.removeProxy(ns, e.addr, e.dev);
	else
		for (const { entry } of select(family, ns, r, r.nud ?? 0xff & ~(NUD_PERMANENT | NUD_NOARP)))
			family.table(ns).removeByAdmin(entry);
	ns.core.settle();
}
export function getNeigh<A>(family: NeighFamily<A>, ns: Netns, r: NeighRequest<A>): string {
	const dev = r.dev === undefined ? undefined : deviceValue(ns, r.dev);
	const key = family.key(ns, r.dst as A);
	if (r.proxy || dev === undefined) {
		const on = dev === undefined ? -1 : dev.id;
		const proxy = family.proxies(ns).find((e) => e.addr === key && e.dev === on);
		if (proxy === undefined) return kernelError("Proxy neighbour entry not found");
		return proxyLine(family, ns, proxy, true);
	}
	const neigh = family.table(ns);
	const entry = neigh.find(key, dev.id);
	if (entry < 0) return kernelError("Neighbour entry not found");
	return neighLine(family, ns, entry, neigh.currentState(entry), dev);
}

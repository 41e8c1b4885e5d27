/** `ip neigh` (ipneigh.c of iproute2, net/core/neighbour.c for what is refused). */
import type { NetDevice } from "@hookline/engine/device/netdev";
import { prefixMask } from "@hookline/engine/ip/address";
import {
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
import { formatMac, type Mac } from "../mac-text.ts";
import { parseNumber } from "./names.ts";
import {
	addressValue,
	deviceValue,
	type Family,
	namedValue,
	neighMacValue,
	type PrefixValue,
	prefixValue,
} from "./values.ts";
import {
	abbreviates,
	answers,
	fail,
	garbage,
	kernelError,
	UNKNOWN,
	unsupported,
	type Words,
} from "./words.ts";

export type NeighVerb = "add" | "del" | "replace" | "change";
export interface NeighRequest {
	dst?: number;
	dev?: string;
	mac?: Mac;
	nud?: number;
	proxy?: boolean;
}
export const STATES: readonly (readonly [string, number])[] = [
	["incomplete", NUD_INCOMPLETE],
	["reachable", NUD_REACHABLE],
	["stale", NUD_STALE],
	["delay", NUD_DELAY],
	["probe", NUD_PROBE],
	["failed", NUD_FAILED],
	["noarp", NUD_NOARP],
	["permanent", NUD_PERMANENT],
];

/** nud_state_a2n */
export function parseState(text: string): number | undefined {
	if (text === "none") return 0;
	const found = STATES.find(([name]) => name === text);
	return found?.[1] ?? parseNumber(text, 255);
}
export function parseNeigh(words: Words, family: Family): NeighRequest {
	const r: NeighRequest = {};
	while (!words.done) {
		const key = words.keyword(r.dst === undefined);
		if (key === "lladdr") r.mac = neighMacValue(words.value());
		else if (key === "nud")
			r.nud = namedValue(words.value(), parseState, "nud state is bad", NUD_PERMANENT, false);
		else if (abbreviates(key, "proxy")) {
			r.proxy = true;
			r.dst = addressValue(words.value(), family);
		} else if (key === "dev") r.dev = words.value();
		else if (["router", "extern_learn", "managed", "use", "protocol", "proto"].includes(key))
			unsupported(`ip neigh option ${key}`);
		else {
			const word = key === "to" ? words.value() : key;
			if (r.dst !== undefined) garbage("to", word);
			r.dst = addressValue(word, family);
		}
	}
	if (r.dev === undefined || r.dst === undefined)
		return fail(255, "Device and destination are required arguments.");
	return r;
}
export function changeNeigh(ns: Netns, verb: NeighVerb, r: NeighRequest): void {
	const dev = deviceValue(ns, r.dev as string);
	const dst = r.dst as number;
	const { neigh } = ns;
	if (r.proxy) {
		if (verb === "del") {
			if (!ns.removeProxy(dst, dev.id)) answers("No such file or directory");
		} else if (!ns.hasProxy(dst, dev.id)) ns.addProxy(dst, dev.id);
		return;
	}
	const found = neigh.find(dst, dev.id);
	if (verb === "del") {
		if (found < 0) answers("No such file or directory");
		neigh.removeByAdmin(found);
		return;
	}
	if (found >= 0 && verb === "add") answers("File exists");
	if (found < 0 && verb === "change") answers("No such file or directory");
	const state = r.nud ?? NUD_PERMANENT;
	// the kernel makes the entry before it looks at the rest, and leaves it
	const entry = found >= 0 ? found : neigh.findOrCreate(dst, dev.id);
	if (entry < 0) answers("No buffer space available");
	const known = (neigh.state[entry] & NUD_VALID) !== 0;
	if ((state & NUD_VALID) !== 0 && r.mac === undefined && !known) kernelError("No link layer address given");
	const hi = r.mac?.hi ?? neigh.macHi[entry] ?? 0;
	const lo = r.mac?.lo ?? neigh.macLo[entry] ?? 0;
	neigh.setByAdmin(entry, hi, lo, state);
}

export interface NeighFilter {
	dev?: string;
	to?: PrefixValue;
	/** Bits of states that are wanted. */
	nud?: number;
	proxy?: boolean;
	master?: string;
}
export function parseNeighFilter(words: Words, family: Family): NeighFilter {
	const r: NeighFilter = {};
	while (!words.done) {
		const key = words.keyword();
		if (key === "dev") r.dev = words.value();
		else if (key === "master") r.master = words.value();
		else if (key === "unused" || key === "vrf" || key === "nomaster" || key === "protocol")
			unsupported(`ip neigh show ${key}`);
		else if (key === "nud") {
			const word = words.value();
			const state =
				word === "all" ? 0x1ff : namedValue(word, parseState, "nud state is bad", NUD_REACHABLE, false);
			r.nud = (r.nud ?? 0) | (state === 0 ? 0x100 : state);
		} else if (abbreviates(key, "proxy")) unsupported("ip neigh show proxy");
		else {
			const word = key === "to" ? words.value() : key;
			if (r.to !== undefined) garbage("to", word);
			if (word !== UNKNOWN || r.to === undefined) r.to = prefixValue(word, family);
		}
	}
	return r;
}
function select(
	ns: Netns,
	r: NeighFilter,
	states: number,
): { entry: number; state: number; dev: NetDevice }[] {
	const dev = r.dev === undefined ? undefined : deviceValue(ns, r.dev);
	const master = r.master === undefined ? undefined : deviceValue(ns, r.master);
	return ns.neigh.entries().flatMap((entry) => {
		const on = ns.deviceById(ns.neigh.dev[entry] as number);
		const state = ns.neigh.currentState(entry);
		const addr = ns.neigh.addr[entry] as number;
		if (dev !== undefined && on !== dev) return [];
		if (master !== undefined && on.master !== master) return [];
		if ((state & states) === 0 && !(state === 0 && (states & 0x100) !== 0)) return [];
		if (r.to !== undefined && ((addr ^ r.to.addr) & prefixMask(r.to.length)) !== 0) return [];
		return [{ entry, state, dev: on }];
	});
}
export function showNeigh(ns: Netns, r: NeighFilter): string {
	return select(ns, r, r.nud ?? 0xff & ~NUD_NOARP)
		.map(({ entry, state, dev }) => neighLine(ns, entry, state, r.dev === undefined ? dev : undefined))
		.join("");
}
function neighLine(ns: Netns, entry: number, state: number, dev: NetDevice | undefined): string {
	const { neigh } = ns;
	let s = `${formatAddress(neigh.addr[entry] as number)} `;
	if (dev !== undefined) s += `dev ${dev.name} `;
	if ((state & NUD_VALID) !== 0)
		s += `lladdr ${formatMac(neigh.macHi[entry] as number, neigh.macLo[entry] as number)} `;
	for (const [name, bit] of STATES) if ((state & bit) !== 0) s += `${name.toUpperCase()} `;
	return `${s}\n`;
}
/** Permanent and NOARP entries stay unless they are asked for. */
export function flushNeigh(ns: Netns, r: NeighFilter): void {
	for (const { entry } of select(ns, r, r.nud ?? 0xff & ~(NUD_PERMANENT | NUD_NOARP)))
		ns.neigh.removeByAdmin(entry);
	ns.core.settle();
}
export function getNeigh(ns: Netns, r: NeighRequest): string {
	const dev = deviceValue(ns, r.dev as string);
	const entry = ns.neigh.find(r.dst as number, dev.id);
	if (entry < 0) return kernelError("Neighbour entry not found");
	return neighLine(ns, entry, ns.neigh.currentState(entry), dev);
}

/** `ip -6 neigh` (ipneigh.c of iproute2, net/core/neighbour.c for what is refused). */
import type { NetDevice } from "@hookline/engine/device/netdev";
import { NUD_NOARP, NUD_PERMANENT, NUD_VALID } from "@hookline/engine/ip/neigh";
import type { Netns } from "@hookline/engine/ip/netns";
import type { In6 } from "@hookline/engine/ring/in6";
import { formatAddress6, samePrefix6 } from "../address6-text.ts";
import { type NeighVerb, STATES as NUD_STATES, parseState } from "../ip/neigh.ts";

import { deviceValue, namedValue, neighMacValue } from "../ip/values.ts";
import {
	abbreviates,
	answers,
	fail,
	garbage,
	kernelError,
	UNKNOWN,
	unsupported,
	type Words,
} from "../ip/words.ts";
import { formatMac, type Mac } from "../mac-text.ts";
import { address6Value, type Prefix6Value, prefix6Value } from "./values.ts";

export interface Neigh6Request {
	dst?: In6;
	dev?: string;
	mac?: Mac;
	nud?: number;
	proxy?: boolean;
	router?: boolean;
}
export function parseNeigh6(words: Words): Neigh6Request {
	const r: Neigh6Request = {};
	while (!words.done) {
		const key = words.keyword(r.dst === undefined);
		if (key === "lladdr") r.mac = neighMacValue(words.value());
		else if (key === "nud")
			r.nud = namedValue(words.value(), parseState, "nud state is bad", NUD_PERMANENT, false);
		else if (abbreviates(key, "proxy")) {
			r.proxy = true;
			r.dst = address6Value(words.value());
		} else if (key === "router") r.router = true;
		else if (key === "dev") r.dev = words.value();
		else if (["extern_learn", "managed", "use", "protocol", "proto"].includes(key))
			unsupported(`ip neigh option ${key}`);
		else {
			const word = key === "to" ? words.value() : key;
			if (r.dst !== undefined) garbage("to", word);
			r.dst = address6Value(word);
		}
	}
	if (r.dev === undefined || r.dst === undefined)
		return fail(255, "Device and destination are required arguments.");
	return r;
}
export function changeNeigh6(ns: Netns, verb: NeighVerb, r: Neigh6Request): void {
	const { ip6 } = ns;
	const dev = deviceValue(ns, r.dev as string);
	const dst = ip6.handle(r.dst as In6);
	if (r.proxy) {
		if (verb !== "del") ip6.proxy.add(dst, dev.id, r.router ?? false);
		else if (!ip6.proxy.remove(dst, dev.id)) answers("No such file or directory");
		return;
	}
	const { neigh } = ip6;
	const found = neigh.find(dst, dev.id);
	if (verb === "del") {
		if (found < 0) answers("No such file or directory");
		neigh.remove(found);
		return;
	}
	if (found >= 0 && verb === "add") answers("File exists");
	if (found < 0 && verb === "change") answers("No such file or directory");
	const state = r.nud ?? NUD_PERMANENT;
	// the kernel makes the entry before it looks at the rest, and leaves it
	const entry = found >= 0 ? found : neigh.findOrCreate(dst, dev.id);
	if (entry < 0) answers("No buffer space available");
	const known = (neigh.state[entry]! & NUD_VALID) !== 0;
	if ((state & NUD_VALID) !== 0 && r.mac === undefined && !known) kernelError("No link layer address given");
	neigh.setByAdmin(entry, r.mac?.hi ?? neigh.macHi[entry]!, r.mac?.lo ?? neigh.macLo[entry]!, state);
	neigh.router[entry] = r.router ? 1 : 0;
}

export interface Neigh6Filter {
	dev?: string;
	to?: Prefix6Value;
	nud?: number;
	proxy?: boolean;
	master?: string;
}
export function parseNeigh6Filter(words: Words): Neigh6Filter {
	const r: Neigh6Filter = {};
	while (!words.done) {
		const key = words.keyword();
		if (key === "dev") r.dev = words.value();
		else if (key === "master") r.master = words.value();
		else if (key === "unused" || key === "vrf" || key === "nomaster" || key === "protocol")
			unsupported(`ip neigh show ${key}`);
		else if (key === "nud") {
			const word = words.value();
			const state =
				word === "all" ? 0x1ff : namedValue(word, parseState, "nud state is bad", NUD_PERMANENT, false);
			r.nud = (r.nud ?? 0) | (state === 0 ? 0x100 : state);
		} else if (abbreviates(key, "proxy")) r.proxy = true;
		else {
			const word = key === "to" ? words.value() : key;
			if (r.to !== undefined) garbage("to", word);
			if (word !== UNKNOWN || r.to === undefined) r.to = prefix6Value(word);
		}
	}
	return r;
}
function select(
	ns: Netns,
	r: Neigh6Filter,
	states: number,
): { entry: number; state: number; dev: NetDevice }[] {
	const { neigh, in6 } = ns.ip6;
	const dev = r.dev === undefined ? undefined : deviceValue(ns, r.dev);
	const master = r.master === undefined ? undefined : deviceValue(ns, r.master);
	return neigh.entries().flatMap((entry) => {
		const on = ns.deviceById(neigh.dev[entry]!);
		const state = neigh.currentState(entry);
		if (dev !== undefined && on !== dev) return [];
		if (master !== undefined && on.master !== master) return [];
		if ((state & states) === 0 && !(state === 0 && (states & 0x100) !== 0)) return [];
		if (r.to !== undefined && !samePrefix6(in6.get(neigh.addr[entry]!), r.to.addr, r.to.length)) return [];
		return [{ entry, state, dev: on }];
	});
}
export function showNeigh6(ns: Netns, r: Neigh6Filter): string {
	if (r.proxy) return showProxies(ns, r);
	return select(ns, r, r.nud ?? 0xff & ~NUD_NOARP)
		.map(({ entry, state, dev }) => neighLine(ns, entry, state, r.dev === undefined ? dev : undefined))
		.join("");
}
function showProxies(ns: Netns, r: Neigh6Filter): string {
	const { proxy, in6 } = ns.ip6;
	const dev = r.dev === undefined ? undefined : deviceValue(ns, r.dev);
	return proxy.entries
		.filter((e) => dev === undefined || e.dev === dev.id)
		.map((e) => {
			const on = dev === undefined && e.dev >= 0 ? `dev ${ns.deviceById(e.dev).name} ` : "";
			return `${formatAddress6(in6.get(e.addr))} ${on}${e.router ? "router " : ""}proxy \n`;
		})
		.join("");
}
function neighLine(ns: Netns, entry: number, state: number, dev: NetDevice | undefined): string {
	const { neigh, in6 } = ns.ip6;
	let s = `${formatAddress6(in6.get(neigh.addr[entry]!))} `;
	if (dev !== undefined) s += `dev ${dev.name} `;
	if ((state & NUD_VALID) !== 0) s += `lladdr ${formatMac(neigh.macHi[entry]!, neigh.macLo[entry]!)} `;
	if (neigh.router[entry] !== 0) s += "router ";
	for (const [name, bit] of NUD_STATES) if ((state & bit) !== 0) s += `${name.toUpperCase()} `;
	return `${s}\n`;
}
/** Permanent and NOARP entries stay unless they are asked for. */
export function flushNeigh6(ns: Netns, r: Neigh6Filter): void {
	for (const { entry } of select(ns, r, r.nud ?? 0xff & ~(NUD_PERMANENT | NUD_NOARP)))
		ns.ip6.neigh.remove(entry);
}
export function getNeigh6(ns: Netns, r: Neigh6Request): string {
	const dev = deviceValue(ns, r.dev as string);
	const { neigh } = ns.ip6;
	const entry = neigh.find(ns.ip6.handle(r.dst as In6), dev.id);
	if (entry < 0) return kernelError("Neighbour entry not found");
	return neighLine(ns, entry, neigh.currentState(entry), dev);
}

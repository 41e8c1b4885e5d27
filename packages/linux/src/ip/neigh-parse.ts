/** The words of `ip neigh`, of either family (ipneigh.c of iproute2). */
import {
	NUD_DELAY,
	NUD_FAILED,
	NUD_INCOMPLETE,
	NUD_NOARP,
	NUD_PERMANENT,
	NUD_PROBE,
	NUD_REACHABLE,
	NUD_STALE,
} from "@hookline/engine/ip/neigh";
import type { Mac } from "../mac-text.ts";
import { parseNumber } from "./names.ts";
import { namedValue, neighMacValue } from "./values.ts";
import { abbreviates, fail, garbage, UNKNOWN, unsupported, type Words } from "./words.ts";

/** `A` is an address of the family. */
export interface NeighRequest<A> {
	dst?: A;
	dev?: string;
	mac?: Mac;
	nud?: number;
	proxy?: boolean;
	router?: boolean;
}
/** `P` is a prefix of the family. */
export interface NeighFilter<P> {
	dev?: string;
	to?: P;
	/** Bits of states that are wanted. */
	nud?: number;
	proxy?: boolean;
	master?: string;
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
function parseState(text: string): number | undefined {
	if (text === "none") return 0;
	const found = STATES.find(([name]) => name === text);
	return found?.[1] ?? parseNumber(text, 255);
}
export function parseNeigh<A>(words: Words, address: (word: string) => A): NeighRequest<A> {
	const r: NeighRequest<A> = {};
	while (!words.done) {
		const key = words.keyword(r.dst === undefined);
		if (key === "lladdr") r.mac = neighMacValue(words.value());
		else if (key === "nud")
			r.nud = namedValue(words.value(), parseState, "nud state is bad", NUD_PERMANENT, false);
		else if (abbreviates(key, "proxy")) {
			r.proxy = true;
			r.dst = address(words.value());
		} else if (key === "router") r.router = true;
		else if (key === "dev") r.dev = words.value();
		else if (["extern_learn", "managed", "use", "protocol", "proto"].includes(key))
			unsupported(`ip neigh option ${key}`);
		else {
			const word = key === "to" ? words.value() : key;
			if (r.dst !== undefined) garbage("to", word);
			r.dst = address(word);
		}
	}
	// a proxy alone may be of all devices
	if (r.dst === undefined || (r.dev === undefined && !r.proxy))
		return fail(255, "Device and destination are required arguments.");
	return r;
}
export function parseNeighFilter<P>(words: Words, prefix: (word: string) => P): NeighFilter<P> {
	const r: NeighFilter<P> = {};
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
		} else if (abbreviates(key, "proxy")) r.proxy = true;
		else {
			const word = key === "to" ? words.value() : key;
			if (r.to !== undefined) garbage("to", word);
			if (word !== UNKNOWN || r.to === undefined) r.to = prefix(word);
		}
	}
	return r;
}

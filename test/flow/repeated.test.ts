/**
 * Short ways are invisible: drawn labs (bridges, routers, NAT, VXLAN, rules, with events in between), whose packets come again and again, give
 * the same frames, state and account with the flow cache and without it, with wires that take time and without.
 */
import { describe, expect, it } from "vitest";
import { ALL_KINDS } from "../kernel/fuzz/labs.ts";
import { repeatedCase, seen } from "./repeated.ts";

const SETTINGS = [
	{ flowCache: "off", vector: 256 },
	{ flowCache: "eager", vector: 256 },
	{ flowCache: "on", vector: 7 },
	{ flowCache: "eager", vector: 1 },
] as const;

/** Most flows share their ways where there are tunnels and ports of several bridges. */
const SHARED = ["vxlan", "vxlan6", "ports", "nat2"];

describe.each([
	["", "all kinds", ALL_KINDS],
	["", SHARED.join(" "), SHARED],
	["delay 1ms", "all kinds", ALL_KINDS],
	["delay 1ms", SHARED.join(" "), SHARED],
	["delay 3ms rate 10mbit", SHARED.join(" "), SHARED],
])("wires: %s, %s", (wire, _, kinds) => {
	it.each(Array.from({ length: 20 }, (_, i) => i + 21))("seed %i", (seed) => {
		const files = repeatedCase(seed, kinds, wire);
		const long = seen(files, { flowCache: "off", vector: 1 });
		for (const settings of SETTINGS)
			if (seen(files, settings) !== long)
				expect(seen(files, settings).split("\n"), JSON.stringify(settings)).toEqual(long.split("\n"));
	});
});

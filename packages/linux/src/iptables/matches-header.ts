/** The matches on header fields, devices of a bridge and chance. */
import type {
	DscpMatch,
	LengthMatch,
	PhysdevMatch,
	PktTypeMatch,
	StatisticMatch,
	TosMatch,
	TtlMatch,
} from "@hookline/engine/netfilter/rule";
import { type Extension, hopsMatch, parseUint, parseUintRange } from "./extension.ts";
import { DSCP_CLASSES, TOS_NAMES } from "./names.ts";
import { ToolError, toInteger } from "./values.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export const lengthMatch: Extension<LengthMatch> = {
	name: "length",
	options: [{ name: "length", args: 1, not: true, required: true }],
	start() {
		let m: LengthMatch = { type: "length", min: 0, max: 0, not: false };
		return {
			option(_name, value, not) {
				m = { type: "length", ...parseUintRange("length", "length", value, 0xffff), not };
			},
			finish: () => m,
		};
	},
};

export const ttlMatch: Extension<TtlMatch> = hopsMatch(
	"ttl",
	"TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt",
	(op, ttl) => ({ type: "ttl", op, ttl }),
);

export const physdevMatch: Extension<PhysdevMatch> = {
	name: "physdev",
	options: [
		{ name: "physdev-in", args: 1, not: true },
		{ name: "physdev-out", args: 1, not: true },
		{ name: "physdev-is-in", args: 0, not: true },
		{ name: "physdev-is-out", args: 0, not: true },
		{ name: "physdev-is-bridged", args: 0, not: true },
	],
	start() {
		const m: Mutable<PhysdevMatch> = { type: "physdev" };
		return {
			option(name, value, not) {
				if (name === "physdev-in" || name === "physdev-out") {
					if (value.length > 15)
						throw new ToolError(`interface name \`${value}' must be shorter than IFNAMSIZ (15)`);
					m[name === "physdev-in" ? "in" : "out"] = { name: value, not };
				} else if (name === "physdev-is-in") m.isIn = { on: true, not };
				else if (name === "physdev-is-out") m.isOut = { on: true, not };
				else m.isBridged = { on: true, not };
			},
			finish() {
				if (Object.keys(m).length === 1) throw new ToolError("PHYSDEV: no physdev option specified");
				return m;
			},
		};
	},
};

/** A TOS value with a mask, or a name, whose mask leaves out the two ECN bits and the precedence is cleared. */
export function parseTos(text: string): { value: number; mask: number } {
	const [v, k] = text.split("/");
	const value = toInteger(v, 0, 255);
	const mask = k === undefined ? 0xff : toInteger(k, 0, 255);
	if (value !== undefined && mask !== undefined) return { value, mask };
	for (const [name, tos] of TOS_NAMES)
		if (name.toLowerCase() === text.toLowerCase()) return { value: tos, mask: 0x3f };
	throw new ToolError(`Symbolic name "${text}" is unknown`);
}
export function hex2(value: number): string {
	return `0x${value.toString(16).padStart(2, "0")}`;
}
export const tosMatch: Extension<TosMatch> = {
	name: "tos",
	options: [{ name: "tos", args: 1, not: true, required: true }],
	start() {
		let m: TosMatch = { type: "tos", value: 0, mask: 0, not: false };
		return {
			option(_name, text, not) {
				m = { type: "tos", ...parseTos(text), not };
			},
			finish: () => m,
		};
	},
};

export function parseDscpClass(text: string): number {
	const dscp = DSCP_CLASSES.get(text.toUpperCase());
	if (dscp === undefined) throw new ToolError(`Invalid DSCP value \`${text}'`);
	return dscp;
}
export const dscpMatch: Extension<DscpMatch> = {
	name: "dscp",
	options: [
		{ name: "dscp", args: 1, not: true, excl: ["dscp-class"] },
		{ name: "dscp-class", args: 1, not: true, excl: ["dscp"] },
	],
	start() {
		let m: DscpMatch | undefined;
		return {
			option(name, value, not) {
				const dscp = name === "dscp" ? parseUint("dscp", name, value, 0, 63) : parseDscpClass(value);
				m ??= { type: "dscp", dscp, not };
			},
			finish() {
				if (m === undefined) throw new ToolError("DSCP match: Parameter --dscp is required");
				return m;
			},
		};
	},
};

export const PACKET_TYPES: readonly (readonly [string, number])[] = [
	["unicast", 0],
	["broadcast", 1],
	["multicast", 2],
	["host", 0],
	["bcast", 1],
	["mcast", 2],
];
export const pkttypeMatch: Extension<PktTypeMatch> = {
	name: "pkttype",
	options: [{ name: "pkt-type", args: 1, not: true, required: true }],
	start() {
		let m: PktTypeMatch = { type: "pkttype", pktType: 0, not: false };
		return {
			option(_name, value, not) {
				const known = PACKET_TYPES.find(([n]) => n === value.toLowerCase());
				if (known === undefined) throw new ToolError(`Bad packet type '${value}'`);
				m = { type: "pkttype", pktType: known[1], not };
			},
			finish: () => m,
		};
	},
};

export const PROBABILITY_ONE = 0x8000_0000;
export const statisticMatch: Extension<StatisticMatch> = {
	name: "statistic",
	options: [
		{ name: "mode", args: 1, required: true },
		{ name: "probability", args: 1, not: true },
		{ name: "every", args: 1, not: true },
		{ name: "packet", args: 1 },
	],
	start() {
		let mode: StatisticMatch["mode"] = "random";
		let probability: number | undefined;
		let every: number | undefined;
		let packet: number | undefined;
		let inverted = false;
		return {
			option(name, value, not) {
				if (not) inverted = true;
				if (name === "mode") {
					if (value !== "random" && value !== "nth") throw new ToolError(`Bad mode "${value}"`);
					mode = value;
				} else if (name === "probability") {
					const p = /^\d*\.?\d+$|^\d+\.$/.test(value) ? Number(value) : Number.NaN;
					if (!(p >= 0 && p <= 1))
						throw new ToolError('statistic: bad value for option "--probability", or out of range (0-1).\n');
					probability = Math.round(p * PROBABILITY_ONE);
				} else if (name === "every") every = parseUint("statistic", name, value, 1, 0xffff_ffff);
				else packet = parseUint("statistic", name, value, 0, 0xffff_ffff);
			},
			finish() {
				if (every !== undefined && packet === undefined)
					throw new ToolError('statistic: option "--every" also requires "--packet".\n');
				if (mode === "random" && probability === undefined)
					throw new ToolError("--probability must be specified when using random mode");
				if (mode === "nth" && (every === undefined || packet === undefined))
					throw new ToolError("--every and --packet must be specified when using nth mode");
				if (mode === "nth" && (packet ?? 0) >= (every ?? 0))
					throw new ToolError("the --packet p must be 0 <= p <= n-1");
				return {
					type: "statistic",
					mode,
					probability: mode === "random" ? (probability ?? 0) : 0,
					every: mode === "nth" ? (every ?? 0) : 0,
					packet: mode === "nth" ? (packet ?? 0) : 0,
					not: inverted,
				};
			},
		};
	},
};

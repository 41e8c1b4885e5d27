/** The targets with options. */
import type { ConnmarkTarget, Target } from "@hookline/engine/netfilter/rule";
import {
	NF_NAT_RANGE_PERSISTENT,
	NF_NAT_RANGE_PROTO_RANDOM,
	NF_NAT_RANGE_PROTO_RANDOM_FULLY,
	NF_NAT_RANGE_PROTO_SPECIFIED,
	type NfFamily,
} from "@hookline/engine/netfilter/types";
import { byName, type Extension, type OptionSpec, parseMark, parseUint } from "./extension.ts";
import { join } from "./matches.ts";
import { hex2, parseDscpClass, parseTos } from "./matches-header.ts";
import { MORE_TARGETS, printTargetMore } from "./targets-more.ts";
import { natPorts, natRange, natTo, netmapTarget, printPorts } from "./targets-nat.ts";
import { rejectName, rejectTarget } from "./targets-reject.ts";
import { hex, maskLength, printAddress, printMask, quote, ToolError, toInteger } from "./values.ts";

type Of<K extends Target["type"]> = Extract<Target, { readonly type: K }>;

const MARK_OPTIONS = ["set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark"];
/** How each option makes the value and mask of `mark = (mark & ~mask) ^ value`. */
function markOf(ext: string, name: string, text: string): { value: number; mask: number } {
	const { value, mask } = parseMark(ext, name, text);
	switch (name) {
		case "set-mark":
			return { value, mask: value | mask };
		case "and-mark":
			return { value: 0, mask: ~value };
		case "or-mark":
			return { value, mask: value };
		case "xor-mark":
			return { value, mask: 0 };
		default:
			return { value, mask };
	}
}
function exclusive(names: readonly string[], args: 0 | 1): OptionSpec[] {
	return names.map((name) => ({ name, args, excl: names.filter((n) => n !== name) }));
}
const markTarget: Extension<Of<"MARK">> = {
	name: "MARK",
	options: exclusive(MARK_OPTIONS, 1),
	start() {
		let t: Of<"MARK"> | undefined;
		return {
			option(name, value) {
				t = { type: "MARK", ...markOf("MARK", name, value) };
			},
			finish() {
				if (t === undefined)
					throw new ToolError("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required");
				return t;
			},
		};
	},
};
const CONNMARK_EXCL = [...MARK_OPTIONS, "save-mark", "restore-mark"];
const connmarkTarget: Extension<ConnmarkTarget> = {
	name: "CONNMARK",
	options: [
		...exclusive(CONNMARK_EXCL, 1).map(
			(o): OptionSpec => ({ ...o, args: o.name === "save-mark" || o.name === "restore-mark" ? 0 : 1 }),
		),
		{ name: "ctmask", args: 1, excl: ["mask"] },
		{ name: "nfmask", args: 1, excl: ["mask"] },
		{ name: "mask", args: 1 },
	],
	start() {
		const bits = (name: string, value: string) => parseUint("CONNMARK", name, value, 0, 0xffff_ffff) | 0;
		let mode: ConnmarkTarget["mode"] | undefined;
		let mark = 0;
		let setMask = -1;
		let ctMask = -1;
		let nfMask = -1;
		return {
			option(name, value) {
				if (name === "save-mark") mode = "save";
				else if (name === "restore-mark") mode = "restore";
				else if (name === "ctmask") ctMask = bits(name, value);
				else if (name === "nfmask") nfMask = bits(name, value);
				else if (name === "mask") ctMask = nfMask = bits(name, value);
				else {
					mode = "set";
					({ value: mark, mask: setMask } = markOf("CONNMARK", name, value));
				}
			},
			finish() {
				if (mode === undefined) throw new ToolError("CONNMARK target: No operation specified");
				if (mode === "set") return { type: "CONNMARK", mode, mark, ctMask: setMask, nfMask: -1 };
				return { type: "CONNMARK", mode, mark: 0, ctMask, nfMask };
			},
		};
	},
};

const notrackTarget: Extension<Of<"CT">> = {
	name: "NOTRACK",
	options: [],
	start: () => ({
		option() {},
		finish: () => ({ type: "CT", notrack: true, alias: true }),
	}),
};

const LOG_LEVELS: readonly string[] = [
	"emerg",
	"alert",
	"crit",
	"error",
	"warning",
	"notice",
	"info",
	"debug",
];
const LEVEL_ALIASES: ReadonlyMap<string, number> = new Map([["panic", 0]]);
const LOG_LEVEL = 4;
const LOG_PREFIX_MAX = 29;
export const LOG_FLAGS: readonly (readonly [string, number])[] = [
	["log-tcp-sequence", 1],
	["log-tcp-options", 2],
	["log-ip-options", 4],
	["log-uid", 8],
	["log-macdecode", 32],
];
const logTarget: Extension<Of<"LOG">> = {
	name: "LOG",
	options: [
		{ name: "log-level", args: 1 },
		{ name: "log-prefix", args: 1 },
		...LOG_FLAGS.map(([name]): OptionSpec => ({ name, args: 0 })),
	],
	start() {
		let level = LOG_LEVEL;
		let prefix = "";
		let flags = 0;
		return {
			option(name, value) {
				if (name === "log-level") {
					const n = toInteger(value, 0, 7) ?? LEVEL_ALIASES.get(value) ?? LOG_LEVELS.indexOf(value);
					if (n < 0) throw new ToolError(`log level "${value}" unknown\n`);
					level = n;
				} else if (name === "log-prefix") {
					if (value === "") throw new ToolError("Argument must have a minimum length of 1 characters\n");
					if (value.includes("\n")) throw new ToolError("Newlines not allowed in --log-prefix");
					prefix = value.slice(0, LOG_PREFIX_MAX);
				} else flags |= LOG_FLAGS.find(([n]) => n === name)?.[1] ?? 0;
			},
			finish: () => ({ type: "LOG", level, prefix, flags }),
		};
	},
};

/** The targets on TTL and hop limit, which differ in their names. */
function hopsTarget(type: "TTL" | "HL"): Extension<Of<"TTL" | "HL">> {
	const prefix = type.toLowerCase();
	return {
		name: type,
		options: exclusive(
			["set", "dec", "inc"].map((mode) => `${prefix}-${mode}`),
			1,
		),
		start() {
			let t: Of<"TTL" | "HL"> | undefined;
			return {
				option(name, text) {
					const mode = name.slice(prefix.length + 1) as "set" | "dec" | "inc";
					t = { type, mode, value: parseUint(type, name, text, mode === "set" ? 0 : 1, 255) };
				},
				finish() {
					if (t === undefined) throw new ToolError(`${type}: You must specify an action`);
					return t;
				},
			};
		},
	};
}
const tosTarget: Extension<Of<"TOS">> = {
	name: "TOS",
	options: exclusive(["set-tos", "and-tos", "or-tos", "xor-tos"], 1),
	start() {
		let t: Of<"TOS"> | undefined;
		return {
			option(name, text) {
				if (name === "set-tos") {
					t = { type: "TOS", ...parseTos(text) };
					return;
				}
				const bits = parseUint("TOS", name, text, 0, 255);
				if (name === "and-tos") t = { type: "TOS", value: 0, mask: ~bits & 0xff };
				else t = { type: "TOS", value: bits, mask: name === "or-tos" ? bits : 0 };
			},
			finish() {
				if (t === undefined) throw new ToolError("TOS: An action is required");
				return t;
			},
		};
	},
};
const dscpTarget: Extension<Of<"DSCP">> = {
	name: "DSCP",
	options: exclusive(["set-dscp", "set-dscp-class"], 1),
	start() {
		let dscp: number | undefined;
		return {
			option(name, value) {
				dscp = name === "set-dscp" ? parseUint("DSCP", name, value, 0, 63) : parseDscpClass(value);
			},
			finish() {
				if (dscp === undefined) throw new ToolError("DSCP target: Parameter --set-dscp is required");
				return { type: "DSCP", dscp };
			},
		};
	},
};

/** Of both families. */
const TARGETS: readonly Extension<Target>[] = [
	natRange("DNAT"),
	natRange("SNAT"),
	natPorts("MASQUERADE"),
	natPorts("REDIRECT"),
	netmapTarget,
	markTarget,
	connmarkTarget,
	notrackTarget,
	logTarget,
	tosTarget,
	dscpTarget,
	...MORE_TARGETS,
];
const BY_NAME: Readonly<Record<NfFamily, ReadonlyMap<string, Extension<Target>>>> = {
	4: byName([...TARGETS, rejectTarget(4), hopsTarget("TTL")]),
	6: byName([...TARGETS, rejectTarget(6), hopsTarget("HL")]),
};
/** The targets with options that a tool has. */
export function targetsOf(family: NfFamily): ReadonlyMap<string, Extension<Target>> {
	return BY_NAME[family];
}

/** What follows `-j NAME`. */
export function printTargetOptions(t: Target, family: NfFamily): string {
	switch (t.type) {
		case "REJECT":
			return `--reject-with ${rejectName(t.how, family)}`;
		case "DNAT":
		case "SNAT":
			return join(
				`--to-${t.type === "DNAT" ? "destination" : "source"} ${natTo(t)}`,
				(t.flags & NF_NAT_RANGE_PROTO_RANDOM) !== 0 && "--random",
				(t.flags & NF_NAT_RANGE_PROTO_RANDOM_FULLY) !== 0 && "--random-fully",
				(t.flags & NF_NAT_RANGE_PERSISTENT) !== 0 && "--persistent",
			);
		case "MASQUERADE":
		case "REDIRECT":
			return join(
				(t.flags & NF_NAT_RANGE_PROTO_SPECIFIED) !== 0 && `--to-ports ${printPorts(t.minPort, t.maxPort)}`,
				(t.flags & NF_NAT_RANGE_PROTO_RANDOM) !== 0 && "--random",
				(t.flags & NF_NAT_RANGE_PROTO_RANDOM_FULLY) !== 0 && "--random-fully",
			);
		case "NETMAP":
			return `--to ${printAddress(t.addr)}${maskLength(t.mask) < 0 ? `/${printAddress(t.mask)}` : printMask(t.mask)}`;
		case "MARK":
			return `--set-xmark ${hex(t.value)}/${hex(t.mask)}`;
		case "CONNMARK":
			if (t.mode === "set") return `--set-xmark ${hex(t.mark)}/${hex(t.ctMask)}`;
			return `--${t.mode}-mark --nfmask ${hex(t.nfMask)} --ctmask ${hex(t.ctMask)}`;
		case "LOG":
			return join(
				t.prefix !== "" && `--log-prefix ${quote(t.prefix)}`,
				t.level !== LOG_LEVEL && `--log-level ${t.level}`,
				...LOG_FLAGS.map(([name, bit]) => (t.flags & bit) !== 0 && `--${name}`),
			);
		case "TTL":
		case "HL":
			return `--${t.type.toLowerCase()}-${t.mode} ${t.value}`;
		case "TOS":
			return `--set-tos ${hex2(t.value)}/${hex2(t.mask)}`;
		case "DSCP":
			return `--set-dscp ${hex2(t.dscp)}`;
		default:
			return printTargetMore(t) ?? "";
	}
}

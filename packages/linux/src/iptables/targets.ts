/** The targets with options. */
import type { ConnmarkTarget, NatPortsTarget, NatRangeTarget, Target } from "@hookline/engine/netfilter/rule";
import {
	NF_NAT_RANGE_MAP_IPS,
	NF_NAT_RANGE_PERSISTENT,
	NF_NAT_RANGE_PROTO_OFFSET,
	NF_NAT_RANGE_PROTO_RANDOM,
	NF_NAT_RANGE_PROTO_RANDOM_FULLY,
	NF_NAT_RANGE_PROTO_SPECIFIED,
} from "@hookline/engine/netfilter/types";
import { type Extension, type OptionSpec, parseMark, parseUint, type RuleSoFar } from "./extension.ts";
import { join } from "./matches.ts";
import { hex2, parseDscpClass, parseTos } from "./matches-more.ts";
import { servicePort } from "./names.ts";
import {
	hex,
	maskLength,
	parseAddress,
	prefixMask,
	printAddress,
	printMask,
	quote,
	ToolError,
	toInteger,
	Unsupported,
} from "./values.ts";

type Of<K extends Target["type"]> = Extract<Target, { type: K }>;

/** In the order of REJECT_*: the name, and its shorter one. */
const REJECTS: readonly (readonly [string, string])[] = [
	["icmp-net-unreachable", "net-unreach"],
	["icmp-host-unreachable", "host-unreach"],
	["icmp-proto-unreachable", "proto-unreach"],
	["icmp-port-unreachable", "port-unreach"],
	["echo-reply", "echoreply"],
	["icmp-net-prohibited", "net-prohib"],
	["icmp-host-prohibited", "host-prohib"],
	["tcp-reset", "tcp-rst"],
	["icmp-admin-prohibited", "admin-prohib"],
];
const REJECT_DEFAULT = 3;
const rejectTarget: Extension<Of<"REJECT">> = {
	name: "REJECT",
	options: [{ name: "reject-with", args: 1 }],
	start() {
		let how = REJECT_DEFAULT;
		return {
			option(_name, value) {
				const word = value.toLowerCase();
				how = REJECTS.findIndex(
					([long, short], i) => i !== 4 && (long.startsWith(word) || short.startsWith(word)),
				);
				if (how < 0) throw new ToolError(`unknown reject type "${value}"`);
			},
			finish: () => ({ type: "REJECT", how }),
		};
	},
};

/** Protocols whose ports NAT can choose. */
const PORT_PROTOS = [1, 6, 17, 33, 132];
function needPorts(cx: RuleSoFar): void {
	if (!PORT_PROTOS.includes(cx.proto))
		throw new ToolError("Need TCP, UDP, SCTP or DCCP with port specification");
}
interface Ports {
	readonly minPort: number;
	readonly maxPort: number;
	readonly basePort: number | undefined;
}
/** `a[-b[/base]]`, numbers or service names. */
function parseNatPorts(text: string): Ports {
	const m = /^([^-/]*)(?:-([^/]*)(?:\/(.*))?)?$/.exec(text);
	const one = (word: string): number => {
		const digits = /^\d+/.exec(word)?.[0] ?? "";
		const port = toInteger(word, 0, 0xffff) ?? servicePort(word);
		if (port !== undefined) return port;
		if (digits !== "" && digits !== word && toInteger(digits, 0, 0xffff) !== undefined)
			throw new ToolError(`Garbage after port value: \`${word.slice(digits.length)}'`);
		throw new ToolError(`Port \`${word}' not valid`);
	};
	if (m === null) throw new ToolError(`Port \`${text}' not valid`);
	const minPort = one(m[1]);
	const maxPort = m[2] === undefined ? minPort : one(m[2]);
	if (maxPort < minPort) throw new ToolError(`Port range \`${m[2]}' funky`);
	return { minPort, maxPort, basePort: m[3] === undefined ? undefined : one(m[3]) };
}

function natRange(type: NatRangeTarget["type"]): Extension<NatRangeTarget> {
	const to = type === "DNAT" ? "to-destination" : "to-source";
	return {
		name: type,
		options: [
			{ name: to, args: 1, required: true },
			{ name: "random", args: 0 },
			...(type === "SNAT" ? [{ name: "random-fully", args: 0 } satisfies OptionSpec] : []),
			{ name: "persistent", args: 0 },
		],
		start() {
			let flags = 0;
			let minAddr = 0;
			let maxAddr = 0;
			let ports: Ports = { minPort: 0, maxPort: 0, basePort: undefined };
			return {
				option(name, value, _not, cx) {
					if (name === "random") flags |= NF_NAT_RANGE_PROTO_RANDOM;
					else if (name === "random-fully") flags |= NF_NAT_RANGE_PROTO_RANDOM_FULLY;
					else if (name === "persistent") flags |= NF_NAT_RANGE_PERSISTENT;
					else {
						const colons = value.split(":").length - 1;
						const colon = colons === 1 ? value.indexOf(":") : -1;
						if (colon >= 0) {
							needPorts(cx);
							ports = parseNatPorts(value.slice(colon + 1));
							flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
							if (ports.basePort !== undefined) flags |= NF_NAT_RANGE_PROTO_OFFSET;
							if (colon === 0) return;
						}
						const addrs = colon < 0 ? value : value.slice(0, colon);
						const [low, high] = addrs.split("-");
						minAddr = address(low);
						maxAddr = high === undefined ? minAddr : address(high);
						flags |= NF_NAT_RANGE_MAP_IPS;
					}
				},
				finish: () => ({
					type,
					flags,
					minAddr,
					maxAddr,
					minPort: ports.minPort,
					maxPort: ports.maxPort,
					basePort: ports.basePort ?? 0,
				}),
			};
		},
	};
}
function address(text: string): number {
	const addr = parseAddress(text);
	if (addr === undefined) throw new ToolError(`Bad IP address "${text}"`);
	return addr;
}
function natPorts(type: NatPortsTarget["type"]): Extension<NatPortsTarget> {
	return {
		name: type,
		options: [
			{ name: "to-ports", args: 1 },
			{ name: "random", args: 0 },
			...(type === "MASQUERADE" ? [{ name: "random-fully", args: 0 } satisfies OptionSpec] : []),
		],
		start() {
			let flags = 0;
			let ports: Ports = { minPort: 0, maxPort: 0, basePort: undefined };
			return {
				option(name, value, _not, cx) {
					if (name === "random") flags |= NF_NAT_RANGE_PROTO_RANDOM;
					else if (name === "random-fully") flags |= NF_NAT_RANGE_PROTO_RANDOM_FULLY;
					else {
						needPorts(cx);
						ports = parseNatPorts(value);
						flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
					}
				},
				finish: () => ({ type, flags, minPort: ports.minPort, maxPort: ports.maxPort }),
			};
		},
	};
}
const netmapTarget: Extension<Of<"NETMAP">> = {
	name: "NETMAP",
	options: [{ name: "to", args: 1, required: true }],
	start() {
		let addr = 0;
		let mask = -1;
		return {
			option(_name, value) {
				const [host, m] = value.split("/");
				const a = parseAddress(host);
				if (a === undefined) throw new ToolError("getaddrinfo: Temporary failure in name resolution\n");
				if (m !== undefined) {
					const length = toInteger(m, 0, 32);
					const dotted = parseAddress(m);
					if (length === undefined && dotted === undefined)
						throw new ToolError('NETMAP: bad mask value for option "--to".\n');
					mask = length === undefined ? (dotted ?? -1) : prefixMask(length);
				}
				addr = a & mask;
			},
			finish: () => ({ type: "NETMAP", addr, mask }),
		};
	},
};

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
		let mode: ConnmarkTarget["mode"] | undefined;
		let mark = 0;
		let setMask = -1;
		let ctMask = -1;
		let nfMask = -1;
		return {
			option(name, value) {
				if (name === "save-mark") mode = "save";
				else if (name === "restore-mark") mode = "restore";
				else if (name === "ctmask") ctMask = parseMark("CONNMARK", name, value).value;
				else if (name === "nfmask") nfMask = parseMark("CONNMARK", name, value).value;
				else if (name === "mask") ctMask = nfMask = parseMark("CONNMARK", name, value).value;
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

const ctTarget: Extension<Of<"CT">> = {
	name: "CT",
	options: [
		{ name: "notrack", args: 0 },
		...["helper", "ctevents", "expevents", "zone", "zone-orig", "zone-reply", "timeout"].map(
			(name): OptionSpec => ({ name, args: 1, unsupported: true }),
		),
	],
	start() {
		let notrack = false;
		return {
			option() {
				notrack = true;
			},
			finish() {
				if (!notrack) throw new Unsupported("target CT without --notrack");
				return { type: "CT", notrack: true, alias: false };
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

const LEVELS = ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"];
const LEVEL_ALIASES: ReadonlyMap<string, number> = new Map([["panic", 0]]);
const LOG_LEVEL = 4;
const LOG_PREFIX_MAX = 29;
const LOG_FLAGS: readonly (readonly [string, number])[] = [
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
					const word = value.toLowerCase();
					const n = toInteger(value, 0, 7) ?? LEVEL_ALIASES.get(word) ?? LEVELS.indexOf(word);
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

const ttlTarget: Extension<Of<"TTL">> = {
	name: "TTL",
	options: exclusive(["ttl-set", "ttl-dec", "ttl-inc"], 1),
	start() {
		let t: Of<"TTL"> | undefined;
		return {
			option(name, text) {
				const mode = name === "ttl-set" ? "set" : name === "ttl-dec" ? "dec" : "inc";
				t = { type: "TTL", mode, value: parseUint("TTL", name, text, mode === "set" ? 0 : 1, 255) };
			},
			finish() {
				if (t === undefined) throw new ToolError("TTL: You must specify an action");
				return t;
			},
		};
	},
};
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

export const TARGETS: ReadonlyMap<string, Extension<Target>> = new Map(
	[
		rejectTarget,
		natRange("DNAT"),
		natRange("SNAT"),
		natPorts("MASQUERADE"),
		natPorts("REDIRECT"),
		netmapTarget,
		markTarget,
		connmarkTarget,
		ctTarget,
		notrackTarget,
		logTarget,
		ttlTarget,
		tosTarget,
		dscpTarget,
	].map((t): [string, Extension<Target>] => [t.name, t]),
);

function printPorts(min: number, max: number): string {
	return min === max ? String(min) : `${min}-${max}`;
}
/** What follows `-j NAME`. */
export function printTargetOptions(t: Target): string {
	switch (t.type) {
		case "REJECT":
			return `--reject-with ${REJECTS[t.how][0]}`;
		case "DNAT":
		case "SNAT": {
			let to = "";
			if ((t.flags & NF_NAT_RANGE_MAP_IPS) !== 0)
				to = printAddress(t.minAddr) + (t.maxAddr === t.minAddr ? "" : `-${printAddress(t.maxAddr)}`);
			if ((t.flags & NF_NAT_RANGE_PROTO_SPECIFIED) !== 0) to += `:${printPorts(t.minPort, t.maxPort)}`;
			if ((t.flags & NF_NAT_RANGE_PROTO_OFFSET) !== 0) to += `/${t.basePort}`;
			return join(
				`--to-${t.type === "DNAT" ? "destination" : "source"} ${to}`,
				(t.flags & NF_NAT_RANGE_PROTO_RANDOM) !== 0 && "--random",
				(t.flags & NF_NAT_RANGE_PROTO_RANDOM_FULLY) !== 0 && "--random-fully",
				(t.flags & NF_NAT_RANGE_PERSISTENT) !== 0 && "--persistent",
			);
		}
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
		case "CT":
			return t.alias ? "" : "--notrack";
		case "LOG":
			return join(
				t.prefix !== "" && `--log-prefix ${quote(t.prefix)}`,
				t.level !== LOG_LEVEL && `--log-level ${t.level}`,
				...LOG_FLAGS.map(([name, bit]) => (t.flags & bit) !== 0 && `--${name}`),
			);
		case "TTL":
			return `--ttl-${t.mode} ${t.value}`;
		case "TOS":
			return `--set-tos ${hex2(t.value)}/${hex2(t.mask)}`;
		case "DSCP":
			return `--set-dscp ${hex2(t.dscp)}`;
		case "TCPMSS":
			return t.mss === 0 ? "--clamp-mss-to-pmtu" : `--set-mss ${t.mss}`;
		default:
			return "";
	}
}

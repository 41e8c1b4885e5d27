/** Targets of mangling, of sets, and those that do nothing to a packet here. */
import type { CtTarget, Target } from "@hookline/engine/netfilter/rule";
import type { SetTargetOf } from "@hookline/engine/netfilter/rule-lists";
import { type Extension, type OptionSpec, parseUint } from "./extension.ts";
import { join } from "./matches.ts";
import { parseSet, printDirs } from "./matches-lists.ts";
import { quote, ToolError, toInteger, Unsupported } from "./values.ts";

type Of<K extends Target["type"]> = Extract<Target, { readonly type: K }>;

/** IPCT_* in the order of their bits; the tool knows no name for bit 10. */
const CT_EVENTS: readonly string[] = [
	"new",
	"related",
	"destroy",
	"reply",
	"assured",
	"protoinfo",
	"helper",
	"mark",
	"natseqinfo",
	"secmark",
];
function parseEvents(text: string, known: readonly string[]): number {
	return text.split(",").reduce((bits, word) => {
		const bit = known.indexOf(word);
		if (bit < 0) throw new ToolError(`Unknown event type "${word}"`);
		return bits | (1 << bit);
	}, 0);
}
function printEvents(bits: number): string {
	return CT_EVENTS.filter((_, i) => (bits & (1 << i)) !== 0).join(",");
}
const ctTarget: Extension<CtTarget> = {
	name: "CT",
	options: [
		{ name: "notrack", args: 0 },
		{ name: "ctevents", args: 1 },
		{ name: "expevents", args: 1 },
		...["helper", "zone", "zone-orig", "zone-reply", "timeout"].map(
			(name): OptionSpec => ({ name, args: 1, unsupported: true }),
		),
	],
	start() {
		let t: CtTarget = { type: "CT", notrack: false, alias: false };
		return {
			option(name, value) {
				if (name === "notrack") t = { ...t, notrack: true };
				else if (name === "ctevents") t = { ...t, ctEvents: parseEvents(value, CT_EVENTS) };
				else t = { ...t, expEvents: parseEvents(value, CT_EVENTS.slice(0, 1)) };
			},
			finish: () => t,
		};
	},
};

const CLASS_ID = /^\s*(?:0[xX])?([0-9a-fA-F]+):\s*(?:0[xX])?([0-9a-fA-F]+)/;
const classifyTarget: Extension<Of<"CLASSIFY">> = {
	name: "CLASSIFY",
	options: [{ name: "set-class", args: 1, required: true }],
	start() {
		let classId = 0;
		return {
			option(_name, value) {
				const m = CLASS_ID.exec(value);
				if (m === null) throw new ToolError(`Bad class value "${value}"`);
				classId = (Number.parseInt(m[1], 16) << 16) | (Number.parseInt(m[2], 16) & 0xffff);
			},
			finish: () => ({ type: "CLASSIFY", classId }),
		};
	},
};
const checksumTarget: Extension<Of<"CHECKSUM">> = {
	name: "CHECKSUM",
	options: [{ name: "checksum-fill", args: 0, required: true }],
	start: () => ({ option() {}, finish: () => ({ type: "CHECKSUM" }) }),
};

const NFLOG_PREFIX_MAX = 63;
const nflogTarget: Extension<Of<"NFLOG">> = {
	name: "NFLOG",
	options: [
		{ name: "nflog-group", args: 1 },
		{ name: "nflog-prefix", args: 1 },
		{ name: "nflog-range", args: 1, excl: ["nflog-size"] },
		{ name: "nflog-size", args: 1, excl: ["nflog-range"] },
		{ name: "nflog-threshold", args: 1 },
	],
	start() {
		let t: Of<"NFLOG"> = { type: "NFLOG", group: 0, prefix: "", threshold: 0 };
		return {
			option(name, value, _not, cx) {
				switch (name) {
					case "nflog-group":
						t = { ...t, group: parseUint("NFLOG", name, value, 0, 0xffff) };
						break;
					case "nflog-prefix":
						if (value === "") throw new ToolError("Argument must have a minimum length of 1 characters\n");
						if (value.includes("\n")) throw new ToolError("Newlines not allowed in --log-prefix");
						t = { ...t, prefix: value.slice(0, NFLOG_PREFIX_MAX) };
						break;
					case "nflog-range":
						cx.warn(
							"warn: --nflog-range has never worked and is no longer supported, please use --nflog-size instead\n",
						);
						t = { ...t, range: parseUint("NFLOG", name, value, 0, 0xffff_ffff) };
						break;
					case "nflog-size":
						t = { ...t, size: parseUint("NFLOG", name, value, 0, 0xffff_ffff) };
						break;
					default:
						t = { ...t, threshold: parseUint("NFLOG", name, value, 0, 0xffff) };
				}
			},
			finish: () => t,
		};
	},
};

/** What is left for TCP's payload beside the shortest headers. */
const MSS_MAX = { 4: 65_515, 6: 65_495 };
const tcpmssTarget: Extension<Of<"TCPMSS">> = {
	name: "TCPMSS",
	options: [
		{ name: "set-mss", args: 1 },
		{ name: "clamp-mss-to-pmtu", args: 0 },
	],
	start() {
		let set: number | undefined;
		let clamp = false;
		return {
			option(name, value, _not, cx) {
				if (name === "set-mss") set = parseUint("TCPMSS", name, value, 0, MSS_MAX[cx.family]);
				else clamp = true;
			},
			finish() {
				if (set === undefined && !clamp)
					throw new ToolError("TCPMSS target: At least one parameter is required");
				if (clamp || set === undefined) return { type: "TCPMSS", mss: 0 };
				if (set === 0) throw new Unsupported("TCPMSS --set-mss 0");
				return { type: "TCPMSS", mss: set };
			},
		};
	},
};

const SET_TIMEOUT_MAX = 0xffff_fffe;
const setTarget: Extension<Of<"SET">> = {
	name: "SET",
	unguided: true,
	options: [
		{ name: "add-set", args: 1 },
		{ name: "del-set", args: 1 },
		{ name: "exist", args: 0 },
		{ name: "timeout", args: 1 },
		{ name: "map-set", args: 1, unsupported: true },
		{ name: "map-mark", args: 0, unsupported: true },
		{ name: "map-prio", args: 0, unsupported: true },
		{ name: "map-queue", args: 0, unsupported: true },
	],
	start() {
		let add: SetTargetOf | undefined;
		let del: SetTargetOf | undefined;
		let exist = false;
		let timeout: number | undefined;
		return {
			option(name, value, _not, cx) {
				if (name === "exist") exist = true;
				else if (name === "timeout") {
					timeout = toInteger(value, 0, SET_TIMEOUT_MAX);
					if (timeout === undefined)
						throw new ToolError(`Invalid value for option --timeout or out of range 0-${SET_TIMEOUT_MAX}`);
				} else {
					if ((name === "add-set" ? add : del) !== undefined)
						throw new ToolError(`--${name} can be specified only once`);
					const of = parseSet(name, value, cx);
					if (name === "add-set") add = of;
					else del = of;
				}
			},
			finish() {
				if (add === undefined && del === undefined)
					throw new ToolError("You must specify either `--add-set' or `--del-set' or `--map-set'");
				if (add === undefined && exist)
					throw new ToolError("Flag `--exist' can be used with `--add-set' only");
				return { type: "SET", add, del, exist, timeout };
			},
		};
	},
};
export const MORE_TARGETS: readonly Extension<Target>[] = [
	ctTarget,
	classifyTarget,
	checksumTarget,
	nflogTarget,
	tcpmssTarget,
	setTarget,
];

/** What follows `-j NAME`. */
export function printTargetMore(t: Target): string | undefined {
	switch (t.type) {
		case "CT":
			return t.alias
				? ""
				: join(
						t.notrack && "--notrack",
						t.ctEvents !== undefined && `--ctevents ${printEvents(t.ctEvents)}`,
						t.expEvents !== undefined && `--expevents ${printEvents(t.expEvents)}`,
					);
		case "CLASSIFY": {
			const hex4 = (n: number) => n.toString(16).padStart(4, "0");
			return `--set-class ${hex4(t.classId >>> 16)}:${hex4(t.classId & 0xffff)}`;
		}
		case "CHECKSUM":
			return "--checksum-fill";
		case "NFLOG":
			return join(
				t.prefix !== "" && `--nflog-prefix ${quote(t.prefix)}`,
				t.group !== 0 && `--nflog-group ${t.group}`,
				t.size !== undefined && `--nflog-size ${t.size}`,
				t.range !== undefined && t.range !== 0 && `--nflog-range ${t.range}`,
				t.threshold !== 0 && `--nflog-threshold ${t.threshold}`,
			);
		case "TCPMSS":
			return t.mss === 0 ? "--clamp-mss-to-pmtu" : `--set-mss ${t.mss}`;
		case "SET":
			return join(
				t.add && `--add-set ${t.add.set} ${printDirs(t.add.dirs)}`,
				t.exist && "--exist",
				t.timeout !== undefined && `--timeout ${t.timeout}`,
				t.del && `--del-set ${t.del.set} ${printDirs(t.del.dirs)}`,
			);
		default:
			return undefined;
	}
}
/** The same for `-L`. */
export function listTargetMore(t: Target): string | undefined {
	switch (t.type) {
		case "CT":
			return t.alias ? " NOTRACK" : ` ${join("CT", (printTargetMore(t) ?? "").replaceAll("--", ""))}`;
		case "CLASSIFY":
			return ` CLASSIFY set ${(t.classId >>> 16).toString(16)}:${(t.classId & 0xffff).toString(16)}`;
		case "CHECKSUM":
			return " CHECKSUM fill";
		case "TCPMSS":
			return t.mss === 0 ? " TCPMSS clamp to PMTU" : ` TCPMSS set ${t.mss}`;
		case "NFLOG":
		case "SET": {
			const text = (printTargetMore(t) ?? "").replace(/(^| )--/g, "$1");
			return text === "" ? "" : ` ${text}`;
		}
		default:
			return undefined;
	}
}

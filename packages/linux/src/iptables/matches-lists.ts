/** The matches that keep lists of addresses or connections, and those that look at sockets and routes. */

import type { IpAddr, Match } from "@hookline/engine/netfilter/rule";
import type {
	ConnlimitMatch,
	CounterTest,
	OwnerMatch,
	RecentMatch,
	RpfilterMatch,
	SetMatch,
} from "@hookline/engine/netfilter/rule-lists";
import type { NfFamily } from "@hookline/engine/netfilter/types";
import { GROUPS, USERS } from "./accounts.ts";
import { type Extension, type OptionSpec, parseUint, type RuleSoFar } from "./extension.ts";
import { join, not } from "./matches.ts";
import { parseLooseMask } from "./matches-conntrack.ts";
import { listHashlimit, printHashlimit } from "./matches-hashlimit.ts";
import { maskLength, parseIp, printAddress, ToolError, toInteger } from "./values.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const U32 = 0xffff_ffff;

const RECENT_OPS = ["set", "rcheck", "update", "remove"] as const;
/** Longest name, without the zero behind it. */
const RECENT_NAME_MAX = 199;
export const recentMatch: Extension<RecentMatch> = {
	name: "recent",
	options: [
		...RECENT_OPS.map(
			(name): OptionSpec => ({ name, args: 0, not: true, excl: RECENT_OPS.filter((o) => o !== name) }),
		),
		{ name: "seconds", args: 1 },
		{ name: "reap", args: 0, also: "seconds" },
		{ name: "hitcount", args: 1 },
		{ name: "rttl", args: 0, excl: ["set", "remove"] },
		{ name: "name", args: 1 },
		{ name: "rsource", args: 0 },
		{ name: "rdest", args: 0 },
		{ name: "mask", args: 1 },
	],
	start() {
		let op: RecentMatch["op"] | undefined;
		let mask: IpAddr | undefined;
		const m: Mutable<Omit<RecentMatch, "op" | "mask">> = {
			type: "recent",
			not: false,
			seconds: 0,
			reap: false,
			hitCount: 0,
			ttl: false,
			name: "DEFAULT",
			side: "source",
		};
		return {
			option(name, value, inverted, cx) {
				switch (name) {
					case "seconds":
						m.seconds = parseUint("recent", name, value, 1, U32);
						break;
					case "hitcount":
						m.hitCount = parseUint("recent", name, value, 0, U32);
						break;
					case "reap":
						m.reap = true;
						break;
					case "rttl":
						m.ttl = true;
						break;
					case "name":
						m.name = value.slice(0, RECENT_NAME_MAX);
						break;
					case "rsource":
					case "rdest":
						m.side = name === "rsource" ? "source" : "dest";
						break;
					case "mask": {
						const v4 = cx.family === 4;
						mask = v4 && /^\d+$/.test(value) ? Number(value) | 0 : parseIp(value, cx.family);
						if (mask === undefined)
							throw new ToolError("getaddrinfo: Temporary failure in name resolution\n");
						break;
					}
					default:
						op = name as RecentMatch["op"];
						if (inverted) m.not = true;
				}
			},
			finish(cx) {
				if (op === undefined)
					throw new ToolError("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'");
				return { ...m, op, mask: mask ?? (cx.family === 4 ? -1 : [-1, -1, -1, -1]) };
			},
		};
	},
};

export const connlimitMatch: Extension<ConnlimitMatch> = {
	name: "connlimit",
	options: [
		{ name: "connlimit-upto", args: 1, not: true, excl: ["connlimit-above"] },
		{ name: "connlimit-above", args: 1, not: true, excl: ["connlimit-upto"] },
		{ name: "connlimit-mask", args: 1 },
		{ name: "connlimit-saddr", args: 0, excl: ["connlimit-daddr"] },
		{ name: "connlimit-daddr", args: 0, excl: ["connlimit-saddr"] },
	],
	start() {
		let limit: number | undefined;
		let upto = false;
		let side: ConnlimitMatch["side"] = "saddr";
		let mask: number | undefined;
		return {
			option(name, value, inverted, cx) {
				if (name === "connlimit-mask") mask = maskLength(parseLooseMask("connlimit", name, value, cx.family));
				else if (name === "connlimit-saddr" || name === "connlimit-daddr")
					side = name === "connlimit-saddr" ? "saddr" : "daddr";
				else {
					limit = parseUint("connlimit", name, value, 0, U32);
					upto = (name === "connlimit-upto") !== inverted;
				}
			},
			finish(cx) {
				if (limit === undefined)
					throw new ToolError('You must specify "--connlimit-above" or "--connlimit-upto".');
				return { type: "connlimit", limit, upto, side, mask: mask ?? (cx.family === 6 ? 128 : 32) };
			},
		};
	},
};

function parseIds(
	option: string,
	text: string,
	names: ReadonlyMap<string, number>,
): { min: number; max: number } {
	const named = names.get(text);
	if (named !== undefined) return { min: named, max: named };
	const [low, high] = text.split("-");
	const min = toInteger(low, 0, U32 - 1);
	const max = high === undefined ? min : toInteger(high, 0, U32 - 1);
	if (min === undefined || max === undefined)
		throw new ToolError(`owner: Bad value for "--${option}" option: "${text}"`);
	return { min, max };
}
export const ownerMatch: Extension<OwnerMatch> = {
	name: "owner",
	options: [
		{ name: "uid-owner", args: 1, not: true },
		{ name: "gid-owner", args: 1, not: true },
		{ name: "socket-exists", args: 0, not: true },
		{ name: "suppl-groups", args: 0 },
	],
	start() {
		const m: Mutable<OwnerMatch> = { type: "owner", supplGroups: false };
		return {
			option(name, value, inverted) {
				if (name === "uid-owner") m.uid = { ...parseIds(name, value, USERS), not: inverted };
				else if (name === "gid-owner") m.gid = { ...parseIds(name, value, GROUPS), not: inverted };
				else if (name === "socket-exists") m.socket = { not: inverted };
				else if (m.gid === undefined)
					throw new ToolError(
						'owner: Bad value for "--suppl-groups" option: "you need to use --gid-owner first"',
					);
				else m.supplGroups = true;
			},
			finish() {
				if (m.uid === undefined && m.gid === undefined && m.socket === undefined)
					throw new ToolError(
						"owner: At least one of --uid-owner, --gid-owner or --socket-exists is required",
					);
				return m;
			},
		};
	},
};

const RPFILTER = {
	loose: "loose",
	validmark: "validMark",
	"accept-local": "acceptLocal",
	invert: "invert",
} as const;
export const rpfilterMatch: Extension<RpfilterMatch> = {
	name: "rpfilter",
	options: Object.keys(RPFILTER).map((name): OptionSpec => ({ name, args: 0 })),
	start() {
		const m: Mutable<RpfilterMatch> = {
			type: "rpfilter",
			loose: false,
			validMark: false,
			acceptLocal: false,
			invert: false,
		};
		return {
			option(name) {
				m[RPFILTER[name as keyof typeof RPFILTER]] = true;
			},
			finish: () => m,
		};
	},
};

/** Longest name of a set, and most directions of a packet's element. */
const SET_NAME_MAX = 31;
const SET_DIM_MAX = 6;
/** The set and the directions of `--match-set NAME src,dst` and the like. */
export function parseSet(option: string, name: string, cx: RuleSoFar): { set: string; dirs: boolean[] } {
	if (name.length > SET_NAME_MAX)
		throw new ToolError(`setname \`${name}' too long, max ${SET_NAME_MAX} characters.`);
	const text = cx.nextWord();
	if (text === undefined) throw new ToolError(`--${option} requires two args.`);
	const family = cx.setFamily(name);
	if (family === undefined) throw new ToolError(`Set ${name} doesn't exist.\n`);
	if (family !== cx.family)
		throw new ToolError(`The protocol family of set ${name} is IPv${family}, which is not applicable.\n`);
	const words = text.split(",");
	const dirs = words.slice(0, SET_DIM_MAX).map((word) => {
		if (word === "src" || word === "dst") return word === "src";
		throw new ToolError("You must spefify (the comma separated list of) 'src' or 'dst'.");
	});
	if (words.length > SET_DIM_MAX) throw new ToolError(`Can't be more src/dst options than ${SET_DIM_MAX}.`);
	return { set: name, dirs };
}
export function printDirs(dirs: readonly boolean[]): string {
	return dirs.map((src) => (src ? "src" : "dst")).join(",");
}
const COUNTERS = ["packets", "bytes"] as const;
export const setMatch: Extension<SetMatch> = {
	name: "set",
	unguided: true,
	options: [
		{ name: "match-set", args: 1 },
		{ name: "set", args: 1 },
		{ name: "return-nomatch", args: 0 },
		{ name: "update-counters", args: 0 },
		{ name: "update-subcounters", args: 0 },
		...COUNTERS.flatMap((c) => ["eq", "lt", "gt"].map((op): OptionSpec => ({ name: `${c}-${op}`, args: 1 }))),
	],
	start() {
		let of: { set: string; dirs: boolean[]; not: boolean } | undefined;
		const m = { type: "set" as const, returnNomatch: false, noCounters: false, noSubcounters: false };
		const tests: { packets?: CounterTest; bytes?: CounterTest } = {};
		return {
			option(name, value, inverted, cx) {
				if (name === "match-set" || name === "set") {
					if (name === "set") cx.warn("--set option deprecated, please use --match-set\n");
					if (of !== undefined) throw new ToolError(`--${name} can be specified only once`);
					of = { ...parseSet(name, value, cx), not: inverted };
				} else if (name === "return-nomatch") {
					if (inverted) throw new ToolError("--return-nomatch flag cannot be inverted\n");
					m.returnNomatch = true;
				} else if (name === "update-counters") m.noCounters ||= inverted;
				else if (name === "update-subcounters") m.noSubcounters ||= inverted;
				else {
					const [counter, op] = name.split("-") as [(typeof COUNTERS)[number], "eq" | "lt" | "gt"];
					if (tests[counter] !== undefined)
						throw new ToolError(`only one of the --${counter}-[eq|lt|gt] is allowed`);
					if (inverted && op !== "eq") throw new ToolError(`--${name} option cannot be inverted`);
					const n = toInteger(value, 0, Number.MAX_SAFE_INTEGER);
					if (n === undefined) throw new ToolError(`Cannot parse ${value} as a counter value`);
					tests[counter] = { op: inverted ? "ne" : op, value: n };
				}
			},
			finish() {
				if (of === undefined) throw new ToolError("You must specify `--match-set' with proper arguments");
				return { ...m, ...of, ...tests };
			},
		};
	},
};

export function printMatchLists(m: Match, family: NfFamily): string | undefined {
	switch (m.type) {
		case "recent":
			return join(
				`${not(m.not)}--${m.op}`,
				m.seconds !== 0 && `--seconds ${m.seconds}`,
				m.reap && "--reap",
				m.hitCount !== 0 && `--hitcount ${m.hitCount}`,
				m.ttl && "--rttl",
				`--name ${m.name} --mask ${printAddress(m.mask)} --r${m.side}`,
			);
		case "hashlimit":
			return printHashlimit(m, family === 4 ? 32 : 128);
		case "connlimit":
			return `--connlimit-${m.upto ? "upto" : "above"} ${m.limit} --connlimit-mask ${m.mask} --connlimit-${m.side}`;
		case "owner": {
			const range = (r: { min: number; max: number }) => (r.min === r.max ? `${r.min}` : `${r.min}-${r.max}`);
			return join(
				m.socket && `${not(m.socket.not)}--socket-exists`,
				m.uid && `${not(m.uid.not)}--uid-owner ${range(m.uid)}`,
				m.gid && `${not(m.gid.not)}--gid-owner ${range(m.gid)}`,
				m.supplGroups && "--suppl-groups",
			);
		}
		case "rpfilter":
			return join(...Object.entries(RPFILTER).map(([name, field]) => m[field] && `--${name}`));
		case "set": {
			const test = (name: string, t: CounterTest | undefined) =>
				t && `${not(t.op === "ne")}--${name}-${t.op === "ne" ? "eq" : t.op} ${t.value}`;
			return join(
				`${not(m.not)}--match-set ${m.set} ${printDirs(m.dirs)}`,
				m.returnNomatch && "--return-nomatch",
				m.noCounters && "! --update-counters",
				m.noSubcounters && "! --update-subcounters",
				test("packets", m.packets),
				test("bytes", m.bytes),
			);
		}
		default:
			return undefined;
	}
}

/** The same for `-L`. */
export function listMatchLists(m: Match, family: NfFamily, numeric: boolean): string | undefined {
	switch (m.type) {
		case "recent": {
			const op = { set: "SET", rcheck: "CHECK", update: "UPDATE", remove: "REMOVE" }[m.op];
			return join(
				` ${not(m.not)}recent: ${op}`,
				m.seconds !== 0 && `seconds: ${m.seconds}`,
				m.reap && "reap",
				m.hitCount !== 0 && `hit_count: ${m.hitCount}`,
				m.ttl && "TTL-Match",
				`name: ${m.name} side: ${m.side} mask: ${printAddress(m.mask)}`,
			);
		}
		case "hashlimit":
			return listHashlimit(m, family === 4 ? 32 : 128);
		case "connlimit":
			return ` #conn ${m.side === "saddr" ? "src" : "dst"}/${m.mask} ${m.upto ? "<=" : ">"} ${m.limit}`;
		case "owner": {
			const id = (r: { min: number; max: number }, names: ReadonlyMap<string, number>) => {
				if (r.min !== r.max) return `${r.min}-${r.max}`;
				if (!numeric) for (const [name, n] of names) if (n === r.min) return name;
				return `${r.min}`;
			};
			return ` ${join(
				m.socket && `${not(m.socket.not)}owner socket exists`,
				m.uid && `${not(m.uid.not)}owner UID match ${id(m.uid, USERS)}`,
				m.gid && `${not(m.gid.not)}owner GID match ${id(m.gid, GROUPS)}`,
				m.supplGroups && "incl. suppl. groups",
			)}`;
		}
		case "rpfilter":
			return ` ${join("rpfilter", (printMatchLists(m, family) ?? "").replaceAll("--", ""))}`;
		case "set":
			return ` ${(printMatchLists(m, family) ?? "").replace(/(^| )(! )?--/g, "$1$2")}`;
		default:
			return undefined;
	}
}

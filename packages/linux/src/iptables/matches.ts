/** The matches of the transport protocols. */
import type { IcmpMatch, Match, Range, TcpMatch, UdpMatch } from "@hookline/engine/netfilter/rule";
import type { Extension, OptionSpec } from "./extension.ts";
import { ICMP_TYPES, type IcmpType, servicePort, TCP_FLAGS } from "./names.ts";
import { parsePortRange, ToolError, toInteger } from "./values.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const PORT_OPTIONS: readonly OptionSpec[] = [
	{ name: "source-port", args: 1 },
	{ name: "sport", args: 1, aliasOf: "source-port" },
	{ name: "destination-port", args: 1 },
	{ name: "dport", args: 1, aliasOf: "destination-port" },
];

function parseTcpFlags(text: string): number {
	let bits = 0;
	for (const word of text.split(",").filter((w) => w !== "")) {
		const name = word.toUpperCase();
		const flag = TCP_FLAGS.find(([n]) => n === name);
		if (flag !== undefined) bits |= flag[1];
		else if (name === "ALL") bits |= 0x3f;
		else if (name !== "NONE") throw new ToolError(`Unknown TCP flag \`${word}'`);
	}
	return bits;
}

export const tcpMatch: Extension<TcpMatch> = {
	name: "tcp",
	unguided: true,
	options: [
		...PORT_OPTIONS,
		{ name: "syn", args: 0 },
		{ name: "tcp-flags", args: 1 },
		{ name: "tcp-option", args: 1 },
	],
	start() {
		const m: Mutable<TcpMatch> = { type: "tcp" };
		return {
			option(name, value, not, cx) {
				switch (name) {
					case "source-port":
						if (m.sport !== undefined) throw new ToolError("Only one `--source-port' allowed");
						m.sport = { ...parsePortRange(value, "tcp"), not };
						break;
					case "destination-port":
						if (m.dport !== undefined) throw new ToolError("Only one `--destination-port' allowed");
						m.dport = { ...parsePortRange(value, "tcp"), not };
						break;
					case "syn":
					case "tcp-flags": {
						if (m.flags !== undefined) throw new ToolError("Only one of `--syn' or `--tcp-flags'  allowed");
						if (name === "syn") {
							m.flags = { mask: 0x17, comp: 0x02, not };
							break;
						}
						const comp = cx.nextWord();
						if (comp === undefined) throw new ToolError("--tcp-flags requires two args.");
						m.flags = { mask: parseTcpFlags(value), comp: parseTcpFlags(comp), not };
						break;
					}
					case "tcp-option": {
						if (m.option !== undefined) throw new ToolError("Only one `--tcp-option' allowed");
						const kind = toInteger(value, 1, 255);
						if (kind === undefined) throw new ToolError(`Bad TCP option "${value}"`);
						m.option = { kind, not };
					}
				}
			},
			finish() {
				// flags that test nothing are none either
				if (m.flags?.mask === 0 && m.flags.comp === 0 && !m.flags.not) delete m.flags;
				return dropWholeRanges(m);
			},
		};
	},
};
export const udpMatch: Extension<UdpMatch> = {
	name: "udp",
	unguided: true,
	options: PORT_OPTIONS,
	start() {
		const m: Mutable<UdpMatch> = { type: "udp" };
		return {
			option(name, value, not) {
				const field = name === "source-port" ? "sport" : "dport";
				if (m[field] !== undefined) throw new ToolError(`udp: option "--${name}" can only be used once.\n`);
				m[field] = { ...parseLoosePorts("udp", name, value), not };
			},
			finish: () => dropWholeRanges(m),
		};
	},
};
/** A range of all ports is the same as none, to the kernel and in print. */
function dropWholeRanges<T extends TcpMatch | UdpMatch>(m: Mutable<T>): T {
	if (m.sport?.min === 0 && m.sport.max === 0xffff && !m.sport.not) delete m.sport;
	if (m.dport?.min === 0 && m.dport.max === 0xffff && !m.dport.not) delete m.dport;
	return m;
}

export const icmpMatch: Extension<IcmpMatch> = {
	name: "icmp",
	options: [{ name: "icmp-type", args: 1, not: true, required: true }],
	start() {
		let m: IcmpMatch = { type: "icmp", icmpType: 255, minCode: 0, maxCode: 255, not: false };
		return {
			option(_name, value, not) {
				m = { type: "icmp", ...parseIcmpType(value, "ICMP", ICMP_TYPES), not };
			},
			finish: () => m,
		};
	},
};
/** A name of `types` or its beginning, or `type[/code[:code]]`; `what` is what the messages call it. */
export function parseIcmpType(
	text: string,
	what: string,
	types: readonly IcmpType[],
): { icmpType: number; minCode: number; maxCode: number } {
	const want = text.toLowerCase();
	const fits = types.filter((t) => t.name.toLowerCase().startsWith(want));
	const exact = fits.find((t) => t.name.toLowerCase() === want);
	const found = exact ?? fits[0];
	if (found !== undefined) {
		if (exact === undefined && fits.length > 1)
			throw new ToolError(`Ambiguous ${what} type \`${text}': \`${fits[0].name}' or \`${fits[1].name}'?`);
		return { icmpType: found.type, minCode: found.min, maxCode: found.max };
	}
	const [type, code] = text.split("/");
	const icmpType = toInteger(type, 0, 255);
	if (icmpType === undefined) throw new ToolError(`Unknown ${what} type \`${type}'`);
	if (code === undefined) return { icmpType, minCode: 0, maxCode: 255 };
	const [low, high = low] = code.split(":");
	const minCode = toInteger(low, 0, 255);
	const maxCode = toInteger(high, 0, 255);
	if (minCode === undefined || maxCode === undefined) throw new ToolError(`Unknown ${what} code \`${text}'`);
	return { icmpType, minCode, maxCode };
}

export function parseBits(text: string, names: readonly (readonly [string, number])[], bad: string): number {
	let bits = 0;
	for (const word of text.split(",")) {
		const known = names.find(([n]) => n === word.toUpperCase());
		if (known === undefined) throw new ToolError(`${bad} "${word}"`);
		bits |= known[1];
	}
	return bits;
}
export function printBits(bits: number, names: readonly (readonly [string, number])[]): string {
	return names
		.filter(([, b]) => (bits & b) !== 0)
		.map(([n]) => n)
		.join(",");
}

/** Ports are cut to 16 bits, and a range may be upside down: the tool does not look. */
export function parseLoosePorts(ext: string, option: string, text: string): { min: number; max: number } {
	const one = (word: string, otherwise: number): number => {
		if (word === "") return otherwise;
		if (/^\d+$/.test(word)) return Number(word) % 0x1_0000;
		const port = servicePort(word);
		if (port === undefined) throw new ToolError(`Port "${word}" does not resolve to anything.\n`);
		return port;
	};
	const [low, high, more] = text.split(":");
	if (more !== undefined)
		throw new ToolError(`${ext}: Too many components for option "--${option}" (max: 2)\n`);
	const min = one(low, 0);
	return { min, max: high === undefined ? min : one(high, 0xffff) };
}

export function printMatchBasic(m: Match): string | undefined {
	switch (m.type) {
		case "tcp": {
			const flags =
				m.flags === undefined
					? ""
					: `${not(m.flags.not)}--tcp-flags ${printTcpFlags(m.flags.mask)} ${printTcpFlags(m.flags.comp)}`;
			const option = m.option === undefined ? "" : `${not(m.option.not)}--tcp-option ${m.option.kind}`;
			return join(printPorts("sport", m.sport), printPorts("dport", m.dport), option, flags);
		}
		case "udp":
			return join(printPorts("sport", m.sport), printPorts("dport", m.dport));
		case "icmp": {
			return `${not(m.not)}--icmp-type ${m.icmpType === 255 ? "any" : printIcmpType(m)}`;
		}
		default:
			return undefined;
	}
}
export function printIcmpType(m: { icmpType: number; minCode: number; maxCode: number }): string {
	return `${m.icmpType}${m.minCode === 0 && m.maxCode === 255 ? "" : `/${m.minCode}`}`;
}
export function not(inverted: boolean | undefined): string {
	return inverted === true ? "! " : "";
}
export function join(...parts: (string | undefined | false)[]): string {
	return parts.filter((p) => p !== undefined && p !== false && p !== "").join(" ");
}
export function printRange(name: string, r: Range | undefined): string | undefined {
	if (r === undefined) return undefined;
	return `${not(r.not)}--${name} ${r.min === r.max ? r.min : `${r.min}:${r.max}`}`;
}
/** All ports are not printed, not even when they are inverted. */
function printPorts(name: string, r: Range | undefined): string | undefined {
	return r?.min === 0 && r.max === 0xffff ? undefined : printRange(name, r);
}
export function printTcpFlags(bits: number): string {
	return printBits(bits, TCP_FLAGS) || "NONE";
}

/** The matches of connection tracking. */
import {
	type AddrMask,
	type ConntrackMatch,
	CT_STATE_DNAT,
	CT_STATE_ESTABLISHED,
	CT_STATE_INVALID,
	CT_STATE_NEW,
	CT_STATE_RELATED,
	CT_STATE_SNAT,
	CT_STATE_UNTRACKED,
	type IpAddr,
	type Match,
} from "@hookline/engine/netfilter/rule";
import {
	IPS_ASSURED,
	IPS_CONFIRMED,
	IPS_EXPECTED,
	IPS_SEEN_REPLY,
	type NfFamily,
} from "@hookline/engine/netfilter/types";
import { type Extension, type OptionSpec, parseUintRange } from "./extension.ts";
import { join, not, parseBits, parseLoosePorts, printBits, printRange } from "./matches.ts";
import {
	familyMask,
	inetAton,
	isHostMask,
	maskLength,
	parseIp,
	parseProtocol,
	printAddress,
	ToolError,
	toInteger,
} from "./values.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const STATES: readonly (readonly [string, number])[] = [
	["INVALID", CT_STATE_INVALID],
	["NEW", CT_STATE_NEW],
	["RELATED", CT_STATE_RELATED],
	["ESTABLISHED", CT_STATE_ESTABLISHED],
	["UNTRACKED", CT_STATE_UNTRACKED],
	["SNAT", CT_STATE_SNAT],
	["DNAT", CT_STATE_DNAT],
];
const STATUS: readonly (readonly [string, number])[] = [
	["EXPECTED", IPS_EXPECTED],
	["SEEN_REPLY", IPS_SEEN_REPLY],
	["ASSURED", IPS_ASSURED],
	["CONFIRMED", IPS_CONFIRMED],
];
const CT_ADDRS = {
	ctorigsrc: "origSrc",
	ctorigdst: "origDst",
	ctreplsrc: "replSrc",
	ctrepldst: "replDst",
} as const;
const CT_PORTS = {
	ctorigsrcport: "origSrcPort",
	ctorigdstport: "origDstPort",
	ctreplsrcport: "replSrcPort",
	ctrepldstport: "replDstPort",
} as const;

export const conntrackMatch: Extension<ConntrackMatch> = {
	name: "conntrack",
	options: [
		...["ctstate", "ctproto", ...Object.keys(CT_ADDRS), ...Object.keys(CT_PORTS), "ctstatus", "ctexpire"].map(
			(name): OptionSpec => ({ name, args: 1, not: true }),
		),
		{ name: "ctdir", args: 1 },
	],
	start() {
		const m: Mutable<ConntrackMatch> = { type: "conntrack" };
		return {
			option(name, value, not, cx) {
				if (name in CT_ADDRS)
					m[CT_ADDRS[name as keyof typeof CT_ADDRS]] = {
						...parseHostMask("conntrack", name, value, cx.family),
						not,
					};
				else if (name in CT_PORTS)
					m[CT_PORTS[name as keyof typeof CT_PORTS]] = { ...parseLoosePorts("conntrack", name, value), not };
				else if (name === "ctstate") m.state = { mask: parseBits(value, STATES, "Bad ctstate"), not };
				else if (name === "ctproto") m.proto = { proto: parseProtocol(value), not };
				else if (name === "ctstatus")
					m.status = { mask: parseBits(value, [...STATUS, ["NONE", 0]], "Bad ctstatus"), not };
				else if (name === "ctexpire")
					m.expire = { ...parseUintRange("conntrack", "ctexpire", value, 0xffff_ffff), not };
				else if (value.toUpperCase() === "ORIGINAL") m.dir = 0;
				else if (value.toUpperCase() === "REPLY") m.dir = 1;
				else throw new ToolError(`conntrack: Bad value for "--ctdir" option: "${value}"`);
			},
			finish() {
				if (Object.keys(m).length === 1) throw new ToolError("conntrack: At least one option is required");
				return m;
			},
		};
	},
};
export const stateMatch: Extension<ConntrackMatch> = {
	name: "state",
	options: [{ name: "state", args: 1, not: true, required: true }],
	start() {
		let state: ConntrackMatch["state"];
		return {
			option(_name, value, not) {
				state = { mask: parseBits(value, STATES.slice(0, 5), "Bad state"), not };
			},
			finish: () => ({ type: "state", state }),
		};
	},
};
/** An address with a prefix length or a mask; the host's bits stay (XTTYPE_HOSTMASK). */
export function parseHostMask(
	ext: string,
	option: string,
	text: string,
	family: NfFamily,
): { addr: IpAddr; mask: IpAddr } {
	const slash = text.indexOf("/");
	const host = slash < 0 ? text : text.slice(0, slash);
	const addr = lookup(host, family);
	if (addr === undefined) {
		const other = lookup(host, family === 4 ? 6 : 4) !== undefined && host !== "localhost";
		const why = other ? "Address family for hostname not supported" : "Temporary failure in name resolution";
		throw new ToolError(`getaddrinfo: ${why}\n`);
	}
	if (slash < 0) return { addr, mask: familyMask(family, 128) };
	return { addr, mask: parseLooseMask(ext, option, text.slice(slash + 1), family) };
}
/** getaddrinfo without a name server. */
function lookup(host: string, family: NfFamily): IpAddr | undefined {
	if (family === 6) return parseIp(host, 6);
	return host === "localhost" ? 0x7f000001 : inetAton(host);
}
/** A prefix length, where of IPv4 one too long counts as 32, or a mask, where one with holes is that of an address. */
export function parseLooseMask(ext: string, option: string, text: string, family: NfFamily): IpAddr {
	const bits = family === 4 ? 32 : 128;
	const length = toInteger(text, 0, family === 4 ? 0xffff_ffff : 128);
	if (length !== undefined) return familyMask(family, Math.min(length, bits));
	const mask = parseIp(text, family);
	if (mask === undefined)
		throw new ToolError(
			`${ext}: bad value for option "--${option}", neither a valid network mask nor valid CIDR (0-${bits}).\n`,
		);
	return maskLength(mask) < 0 ? familyMask(family, bits) : mask;
}

export function printMatchConntrack(m: Match): string | undefined {
	switch (m.type) {
		case "state":
			return `${not(m.state?.not)}--state ${printBits(m.state?.mask ?? 0, STATES)}`;
		case "conntrack":
			return join(
				m.state && `${not(m.state.not)}--ctstate ${printBits(m.state.mask, STATES)}`,
				m.proto && `${not(m.proto.not)}--ctproto ${m.proto.proto}`,
				...Object.entries(CT_ADDRS).map(([name, field]) => printHostMask(name, m[field])),
				...Object.entries(CT_PORTS).map(([name, field]) => printRange(name, m[field])),
				m.status && `${not(m.status.not)}--ctstatus ${printBits(m.status.mask, STATUS) || "NONE"}`,
				printRange("ctexpire", m.expire),
				m.dir !== undefined && `--ctdir ${m.dir === 0 ? "ORIGINAL" : "REPLY"}`,
			);
		default:
			return undefined;
	}
}
function printHostMask(name: string, a: AddrMask | undefined): string | undefined {
	if (a === undefined) return undefined;
	return `${not(a.not)}--${name} ${printAddress(a.addr)}${isHostMask(a.mask) ? "" : `/${maskLength(a.mask)}`}`;
}

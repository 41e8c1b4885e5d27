/** Matches and targets as `iptables -L` writes them: each text begins with a blank. */
import type { Match, Range, Rule, Target } from "@hookline/engine/netfilter/rule";
import type { NfFamily } from "@hookline/engine/netfilter/types";
import { listMatch6 } from "./list-match6.ts";
import { not, printTcpFlags } from "./matches.ts";
import { printMatchConntrack } from "./matches-conntrack.ts";
import { hex2 } from "./matches-header.ts";
import { listMatchLists } from "./matches-lists.ts";
import { printMatchMore } from "./matches-more.ts";
import { ICMP_TYPES, ICMP6_TYPES, protocolName, serviceName, TOS_NAMES } from "./names.ts";
import { familyOf } from "./print.ts";
import { LOG_FLAGS, printTargetOptions } from "./targets.ts";
import { listTargetMore } from "./targets-more.ts";
import { natTo, printPorts } from "./targets-nat.ts";
import { hex, hostName, parseAddress } from "./values.ts";

/** How `-L` abbreviates the levels. */
const LEVEL_WORDS = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];

function port(n: number, proto: string, numeric: boolean): string {
	return (numeric ? undefined : serviceName(n, proto)) ?? String(n);
}
function ports(name: string, r: Range | undefined, proto: string, numeric: boolean): string {
	if (r === undefined) return "";
	const inv = r.not ? "!" : "";
	if (r.min === r.max) return ` ${name}:${inv}${port(r.min, proto, numeric)}`;
	return ` ${name}s:${inv}${port(r.min, proto, numeric)}:${port(r.max, proto, numeric)}`;
}
function hexUpper(n: number): string {
	return `0x${n.toString(16).toUpperCase().padStart(2, "0")}`;
}
function maskText(value: number, mask: number): string {
	return hex(value) + (mask === -1 ? "" : `/${hex(mask)}`);
}

export function listMatch(m: Match, r: Rule, numeric: boolean): string {
	switch (m.type) {
		case "tcp": {
			let text = ` tcp${ports("spt", m.sport, "tcp", numeric)}${ports("dpt", m.dport, "tcp", numeric)}`;
			if (m.option !== undefined) text += ` option=${m.option.not ? "!" : ""}${m.option.kind}`;
			if (m.flags !== undefined) {
				const { mask, comp } = m.flags;
				text += ` flags:${m.flags.not ? "!" : ""}`;
				text += numeric
					? `${hexUpper(mask)}/${hexUpper(comp)}`
					: `${printTcpFlags(mask)}/${printTcpFlags(comp)}`;
			}
			return text;
		}
		case "udp":
			return ` udp${ports("spt", m.sport, "udp", numeric)}${ports("dpt", m.dport, "udp", numeric)}`;
		case "icmp":
		case "icmp6": {
			const name = m.type === "icmp" ? "icmp" : "ipv6-icmp";
			const known = (m.type === "icmp" ? ICMP_TYPES : ICMP6_TYPES).find(
				(t) => t.type === m.icmpType && t.min === m.minCode && t.max === m.maxCode,
			);
			if (!numeric && known !== undefined) return ` ${name} ${m.not ? "!" : ""}${known.name}`;
			let code = "";
			if (m.minCode === m.maxCode) code = ` code ${m.minCode}`;
			else if (m.minCode !== 0 || m.maxCode !== 255) code = ` codes ${m.minCode}-${m.maxCode}`;
			return ` ${name}${m.not ? " !" : ""}type ${m.icmpType}${code}`;
		}
		case "conntrack":
		case "state": {
			const text = (printMatchConntrack(m) ?? "").replaceAll("--", "");
			return ` ${numeric ? text : text.replace(/( |^)(ct\w+(?:src|dst)) ([0-9.]+|::)(\/\d+)?(?= |$)/g, named)}`;
		}
		case "addrtype": {
			const text = (printMatchMore(m) ?? "")
				.replace(/(! )?--(src|dst)-type /g, (_all, inv: string | undefined, side: string) => {
					return `${side}-type ${inv === undefined ? "" : "!"}`;
				})
				.replace("--limit-iface-in", "limit-in")
				.replace("--limit-iface-out", "limit-out");
			return ` ADDRTYPE match ${text}`;
		}
		case "mark":
			return ` mark match ${not(m.not)}${maskText(m.mark, m.mask)}`;
		case "connmark":
			return ` connmark match ${m.not ? "!" : ""} ${maskText(m.mark, m.mask)}`;
		case "comment":
			return ` /* ${m.text} */`;
		case "multiport": {
			const name = { src: "sports", dst: "dports", either: "ports" }[m.which];
			const proto = protocolName(r.proto);
			const list = m.ports.map(
				(p) => port(p.min, proto, numeric) + (p.range ? `:${port(p.max, proto, numeric)}` : ""),
			);
			return ` multiport ${name} ${m.not ? " !" : ""}${list.join(",")}`;
		}
		case "limit": {
			const rate = /--limit (\S+)/.exec(printMatchMore(m) ?? "")?.[1];
			return ` limit: avg ${rate} burst ${m.burst}`;
		}
		case "mac":
			return ` MAC${m.not ? " !" : ""} ${(printMatchMore(m) ?? "").split(" ").pop()}`;
		case "iprange":
			return ` ${printMatchMore(m) ?? ""}`.replace(
				/(! )?--(src|dst)-range/g,
				(_all, inv: string | undefined, side: string) => {
					return `${side === "src" ? "source" : "destination"} IP range${inv === undefined ? "" : " !"}`;
				},
			);
		case "length":
			return ` length ${m.not ? "!" : ""}${m.min === m.max ? m.min : `${m.min}:${m.max}`}`;
		case "ttl":
			return ` TTL match TTL ${{ eq: "==", ne: "!=", lt: "<", gt: ">" }[m.op]} ${m.ttl}`;
		case "physdev":
			return ` PHYSDEV match ${printMatchMore(m)}`;
		case "tos": {
			const name = tosName(m.value, m.mask, numeric);
			const value = name === undefined ? `${hex2(m.value)}/${hex2(m.mask)}` : ` ${name}`;
			return ` tos match${m.not ? "!" : ""}${value}`;
		}
		case "dscp":
			return ` DSCP match ${m.not ? "!" : ""}${hex2(m.dscp)}`;
		case "pkttype":
			return ` PKTTYPE ${m.not ? "!=" : "="} ${(printMatchMore(m) ?? "").split(" ").pop()}`;
		case "statistic": {
			if (m.mode === "random") return ` statistic ${(printMatchMore(m) ?? "").replaceAll("--", "")}`;
			const packet = m.packet === 0 ? "" : ` packet ${m.packet}`;
			return ` statistic mode nth ${not(m.not)}every ${m.every}${packet}`;
		}
		default:
			return listMatch6(m, numeric) ?? listMatchLists(m, familyOf(r), numeric) ?? "";
	}
}
/** An address of the connection, with its name where it has one. */
function named(_all: string, before: string, option: string, host: string, mask = ""): string {
	if (host === "0.0.0.0" || host === "::") return `${before}${option} anywhere`;
	return `${before}${option} ${hostName(parseAddress(host) ?? 0) ?? host}${mask}`;
}
function tosName(value: number, mask: number, numeric: boolean): string | undefined {
	if (numeric || mask !== 0x3f) return undefined;
	for (const [name, tos] of TOS_NAMES) if (tos === value) return name;
	return undefined;
}
function change(name: string, value: number, mask: number, all: number, show: (n: number) => string): string {
	if (value === 0) return ` ${name} and ${show(~mask & all)}`;
	if (value === mask) return ` ${name} or ${show(value)}`;
	if (mask === 0) return ` ${name} xor ${show(value)}`;
	if (mask === all) return ` ${name} set ${show(value)}`;
	return ` ${name} xset ${show(value)}/${show(mask)}`;
}

export function listTarget(t: Target, numeric: boolean, family: NfFamily): string {
	switch (t.type) {
		case "REJECT":
			return ` ${printTargetOptions(t, family).replace("--", "")}`;
		case "DNAT":
		case "SNAT":
			return ` to:${natTo(t)}${printTargetOptions(t, family)
				.replace(/^--to-\S+ \S*/, "")
				.replaceAll(" --", " ")}`;
		case "MASQUERADE":
		case "REDIRECT": {
			const label = t.type === "MASQUERADE" ? "masq ports:" : "redir ports";
			const options = printTargetOptions(t, family);
			const range = options.startsWith("--to-ports") ? ` ${label} ${printPorts(t.minPort, t.maxPort)}` : "";
			return range + (options.replace(/^--to-ports \S+ ?/, "").replace(/(^| )--/g, " ") || "");
		}
		case "NETMAP":
			return ` ${printTargetOptions(t, family).replace("--to ", "to:")}`;
		case "MARK":
			return change("MARK", t.value, t.mask, -1, hex);
		case "CONNMARK":
			if (t.mode === "set") return change("CONNMARK", t.mark, t.ctMask, -1, hex);
			if (t.nfMask === -1 && t.ctMask === -1) return ` CONNMARK ${t.mode}`;
			if (t.nfMask === t.ctMask) return ` CONNMARK ${t.mode} mask ${hex(t.nfMask)}`;
			if (t.mode === "save") return ` CONNMARK save nfmask ${hex(t.nfMask)} ctmask ~${hex(t.ctMask)}`;
			return ` CONNMARK restore ctmask ${hex(t.ctMask)} nfmask ~${hex(t.nfMask)}`;
		case "LOG": {
			const prefix = t.prefix === "" ? "" : ` prefix "${t.prefix}"`;
			if (numeric) return ` LOG flags ${t.flags} level ${t.level}${prefix}`;
			const flags = LOG_FLAGS.filter(([, bit]) => (t.flags & bit) !== 0).map(([n]) => n.replace("log-", " "));
			return ` LOG level ${LEVEL_WORDS[t.level]}${flags.join("")}${prefix}`;
		}
		case "TTL":
		case "HL":
			return ` ${t.type} ${{ set: "set to", dec: "decrement by", inc: "increment by" }[t.mode]} ${t.value}`;
		case "TOS": {
			if (numeric) return ` TOS set ${hex2(t.value)}/${hex2(t.mask)}`;
			const name = tosName(t.value, t.mask, numeric);
			if (name !== undefined) return `  TOS set${name}`;
			const text = change("TOS", t.value, t.mask, 0xff, hex2);
			return / set | xset /.test(text) ? ` TOS set ${hex2(t.value)}/${hex2(t.mask)}` : text;
		}
		case "DSCP":
			return ` DSCP set ${hex2(t.dscp)}`;
		default:
			return listTargetMore(t) ?? "";
	}
}

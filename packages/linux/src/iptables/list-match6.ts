/** The matches that only ip6tables has, as `ip6tables -L` writes them. */
import type { Match, Range } from "@hookline/engine/netfilter/rule";
import { formatAddress6 } from "../address6-text.ts";
import { printHeaders, printOptions } from "./matches6.ts";
import { MH_TYPES } from "./names.ts";

const bang = (inverted: boolean): string => (inverted ? "!" : "");
function ids(name: string, r: Range | undefined): string {
	if (r === undefined || (r.min === 0 && r.max === 0xffff_ffff && !r.not)) return "";
	if (r.min === r.max) return `${name}:${bang(r.not)}${r.min}`;
	return `${name}s:${bang(r.not)}${r.min}:${r.max}`;
}
function value(name: string, v: { readonly value: number; readonly not: boolean } | undefined): string {
	return v === undefined ? "" : ` ${name}:${bang(v.not)}${v.value}`;
}
const flag = (on: boolean, name: string): string => (on ? ` ${name}` : "");
function mhName(type: number, numeric: boolean): string {
	const known = numeric ? undefined : MH_TYPES.find(([, n]) => n === type);
	return known?.[0] ?? String(type);
}

export function listMatch6(m: Match, numeric: boolean): string | undefined {
	switch (m.type) {
		case "hl":
			return ` HL match HL ${{ eq: "==", ne: "!=", lt: "<", gt: ">" }[m.op]} ${m.hopLimit}`;
		case "eui64":
			return "eui64 ";
		case "frag":
			return (
				` frag ${ids("id", m.id)}${value("length", m.length)}${flag(m.reserved, "reserved")}` +
				`${flag(m.first, "first")}${flag(m.more, "more")}${flag(m.last, "last")}`
			);
		case "rt": {
			const left = ids("segsleft", m.segsLeft);
			const addrs = m.addrs.length === 0 ? "" : ` 0-addrs ${m.addrs.map(formatAddress6).join(",")}`;
			return (
				` rt${value("type", m.rtType)}${left === "" ? "" : ` ${left}`}${value("length", m.length)}` +
				`${flag(m.reserved, "reserved")}${addrs}${flag(m.notStrict, "0-not-strict")}`
			);
		}
		case "ipv6header": {
			const headers = numeric
				? `0x${m.headers.toString(16).toUpperCase().padStart(2, "0")}`
				: printHeaders(m.headers);
			return ` ipv6header flags:${bang(m.not)}${headers}${flag(m.soft, "soft")}`;
		}
		case "hbh":
		case "dst": {
			const options = m.options.length === 0 ? "" : ` opts ${printOptions(m.options)}`;
			return ` ${m.type}${value("length", m.length)}${options}`;
		}
		case "mh": {
			if (m.min === 0 && m.max === 255 && !m.not) return " mh";
			const max = m.max === m.min ? "" : `:${mhName(m.max, numeric)}`;
			return ` mh ${bang(m.not)}${mhName(m.min, numeric)}${max}`;
		}
		default:
			return undefined;
	}
}

/** Rules interpreted from their objects, packets from their fields: the slow reading of the same meaning. */
import {
	type AddrMask,
	type AddrRange,
	ipv4,
	type Match,
	type Range,
	type Rule,
} from "../../src/netfilter/rule.ts";
import type { XtTable } from "../../src/netfilter/table.ts";
import { DEVICES, type Packet, type World } from "./rule-frames.ts";

class Hotdrop extends Error {}

const inRange = (r: Range | undefined, n: number) => r === undefined || (n >= r.min && n <= r.max) !== r.not;
const inAddrs = (r: AddrRange | undefined, n: number) =>
	inRange(r && { ...r, min: ipv4(r.min), max: ipv4(r.max) }, n);
const masked = (a: AddrMask | undefined, n: number) =>
	a === undefined || (((ipv4(a.addr) ^ n) & ipv4(a.mask)) === 0) !== a.not;
function nameFits(pattern: string, dev: number): boolean {
	const name = dev < 0 ? "" : DEVICES[dev];
	return pattern.endsWith("+") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function matches(m: Match, p: Packet, w: World, inDev: number, outDev: number): boolean {
	const ct = p.ct === 0 ? undefined : w.cts[p.ct - 1];
	switch (m.type) {
		case "comment":
			return true;
		case "tcp":
		case "udp": {
			if (p.fragOffset !== 0) {
				if (m.type === "tcp" && p.fragOffset === 1) throw new Hotdrop();
				return false;
			}
			if (p.payload < (m.type === "tcp" ? 20 : 8)) throw new Hotdrop();
			if (!inRange(m.sport, p.sport) || !inRange(m.dport, p.dport)) return false;
			if (m.type === "udp") return true;
			if (m.flags !== undefined && ((p.tcpFlags & m.flags.mask) === m.flags.comp) === m.flags.not)
				return false;
			if (m.option === undefined) return true;
			if (p.payload < 20 + p.tcpOptions.length) throw new Hotdrop();
			const kinds: number[] = [];
			for (let i = 0; i < p.tcpOptions.length; ) {
				kinds.push(p.tcpOptions[i]);
				i += p.tcpOptions[i] < 2 ? 1 : p.tcpOptions[i + 1] || 1;
			}
			return kinds.includes(m.option.kind) !== m.option.not;
		}
		case "icmp":
			if (p.fragOffset !== 0) return false;
			if (p.payload < 8) throw new Hotdrop();
			return (
				(m.icmpType === 255 ||
					(p.icmpType === m.icmpType && p.icmpCode >= m.minCode && p.icmpCode <= m.maxCode)) !== m.not
			);
		case "conntrack":
		case "state": {
			const names =
				ct === undefined
					? p.ctinfo === 7
						? ["UNTRACKED"]
						: ["INVALID"]
					: [["ESTABLISHED", "RELATED", "NEW"][p.ctinfo % 3]];
			if (ct !== undefined && (ct.status & 16) !== 0) names.push("SNAT");
			if (ct !== undefined && (ct.status & 32) !== 0) names.push("DNAT");
			const bits: Record<string, number> = {
				INVALID: 1,
				ESTABLISHED: 2,
				RELATED: 4,
				NEW: 8,
				SNAT: 64,
				DNAT: 128,
				UNTRACKED: 256,
			};
			if (m.state !== undefined && names.some((n) => ((m.state?.mask ?? 0) & bits[n]) !== 0) === m.state.not)
				return false;
			if (ct === undefined) return m.state !== undefined;
			if (m.dir !== undefined && (p.ctinfo >= 3 ? 1 : 0) !== m.dir) return false;
			return (
				masked(m.origSrc, ct.src[0]) &&
				masked(m.origDst, ct.dst[0]) &&
				masked(m.replSrc, ct.src[1]) &&
				masked(m.replDst, ct.dst[1]) &&
				inRange(m.origSrcPort, ct.sport[0]) &&
				inRange(m.origDstPort, ct.dport[0]) &&
				inRange(m.replSrcPort, ct.sport[1]) &&
				inRange(m.replDstPort, ct.dport[1]) &&
				(m.proto === undefined || (ct.proto === m.proto.proto) !== m.proto.not) &&
				(m.status === undefined || ((ct.status & m.status.mask) !== 0) !== m.status.not) &&
				inRange(m.expire, Math.floor(ct.expiresIn / 1e9))
			);
		}
		case "addrtype": {
			const dev = m.limitIn ? inDev : m.limitOut ? outDev : -1;
			const fits = (x: { mask: number; not: boolean } | undefined, addr: number) =>
				x === undefined || ((x.mask & (1 << w.addrType(addr, dev))) !== 0) !== x.not;
			return fits(m.src, p.src) && fits(m.dst, p.dst);
		}
		case "mark":
			return ((p.mark & m.mask) === m.mark) !== m.not;
		case "connmark":
			return ct !== undefined && ((ct.mark & m.mask) === m.mark) !== m.not;
		case "multiport": {
			if (p.fragOffset !== 0) return false;
			if (p.payload < 4) throw new Hotdrop();
			const has = (n: number) => m.ports.some((r) => n >= r.min && n <= r.max);
			const hit = (m.which !== "dst" && has(p.sport)) || (m.which !== "src" && has(p.dport));
			return hit !== m.not;
		}
		case "mac":
			return (p.macHi === m.hi && p.macLo === m.lo) !== m.not;
		case "iprange":
			return inAddrs(m.src, p.src >>> 0) && inAddrs(m.dst, p.dst >>> 0);
		case "length":
			return inRange(m, 20 + p.payload);
		case "ttl":
			return { eq: p.ttl === m.ttl, ne: p.ttl !== m.ttl, lt: p.ttl < m.ttl, gt: p.ttl > m.ttl }[m.op];
		case "tos":
			return ((p.tos & m.mask) === m.value) !== m.not;
		case "dscp":
			return (p.tos >> 2 === m.dscp) !== m.not;
		case "pkttype":
			return (p.pktType === m.pktType) !== m.not;
		case "physdev": {
			const asked = [m.isBridged, m.isIn, m.isOut, m.in, m.out].filter((x) => x !== undefined);
			if (p.physIn < 0 && p.physOut < 0) return asked.every((x) => x.not);
			if (m.isBridged !== undefined && p.physOut >= 0 === m.isBridged.not) return false;
			if (m.isIn !== undefined && p.physIn >= 0 === m.isIn.not) return false;
			if (m.isOut !== undefined && p.physOut >= 0 === m.isOut.not) return false;
			if (m.in !== undefined && p.physIn >= 0 && nameFits(m.in.name, p.physIn) === m.in.not) return false;
			return m.out === undefined || (p.physOut >= 0 && nameFits(m.out.name, p.physOut) !== m.out.not);
		}
		default:
			throw new Error(`${m.type} remembers packets`);
	}
}
function ruleMatches(r: Rule, p: Packet, w: World, inDev: number, outDev: number): boolean {
	if (!masked(r.src, p.src) || !masked(r.dst, p.dst)) return false;
	if (r.in.name !== "" && nameFits(r.in.name, inDev) === r.in.not) return false;
	if (r.out.name !== "" && nameFits(r.out.name, outDev) === r.out.not) return false;
	if (r.proto !== 0 && (r.proto === p.proto) === r.protoNot) return false;
	if (r.frag.on && (p.fragOffset !== 0) === r.frag.not) return false;
	return r.matches.every((m) => matches(m, p, w, inDev, outDev));
}

/** Verdict (0 or 1), the packet's last mark, and "CHAIN number" of every rule that counted it; "CHAIN" for a policy. */
export function naive(
	t: XtTable,
	hook: number,
	packet: Packet,
	w: World,
	inDev: number,
	outDev: number,
): { verdict: number; mark: number; counted: string[] } {
	const counted: string[] = [];
	const p = { ...packet };
	const base = t.chains.find((c) => c.hook === hook);
	if (base === undefined) throw new Error("no base chain");
	const walk = (name: string): number | undefined => {
		const chain = t.chains.find((c) => c.name === name);
		if (chain === undefined) throw new Error(`no chain ${name}`);
		for (const [i, e] of chain.entries.entries()) {
			if (!ruleMatches(e.rule, p, w, inDev, outDev)) continue;
			counted.push(`${name} ${i + 1}`);
			const target = e.rule.target;
			if (target.type === "ACCEPT") return 1;
			if (target.type === "DROP" || target.type === "REJECT") return 0;
			if (target.type === "RETURN") return undefined;
			if (target.type === "MARK") p.mark = (p.mark & ~target.mask) ^ target.value;
			if (target.type !== "jump") continue;
			const v = walk(target.chain);
			// whoever went there does not come back here, but to where this chain was called from
			if (v !== undefined || target.goto) return v;
		}
		return undefined;
	};
	try {
		let verdict = walk(base.name);
		if (verdict === undefined) {
			counted.push(base.name);
			verdict = base.policy;
		}
		return { verdict, mark: p.mark, counted };
	} catch (e) {
		if (e instanceof Hotdrop) return { verdict: 0, mark: p.mark, counted };
		throw e;
	}
}

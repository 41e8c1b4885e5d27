/** Which of its addresses a namespace takes for a destination (net/ipv6/addrconf.c, ipv6_dev_get_saddr; RFC 6724). */
import type { NetDevice } from "../device/netdev.ts";
import type { In6 } from "../ring/in6.ts";
import type { Inet6 } from "./inet6.ts";
import {
	type Address6,
	IFA_F_DEPRECATED,
	IFA_F_OPTIMISTIC,
	IFA_F_TEMPORARY,
	IFA_F_TENTATIVE,
	type Inet6Device,
} from "./inet6-device.ts";
import { commonBits, isMulticast, SCOPE_LINKLOCAL, samePrefix, scopeOf } from "./kinds.ts";

/** The default policy table (net/ipv6/addrlabel.c): prefix, length, label; longest first. */
const LABELS: readonly (readonly [In6, number, number])[] = [
	[[0, 0, 0, 1], 128, 0],
	[[0, 0, 0, 0], 96, 3],
	[[0, 0, 0xffff, 0], 96, 4],
	[[0x20010000, 0, 0, 0], 32, 6],
	[[0x20010010, 0, 0, 0], 28, 7],
	[[0x20020000, 0, 0, 0], 16, 2],
	[[0xfc000000 | 0, 0, 0, 0], 7, 5],
];

/** ipv6_addr_label */
export function labelOf(a: In6): number {
	for (const [prefix, length, label] of LABELS) if (samePrefix(a, prefix, length)) return label;
	return 1;
}
/** 2001:10::/28 (ipv6_addr_orchid) */
function isOrchid(a: In6): boolean {
	return (a[0] & 0xfffffff0) === 0x20010010;
}

const RULES = 9;

export class SourceSelect {
	private readonly ip6: Inet6;

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** The best source for `daddr` out of `dev` (null: any); In6 handle, 0 when there is none. */
	select(dev: NetDevice | null, daddr: In6): number {
		const { ip6 } = this;
		const idev = dev === null ? undefined : ip6.devices[dev.id];
		const scope = scopeOf(daddr);
		const onlyThis =
			dev !== null &&
			(isMulticast(daddr) ||
				scope <= SCOPE_LINKLOCAL ||
				(idev !== undefined && idev.conf.use_oif_addrs_only !== 0));
		let best: Address6 | null = null;
		let bestDev: Inet6Device | null = null;
		const candidates = onlyThis ? (idev === undefined ? [] : [idev]) : [...ip6.all()];
		for (const d of candidates) {
			for (const a of d.addresses) {
				if ((a.flags & IFA_F_TENTATIVE) !== 0 && (a.flags & IFA_F_OPTIMISTIC) === 0) continue;
				if (best === null || bestDev === null || this.better(d, a, bestDev, best, dev, daddr, scope)) {
					best = a;
					bestDev = d;
				}
			}
		}
		return best === null ? 0 : best.addr;
	}
	/** Is `a` better than `b`, which came first? The rules in order; the first that tells them apart decides. */
	private better(
		da: Inet6Device,
		a: Address6,
		db: Inet6Device,
		b: Address6,
		dev: NetDevice | null,
		daddr: In6,
		scope: number,
	): boolean {
		for (let rule = 1; rule < RULES; rule++) {
			const x = this.evaluate(rule, da, a, dev, daddr, scope);
			const y = this.evaluate(rule, db, b, dev, daddr, scope);
			if (x !== y) return x > y;
		}
		return false;
	}
	/** ipv6_get_saddr_eval */
	private evaluate(
		rule: number,
		idev: Inet6Device,
		a: Address6,
		dev: NetDevice | null,
		daddr: In6,
		scope: number,
	): number {
		const words = this.ip6.in6.get(a.addr);
		switch (rule) {
			case 1: // the destination itself
				return commonBits(words, daddr) === 128 ? 1 : 0;
			case 2: {
				// appropriate scope: the smallest that is enough, else the largest
				const own = scopeOf(words);
				return own >= scope ? -own : own - 128;
			}
			case 3: // not deprecated
				return (a.flags & (IFA_F_DEPRECATED | IFA_F_OPTIMISTIC)) === 0 ? 1 : 0;
			case 4: // of the outgoing interface
				return dev === null || dev === idev.dev ? 1 : 0;
			case 5: // same label
				return labelOf(words) === labelOf(daddr) ? 1 : 0;
			case 6: // public, unless temporary ones are preferred
				return ((a.flags & IFA_F_TEMPORARY) === 0) !== idev.conf.use_tempaddr >= 2 ? 1 : 0;
			case 7:
				return isOrchid(words) === isOrchid(daddr) ? 1 : 0;
			default: // longest matching prefix
				return Math.min(commonBits(words, daddr), a.prefixLen);
		}
	}
}

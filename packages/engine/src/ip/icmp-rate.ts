/**
 * How often this namespace may send ICMP errors (net/ipv4/icmp.c, net/ipv4/inetpeer.c, net/ipv4/route.c): one token bucket per
 * destination of the error, shared by three users that take from it in different units, and one bucket for the namespace.
 *
 *   errors of the rate mask   bucket of 6 errors, then one per icmp_ratelimit ms; never frag-needed, by which path MTUs are found
 *   "no route" errors         one second's tokens each, at most five seconds' worth, on top of the above
 *   redirects                 own pace: 20 ms << n apart, 9 at most, silence of 20.48 s resets
 */
import * as icmp from "../wire/icmp.ts";
import { JIFFY } from "./neigh.ts";
import type { Netns } from "./netns.ts";

const SECOND = 1e9;
const XRLIM_BURST_FACTOR = 6;
const REDIRECT_NUMBER = 9;
const REDIRECT_LOAD = 20e6;
const REDIRECT_SILENCE = 20.48e9;
/** Peers remembered; the oldest are forgotten beyond that (inet_peer_threshold). */
const MAX_PEERS = 65536;

interface Peer {
	last: number;
	/** ns */
	tokens: number;
	redirects: number;
}

export class IcmpRate {
	private readonly ns: Netns;
	private readonly peers: Map<number, Peer> = new Map();
	private credit: number;
	private stamp = Number.NEGATIVE_INFINITY;

	constructor(ns: Netns) {
		this.ns = ns;
		this.credit = 0;
	}
	/** May a "no route" error go to `addr` (ip_error)? */
	allowRouteError(addr: number): boolean {
		const p = this.peer(addr);
		const now = this.jiffies();
		p.tokens = Math.min(p.tokens + (now - p.last), 5 * SECOND);
		p.last = now;
		if (p.tokens < SECOND) return false;
		p.tokens -= SECOND;
		return true;
	}
	/** The namespace's own limit (icmp_global_allow); takes a token only in `consume`. */
	allowGlobal(type: number, code: number): boolean {
		return !this.limited(type, code) || this.globalAllow();
	}
	/** One more error in this namespace, of IPv4 or IPv6? */
	globalAllow(): boolean {
		if (this.credit > 0) return true;
		const now = this.jiffies();
		const delta = Math.min(now - this.stamp, SECOND);
		if (delta < SECOND / 50) return false;
		const more = Math.floor((this.ns.conf.icmp_msgs_per_sec * delta) / SECOND);
		if (more === 0) return false;
		this.stamp = now;
		this.credit = Math.min(this.credit + more, this.ns.conf.icmp_msgs_burst);
		return true;
	}
	/** The destination's limit (icmpv4_xrlim_allow). */
	allowPeer(type: number, code: number, addr: number, loopback: boolean): boolean {
		if (!this.limited(type, code)) return true;
		if (loopback) {
			this.credit -= 1;
			return true;
		}
		const timeout = this.ns.conf.icmp_ratelimit * 1e6;
		const p = this.peer(addr);
		const now = this.jiffies();
		// inet_peer_xrlim_allow: what "no route" left at this very tick is not bounded again
		if (now !== p.last) p.tokens = Math.min(p.tokens + (now - p.last), XRLIM_BURST_FACTOR * timeout);
		p.last = now;
		if (p.tokens < timeout) return false;
		p.tokens -= timeout;
		this.globalConsume();
		return true;
	}
	globalConsume(): void {
		this.credit -= 1;
	}
	/** Is a redirect to `addr` due (ip_rt_send_redirect)? `sent` notes one. */
	allowRedirect(addr: number): boolean {
		const p = this.peer(addr);
		const now = this.jiffies();
		if (now > p.last + REDIRECT_SILENCE) {
			p.tokens = 0;
			p.redirects = 0;
		}
		if (p.redirects >= REDIRECT_NUMBER) {
			p.last = now;
			return false;
		}
		return p.redirects === 0 || now > p.last + REDIRECT_LOAD * 2 ** p.redirects;
	}
	redirectSent(addr: number): void {
		const p = this.peer(addr);
		p.last = this.jiffies();
		p.redirects++;
	}
	/** icmpv4_mask_allow, the other way round. */
	private limited(type: number, code: number): boolean {
		if (type > icmp.MAX_TYPE || (type === icmp.DEST_UNREACH && code === icmp.FRAG_NEEDED)) return false;
		return ((1 << type) & this.ns.conf.icmp_ratemask) !== 0;
	}
	private jiffies(): number {
		return Math.floor(this.ns.core.clock[0] / JIFFY) * JIFFY;
	}
	private peer(addr: number): Peer {
		let p = this.peers.get(addr);
		if (p === undefined) {
			if (this.peers.size >= MAX_PEERS) {
				for (const old of this.peers.keys()) {
					this.peers.delete(old);
					break;
				}
			}
			p = { last: this.jiffies() - 60 * SECOND, tokens: 0, redirects: 0 };
			this.peers.set(addr, p);
		}
		return p;
	}
}

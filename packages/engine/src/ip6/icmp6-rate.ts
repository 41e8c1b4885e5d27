/**
 * How often this namespace may send ICMPv6 (net/ipv6/icmp.c, icmpv6_xrlim_allow; net/ipv4/inetpeer.c): one token bucket per destination
 * of the message, and one for the namespace that it shares with IPv4.
 *
 *   messages of the rate mask   bucket of 6, then one per icmp.ratelimit ms
 *   redirects                   one per second and destination of the packet, and one per second and receiver, of the same buckets
 */
import { JIFFY } from "../ip/neigh.ts";
import type { In6 } from "../ring/in6.ts";
import type { Inet6 } from "./inet6.ts";

const SECOND = 1e9;
const XRLIM_BURST_FACTOR = 6;
/** Peers remembered; the oldest are forgotten beyond that (inet_peer_threshold). */
const MAX_PEERS = 65536;

interface Peer {
	last: number;
	/** ns */
	tokens: number;
}

export class Icmp6Rate {
	private readonly ip6: Inet6;
	private readonly peers: Map<string, Peer> = new Map();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** Is the type limited at all (icmpv6_mask_allow)? */
	limited(type: number): boolean {
		return this.ip6.conf.net.icmp_ratemask[type] !== 0;
	}
	/** icmpv6_global_allow */
	allowGlobal(type: number): boolean {
		return !this.limited(type) || this.ip6.ns.icmpRate.globalAllow();
	}
	/** icmpv6_xrlim_allow */
	allowPeer(type: number, daddr: In6, loopback: boolean): boolean {
		if (!this.limited(type) || loopback) return true;
		const ticks = Math.floor((this.ip6.conf.net.icmp_ratelimit * 1e6) / JIFFY);
		if (!this.take(daddr, ticks * JIFFY)) return false;
		this.ip6.ns.icmpRate.globalConsume();
		return true;
	}
	/** inet_peer_xrlim_allow */
	take(daddr: In6, timeout: number): boolean {
		const p = this.peer(daddr);
		const now = this.jiffies();
		if (now !== p.last) {
			p.tokens = Math.min(p.tokens + (now - p.last), XRLIM_BURST_FACTOR * timeout);
			p.last = now;
		}
		if (p.tokens < timeout) return false;
		p.tokens -= timeout;
		return true;
	}
	/** One a second (redirects). */
	takeSecond(daddr: In6): boolean {
		return this.take(daddr, SECOND);
	}
	private jiffies(): number {
		return Math.floor(this.ip6.clock[0] / JIFFY) * JIFFY;
	}
	private peer(a: In6): Peer {
		const key = `${a[0]} ${a[1]} ${a[2]} ${a[3]}`;
		let p = this.peers.get(key);
		if (p === undefined) {
			if (this.peers.size >= MAX_PEERS) {
				for (const old of this.peers.keys()) {
					this.peers.delete(old);
					break;
				}
			}
			p = { last: this.jiffies() - 60 * SECOND, tokens: 0 };
			this.peers.set(key, p);
		}
		return p;
	}
}

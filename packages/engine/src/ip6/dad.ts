/** Duplicate address detection (net/ipv6/addrconf.c, addrconf_dad_*; RFC 4862 §5.4, RFC 7527). */
import type { TimerHandler } from "../ring/events.ts";
import type { Inet6 } from "./inet6.ts";
import {
	type Address6,
	IFA_F_DADFAILED,
	IFA_F_NODAD,
	IFA_F_OPTIMISTIC,
	IFA_F_TENTATIVE,
	type Inet6Device,
} from "./inet6-device.ts";
import { ANY, LINKLOCAL_ALLNODES, solicitedNode } from "./kinds.ts";

export class Dad implements TimerHandler {
	private readonly ip6: Inet6;
	private readonly timer: number;

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
		this.timer = ip6.ns.core.events.register(this);
	}
	/** addrconf_dad_begin */
	start(idev: Inet6Device, a: Address6): void {
		const { ip6 } = this;
		const { dev } = idev;
		if (!dev.loopback && !a.installed) {
			const group = solicitedNode(ip6.in6.get(a.addr));
			if (a.dadDue !== JOINED) ip6.mcast.join(idev, group);
		}
		const wanted = Math.max(ip6.conf.all.accept_dad, idev.conf.accept_dad) >= 1;
		if (dev.noArp || dev.loopback || !wanted || (a.flags & IFA_F_NODAD) !== 0) {
			const tentative = (a.flags & IFA_F_TENTATIVE) !== 0;
			this.completed(idev, a, tentative);
			return;
		}
		if (!idev.ready) {
			a.flags |= IFA_F_TENTATIVE;
			a.dadDue = JOINED;
			return;
		}
		if ((a.flags & IFA_F_TENTATIVE) === 0) {
			this.completed(idev, a, false);
			return;
		}
		this.kick(idev, a);
	}
	/** Somebody else has the address, or is about to take it (addrconf_dad_failure). */
	failure(idev: Inet6Device, a: Address6): void {
		a.flags |= IFA_F_DADFAILED | IFA_F_TENTATIVE;
		a.dadDue = -1;
		if ((a.flags & 0x80) === 0) this.ip6.addr.remove(idev.dev, a);
		this.ip6.changed();
	}
	/** addrconf_dad_work */
	onTimer(addr: number): void {
		const { ip6 } = this;
		const now = ip6.ns.core.clock[0];
		for (const idev of ip6.all()) {
			for (const a of idev.addresses) {
				if (a.addr !== addr || a.dadDue !== now) continue;
				if (a.dadProbes === 0) {
					this.completed(idev, a, true);
					continue;
				}
				a.dadProbes--;
				this.arm(a, now + Math.max(idev.neigh.retrans_time_ms * 1e6, 10e6));
				const words = ip6.in6.get(addr);
				ip6.ndiscSend.solicitation(idev.dev, words, solicitedNode(words), ANY, a.dadNonceHi, a.dadNonceLo);
			}
		}
	}
	/** addrconf_dad_kick: begin after a random part of router_solicitation_delay. */
	private kick(idev: Inet6Device, a: Address6): void {
		const { random } = this.ip6.ns;
		const { clock } = this.ip6.ns.core;
		const delay = idev.conf.router_solicitation_delay;
		if (Math.max(idev.conf.enhanced_dad, this.ip6.conf.all.enhanced_dad) !== 0) {
			a.dadNonceHi = (random.i32() & 0xffff) | 1;
			a.dadNonceLo = random.i32();
		}
		a.dadProbes = idev.conf.dad_transmits;
		const optimistic = (a.flags & IFA_F_OPTIMISTIC) !== 0;
		const wait = optimistic || delay === 0 ? 0 : random.below(delay * 250) * 4e6;
		this.arm(a, clock[0] + wait);
	}
	/** addrconf_dad_completed: the address is ours. */
	private completed(idev: Inet6Device, a: Address6, announce: boolean): void {
		const { ip6 } = this;
		a.flags &= ~(IFA_F_TENTATIVE | IFA_F_OPTIMISTIC | IFA_F_DADFAILED);
		a.dadDue = -1;
		ip6.addr.install(idev, a);
		if (announce && Math.max(idev.conf.ndisc_notify, ip6.conf.all.ndisc_notify) !== 0) {
			const router = idev.conf.forwarding !== 0;
			ip6.ndiscSend.advertisement(
				idev.dev,
				LINKLOCAL_ALLNODES,
				ip6.in6.get(a.addr),
				router,
				false,
				true,
				true,
			);
		}
		ip6.routerSolicit.addressReady(idev, a);
	}
	private arm(a: Address6, time: number): void {
		a.dadDue = time;
		this.ip6.ns.core.events.schedule(time, this.timer, a.addr);
	}
}

/** In `dadDue`: no step is due, but the solicited-node group has been joined. */
const JOINED = -2;

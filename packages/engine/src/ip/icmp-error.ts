/** ICMP errors that this host receives: what they teach the routes, and whom they concern (icmp_unreach, icmp_redirect; net/ipv4/icmp.c). */
import type { NetDevice } from "../device/netdev.ts";
import { DROP } from "../frame/drop.ts";
import { RTN_BROADCAST } from "../netfilter/types.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as udp from "../wire/udp.ts";
import type { Netns } from "./netns.ts";

/** ip_no_pmtu_disc: the levels at which a reported MTU is taken, and at which the report is thrown away. */
const PMTU_TAKEN = 0;
const PMTU_DISCARD = 2;
const PMTU_HARDENED = 3;

/** 0: taken note of; else the reason to drop. The frame stays the caller's. */
export function receiveError(ns: Netns, f: number, dev: NetDevice): number {
	const pool = ns.core.pool;
	const view = pool.view;
	const nh = pool.nh[f];
	const th = pool.th[f];
	const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
	const q = th + icmp.ICMP_HLEN;
	if (q + ipv4.IP_HLEN > end) return DROP.PKT_TOO_SMALL;
	const type = view.getUint8(th + icmp.TYPE);
	const code = view.getUint8(th + icmp.CODE);
	let info = 0;
	if (type === icmp.REDIRECT) info = view.getInt32(th + icmp.REST);
	else {
		if (ipv4.headerLength(view, q) < ipv4.IP_HLEN) return DROP.PKT_TOO_SMALL;
		if (type === icmp.DEST_UNREACH) {
			if (code === icmp.FRAG_NEEDED) {
				const level = ns.conf.ip_no_pmtu_disc;
				// no protocol here vouches for the quotation (icmp_tag_validation)
				if (level === PMTU_DISCARD || level === PMTU_HARDENED) return 0;
				if (level === PMTU_TAKEN) info = view.getUint16(th + icmp.MTU);
			} else if (code > icmp.NR_UNREACH) return 0;
		} else if (type === icmp.TIME_EXCEEDED && code === icmp.EXC_FRAGTIME) return 0;
		if (
			ns.conf.icmp_ignore_bogus_error_responses === 0 &&
			ns.fib.addressType(view.getInt32(nh + ipv4.DADDR), -1) === RTN_BROADCAST
		)
			return 0;
	}
	const hlen = ipv4.headerLength(view, q);
	if (q + hlen + 8 > end) return 0;
	socketError(ns, f, dev, q, type, code, info);
	return 0;
}

/** icmp_socket_deliver and the protocols' err_handler: the quoted packet at `q` was this host's. */
function socketError(
	ns: Netns,
	f: number,
	dev: NetDevice,
	q: number,
	type: number,
	code: number,
	info: number,
): void {
	const pool = ns.core.pool;
	const view = pool.view;
	const protocol = view.getUint8(q + ipv4.PROTO);
	const th = q + ipv4.headerLength(view, q);
	if (protocol === ipv4.IPPROTO_UDP) {
		const port = view.getUint16(th + udp.SPORT);
		const saddr = view.getInt32(q + ipv4.SADDR);
		for (const s of ns.udp.sockets) {
			if (s.port !== port || (s.addr !== 0 && s.addr !== saddr)) continue;
			learn(ns, f, dev, q, type, code, info);
			s.onError(type, code);
		}
	} else if (protocol === ipv4.IPPROTO_ICMP) {
		// the kernel's own answers have no socket, and are taken for genuine
		if (view.getUint8(th + icmp.TYPE) === icmp.ECHO_REPLY) {
			learn(ns, f, dev, q, type, code, info);
			return;
		}
		const id = view.getUint16(th + icmp.ID);
		const source = view.getInt32(pool.nh[f] + ipv4.SADDR);
		for (const s of ns.ping.sockets) {
			if (s.id !== id) continue;
			learn(ns, f, dev, q, type, code, info);
			s.onError(type, code, view.getUint16(th + icmp.SEQ), source);
		}
	}
}
function learn(
	ns: Netns,
	f: number,
	dev: NetDevice,
	q: number,
	type: number,
	code: number,
	info: number,
): void {
	const pool = ns.core.pool;
	const daddr = pool.view.getInt32(q + ipv4.DADDR);
	const saddr = pool.view.getInt32(q + ipv4.SADDR);
	const tos = pool.view.getUint8(q + ipv4.TOS);
	// ports are not asked for (__build_flow_key)
	ns.fib.setFlow(pool.view.getUint8(q + ipv4.PROTO), 0, 0);
	if (type === icmp.REDIRECT) {
		if ((code & 7) <= icmp.REDIR_HOSTTOS) ns.exceptions.redirect(f, dev, daddr, saddr, tos, info);
	} else if (type === icmp.DEST_UNREACH && code === icmp.FRAG_NEEDED)
		ns.exceptions.updatePmtu(daddr, saddr, tos, 0, info);
}

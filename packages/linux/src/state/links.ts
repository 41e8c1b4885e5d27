/** Link states and counters of a namespace, as `ip -s link` has them. */
import {
	type NetDevice,
	RX_BYTES,
	RX_DROPPED,
	RX_ERRORS,
	RX_PACKETS,
	TX_BYTES,
	TX_DROPPED,
	TX_ERRORS,
	TX_PACKETS,
} from "@hookline/engine/device/netdev";
import type { Netns } from "@hookline/engine/ip/netns";
import { formatMac } from "../mac-text.ts";

/** Kinds that never report a carrier, so their operational state stays unknown (RFC 2863 through linkwatch). */
const NO_CARRIER_REPORTS: ReadonlySet<string> = new Set(["loopback", "vxlan", "dummy", "tun"]);

/** The interface index that `dev` is linked to, or its own; counted in the other namespace when that is another (dev_get_iflink). */
export function ifLink(dev: NetDevice): number {
	const other =
		("peer" in dev ? (dev.peer as NetDevice | null) : null) ??
		("lower" in dev ? (dev.lower as NetDevice | null) : null);
	if ("peer" in dev && other === null) return 0;
	return other?.ifindex ?? dev.ifindex;
}

/** UP, DOWN, UNKNOWN, LOWERLAYERDOWN (default_operstate in net/core/link_watch.c). */
export function operState(ns: Netns, dev: NetDevice): string {
	if (!dev.up) return "DOWN";
	if (NO_CARRIER_REPORTS.has(dev.kind)) return "UNKNOWN";
	if (dev.carrier) return "UP";
	const link = ifLink(dev);
	if (link === dev.ifindex) return "DOWN";
	// the kernel looks the index up in the device's own namespace, whichever the peer is in
	const lower = ns.deviceByIndex(link);
	return lower === undefined || lower.carrier ? "DOWN" : "LOWERLAYERDOWN";
}

/** One line a device, in order of ifindex; `counters`: with what went in and out: `eth0 mac=… mtu=1500 state=UP rx=1/60B err=0 drop=0 tx=…`. */
export function linkLines(ns: Netns, counters: boolean): string[] {
	return ns.devices.map((dev) => {
		const s = dev.stats;
		const head = `${dev.name} mac=${formatMac(dev.macHi, dev.macLo)} mtu=${dev.mtu} state=${operState(ns, dev)}`;
		if (!counters) return head;
		return (
			`${head} rx=${s[RX_PACKETS]}/${s[RX_BYTES]}B err=${s[RX_ERRORS]} drop=${s[RX_DROPPED]}` +
			` tx=${s[TX_PACKETS]}/${s[TX_BYTES]}B err=${s[TX_ERRORS]} drop=${s[TX_DROPPED]}`
		);
	});
}

/** Link states and counters of a namespace, as `ip -s link` has them. */

import { IF_OPER_DOWN, IF_OPER_LOWERLAYERDOWN, IF_OPER_UP } from "@hookline/engine/device/link-watch";
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

const OPER_STATES: Readonly<Record<number, string>> = {
	[IF_OPER_DOWN]: "DOWN",
	[IF_OPER_LOWERLAYERDOWN]: "LOWERLAYERDOWN",
	[IF_OPER_UP]: "UP",
};

/** UP, DOWN, UNKNOWN, LOWERLAYERDOWN, as rtnl_fill_ifinfo tells it. */
export function operState(dev: NetDevice): string {
	return dev.up ? (OPER_STATES[dev.linkWatch.operState] ?? "UNKNOWN") : "DOWN";
}

/** One line a device, in order of ifindex; `counters`: with what went in and out: `eth0 mac=… mtu=1500 state=UP rx=1/60B err=0 drop=0 tx=…`. */
export function linkLines(ns: Netns, counters: boolean): string[] {
	return ns.devices.map((dev) => {
		const s = dev.stats;
		const head = `${dev.name} mac=${formatMac(dev.macHi, dev.macLo)} mtu=${dev.mtu} state=${operState(dev)}`;
		if (!counters) return head;
		return (
			`${head} rx=${s[RX_PACKETS]}/${s[RX_BYTES]}B err=${s[RX_ERRORS]} drop=${s[RX_DROPPED]}` +
			` tx=${s[TX_PACKETS]}/${s[TX_BYTES]}B err=${s[TX_ERRORS]} drop=${s[TX_DROPPED]}`
		);
	});
}

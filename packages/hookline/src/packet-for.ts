/** Put an Ethernet header in front of a packet that was given without one. */

import { Bridge } from "@hookline/engine/device/bridge";
import { Macvlan } from "@hookline/engine/device/macvlan";
import { MacvlanPort } from "@hookline/engine/device/macvlan-port";
import type { NetDevice } from "@hookline/engine/device/netdev";
import { Veth } from "@hookline/engine/device/veth";
import { Vxlan } from "@hookline/engine/device/vxlan";
import { NUD_VALID } from "@hookline/engine/ip/neigh";
import type { Netns } from "@hookline/engine/ip/netns";
import * as eth from "@hookline/engine/wire/ethernet";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import type { DeviceHandle } from "./device-handle.ts";
import type { Lab } from "./lab.ts";

/** MAC as high 16 and low 32 bits. */
interface Mac {
	readonly hi: number;
	readonly lo: number;
}
const BROADCAST: Mac = { hi: 0xffff, lo: -1 };
/** Locally administered: nobody's. */
const STRANGER: Mac = { hi: 0x0200, lo: 1 };

/**
 * The frame in which an IPv4 packet would leave `at` (or, with "rx", arrive there).
 *
 * tx: source is the device's MAC. The next hop is what the namespace's routes say for this device, or the destination itself
 * where they say nothing; the destination MAC is the first of
 *   1. the neighbour entry of the next hop in the device's own namespace,
 *   2. the device that has the next hop's, else the destination's, address on the same Ethernet segment,
 *   3. the bridge that the device's wire leads to (a container's gateway), or else the device at the wire's other end,
 *   4. broadcast, when the device leads nowhere.
 * Multicast and broadcast destinations get their own MACs (RFC 1112 §6.4). rx: destination is the device's MAC, source the
 * bridge's or device's that its wire leads to, or else 02:00:00:00:00:01.
 * Throws when `packet` is shorter than an IPv4 header.
 */
export function packetFor(
	lab: Lab,
	at: DeviceHandle,
	packet: Uint8Array,
	direction: "tx" | "rx" = "tx",
): Uint8Array {
	if (packet.length < ipv4.IP_HLEN || packet[0] >> 4 !== 4)
		throw new Error("expected an IPv4 packet of at least 20 bytes");
	const { dev } = at;
	const bytes = new Uint8Array(eth.ETH_HLEN + packet.length);
	bytes.set(packet, eth.ETH_HLEN);
	const view = new DataView(bytes.buffer);
	const own: Mac = { hi: dev.macHi, lo: dev.macLo };
	const daddr = view.getInt32(eth.ETH_HLEN + ipv4.DADDR);
	const to = direction === "tx" ? destinationMac(lab, dev, daddr) : own;
	const from = direction === "tx" ? own : (gatewayMac(dev) ?? STRANGER);
	eth.setMac(view, eth.DST, to.hi, to.lo);
	eth.setMac(view, eth.SRC, from.hi, from.lo);
	view.setUint16(eth.TYPE, eth.ETH_P_IP);
	return bytes;
}

function destinationMac(lab: Lab, dev: NetDevice, daddr: number): Mac {
	if (daddr === ipv4.BROADCAST) return BROADCAST;
	if (ipv4.isMulticast(daddr)) return { hi: 0x0100, lo: 0x5e000000 | (daddr & 0x7fffff) };
	const netns = lab.machine.all().find((n) => n.id === dev.netns) as Netns;
	const nextHop = nextHopOf(netns, dev, daddr);
	const e = netns.neigh.find(nextHop, dev.id);
	if (e >= 0 && (netns.neigh.state[e] & NUD_VALID) !== 0)
		return { hi: netns.neigh.macHi[e], lo: netns.neigh.macLo[e] };
	const neighbours = segment(lab, dev);
	const found = owner(lab, neighbours, nextHop) ?? owner(lab, neighbours, daddr);
	return found !== undefined ? { hi: found.macHi, lo: found.macLo } : (gatewayMac(dev) ?? BROADCAST);
}
/** The next hop out of `dev`; `daddr` itself without a route. */
function nextHopOf(netns: Netns, dev: NetDevice, daddr: number): number {
	const { fib } = netns;
	if (fib.lookup(daddr, 0, 0, 0, null, dev.id, dev.name) !== 0) return daddr;
	return fib.route === undefined || fib.route.gw === 0 ? daddr : fib.route.gw;
}
/** Of the bridge that the device's wire leads to, or of the device at its other end. */
function gatewayMac(dev: NetDevice): Mac | undefined {
	const wire = dev instanceof Macvlan ? dev.lower : dev;
	const peer = wire instanceof Veth ? wire.peer : null;
	if (peer === null) return undefined;
	const to = peer.master ?? peer;
	return { hi: to.macHi, lo: to.macLo };
}
/** Everything that wires, bridges, macvlans and VXLAN devices of one VNI join to `dev`; without `dev` itself. */
function segment(lab: Lab, dev: NetDevice): Set<NetDevice> {
	const seen = new Set<NetDevice>([dev]);
	const walk = [dev];
	for (let d = walk.pop(); d !== undefined; d = walk.pop()) {
		const next: (NetDevice | null)[] = [d.master, d instanceof Veth ? d.peer : null];
		if (d instanceof Macvlan) next.push(d.lower);
		next.push(...(MacvlanPort.of(d)?.children ?? []));
		if (d instanceof Bridge) next.push(...d.ports.map((p) => p.dev));
		if (d instanceof Vxlan) next.push(...tunnelEnds(lab, d.options.vni));
		for (const n of next) {
			if (n === null || seen.has(n)) continue;
			seen.add(n);
			walk.push(n);
		}
	}
	seen.delete(dev);
	return seen;
}
function tunnelEnds(lab: Lab, vni: number): NetDevice[] {
	const devices = lab.machine.all().flatMap((ns) => ns.devices);
	return devices.filter((d) => d instanceof Vxlan && d.options.vni === vni);
}
function owner(lab: Lab, devices: ReadonlySet<NetDevice>, addr: number): NetDevice | undefined {
	for (const ns of lab.machine.all())
		for (const d of ns.allInDevices())
			if (devices.has(d.dev) && d.addresses.some((a) => a.local === addr)) return d.dev;
	return undefined;
}

/**
 * MAC addresses for replayed frames, taken from the lab: a capture's own belong to other machines. The sender's side of a frame
 * gets the device's MAC (tx) or that of whoever would have sent it (rx), the other side that of the next hop. Broadcast and
 * multicast destinations stay; so does what the lab knows no answer for.
 */
import type { NetDevice } from "@hookline/engine/device/netdev";
import { NUD_VALID } from "@hookline/engine/ip/neigh";
import type { Netns } from "@hookline/engine/ip/netns";
import { RTN_UNICAST } from "@hookline/engine/netfilter/types";
import * as arp from "@hookline/engine/wire/arp";
import { ETH_P_ARP, ETH_P_IP } from "@hookline/engine/wire/ethernet";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import type { DeviceHandle, Lab } from "hookline";
import { networkHeader } from "./frame-header.ts";
import { segmentOf } from "./segment.ts";

interface Mac {
	readonly hi: number;
	readonly lo: number;
}

/** Answers kept; beyond that they are asked again. */
const CACHE = 65_536;

export class MacFiller {
	private readonly lab: Lab;
	private readonly dev: NetDevice;
	private readonly ns: Netns;
	private readonly direction: "tx" | "rx";
	private readonly known = new Map<number, Mac | undefined>();
	private generation = -1;
	private segment: NetDevice[] = [];

	constructor(lab: Lab, at: DeviceHandle, direction: "tx" | "rx") {
		this.lab = lab;
		this.dev = at.dev;
		this.direction = direction;
		this.ns = lab.machine.all().find((n) => n.devices.includes(at.dev)) ?? lab.machine.root;
	}
	/** Fill in the MACs of a frame in place. */
	apply(frame: Uint8Array): void {
		if (frame.length < 14) return;
		const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
		const { type, nh } = networkHeader(view);
		const tx = this.direction === "tx";
		let near = 0;
		let far = 0;
		if (type === ETH_P_IP && nh + ipv4.IP_HLEN <= frame.length) {
			near = view.getInt32(nh + ipv4.SADDR);
			far = view.getInt32(nh + ipv4.DADDR);
		} else if (type === ETH_P_ARP && arp.check(view, nh, frame.length)) {
			near = view.getInt32(nh + arp.SPA);
			far = view.getInt32(nh + arp.TPA);
		}
		const own: Mac = { hi: this.dev.macHi, lo: this.dev.macLo };
		const source = tx ? own : this.lookup(near);
		const destination = (frame[0] & 1) !== 0 ? undefined : tx ? this.lookup(far) : own;
		const isArp = type === ETH_P_ARP && far !== 0;
		this.put(view, 6, source, isArp ? nh + arp.SHA : -1);
		this.put(view, 0, destination, isArp ? nh + arp.THA : -1);
	}
	/** MAC that `addr` is reached by on this device's segment; undefined when the lab does not tell. */
	lookup(addr: number): Mac | undefined {
		const { generation } = this.lab.machine.core;
		if (generation !== this.generation || this.known.size > CACHE) {
			this.generation = generation;
			this.known.clear();
			this.segment = segmentOf(this.lab.machine, this.dev);
		}
		if (this.known.has(addr)) return this.known.get(addr);
		const mac = this.find(addr);
		this.known.set(addr, mac);
		return mac;
	}
	/** `twin`: the hardware address in ARP that says the same, changed with it if it does. */
	private put(view: DataView, at: number, mac: Mac | undefined, twin: number): void {
		if (mac === undefined) return;
		const same =
			twin >= 0 &&
			view.getUint16(twin) === view.getUint16(at) &&
			view.getInt32(twin + 2) === view.getInt32(at + 2);
		for (const o of same ? [at, twin] : [at]) {
			view.setUint16(o, mac.hi);
			view.setInt32(o + 2, mac.lo);
		}
	}
	private find(addr: number): Mac | undefined {
		if (addr === 0) return undefined;
		const hop = this.nextHop(addr);
		return this.neighbour(hop) ?? this.owner(hop) ?? this.gateway(addr);
	}
	/** By this namespace's routes, if they lead out of this device; else the address itself. */
	private nextHop(addr: number): number {
		const { fib } = this.ns;
		if (fib.lookup(addr, 0, 0, 0, null, this.dev.id, this.dev.name) !== 0) return addr;
		const route = fib.route;
		return route !== undefined && route.type === RTN_UNICAST && route.dev === this.dev && route.gw !== 0
			? route.gw
			: addr;
	}
	private neighbour(addr: number): Mac | undefined {
		const { neigh } = this.ns;
		const e = neigh.find(addr, this.dev.id);
		if (e < 0 || (neigh.state[e] & NUD_VALID) === 0) return undefined;
		return { hi: neigh.macHi[e], lo: neigh.macLo[e] };
	}
	/** The device on the segment that has the address. */
	private owner(addr: number): Mac | undefined {
		const dev = this.segment.find((d) =>
			this.netnsOf(d).inDevices[d.id]?.addresses.some((a) => a.local === addr),
		);
		return dev === undefined ? undefined : { hi: dev.macHi, lo: dev.macLo };
	}
	/** A host on the segment that forwards, and has a route to `addr` through another device. */
	private gateway(addr: number): Mac | undefined {
		for (const dev of this.segment) {
			const ns = this.netnsOf(dev);
			const inDev = ns.inDevices[dev.id];
			if (inDev === undefined || inDev.addresses.length === 0 || inDev.conf.forwarding === 0) continue;
			if (ns.fib.lookup(addr, 0, 0, 0, null, -1, "") === 0 && ns.fib.route?.dev !== dev)
				return { hi: dev.macHi, lo: dev.macLo };
		}
		return undefined;
	}
	private netnsOf(dev: NetDevice): Netns {
		return this.lab.machine.all().find((n) => n.id === dev.netns) ?? this.ns;
	}
}

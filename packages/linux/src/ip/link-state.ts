/** What `ip link` keeps of a device beside the engine's model: it changes what is printed, never a frame. */
import { Macvlan } from "@hookline/engine/device/macvlan";
import type { NetDevice } from "@hookline/engine/device/netdev";
import { Veth } from "@hookline/engine/device/veth";
import { Vxlan } from "@hookline/engine/device/vxlan";
import type { Machine } from "@hookline/engine/ip/machine";
import { Netns } from "@hookline/engine/ip/netns";
import { Tunnel } from "@hookline/engine/ip/tunnel";

interface LinkState {
	/** It was up once, so its queueing discipline is set. */
	activated: boolean;
	txqlen: number;
}
const states = new WeakMap<NetDevice, LinkState>();

export function linkState(dev: NetDevice): LinkState {
	let state = states.get(dev);
	if (state === undefined) {
		state = { activated: false, txqlen: 1000 };
		states.set(dev, state);
	}
	if (dev.up) state.activated = true;
	return state;
}
/** The device that this one is linked to: a veth's other end, what a macvlan stands on (dev_get_iflink). */
export function linkedTo(dev: NetDevice): NetDevice | undefined {
	if (dev instanceof Veth) return dev.peer ?? undefined;
	return dev instanceof Macvlan ? dev.lower : undefined;
}
/** Where the outer packets of a tunnel stay: the namespace in which it was made (rtnl_link_ops.get_link_net). */
export function carrierOf(dev: NetDevice): Netns | undefined {
	return dev instanceof Vxlan && dev.host instanceof Tunnel ? dev.host.ns : undefined;
}
/** The namespace that a device is in. */
export function netnsOf(dev: NetDevice): Netns | undefined {
	return dev.stack instanceof Netns ? dev.stack : undefined;
}

const ids = new WeakMap<Netns, Map<number, Netns>>();

/** Ids by which a namespace knows others. */
export function netnsIds(ns: Netns): Map<number, Netns> {
	let map = ids.get(ns);
	if (map === undefined) {
		map = new Map();
		ids.set(ns, map);
	}
	return map;
}
/** The id by which `ns` knows `other`; it gets the lowest free one if it has none (peernet2id_alloc). */
export function netnsId(ns: Netns, other: Netns): number {
	const map = netnsIds(ns);
	for (const [id, known] of map) if (known === other) return id;
	let id = 0;
	while (map.has(id)) id++;
	map.set(id, other);
	return id;
}
/** A namespace is gone: its id is free in all others. */
export function forgetNetns(machine: Machine, gone: Netns): void {
	for (const ns of machine.all()) {
		const map = netnsIds(ns);
		for (const [id, known] of map) if (known === gone) map.delete(id);
	}
}

/** What is on one Ethernet segment with a device: all that a frame sent out of it can reach without being routed. */
import { Bridge } from "@hookline/engine/device/bridge";
import { Macvlan } from "@hookline/engine/device/macvlan";
import { MacvlanPort } from "@hookline/engine/device/macvlan-port";
import type { NetDevice } from "@hookline/engine/device/netdev";
import { Veth } from "@hookline/engine/device/veth";
import { Vxlan } from "@hookline/engine/device/vxlan";
import type { Machine } from "@hookline/engine/ip/machine";

/** Devices that frames sent out of `from` arrive at, bridges included, `from` itself not. */
export function segmentOf(machine: Machine, from: NetDevice): NetDevice[] {
	const seen = new Set<NetDevice>();
	const leave = (dev: NetDevice): void => {
		if (dev instanceof Veth && dev.peer !== null) arrive(dev.peer);
		else if (dev instanceof Bridge) for (const port of dev.ports) leave(port.dev);
		else if (dev instanceof Macvlan) {
			leave(dev.lower);
			for (const child of dev.port.children) if (child !== dev) arrive(child);
		} else if (dev instanceof Vxlan)
			for (const ns of machine.all())
				for (const other of ns.devices)
					if (other instanceof Vxlan && other !== dev && other.options.vni === dev.options.vni) arrive(other);
	};
	const arrive = (dev: NetDevice): void => {
		if (seen.has(dev) || dev === from) return;
		seen.add(dev);
		const { master } = dev;
		for (const child of MacvlanPort.of(dev)?.children ?? []) arrive(child);
		if (!(master instanceof Bridge) || seen.has(master)) return;
		seen.add(master);
		for (const port of master.ports) if (port.dev !== dev) leave(port.dev);
	};
	leave(from);
	return [...seen];
}

/** One lab's machine: all its namespaces over one core and one connection table, and what spans namespaces: links and moves. */

import { Macvlan } from "../device/macvlan.ts";
import type { NetDevice } from "../device/netdev.ts";
import { Vxlan } from "../device/vxlan.ts";
import { Conntrack } from "../netfilter/conntrack.ts";
import { Nat } from "../netfilter/nat4.ts";
import { Nat6 } from "../netfilter/nat6.ts";
import { Core, type CoreOptions } from "../ring/core.ts";
import { Netns } from "./netns.ts";

/** The name of the namespace a lab starts in. */
export const ROOT = ".";

export interface MachineOptions extends CoreOptions {
	/** IPv6 is on in every namespace, without its automatics (ip6/conf.ts); default: disable_ipv6 everywhere. */
	readonly ipv6?: boolean;
}

export class Machine {
	readonly core: Core;
	readonly conntrack: Conntrack;
	readonly nat: Nat;
	readonly nat6: Nat6;
	readonly root: Netns;
	/** Named namespaces, in order of making; the root is not among them. */
	readonly named: Map<string, Netns> = new Map();
	/** IPv6 is on in its namespaces from the start. */
	readonly ipv6: boolean;
	private nextId = 0;

	constructor(options: MachineOptions = {}) {
		this.ipv6 = options.ipv6 ?? false;
		this.core = new Core(options);
		this.conntrack = new Conntrack(this.core);
		this.nat = new Nat(this.core, this.conntrack);
		this.nat6 = new Nat6(this.core, this.conntrack);
		this.root = this.make(ROOT);
	}
	/** The namespace of this name; "." is the root. */
	netns(name: string): Netns | undefined {
		return name === ROOT ? this.root : this.named.get(name);
	}
	/** All namespaces, the root first. */
	all(): Netns[] {
		return [this.root, ...this.named.values()];
	}
	/** Make a named namespace; the name must be free. */
	addNetns(name: string): Netns {
		const ns = this.make(name);
		// what only the root can set holds for all
		ns.conf.nf_conntrack_max = this.root.conf.nf_conntrack_max;
		ns.conf.gc_thresh1 = this.root.conf.gc_thresh1;
		ns.conf.gc_thresh2 = this.root.conf.gc_thresh2;
		ns.conf.gc_thresh3 = this.root.conf.gc_thresh3;
		this.named.set(name, ns);
		return ns;
	}
	/** Remove a namespace with all its devices. */
	removeNetns(name: string): void {
		const ns = this.named.get(name);
		if (ns === undefined) return;
		// removing one may take others with it
		while (ns.devices.length > 0) this.removeDevice(ns, ns.devices[ns.devices.length - 1]);
		ns.reassembly.flush();
		ns.ip6.reassembly.flush();
		ns.ip6.proxy.flush();
		this.conntrack.dropNamespace(ns.id);
		this.named.delete(name);
	}
	/** Remove a device; the other end of a veth pair goes with it. */
	removeDevice(ns: Netns, dev: NetDevice): void {
		const peer = "peer" in dev ? (dev.peer as NetDevice | null) : null;
		this.removeOne(ns, dev);
		const other = peer === null ? undefined : this.all().find((n) => n.devices.includes(peer));
		if (peer !== null && other !== undefined) this.removeOne(other, peer);
	}
	private removeOne(ns: Netns, dev: NetDevice): void {
		this.removeUppers(dev);
		// macvlan_device_event, NETDEV_UNREGISTER
		for (const other of this.all())
			for (const child of [...other.devices])
				if (child instanceof Macvlan && child.lower === dev) this.removeDevice(other, child);
		ns.detach(dev);
		dev.netem?.destroy();
		dev.destroy();
	}
	/** Move a device to another namespace: it goes down and loses its addresses on the way. */
	moveDevice(dev: NetDevice, from: Netns, to: Netns): void {
		this.removeUppers(dev);
		from.detach(dev);
		to.attach(dev);
	}
	/** A tunnel goes with the device that it was told to use (vxlan_handle_lowerdev_unregister). */
	private removeUppers(lower: NetDevice): void {
		for (const ns of this.all())
			for (const dev of [...ns.devices])
				if (dev instanceof Vxlan && dev.options.lower === lower) this.removeDevice(ns, dev);
	}
	private make(name: string): Netns {
		return new Netns(this.core, this.nextId++, name, this.conntrack, this.nat, this.nat6, this.ipv6);
	}
}

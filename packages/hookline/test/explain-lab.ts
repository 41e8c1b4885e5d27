/**
 * The lab of the explain tests:
 *
 *   c1:eth0 172.17.0.2 -- veth1 \                                     192.168.0.0/24
 *                                docker0 172.17.0.1 (root, .2) up0 ------------------ eth0 192.168.0.1 (world)
 *   c2:eth0 172.17.0.3 -- veth2 /
 *   c3:eth0 (no address) -- veth3 /
 */
import { Bridge } from "@hookline/engine/device/bridge";
import { Netem } from "@hookline/engine/device/netem";
import type { NetDevice } from "@hookline/engine/device/netdev";
import { Veth } from "@hookline/engine/device/veth";
import { Machine } from "@hookline/engine/ip/machine";
import type { Netns } from "@hookline/engine/ip/netns";
import { rule } from "@hookline/engine/netfilter/rule";
import { DeviceHandle } from "../src/device-handle.ts";
import type { Lab } from "../src/lab.ts";
import { parseAddress } from "../src/words.ts";

export function dockerLab(options: { rules?: boolean; delay?: number } = {}): Lab {
	const m = new Machine({ seed: 1, debug: true });
	const { core } = m;
	m.root.lo.setUp(true);
	let mac = 1;
	const address = (ns: Netns, dev: NetDevice, text: string, prefixLen: number): void => {
		const local = parseAddress(text);
		const broadcast = local | (0xffffffff >>> prefixLen);
		ns.inet.addAddress(dev, { local, peer: local, prefixLen, broadcast, scope: 0, label: dev.name, noPrefixRoute: false, metric: 0 });
	};
	const wire = (a: string, na: Netns, b: string, nb: Netns): [Veth, Veth] => {
		const [x, y] = Veth.pair(core, a, 0x0242, mac++, b, 0x0242, mac++);
		na.attach(x);
		nb.attach(y);
		x.setUp(true);
		y.setUp(true);
		return [x, y];
	};
	const br = new Bridge(core, "docker0", 0x0242, 0xac11);
	m.root.attach(br);
	for (const i of [1, 2, 3]) {
		const c = m.addNetns(`c${i}`);
		c.lo.setUp(true);
		const [port, eth0] = wire(`veth${i}`, m.root, "eth0", c);
		br.addPort(port);
		br.setUp(true);
		if (i === 3) continue;
		address(c, eth0, `172.17.0.${i + 1}`, 16);
		c.inet.addRoute({ dst: 0, prefixLen: 0, gw: parseAddress("172.17.0.1") });
	}
	address(m.root, br, "172.17.0.1", 16);
	const world = m.addNetns("world");
	world.lo.setUp(true);
	const [up0, far] = wire("up0", m.root, "eth0", world);
	address(m.root, up0, "192.168.0.2", 24);
	address(world, far, "192.168.0.1", 24);
	m.root.inet.addRoute({ dst: 0, prefixLen: 0, gw: parseAddress("192.168.0.1") });
	m.root.confAll.forwarding = 1;
	m.root.confDefault.forwarding = 1;
	for (const d of m.root.allInDevices()) d.conf.forwarding = 1;
	if (options.delay) up0.netem = new Netem(up0, { delay: options.delay, rate: 0 });
	if (options.rules !== false) {
		const docker = { addr: parseAddress("172.17.0.0"), mask: -65536, not: false };
		m.root.xtables.table("nat").edit((d) => {
			const target = { type: "MASQUERADE", flags: 0, minPort: 0, maxPort: 0 } as const;
			d.append("POSTROUTING", rule({ src: docker, out: { name: "docker0", not: true }, target }));
		});
		m.root.xtables.table("filter").edit((d) => {
			d.append("FORWARD", rule({ proto: 17, matches: [{ type: "udp", dport: { min: 9, max: 9, not: false } }], target: { type: "DROP" } }));
			d.append("FORWARD", rule({ proto: 17, matches: [{ type: "udp", dport: { min: 10, max: 10, not: false } }], target: { type: "REJECT", how: 3 } }));
		});
	}
	const lab = {
		machine: m,
		get now() { return core.clock[0]; },
		get nextEventTime() { return core.ring.count > 0 ? core.clock[0] : core.events.nextTime; },
		runUntil(t: number) { core.runUntil(t); },
		device(at: string): DeviceHandle {
			const [ns, dev] = at.split(":");
			return new DeviceHandle(lab as unknown as Lab, m.netns(ns)?.device(dev) as NetDevice);
		},
	};
	core.settle();
	return lab as unknown as Lab;
}
/** injected + generated = delivered + dropped + held */
export function balanced(lab: Lab): boolean {
	const { pool } = lab.machine.core;
	return pool.born[0] + pool.born[1] === pool.deliveredTotal + pool.droppedTotal + pool.inUse;
}

/** `ip link add|set|del`: the request becomes a change of the model. Everything is checked before anything changes. */
import { Bridge } from "@hookline/engine/device/bridge";
import { Macvlan } from "@hookline/engine/device/macvlan";
import type { NetDevice } from "@hookline/engine/device/netdev";
import { Veth } from "@hookline/engine/device/veth";
import { Vxlan } from "@hookline/engine/device/vxlan";
import { NUD_PERMANENT, NUD_REACHABLE } from "@hookline/engine/device/vxlan-fdb";
import type { Netns } from "@hookline/engine/ip/netns";
import { portSettings } from "../bridge/port-settings.ts";
import type { CommandContext } from "../context.ts";
import { isUnicast, type Mac } from "../mac-text.ts";
import type { BridgeOptions, SlaveOptions, VxlanRequest } from "./link-kinds.ts";
import {
	checkMacvlanChange,
	checkMacvlanSet,
	checkNoMacvlanPort,
	macvlanLower,
	makeMacvlan,
} from "./link-macvlan.ts";
import { checkNewName, isPid, type LinkRequest } from "./link-parse.ts";
import { carrierOf, linkedTo, linkState, netnsId, netnsOf } from "./link-state.ts";
import { deviceValue } from "./values.ts";
import { answers, fail, kernelError, unsupported } from "./words.ts";

const VXLAN_OVERHEAD = 50;
/** Linux's default port, older than the registered 4789. */
const VXLAN_PORT = 8472;

/** The namespace that `netns WORD` names: a named one, or that of process 1, which is the root's. */
export function namedNetns(ctx: CommandContext, word: string): Netns | undefined {
	return ctx.machine.named.get(word) ?? (word === "1" ? ctx.machine.root : undefined);
}
export function hasNetns(ctx: CommandContext, word: string): boolean {
	return namedNetns(ctx, word) !== undefined || (isPid(word) && word === "1");
}
/** eth_hw_addr_random: a local unicast address. */
function randomMac(ctx: CommandContext): Mac {
	const { random } = ctx.machine.core;
	return { hi: (random.i32() & 0xfeff & ~0x0100) | 0x0200, lo: random.i32() };
}
function checkMac(mac: Mac | undefined): void {
	if (mac !== undefined && !isUnicast(mac)) answers("Cannot assign requested address");
}
function checkMtu(mtu: number | undefined, loopback = false): void {
	if (mtu === undefined) return;
	if (mtu < (loopback ? 0 : 68)) kernelError("mtu less than device minimum");
	if (mtu > 65535 && !loopback) kernelError("mtu greater than device maximum");
	if (mtu > 0x7fffffff) answers("Invalid argument");
}
function freeName(ns: Netns, prefix: string, taken: string[]): string {
	for (let i = 0; ; i++) {
		const name = `${prefix}${i}`;
		if (ns.device(name) === undefined && !taken.includes(name)) return name;
	}
}
function target(ctx: CommandContext, r: LinkRequest): Netns {
	return r.netns === undefined ? ctx.ns : (namedNetns(ctx, r.netns) as Netns);
}

export function addLink(ctx: CommandContext, r: LinkRequest): void {
	if (r.type === undefined) fail(1, 'Not enough information: "type" argument is required');
	const link = r.link === undefined ? undefined : deviceValue(ctx.ns, r.link);
	const ns = target(ctx, r);
	const name = r.name ?? r.dev;
	if (name !== undefined) checkNewName(name);
	if (name !== undefined && ns.device(name) !== undefined) answers("File exists");
	if (r.promisc !== undefined || r.arp !== undefined || r.allmulticast !== undefined)
		unsupported("promisc, allmulticast and arp on ip link add (use ip link set)");
	checkMac(r.mac);
	checkMtu(r.mtu);
	const master = r.master == null ? undefined : deviceValue(ctx.ns, r.master);
	if (master !== undefined) checkMaster(master, r.type === "bridge");
	let made: NetDevice;
	if (r.type === "veth") made = addVeth(ctx, r, ns, name);
	else if (r.type === "bridge") made = addBridge(ctx, r, ns, name);
	else if (r.type === "macvlan") made = addMacvlan(ctx, r, ns, name, link);
	else made = addVxlan(ctx, r, ns, name);
	if (master !== undefined) (master as Bridge).addPort(made);
	if (r.up) made.setUp(true);
}
function addVeth(ctx: CommandContext, r: LinkRequest, ns: Netns, given: string | undefined): Veth {
	const p = r.peer ?? {};
	const peerNs = target(ctx, p);
	const peerGiven = p.name ?? p.dev;
	if (peerGiven !== undefined) checkNewName(peerGiven);
	if (p.master !== undefined) unsupported("master of a veth peer on ip link add (use ip link set)");
	if (p.promisc !== undefined || p.arp !== undefined || p.allmulticast !== undefined)
		unsupported("promisc, allmulticast and arp on ip link add (use ip link set)");
	checkMac(p.mac);
	checkMtu(p.mtu);
	const peerName = peerGiven ?? freeName(peerNs, "veth", given === undefined ? [] : [given]);
	const name = given ?? freeName(ns, "veth", ns === peerNs ? [peerName] : []);
	if (peerNs.device(peerName) !== undefined || (ns === peerNs && name === peerName)) answers("File exists");
	const peerMac = p.mac ?? randomMac(ctx);
	const mac = r.mac ?? randomMac(ctx);
	const [dev, peer] = Veth.pair(ctx.machine.core, name, mac.hi, mac.lo, peerName, peerMac.hi, peerMac.lo);
	dev.macSet = r.mac !== undefined;
	peer.macSet = p.mac !== undefined;
	// the peer is registered first, and takes the first number
	peerNs.attach(peer);
	ns.attach(dev);
	// a pair is made with one MTU if only one was given: the peer's attributes start as copies only without a peer part
	const mtu = r.mtu;
	if (mtu !== undefined) dev.setMtu(mtu);
	const peerMtu = p.mtu ?? (r.peer === undefined ? mtu : undefined);
	if (peerMtu !== undefined) peer.setMtu(peerMtu);
	if (r.txqlen !== undefined) linkState(dev).txqlen = r.txqlen;
	if (p.txqlen !== undefined) linkState(peer).txqlen = p.txqlen;
	if (p.up) peer.setUp(true);
	rememberId(dev);
	return dev;
}
function addBridge(ctx: CommandContext, r: LinkRequest, ns: Netns, given: string | undefined): Bridge {
	const options = r.bridge ?? {};
	checkBridge(options);
	const mac = r.mac ?? randomMac(ctx);
	const name = given ?? freeName(ns, "bridge", []);
	const bridge = new Bridge(ctx.machine.core, name, mac.hi, mac.lo);
	ns.attach(bridge);
	if (r.mac !== undefined) bridge.setMac(mac.hi, mac.lo);
	if (r.mtu !== undefined) bridge.setMtu(r.mtu);
	if (r.txqlen !== undefined) linkState(bridge).txqlen = r.txqlen;
	applyBridge(bridge, options);
	return bridge;
}
function checkBridge(o: BridgeOptions): void {
	if (o.hello_time !== undefined && (o.hello_time < 100 || o.hello_time > 1000))
		answers("Numerical result out of range");
	if (o.max_age !== undefined && (o.max_age < 600 || o.max_age > 4000))
		answers("Numerical result out of range");
	if (o.group_fwd_mask !== undefined && (o.group_fwd_mask & 7) !== 0) answers("Invalid argument");
}
function applyBridge(bridge: Bridge, o: BridgeOptions): void {
	if (o.ageing_time !== undefined) bridge.fdb.setAgeing(o.ageing_time * 1e7);
	if (o.forward_delay !== undefined) bridge.forwardDelay = o.forward_delay / 100;
	if (o.hello_time !== undefined) bridge.helloTime = o.hello_time / 100;
	if (o.max_age !== undefined) bridge.maxAge = o.max_age / 100;
	if (o.priority !== undefined) bridge.priority = o.priority;
	if (o.group_fwd_mask !== undefined) bridge.groupFwdMask = o.group_fwd_mask;
	if (o.mcast_snooping !== undefined) bridge.setMcastSnooping(o.mcast_snooping !== 0);
	if (o.nf_call_iptables !== undefined) bridge.nfCallIptables = o.nf_call_iptables !== 0;
	if (o.nf_call_arptables !== undefined) bridge.nfCallArptables = o.nf_call_arptables !== 0;
	bridge.core.generation++;
}
function addVxlan(ctx: CommandContext, r: LinkRequest, ns: Netns, given: string | undefined): Vxlan {
	const o: VxlanRequest = r.vxlan ?? {};
	if (o.id === undefined) return kernelError("Required attributes not provided to perform the operation");
	const port = o.dstport === undefined || o.dstport === 0 ? VXLAN_PORT : o.dstport;
	const lower = o.dev === undefined ? null : deviceValue(ctx.ns, o.dev);
	if (o.srcport !== undefined && o.srcport[1] < o.srcport[0]) kernelError("Invalid source port range");
	for (const other of ctx.machine.all().flatMap((n) => n.devices)) {
		if (!(other instanceof Vxlan) || other.host !== ctx.ns.tunnel) continue;
		if (other.options.vni !== o.id || other.options.port !== port) continue;
		kernelError("A VXLAN device with the specified VNI already exists");
	}
	const mac = r.mac ?? randomMac(ctx);
	const vxlan = new Vxlan(ctx.machine.core, given ?? freeName(ns, "vxlan", []), mac.hi, mac.lo, {
		vni: o.id,
		port,
		local: o.local ?? 0,
		lower,
		learning: o.learning ?? true,
		ttl: o.ttl ?? 0,
		tos: o.tos ?? 0,
		df: o.df ?? 0,
		portMin: o.srcport?.[0] ?? 0,
		portMax: o.srcport?.[1] ?? 0,
		udpCsum: o.udpcsum ?? true,
	});
	vxlan.macSet = r.mac !== undefined;
	// the outer packets stay in the namespace in which the device was made
	vxlan.host = ctx.ns.tunnel;
	ns.attach(vxlan);
	if (r.mtu !== undefined) vxlan.setMtu(Math.min(r.mtu, (lower?.mtu ?? 65535) - VXLAN_OVERHEAD));
	if (o.ageing !== undefined) vxlan.fdb.ageing[0] = o.ageing * 1e9;
	if (o.remote !== undefined && o.remote !== 0) {
		const entry = vxlan.fdb.create(0, 0, NUD_REACHABLE | NUD_PERMANENT, 0);
		entry?.remotes.push({ addr: o.remote, port: 0, vni: -1, dev: lower?.id ?? -1 });
	}
	if (r.txqlen !== undefined) linkState(vxlan).txqlen = r.txqlen;
	rememberId(vxlan);
	return vxlan;
}
function addMacvlan(
	ctx: CommandContext,
	r: LinkRequest,
	ns: Netns,
	given: string | undefined,
	link: NetDevice | undefined,
): Macvlan {
	const o = r.macvlan ?? {};
	const lower = macvlanLower(link, r.mtu, o.mode ?? 0);
	const mac = r.mac ?? randomMac(ctx);
	const dev = makeMacvlan(ctx, given ?? freeName(ns, "macvlan", []), mac, lower, o);
	dev.macSet = r.mac !== undefined;
	ns.attach(dev);
	if (r.mtu !== undefined) dev.setMtu(r.mtu);
	if (r.txqlen !== undefined) linkState(dev).txqlen = r.txqlen;
	rememberId(dev);
	return dev;
}
/** May something be made a port of this device? */
function checkMaster(master: NetDevice, isBridge: boolean): void {
	if (!(master instanceof Bridge)) answers("Operation not supported");
	if (isBridge) kernelError("Can not enslave a bridge to a bridge");
}

/** The order is the kernel's (do_setlink): type options, namespace, MAC, MTU, name, master, flags. */
export function setLink(ctx: CommandContext, r: LinkRequest): void {
	if (r.dev === undefined) fail(255, 'Not enough information: "dev" argument is required.');
	const dev = deviceValue(ctx.ns, r.dev);
	if (r.link !== undefined) unsupported("ip link set option link");
	const to = target(ctx, r);
	checkSetKind(dev, r);
	const nameTaken = to.device(dev.name) !== undefined;
	if (to !== ctx.ns) {
		if (dev instanceof Bridge || dev.loopback) kernelError("The interface netns is immutable");
		if (nameTaken && r.name === undefined)
			kernelError("An interface with the same name exists in the target netns");
		if (nameTaken && to.device(r.name as string) !== undefined)
			kernelError(`Unable to use '${r.name}' for the new interface name in the target netns`);
	}
	checkMac(r.mac);
	if (r.mac !== undefined && dev.loopback) answers("Operation not supported");
	checkMtu(r.mtu, dev.loopback);
	if (r.mtu !== undefined && dev instanceof Vxlan && dev.options.lower !== null) {
		if (r.mtu > dev.options.lower.mtu - VXLAN_OVERHEAD) answers("Invalid argument");
	}
	if (dev instanceof Macvlan) checkMacvlanSet(dev, r.mtu, r.mac, r.up === true);
	if (r.name !== undefined && to === ctx.ns && r.name !== dev.name) {
		if (!/^[^/:\s]+$/.test(r.name) || r.name === "." || r.name === "..") answers("Invalid argument");
		if (ctx.ns.device(r.name) !== undefined) answers("File exists");
	}
	const master = r.master == null ? null : deviceValue(ctx.ns, r.master);
	if (master !== null && master !== dev.master) {
		checkMaster(master, dev instanceof Bridge);
		if (dev.loopback) answers("Invalid argument");
		checkNoMacvlanPort(dev);
	}
	if (r.arp !== undefined && r.arp === dev.noArp && dev.kind === "loopback")
		unsupported("arp on a loopback device");

	if (r.bridge !== undefined) applyBridge(dev as Bridge, r.bridge);
	if (r.slave !== undefined) applySlave(dev, r.slave);
	if (r.vxlan?.ageing !== undefined) (dev as Vxlan).fdb.setAgeing(r.vxlan.ageing * 1e9);
	if (r.macvlan?.mode !== undefined) (dev as Macvlan).mode = r.macvlan.mode;
	// the kernel moves it by its old name where it can, and it stays moved when it cannot be renamed there
	if (to !== ctx.ns) moveLink(ctx, dev, to, nameTaken ? r.name : undefined);
	if (r.mac !== undefined) dev.setMac(r.mac.hi, r.mac.lo);
	if (r.mtu !== undefined) dev.setMtu(r.mtu);
	if (r.name !== undefined && r.name !== dev.name) {
		if (to.device(r.name) !== undefined) answers("File exists");
		renameLink(to, dev, r.name);
	}
	if (r.txqlen !== undefined) linkState(dev).txqlen = r.txqlen;
	if (r.master !== undefined && master !== dev.master) {
		if (dev.master instanceof Bridge) dev.master.removePort(dev);
		if (master instanceof Bridge) master.addPort(dev);
	}
	if (r.promisc !== undefined) dev.setPromisc(r.promisc);
	if (r.allmulticast !== undefined) dev.setAllmulti(r.allmulticast);
	if (r.arp !== undefined) dev.noArp = !r.arp;
	if (r.up !== undefined) {
		if (r.up && dev instanceof Bridge && dev.stp) unsupported("spanning tree on a bridge that is up");
		linkState(dev);
		dev.setUp(r.up);
		linkState(dev);
	}
	ctx.machine.core.generation++;
}
function checkSetKind(dev: NetDevice, r: LinkRequest): void {
	if (r.type === undefined) return;
	if (r.slave !== undefined) {
		if (!(dev.master instanceof Bridge)) answers("Operation not supported");
		const { cost, priority } = r.slave;
		if (cost !== undefined && (cost < 1 || cost > 65535)) answers("Numerical result out of range");
		if (priority !== undefined && priority > 63) answers("Numerical result out of range");
		return;
	}
	if (dev.kind !== r.type) answers("Operation not supported");
	if (r.bridge !== undefined) checkBridge(r.bridge);
	if (r.type === "veth") answers("Operation not supported");
	if (r.macvlan !== undefined && dev instanceof Macvlan) checkMacvlanChange(dev, r.macvlan);
	if (r.vxlan === undefined || !(dev instanceof Vxlan)) return;
	const { id, ageing: _, ...others } = r.vxlan;
	if (id !== undefined && id !== dev.options.vni) kernelError("Cannot change VNI");
	const [key] = Object.keys(others);
	if (key !== undefined) unsupported(`ip link set type vxlan ${key}`);
}
function applySlave(dev: NetDevice, o: SlaveOptions): void {
	const port = (dev.master as Bridge).portOf(dev);
	if (port === undefined) return;
	for (const [flag, on] of o.flags) port.setFlag(flag, on);
	const settings = portSettings(port);
	if (o.cost !== undefined) settings.cost = o.cost;
	if (o.priority !== undefined) settings.priority = o.priority;
}
/** It leaves its bridge, goes down and loses its addresses; the number stays if it is free over there. */
function moveLink(ctx: CommandContext, dev: NetDevice, to: Netns, name: string | undefined): void {
	const { ifindex } = dev;
	if (dev.master instanceof Bridge) dev.master.removePort(dev);
	ctx.machine.moveDevice(dev, ctx.ns, to);
	// dev_shutdown takes the queueing discipline away
	linkState(dev).activated = false;
	if (name !== undefined && name !== dev.name) to.rename(dev, name);
	if (to.devices.every((d) => d === dev || d.ifindex !== ifindex)) {
		dev.ifindex = ifindex;
		to.devices.sort((a, b) => a.ifindex - b.ifindex);
	}
	// the namespace that it left is told where it went
	netnsId(ctx.ns, to);
	rememberId(dev);
}
/** The namespace that gets a device is told where its other end or its tunnel's is, so that one has an id from now on. */
function rememberId(dev: NetDevice): void {
	const other = linkedTo(dev);
	const here = netnsOf(dev);
	const there = other === undefined ? carrierOf(dev) : netnsOf(other);
	if (here === undefined || there === undefined || here === there) return;
	netnsId(here, there);
}
/** Labels of addresses follow the name; from the second on they get a suffix (inetdev_changename). */
function renameLink(ns: Netns, dev: NetDevice, name: string): void {
	const old = dev.name;
	if (old === name) return;
	ns.rename(dev, name);
	const inDev = ns.inDevices[dev.id];
	if (inDev === undefined) return;
	inDev.addresses = inDev.addresses.map((a, i) => {
		const colon = a.label.indexOf(":");
		const suffix = colon < 0 ? `:${i + 1}` : a.label.slice(colon);
		return { ...a, label: i === 0 ? name : name + suffix };
	});
}

export function deleteLink(ctx: CommandContext, r: LinkRequest): void {
	if (r.dev === undefined) fail(255, 'Not enough information: "dev" argument is required.');
	const dev = deviceValue(ctx.ns, r.dev);
	if (dev.loopback) answers("Operation not supported");
	if (dev.master instanceof Bridge) dev.master.removePort(dev);
	const peer = dev instanceof Veth ? dev.peer : null;
	if (peer?.master instanceof Bridge) peer.master.removePort(peer);
	ctx.machine.removeDevice(ctx.ns, dev);
}

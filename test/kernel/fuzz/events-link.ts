/** Draws changes of devices, bridges and their tables. */
import type { Draw } from "./draw.ts";
import { aHost, bridges, command, type DrawnEvent, type EventWorld, hostsWith, ports } from "./event.ts";
import { macOf } from "./lab.ts";

export function fdbChange(draw: Draw, world: EventWorld): DrawnEvent[] {
	const hosts = hostsWith(world, ports);
	if (hosts.length === 0) return [];
	const host = draw.pick(hosts);
	const port = draw.pick(ports(host));
	const mac = draw.chance(85)
		? draw.pick(world.lab.ends).mac
		: draw.pick(["02:00:00:00:77:77", "33:33:00:00:00:01", "01:00:5e:01:02:03"]);
	if (port.kind === "vxlan" && draw.chance(60)) {
		const dst = `dst 10.50.0.${draw.int(1, 3)}`;
		return [
			command(
				host.netns,
				draw.pick([
					`bridge fdb replace ${mac} dev ${port.name} ${dst}`,
					`bridge fdb add ${mac} dev ${port.name} ${dst}`,
					`bridge fdb del ${mac} dev ${port.name} self`,
					`bridge fdb append 00:00:00:00:00:00 dev ${port.name} ${dst}`,
					`bridge fdb del 00:00:00:00:00:00 dev ${port.name} ${dst}`,
				]),
			),
		];
	}
	const kind = draw.pick([
		"static",
		"static",
		"dynamic",
		"local",
		"permanent",
		"dynamic extern_learn",
		"static sticky",
	]);
	return [
		command(
			host.netns,
			draw.pick([
				`bridge fdb add ${mac} dev ${port.name} master ${kind}`,
				`bridge fdb replace ${mac} dev ${port.name} master ${kind}`,
				`bridge fdb replace ${mac} dev ${port.name} master ${kind}`,
				`bridge fdb del ${mac} dev ${port.name} master`,
				`bridge fdb flush dev ${port.master}`,
				`bridge fdb replace ${mac} dev ${port.master} self`,
			]),
		),
	];
}
export function portFlag(draw: Draw, world: EventWorld): DrawnEvent[] {
	const hosts = hostsWith(world, ports);
	if (hosts.length === 0) return [];
	const host = draw.pick(hosts);
	const port = draw.pick(ports(host)).name;
	const flag = draw.pick(["hairpin", "isolated", "learning", "flood", "mcast_flood", "bcast_flood"]);
	const out = [command(host.netns, `bridge link set dev ${port} ${flag} ${draw.pick(["on", "off"])}`)];
	if (draw.chance(30))
		out.push(
			command(host.netns, `bridge link set dev ${port} ${flag} ${draw.pick(["on", "off"])}`, draw.int(2, 8)),
		);
	return out;
}
export function bridgeSetting(draw: Draw, world: EventWorld): DrawnEvent[] {
	const hosts = hostsWith(world, bridges);
	if (hosts.length === 0) return [];
	const host = draw.pick(hosts);
	const bridge = draw.pick(bridges(host)).name;
	return [
		command(
			host.netns,
			draw.pick([
				`brctl setageing ${bridge} 0`,
				`brctl setageing ${bridge} 300`,
				`ip link set ${bridge} type bridge ageing_time 0`,
				`ip link set ${bridge} type bridge ageing_time 30000`,
				`ip link set ${bridge} type bridge group_fwd_mask 8`,
				`ip link set ${bridge} type bridge mcast_snooping 0`,
				`ip link set ${bridge} type bridge nf_call_iptables ${draw.below(2)}`,
			]),
		),
	];
}
/** A port leaves its bridge, joins another one, or goes to another host. */
export function membership(draw: Draw, world: EventWorld): DrawnEvent[] {
	const hosts = hostsWith(world, ports);
	if (hosts.length === 0) return [];
	const host = draw.pick(hosts);
	const port = draw.pick(ports(host));
	const how = draw.below(4);
	if (how === 0)
		return [
			command(
				host.netns,
				`ip link add br9 address ${macOf(0x999)} type bridge; ip link set br9 up; ip link set ${port.name} master br9`,
			),
			command(host.netns, `ip link set ${port.name} master ${port.master}`, draw.int(2, 8)),
		];
	if (how === 1) {
		const to = draw.pick(world.lab.ends).netns;
		return [
			command(host.netns, `ip link set ${port.name} netns ${to} name moved`),
			command(to, "ip link set moved up", 0),
		];
	}
	const out = [command(host.netns, `ip link set ${port.name} nomaster`)];
	if (draw.chance(30)) out.push(command(host.netns, `ip addr add 10.99.0.1/24 dev ${port.name}`, 1));
	if (draw.chance(70))
		out.push(command(host.netns, `ip link set ${port.name} master ${port.master}`, draw.int(2, 8)));
	return out;
}
export function deletion(draw: Draw, world: EventWorld): DrawnEvent[] {
	const host = draw.pick([...world.hosts.values()].filter((h) => h.devices.length > 0));
	return [command(host.netns, `ip link del ${draw.pick(host.devices).name}`)];
}
export function macChange(draw: Draw, world: EventWorld): DrawnEvent[] {
	const host = draw.pick([...world.hosts.values()].filter((h) => h.devices.length > 0));
	const mac = draw.chance(70) ? macOf(0x777) : draw.pick(world.lab.ends).mac;
	return [command(host.netns, `ip link set ${draw.pick(host.devices).name} address ${mac}`)];
}
export function mtuChange(draw: Draw, world: EventWorld): DrawnEvent[] {
	const host = draw.pick([...world.hosts.values()].filter((h) => h.devices.length > 0));
	return [
		command(
			host.netns,
			`ip link set ${draw.pick(host.devices).name} mtu ${draw.pick([1500, 1400, 1280, 900, 600, 68, 9000])}`,
		),
	];
}
export function linkDownUp(draw: Draw, world: EventWorld): DrawnEvent[] {
	// silent ends too: a far end that goes down takes the carrier
	const host = draw.chance(40)
		? draw.pick([...world.hosts.values()].filter((h) => h.devices.length > 0))
		: aHost(draw, world);
	const dev = draw.pick(host.devices).name;
	const out = [command(host.netns, `ip link set ${dev} down`)];
	if (draw.chance(80)) {
		const routes = draw.chance(50) ? host.routes.map((r) => `; ip route replace ${r}`).join("") : "";
		out.push(command(host.netns, `ip link set ${dev} up${routes}`, draw.int(1, 8)));
	}
	return out;
}

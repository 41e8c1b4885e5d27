/** `ip link show`: devices as text (print_linkinfo of iproute2). */
import type { NetDevice } from "@hookline/engine/device/netdev";
import type { Netns } from "@hookline/engine/ip/netns";
import type { CommandContext } from "../context.ts";
import { formatMac } from "../mac-text.ts";
import { operState } from "../state/links.ts";
import { carrierOf, linkedTo, linkState, netnsId, netnsOf } from "./link-state.ts";
import { deviceValue } from "./values.ts";
import { abbreviates, fail, garbage, UNKNOWN, unsupported, type Words } from "./words.ts";

export interface LinkFilter {
	dev?: string;
	up?: boolean;
	master?: string;
	nomaster?: boolean;
	type?: string;
}
export function parseLinkFilter(words: Words): LinkFilter {
	const r: LinkFilter = {};
	while (!words.done) {
		const key = words.keyword(r.dev === undefined);
		if (key === "up") r.up = true;
		else if (key === "master") r.master = words.value();
		else if (key === "nomaster") r.nomaster = true;
		else if (abbreviates(key, "type")) r.type = words.value();
		else if (key === "group" || key === "vrf" || key === "dynamic" || key === "permanent")
			unsupported(`ip link show ${key}`);
		else {
			const word = key === "dev" ? words.value() : key;
			if (r.dev !== undefined) garbage("dev", word);
			r.dev = word;
		}
	}
	return r;
}
/** How the lines are laid out. */
export interface Layout {
	/** `-br` */
	readonly brief: boolean;
	/** `-o`: one line for each */
	readonly oneline: boolean;
}

export function selectLinks(ns: Netns, r: LinkFilter): NetDevice[] {
	if (r.dev !== undefined && r.dev !== UNKNOWN) {
		const dev = ns.device(r.dev) ?? fail(1, `Device "${r.dev}" does not exist.`);
		dev.linkWatch.sync();
	}
	const master = r.master === undefined ? undefined : deviceValue(ns, r.master);
	return ns.devices.filter(
		(dev) =>
			(r.dev === undefined || dev.name === r.dev) &&
			(!r.up || dev.up) &&
			(master === undefined || dev.master === master) &&
			(!r.nomaster || dev.master === null) &&
			(r.type === undefined || dev.kind === r.type),
	);
}
export function showLinks(ctx: CommandContext, r: LinkFilter, layout: Layout): string {
	return selectLinks(ctx.ns, r)
		.map((dev) => (layout.brief ? briefLink(ctx, dev) : fullLink(ctx, dev, layout)))
		.join("");
}
function briefLink(ctx: CommandContext, dev: NetDevice): string {
	const name = (dev.name + peerSuffix(ctx, dev)).padEnd(16);
	return `${name} ${operState(dev).padEnd(14)} ${formatMac(dev.macHi, dev.macLo)} ${flagsText(ctx, dev)} \n`;
}
function fullLink(ctx: CommandContext, dev: NetDevice, layout: Layout): string {
	return `${headLine(ctx, dev, true)}${layout.oneline ? "\\" : "\n"}${addressLine(ctx, dev)}\n`;
}
/** The head as IPv6 tells it (inet6_fill_ifinfo): no queueing, master or group. */
export function headLine6(ctx: CommandContext, dev: NetDevice): string {
	const head = `${dev.ifindex}: ${dev.name}${peerSuffix(ctx, dev)}: ${flagsText(ctx, dev)} mtu ${dev.mtu} `;
	return `${head}state ${operState(dev)} qlen ${linkState(dev).txqlen}`;
}
/** The first line, without its end. `mode`: `ip link` names the link mode, `ip addr` does not. */
export function headLine(ctx: CommandContext, dev: NetDevice, mode: boolean): string {
	const state = linkState(dev);
	const qdisc = dev.netem !== null ? "netem" : state.activated ? "noqueue" : "noop";
	let s = `${dev.ifindex}: ${dev.name}${peerSuffix(ctx, dev)}: ${flagsText(ctx, dev)} mtu ${dev.mtu} qdisc ${qdisc} `;
	if (dev.master !== null) s += `master ${dev.master.name} `;
	s += `state ${operState(dev)} ${mode ? "mode DEFAULT " : ""}group default `;
	return `${s}qlen ${state.txqlen}`;
}
/** The line with the MAC, without its end. */
export function addressLine(ctx: CommandContext, dev: NetDevice): string {
	const broadcast = dev.loopback ? "00:00:00:00:00:00" : "ff:ff:ff:ff:ff:ff";
	const kind = dev.loopback ? "loopback" : "ether";
	return `    link/${kind} ${formatMac(dev.macHi, dev.macLo)} brd ${broadcast}${peerNetns(ctx, dev)}`;
}
/** ` link-netns NAME`, or the number if the namespace has no name that this one could know. */
export function peerNetns(ctx: CommandContext, dev: NetDevice): string {
	const other = otherNetns(ctx, dev);
	if (other === undefined) return "";
	const id = netnsId(ctx.ns, other);
	return ctx.machine.named.has(other.name) ? ` link-netns ${other.name}` : ` link-netnsid ${id}`;
}
function otherNetns(ctx: CommandContext, dev: NetDevice): Netns | undefined {
	const link = linkedTo(dev);
	const other = link === undefined ? carrierOf(dev) : netnsOf(link);
	return other === ctx.ns ? undefined : other;
}
/** `@PEER`, or `@ifN` for a peer elsewhere; a tunnel whose packets stay elsewhere names itself. */
export function peerSuffix(ctx: CommandContext, dev: NetDevice): string {
	const link = linkedTo(dev);
	if (link === undefined) return otherNetns(ctx, dev) === undefined ? "" : `@if${dev.ifindex}`;
	return otherNetns(ctx, dev) === undefined ? `@${link.name}` : `@if${link.ifindex}`;
}
export function flagsText(ctx: CommandContext, dev: NetDevice): string {
	const flags: string[] = [];
	if (dev.up && !dev.carrier) flags.push("NO-CARRIER");
	if (dev.loopback) flags.push("LOOPBACK");
	else flags.push("BROADCAST", "MULTICAST");
	if (dev.noArp) flags.push("NOARP");
	if (dev.allmulti) flags.push("ALLMULTI");
	if (dev.promisc) flags.push("PROMISC");
	if (dev.up) flags.push("UP");
	if (dev.running) flags.push("LOWER_UP");
	const link = linkedTo(dev);
	if (link !== undefined && !link.up && otherNetns(ctx, dev) === undefined) flags.push("M-DOWN");
	return `<${flags.join(",")}>`;
}

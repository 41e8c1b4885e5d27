/** What an event is, and what it can choose from. */
import type { CaseEntry } from "hookline/case";
import type { Draw } from "./draw.ts";
import type { DeviceFacts, HostFacts } from "./facts.ts";
import type { DrawnLab } from "./lab.ts";

/** Something between two frames: an entry of case.json without its time. */
export interface DrawnEvent {
	readonly entry: CaseEntry;
	/** What it takes before the next step, ns: a command on the kernel takes real time. */
	readonly takes: number;
	/** Comes this number of frames later: what undoes another event. */
	readonly later?: number;
}

/** A command with its process on a busy machine; `ip netns exec`, sh and iptables need about 15 ms of it. */
const COMMAND = 60e6;

export interface EventWorld {
	readonly lab: DrawnLab;
	readonly hosts: ReadonlyMap<string, HostFacts>;
	/** The namespaces that are no ends, or ends with addresses: where changes matter. */
	readonly busy: readonly HostFacts[];
	readonly addresses: readonly string[];
}
export type Event = (draw: Draw, world: EventWorld) => DrawnEvent[];

/** A host, more often one with several devices. */
export function aHost(draw: Draw, world: EventWorld): HostFacts {
	const big = world.busy.filter((h) => h.devices.length > 1);
	return draw.pick(big.length > 0 && draw.chance(75) ? big : world.busy);
}
export function ports(host: HostFacts): DeviceFacts[] {
	return host.devices.filter((d) => d.master !== undefined);
}
export function bridges(host: HostFacts): DeviceFacts[] {
	return host.devices.filter((d) => d.kind === "bridge");
}
export function hostsWith(world: EventWorld, what: (h: HostFacts) => DeviceFacts[]): HostFacts[] {
	return [...world.hosts.values()].filter((h) => what(h).length > 0);
}
export function withAddress(host: HostFacts): DeviceFacts[] {
	return host.devices.filter((d) => d.addresses.length > 0);
}
export function command(netns: string, sh: string, later?: number): DrawnEvent {
	return { entry: { netns, sh }, takes: COMMAND, ...(later === undefined ? {} : { later }) };
}

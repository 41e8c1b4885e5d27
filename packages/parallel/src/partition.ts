/**
 * How a lab can be split. What is joined without delay is one host: a namespace, and those that it is joined to by veths without
 * `tc … netem delay` on both ends, by a macvlan above another's device, by a tunnel whose packets another one carries. Hosts are joined only by wires with
 * delay, and may be in different parts.
 */
import { Macvlan } from "@hookline/engine/device/macvlan";
import type { NetDevice } from "@hookline/engine/device/netdev";
import { Veth } from "@hookline/engine/device/veth";
import { Vxlan } from "@hookline/engine/device/vxlan";
import type { Machine } from "@hookline/engine/ip/machine";
import type { Netns } from "@hookline/engine/ip/netns";

/** Two namespaces with nothing between them that takes time, and what joins them, in words. */
export interface Joint {
	readonly a: Netns;
	readonly b: Netns;
	readonly what: string;
}
export interface Partition {
	/** Part by namespace id. */
	readonly partOf: Int32Array;
	/** Names of the namespaces of each part, in order of making. */
	readonly parts: readonly (readonly string[])[];
	/**
	 * `reach[q * parts + p]`: how long after something happens in part q its effects can be felt in p at the earliest, ns; Infinity: never. With
	 * q = p, by way of another part.
	 */
	readonly reach: Float64Array;
	/** The smallest delay of a wire between parts, ns; Infinity when there is none. */
	readonly lookAhead: number;
}

/**
 * Split into `threads` parts of about as many devices each, hosts in order of making; or into `wanted`, names of namespaces by part, where
 * every namespace with more than its loopback must be named. Throws Error for a split that tears a host apart, naming what joins it.
 */
export function partition(
	machine: Machine,
	threads: number,
	wanted?: readonly (readonly string[])[],
): Partition {
	const all = machine.all();
	const joints = jointsOf(machine);
	const partOf = new Int32Array(Math.max(...all.map((ns) => ns.id)) + 1);
	if (wanted === undefined) balance(all, joints, threads, partOf);
	else follow(machine, joints, threads, wanted, partOf);
	const parts = Array.from({ length: threads }, (_, p) =>
		all.filter((ns) => partOf[ns.id] === p).map((ns) => ns.name),
	);
	return { partOf, parts, ...distances(all, partOf, threads) };
}

/** The part of the namespace that a wire's far end is in; the near end's own when there is no far end. */
export function farPart(dev: NetDevice, partOf: Int32Array): number {
	return partOf[farEnd(dev)?.netns ?? dev.netns];
}
export function farEnd(dev: NetDevice): Veth | null {
	return dev instanceof Veth ? dev.peer : null;
}

function jointsOf(machine: Machine): Joint[] {
	const all = machine.all();
	const byId = new Map(all.map((ns) => [ns.id, ns]));
	const joints: Joint[] = [];
	const join = (a: Netns, b: Netns | undefined, what: string): void => {
		if (b !== undefined && a !== b) joints.push({ a, b, what });
	};
	for (const ns of all)
		for (const dev of ns.devices) {
			const peer = farEnd(dev);
			if (peer !== null && (dev.netem?.delay ?? 0) <= 0) {
				const other = byId.get(peer.netns);
				join(
					ns,
					other,
					`${ns.name}:${dev.name} sends to ${other?.name}:${peer.name} without delay (tc qdisc add dev ${dev.name} root netem delay …)`,
				);
			}
			if (dev instanceof Macvlan)
				join(ns, byId.get(dev.lower.netns), `${ns.name}:${dev.name} is a macvlan above ${dev.lower.name}`);
			if (dev instanceof Vxlan) {
				const { host, options } = dev;
				const carrier = all.find((n) => n.tunnel === host);
				join(ns, carrier, `${ns.name}:${dev.name} is a tunnel whose packets ${carrier?.name} carries`);
				if (options.lower !== null)
					join(
						ns,
						byId.get(options.lower.netns),
						`${ns.name}:${dev.name} is a tunnel over ${options.lower.name}`,
					);
			}
		}
	return joints;
}

function balance(all: readonly Netns[], joints: readonly Joint[], threads: number, partOf: Int32Array): void {
	const root = new Map(all.map((ns) => [ns, ns]));
	const find = (ns: Netns): Netns => {
		let r = ns;
		while (root.get(r) !== r) r = root.get(r) as Netns;
		return r;
	};
	for (const { a, b } of joints) {
		const [x, y] = [find(a), find(b)];
		// the first one made stands for the host
		if (x.id < y.id) root.set(y, x);
		else root.set(x, y);
	}
	const weight = new Map<Netns, number>();
	for (const ns of all) weight.set(find(ns), (weight.get(find(ns)) ?? 0) + ns.devices.length - 1);
	// a namespace with nothing but its loopback can be anywhere
	const hosts = [...weight].filter(([, w]) => w > 0).sort(([a], [b]) => a.id - b.id);
	if (hosts.length < Math.max(threads, 1))
		throw new Error(
			`the lab falls into ${hosts.length} hosts, too few for ${threads} parts. What takes no time joins namespaces into one host: ${
				joints.map((j) => j.what).join("; ") || "there is nothing of that kind"
			}`,
		);
	const part = new Map<Netns, number>();
	let left = hosts.reduce((sum, [, w]) => sum + w, 0);
	let p = 0;
	let filled = 0;
	hosts.forEach(([host, w], i) => {
		const share = left / (threads - p);
		// begin the next part when that is nearer to a fair share, or when every host that is left needs one of its own
		const full = filled > 0 && filled + w / 2 > share;
		if (p < threads - 1 && (full || (filled > 0 && hosts.length - i === threads - 1 - p))) {
			left -= filled;
			p++;
			filled = 0;
		}
		part.set(host, p);
		filled += w;
	});
	for (const ns of all) partOf[ns.id] = part.get(find(ns)) ?? 0;
}

function follow(
	machine: Machine,
	joints: readonly Joint[],
	threads: number,
	wanted: readonly (readonly string[])[],
	partOf: Int32Array,
): void {
	if (wanted.length !== threads)
		throw new Error(`${threads} threads, but ${wanted.length} lists of namespaces in "parts"`);
	partOf.fill(-1);
	wanted.forEach((names, p) => {
		for (const name of names) {
			const ns = machine.netns(name);
			if (ns === undefined) throw new Error(`part ${p}: no network namespace "${name}"`);
			if (partOf[ns.id] >= 0) throw new Error(`"${name}" is in part ${partOf[ns.id]} and in part ${p}`);
			partOf[ns.id] = p;
		}
	});
	for (const ns of machine.all())
		if (partOf[ns.id] < 0) {
			if (ns.devices.length > 1) throw new Error(`"${ns.name}" is in no part`);
			partOf[ns.id] = 0;
		}
	const torn = joints.filter(({ a, b }) => partOf[a.id] !== partOf[b.id]);
	if (torn.length > 0)
		throw new Error(`a split must go through wires with delay: ${torn.map((j) => j.what).join("; ")}`);
}

/** Floyd and Warshall over the wires between parts. */
function distances(
	all: readonly Netns[],
	partOf: Int32Array,
	n: number,
): { reach: Float64Array; lookAhead: number } {
	const reach = new Float64Array(n * n).fill(Number.POSITIVE_INFINITY);
	let lookAhead = Number.POSITIVE_INFINITY;
	for (const ns of all)
		for (const dev of ns.devices) {
			const [q, p] = [partOf[ns.id], farPart(dev, partOf)];
			if (q === p) continue;
			const delay = dev.netem?.delay ?? 0;
			reach[q * n + p] = Math.min(reach[q * n + p], delay);
			lookAhead = Math.min(lookAhead, delay);
		}
	for (let k = 0; k < n; k++)
		for (let q = 0; q < n; q++)
			for (let p = 0; p < n; p++)
				reach[q * n + p] = Math.min(reach[q * n + p], reach[q * n + k] + reach[k * n + p]);
	return { reach, lookAhead };
}

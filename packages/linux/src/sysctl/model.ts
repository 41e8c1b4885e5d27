/**
 * /proc/sys/net of a namespace over the engine's settings. Paths are those below /proc/sys; a device's name stands in them as
 * it is, dots included. Times that the kernel keeps in ticks come back rounded up to a tick (HZ 250).
 */
import type { InDevice } from "@hookline/engine/ip/address";
import type { Machine } from "@hookline/engine/ip/machine";
import type { Netns } from "@hookline/engine/ip/netns";
import { DevConf, NeighConf, NetConf } from "@hookline/engine/ip/sysctl";
import { CT_SYSCTLS } from "@hookline/engine/netfilter/ct-sysctl";
import { NotSupported } from "../not-supported.ts";
import { findSysctl6, sysctl6Paths } from "./ipv6.ts";
import { PLAIN_SYSCTLS, type PlainSysctl, ROOT_SYSCTLS } from "./names.ts";
import { INT_MAX, INT_MIN, parseInt0 } from "./number.ts";

/** One file below /proc/sys. */
export interface Sysctl {
	/** Text without the line feed. */
	read(): string;
	/** What the kernel says to a write: undefined = fine. Absent: nobody may write. */
	readonly write?: (text: string) => "EINVAL" | undefined;
}

/** Settings that the engine keeps but does not look at, although packets depend on them: they keep their value. */
const WITHOUT_ENGINE: ReadonlySet<string> = new Set([
	"drop_unicast_in_l2_multicast",
	"ignore_routes_with_linkdown",
	"ip_nonlocal_bind",
	"ipfrag_max_dist",
]);
/** Ranges that the kernel checks; all others are any int (net/ipv4/sysctl_net_ipv4.c, net/core/neighbour.c). */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
	ip_default_ttl: [1, 255],
	ip_forward_use_pmtu: [0, 255],
	ip_forward_update_priority: [0, 1],
	ip_no_pmtu_disc: [0, 255],
	ip_nonlocal_bind: [0, 255],
	fwmark_reflect: [0, 255],
	icmp_echo_ignore_all: [0, 1],
	icmp_echo_ignore_broadcasts: [0, 1],
	icmp_errors_use_inbound_ifaddr: [0, 1],
	icmp_ignore_bogus_error_responses: [0, 1],
	icmp_msgs_burst: [0, INT_MAX],
	icmp_msgs_per_sec: [0, INT_MAX],
	icmp_ratelimit: [0, INT_MAX],
	igmp_link_local_mcast_reports: [0, 255],
	ipfrag_max_dist: [0, INT_MAX],
	mcast_solicit: [0, INT_MAX],
	mcast_resolicit: [0, INT_MAX],
	ucast_solicit: [0, INT_MAX],
	app_solicit: [0, INT_MAX],
	proxy_qlen: [0, INT_MAX],
	unres_qlen_bytes: [0, INT_MAX],
	interval_probe_time_ms: [4, INT_MAX],
	min_pmtu: [68, INT_MAX],
};
const NETCONF_IPV4 = Object.keys(new NetConf()).filter((name) => /^(ip|icmp|igmp|fwmark)/.test(name));
const NETCONF_BRIDGE = Object.keys(new NetConf()).filter((name) => name.startsWith("bridge_nf_"));
const ROUTE_NAMES = ["min_pmtu", "mtu_expires"];
const DEV_NAMES = Object.keys(new DevConf());
const NEIGH_NAMES = Object.keys(new NeighConf());
const GC_THRESHOLDS = ["gc_thresh1", "gc_thresh2", "gc_thresh3"] as const;
/** Milliseconds of a tick. */
const TICK_MS = 4;
/** Bytes that one waiting packet stands for in unres_qlen: truesize of an Ethernet frame. */
const PACKET_BYTES = 2090;

type Numbers = Record<string, number>;
/** Settings of a device that were given, not inherited: `default` does not change them any more. */
const given: WeakMap<object, Set<string>> = new WeakMap();
const plainValues: WeakMap<Netns, Map<string, string>> = new WeakMap();

function mark(conf: object, name: string): void {
	const names = given.get(conf) ?? new Set();
	names.add(name);
	given.set(conf, names);
}
function isGiven(conf: object, name: string): boolean {
	return given.get(conf)?.has(name) ?? false;
}

/** Does a device still take a setting from `default`? Its first address ends that for all of them (ipv4_devconf_setall). */
function follows(d: InDevice, conf: DevConf | NeighConf, name: string): boolean {
	return d.addresses.length === 0 && !isGiven(conf, name);
}

function field(
	owner: object,
	name: string,
	path: string,
	after?: (value: number, was: number) => void,
): Sysctl {
	const numbers = owner as unknown as Numbers;
	return {
		read: () => String(numbers[name]),
		write: (text) => {
			const value = parseInt0(text, RANGES[name] ?? [INT_MIN, INT_MAX]);
			if (value === undefined) return "EINVAL";
			const was = numbers[name]!;
			if (value !== was && WITHOUT_ENGINE.has(name))
				throw new NotSupported(`${path} = ${value} is not supported`);
			numbers[name] = value;
			after?.(value, was);
			return undefined;
		},
	};
}

/** devinet_sysctl_forward: the switch of the whole namespace. Turning it on stops redirects from being believed. */
function switchForwarding(ns: Netns, on: number): void {
	ns.confAll.forwarding = on;
	ns.confAll.accept_redirects = on === 0 ? 1 : 0;
	ns.confDefault.forwarding = on;
	for (const d of ns.allInDevices()) {
		d.conf.forwarding = on;
		mark(d.conf, "forwarding");
	}
}

function forwarding(ns: Netns): Sysctl {
	return {
		read: () => String(ns.confAll.forwarding),
		write: (text) => {
			const value = parseInt0(text, [INT_MIN, INT_MAX]);
			if (value === undefined) return "EINVAL";
			if (value !== ns.confAll.forwarding) switchForwarding(ns, value);
			ns.core.generation++;
			return undefined;
		},
	};
}

/** net/ipv4/conf/WHICH/NAME */
function deviceSysctl(ns: Netns, which: string, name: string): Sysctl | undefined {
	if (!DEV_NAMES.includes(name)) return undefined;
	const path = `net.ipv4.conf.${which}.${name}`;
	if (which === "all" && name === "forwarding") return forwarding(ns);
	const dev = ns.device(which);
	const conf =
		which === "all" ? ns.confAll : which === "default" ? ns.confDefault : dev && ns.inDevices[dev.id]?.conf;
	if (conf === undefined) return undefined;
	const lo = dev?.loopback && (name === "disable_policy" || name === "disable_xfrm");
	const plain = field(conf, name, path, (value) => {
		mark(conf, name);
		// devinet_copy_dflt_conf; forwarding has its own handler, which does not
		if (which === "default" && name !== "forwarding")
			for (const d of ns.allInDevices())
				if (follows(d, d.conf, name)) (d.conf as unknown as Numbers)[name] = value;
		ns.core.generation++;
	});
	// the multicast routing daemon's own
	if (name === "mc_forwarding") return { read: plain.read };
	if (lo && !isGiven(conf, name)) return { ...plain, read: () => "1" };
	return plain;
}

/** net/ipv4/neigh/WHICH/NAME; only the first namespace has `default`. */
function neighSysctl(machine: Machine, ns: Netns, which: string, name: string): Sysctl | undefined {
	if (which === "default" && ns !== machine.root) return undefined;
	const dev = ns.device(which);
	const conf = which === "default" ? ns.neighDefault : dev && ns.inDevices[dev.id]?.neigh;
	if (conf === undefined) return undefined;
	if (which === "default" && (GC_THRESHOLDS as readonly string[]).includes(name))
		return field(ns.conf, name, "", (value) => {
			// one neighbour table serves all namespaces
			for (const other of machine.all()) (other.conf as unknown as Numbers)[name] = value;
		});
	if (which === "default" && name === "gc_interval")
		return plainSysctl(ns, `net/ipv4/neigh/${which}/${name}`, { value: "30", kind: "inert" });
	const spread = (own: string): void => {
		mark(conf, own);
		if (which === "default")
			for (const d of ns.allInDevices())
				if (follows(d, d.neigh, own))
					(d.neigh as unknown as Numbers)[own] = (conf as unknown as Numbers)[own]!;
		ns.core.generation++;
	};
	const scaled = (own: keyof NeighConf, factor: number): Sysctl => ({
		read: () => String(Math.floor((conf[own] as number) / factor)),
		write: (text) => {
			const value = parseInt0(text, [0, Math.floor(INT_MAX / factor)]);
			if (value === undefined) return "EINVAL";
			(conf as unknown as Numbers)[own] = value * factor;
			spread(own);
			return undefined;
		},
	});
	if (name === "base_reachable_time") return scaled("base_reachable_time_ms", 1000);
	if (name === "retrans_time") return scaled("retrans_time_ms", 10);
	if (name === "unres_qlen") return scaled("unres_qlen_bytes", PACKET_BYTES);
	if (!NEIGH_NAMES.includes(name)) return undefined;
	return field(conf, name, `net.ipv4.neigh.${which}.${name}`, (value) => {
		if (name.endsWith("_ms")) (conf as unknown as Numbers)[name] = Math.ceil(value / TICK_MS) * TICK_MS;
		spread(name);
	});
}

function plainSysctl(ns: Netns, path: string, { value, kind }: PlainSysctl): Sysctl {
	let values = plainValues.get(ns);
	if (values === undefined) {
		values = new Map();
		plainValues.set(ns, values);
	}
	const stored = values;
	const read = (): string => stored.get(path) ?? value;
	if (kind === "read") return { read };
	return {
		read,
		write: (text) => {
			const words = text.trim().split(/\s+/);
			const wanted = read().split("\t").length;
			if (/^-?\d/.test(read())) {
				if (words.length < wanted || !words.every((word) => /^-?(0x[0-9a-f]+|\d+)$/i.test(word)))
					return "EINVAL";
				if (
					path.endsWith("_range") &&
					wanted === 2 &&
					path.includes("port") &&
					Number(words[0]) > Number(words[1])
				)
					return "EINVAL";
			}
			const next = /^-?\d/.test(read()) ? words.slice(0, wanted).join("\t") : text.trim();
			if (kind === "effect" && next !== value)
				throw new NotSupported(`${path.replaceAll("/", ".")} = ${next} is not supported`);
			stored.set(path, next);
			return undefined;
		},
	};
}

function bridgeSysctl(ns: Netns, name: string): Sysctl | undefined {
	const own = name.replaceAll("-", "_");
	if (name.includes("_") || !NETCONF_BRIDGE.includes(own)) return undefined;
	// any number but 0 is 1
	return field(ns.conf, own, `net.bridge.${name}`, (value) => {
		(ns.conf as unknown as Numbers)[own] = value === 0 ? 0 : 1;
		ns.core.generation++;
	});
}

/** net/ipv4/route/NAME */
function routeSysctl(ns: Netns, name: string): Sysctl | undefined {
	if (ROUTE_NAMES.includes(name)) return field(ns.conf, name, `net.ipv4.route.${name}`);
	if (name !== "flush") return undefined;
	return {
		read: () => "",
		write: () => {
			ns.exceptions.flush();
			return undefined;
		},
	};
}

function conntrackSysctl(machine: Machine, ns: Netns, name: string): Sysctl | undefined {
	const net = machine.conntrack.net(ns.id);
	if (name === "nf_conntrack_count") return { read: () => String(machine.conntrack.count(ns.id)) };
	if (name === "nf_conntrack_max") return conntrackMax(machine, ns);
	if (!CT_SYSCTLS.includes(name)) return undefined;
	return {
		read: () => String(net.get(name)),
		write: (text) => {
			const value = parseInt0(text, [0, INT_MAX]);
			if (value === undefined || !net.set(name, value)) return "EINVAL";
			ns.core.generation++;
			return undefined;
		},
	};
}

/** One limit for all namespaces, which only the first one may change. */
function conntrackMax(machine: Machine, ns: Netns): Sysctl {
	const own = field(ns.conf, "nf_conntrack_max", "", (value) => {
		for (const other of machine.all()) other.conf.nf_conntrack_max = value;
	});
	return ns === machine.root ? own : { read: own.read };
}

/** The setting at a path below /proc/sys (`net/ipv4/ip_forward`); undefined when there is none. */
export function findSysctl(machine: Machine, ns: Netns, path: string): Sysctl | undefined {
	const [root, family, first = "", ...more] = path.split("/");
	if (path === "kernel/hostname") return { read: () => "lab" };
	if (root !== "net" || family === undefined) return undefined;
	if (path === "net/nf_conntrack_max" && ns === machine.root) return conntrackMax(machine, ns);
	const plain = PLAIN_SYSCTLS.get(path) ?? (ns === machine.root ? ROOT_SYSCTLS.get(path) : undefined);
	if (plain !== undefined) return plainSysctl(ns, path, plain);
	if (family === "ipv4") {
		if (first === "conf" && more.length === 2) return deviceSysctl(ns, more[0]!, more[1]!);
		if (first === "neigh" && more.length === 2) return neighSysctl(machine, ns, more[0]!, more[1]!);
		if (first === "route" && more.length === 1) return routeSysctl(ns, more[0]!);
		if (more.length > 0) return undefined;
		if (first === "ip_forward") return forwarding(ns);
		if (NETCONF_IPV4.includes(first))
			return field(ns.conf, first, `net.ipv4.${first}`, () => void ns.core.generation++);
	}
	if (family === "bridge" && more.length === 0) return bridgeSysctl(ns, first);
	if (family === "netfilter" && more.length === 0) return conntrackSysctl(machine, ns, first);
	if (family === "ipv6") return findSysctl6(machine, ns, [first, ...more].join("/"));
	return undefined;
}

/** Paths of all settings, sorted. */
export function sysctlPaths(machine: Machine, ns: Netns): string[] {
	const root = ns === machine.root;
	const devices = ns.devices.map((dev) => dev.name);
	const neigh = [...NEIGH_NAMES, "unres_qlen"];
	return [
		"kernel/hostname",
		...PLAIN_SYSCTLS.keys(),
		...(root ? [...ROOT_SYSCTLS.keys(), "net/nf_conntrack_max"] : []),
		...ROUTE_NAMES.map((name) => `net/ipv4/route/${name}`),
		...["ip_forward", ...NETCONF_IPV4].map((name) => `net/ipv4/${name}`),
		...["all", "default", ...devices].flatMap((d) => DEV_NAMES.map((name) => `net/ipv4/conf/${d}/${name}`)),
		...devices.flatMap((d) => neigh.map((name) => `net/ipv4/neigh/${d}/${name}`)),
		...(root
			? [...neigh, ...GC_THRESHOLDS, "gc_interval"].map((name) => `net/ipv4/neigh/default/${name}`)
			: []),
		...NETCONF_BRIDGE.map((name) => `net/bridge/${name.replaceAll("_", "-")}`),
		...[...CT_SYSCTLS, "nf_conntrack_count", "nf_conntrack_max"].map((name) => `net/netfilter/${name}`),
		...sysctl6Paths(machine, ns),
	].sort((a, b) => compareParts(a.split("/"), b.split("/")));
}
function compareParts(a: readonly string[], b: readonly string[]): number {
	for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
	return a.length - b.length;
}

/** Is there a directory of this path below /proc/sys? */
export function isSysctlDirectory(machine: Machine, ns: Netns, path: string): boolean {
	return path === "" || sysctlPaths(machine, ns).some((p) => p.startsWith(`${path}/`));
}

/** /proc/sys/net/ipv6 of a namespace: conf and neigh of devices, icmp, route, and the rest. Paths are those below net/ipv6. */
import type { Machine } from "@hookline/engine/ip/machine";
import type { Netns } from "@hookline/engine/ip/netns";
import { NeighConf } from "@hookline/engine/ip/sysctl";
import { Dev6Conf, type Dev6ConfName, Net6Conf } from "@hookline/engine/ip6/sysctl";
import { NotSupported } from "../not-supported.ts";
import type { Sysctl } from "./model.ts";
import { INT_MAX, INT_MIN, parseInt0 } from "./number.ts";

const CONF_NAMES = Object.keys(new Dev6Conf()) as Dev6ConfName[];
const NEIGH_NAMES = Object.keys(new NeighConf()) as Exclude<keyof NeighConf, "copy">[];
type NetName = { [K in keyof Net6Conf]: Net6Conf[K] extends number ? K : never }[keyof Net6Conf];
/** Settings of the whole namespace by their path. */
const NET_PATHS: ReadonlyMap<string, NetName> = new Map(
	(Object.keys(new Net6Conf()) as NetName[])
		.filter((name) => typeof new Net6Conf()[name] === "number" && !name.startsWith("gc_"))
		.map((name) => [pathOf(name), name]),
);
/** Settings that packets depend on and that the engine does not look at: they keep their value. */
const WITHOUT_ENGINE: ReadonlySet<string> = new Set([
	"accept_source_route",
	"ioam6_enabled",
	"mc_forwarding",
	"optimistic_dad",
	"rpl_seg_enabled",
	"seg6_enabled",
	"use_optimistic",
	"use_tempaddr",
	"ip_nonlocal_bind",
]);
function pathOf(name: string): string {
	if (name.startsWith("icmp_")) return `icmp/${name.slice(5)}`;
	return name.startsWith("route_") ? `route/${name.slice(6)}` : name;
}

/** The setting at a path below net/ipv6; undefined when there is none. */
export function findSysctl6(machine: Machine, ns: Netns, path: string): Sysctl | undefined {
	const [first = "", which = "", name = "", ...more] = path.split("/");
	if (more.length > 0) return undefined;
	if (first === "conf" && name !== "") return confSysctl(ns, which, name);
	if (first === "neigh" && name !== "") return neighSysctl(machine, ns, which, name);
	const net = NET_PATHS.get(path);
	if (net === undefined) return undefined;
	const { net: conf } = ns.ip6.conf;
	return number(net, path, conf[net], (value) => {
		(conf as unknown as Record<string, number>)[net] = value;
		ns.core.generation++;
		return 0;
	});
}
function confSysctl(ns: Netns, which: string, name: string): Sysctl | undefined {
	if (!(CONF_NAMES as string[]).includes(name)) return undefined;
	const { conf } = ns.ip6;
	const own = name as Dev6ConfName;
	if (which === "all" || which === "default")
		return number(own, `conf/${which}/${own}`, conf[which][own], (value) => conf.set(which, own, value));
	const dev = ns.device(which);
	const of = dev === undefined ? undefined : conf.of(dev);
	if (dev === undefined || of === undefined) return undefined;
	return number(own, `conf/${which}/${own}`, of[own], (value) => conf.set(dev, own, value));
}
/** Only the first namespace has `default`. */
function neighSysctl(machine: Machine, ns: Netns, which: string, name: string): Sysctl | undefined {
	if (which === "default" && ns !== machine.root) return undefined;
	const dev = ns.device(which);
	const conf = which === "default" ? ns.ip6.neighDefault : dev && ns.ip6.devices[dev.id]?.neigh;
	const own = NEIGH_NAMES.find((n) => n === name);
	if (conf === undefined || own === undefined || name === "locktime") return undefined;
	const numbers = conf as unknown as Record<string, number>;
	return number(name, `neigh/${which}/${name}`, numbers[own]!, (value) => {
		numbers[own] = value;
		ns.core.generation++;
		return 0;
	});
}
function number(name: string, path: string, now: number, set: (value: number) => number): Sysctl {
	return {
		read: () => String(now),
		write: (text) => {
			const value = parseInt0(text, [INT_MIN, INT_MAX]);
			if (value === undefined) return "EINVAL";
			if (value !== now && WITHOUT_ENGINE.has(name))
				throw new NotSupported(`net.ipv6.${path.replaceAll("/", ".")} = ${value} is not supported`);
			return set(value) === 0 ? undefined : "EINVAL";
		},
	};
}

/** Paths of all settings, below /proc/sys. */
export function sysctl6Paths(machine: Machine, ns: Netns): string[] {
	const devices = ns.devices.map((dev) => dev.name);
	const neigh = NEIGH_NAMES.filter((name) => name !== "locktime");
	const root = ns === machine.root ? ["default"] : [];
	return [
		...NET_PATHS.keys(),
		...["all", "default", ...devices].flatMap((d) => CONF_NAMES.map((name) => `conf/${d}/${name}`)),
		...[...root, ...devices].flatMap((d) => neigh.map((name) => `neigh/${d}/${name}`)),
	].map((path) => `net/ipv6/${path}`);
}

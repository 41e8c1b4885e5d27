/**
 * The files that the machine has: /proc/sys/net through the settings, /sys/class/net through the devices, and a small store of
 * plain files in memory, one for the whole machine.
 */
import { Bridge } from "@hookline/engine/device/bridge";
import {
	type BridgePort,
	PORT_BCAST_FLOOD,
	PORT_FLOOD,
	PORT_HAIRPIN,
	PORT_ISOLATED,
	PORT_LEARNING,
	PORT_MCAST_FLOOD,
} from "@hookline/engine/device/bridge-port";
import {
	type NetDevice,
	RX_BYTES,
	RX_DROPPED,
	RX_ERRORS,
	RX_MULTICAST,
	RX_PACKETS,
	TX_BYTES,
	TX_DROPPED,
	TX_ERRORS,
	TX_PACKETS,
} from "@hookline/engine/device/netdev";
import type { Machine } from "@hookline/engine/ip/machine";
import type { Netns } from "@hookline/engine/ip/netns";
import { bridgeId, portId } from "./brctl/show.ts";
import { portSettings, portState } from "./bridge/port-settings.ts";
import { formatMac } from "./mac-text.ts";
import { NotSupported } from "./not-supported.ts";
import { operState } from "./state/links.ts";
import { findSysctl, isSysctlDirectory } from "./sysctl/model.ts";

/** What a file is when it is looked at: text, a directory, not there, or there but unreadable now (`Invalid argument`). */
export type FileLook = { readonly text: string } | "directory" | "absent" | "invalid";

const STATISTICS: Readonly<Record<string, number>> = {
	rx_packets: RX_PACKETS,
	rx_bytes: RX_BYTES,
	rx_errors: RX_ERRORS,
	rx_dropped: RX_DROPPED,
	multicast: RX_MULTICAST,
	tx_packets: TX_PACKETS,
	tx_bytes: TX_BYTES,
	tx_errors: TX_ERRORS,
	tx_dropped: TX_DROPPED,
};
const OTHER_STATISTICS: readonly string[] = [
	"collisions",
	"rx_compressed",
	"rx_crc_errors",
	"rx_fifo_errors",
	"rx_frame_errors",
	"rx_length_errors",
	"rx_missed_errors",
	"rx_nohandler",
	"rx_over_errors",
	"tx_aborted_errors",
	"tx_carrier_errors",
	"tx_compressed",
	"tx_fifo_errors",
	"tx_heartbeat_errors",
	"tx_window_errors",
];

/** The plain files of a machine. */
class PlainFiles {
	readonly texts: Map<string, string> = new Map([
		["/etc/hostname", "lab\n"],
		["/etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"],
		["/etc/resolv.conf", ""],
	]);
	/** Directories that every system has; others exist through the files in them. */
	hasDirectory(path: string): boolean {
		const fixed = ["/", "/etc", "/tmp", "/root", "/home", "/var", "/var/tmp", "/run", "/opt", "/srv", "/mnt"];
		return fixed.includes(path) || [...this.texts.keys()].some((file) => file.startsWith(`${path}/`));
	}
}
const stores: WeakMap<Machine, PlainFiles> = new WeakMap();

function storeOf(machine: Machine): PlainFiles {
	let store = stores.get(machine);
	if (store === undefined) {
		store = new PlainFiles();
		stores.set(machine, store);
	}
	return store;
}

/** An absolute path without `.`, `..` and empty parts; a relative one stands in /root. */
function normalize(path: string): string {
	const parts: string[] = [];
	for (const part of (path.startsWith("/") ? path : `/root/${path}`).split("/")) {
		if (part === "" || part === ".") continue;
		if (part === "..") parts.pop();
		else parts.push(part);
	}
	return `/${parts.join("/")}`;
}

/** Looks at a file as `cat` would. */
export function lookAt(machine: Machine, ns: Netns, given: string): FileLook {
	const path = normalize(given);
	if (path.startsWith("/proc/sys/") || path === "/proc/sys") {
		const below = path.slice("/proc/sys/".length);
		const sysctl = findSysctl(machine, ns, below);
		if (sysctl !== undefined) return { text: `${sysctl.read()}\n` };
		return isSysctlDirectory(machine, ns, below) ? "directory" : "absent";
	}
	if (path.startsWith("/sys/class/net")) return lookAtDevice(ns, path.split("/").slice(4));
	if (path.startsWith("/proc/") || path.startsWith("/sys/"))
		throw new NotSupported(`the file ${path} is not supported`);
	const store = storeOf(machine);
	const text = store.texts.get(path);
	if (text !== undefined) return { text };
	return store.hasDirectory(path) ? "directory" : "absent";
}

/** The file's text, or undefined when it cannot be read. */
export function readFile(machine: Machine, ns: Netns, path: string): string | undefined {
	const look = lookAt(machine, ns, path);
	return typeof look === "string" ? undefined : look.text;
}

/**
 * Opens or writes a file, in the manner of `ShellHost.writeFile`: empty text opens it. Returns the shell's or the system's
 * word for what is wrong, or undefined. Throws `NotSupported`.
 */
export function writeFile(
	machine: Machine,
	ns: Netns,
	given: string,
	text: string,
	append: boolean,
): string | undefined {
	const path = normalize(given);
	if (path.startsWith("/proc/sys/")) {
		const below = path.slice("/proc/sys/".length);
		const sysctl = findSysctl(machine, ns, below);
		if (sysctl === undefined)
			return isSysctlDirectory(machine, ns, below) ? "Is a directory" : missing(below);
		if (sysctl.write === undefined) return "Permission denied";
		if (text === "") return undefined;
		return sysctl.write(text) === undefined ? undefined : "Invalid argument";
	}
	if (path.startsWith("/sys/class/net/")) return writeDevice(ns, path.split("/").slice(4), text);
	if (path.startsWith("/proc/") || path.startsWith("/sys/")) {
		if (text === "" && /^\/proc\/[^/]+$/.test(path)) return "Directory nonexistent";
		throw new NotSupported(`writing to ${path} is not supported`);
	}
	const store = storeOf(machine);
	if (store.hasDirectory(path)) return "Is a directory";
	const directory = path.slice(0, path.lastIndexOf("/")) || "/";
	if (!store.hasDirectory(directory)) return "Directory nonexistent";
	store.texts.set(path, append ? (store.texts.get(path) ?? "") + text : text);
	return undefined;
}

function missing(below: string): string {
	if (!below.startsWith("net/")) throw new NotSupported(`writing to /proc/sys/${below} is not supported`);
	return "Directory nonexistent";
}

// --- /sys/class/net ---

function lookAtDevice(ns: Netns, parts: readonly string[]): FileLook {
	const [name, file, inner, ...more] = parts;
	if (name === undefined) return "directory";
	const dev = ns.device(name);
	if (dev === undefined || more.length > 0) return "absent";
	if (file === undefined) return "directory";
	let value: string | number | undefined;
	if (file === "statistics") {
		if (inner === undefined) return "directory";
		const index = STATISTICS[inner];
		value = index === undefined ? (OTHER_STATISTICS.includes(inner) ? 0 : undefined) : dev.stats[index];
	} else if (file === "brport" || file === "bridge") {
		const port = dev.master instanceof Bridge ? dev.master.portOf(dev) : undefined;
		const owner = file === "bridge" ? (dev instanceof Bridge ? dev : undefined) : port;
		if (owner === undefined) return "absent";
		if (inner === undefined) return "directory";
		value = owner instanceof Bridge ? bridgeValue(owner, inner) : portValue(owner, inner);
	} else if (inner === undefined) {
		if ((file === "carrier" || file === "speed" || file === "duplex") && !dev.up) return "invalid";
		value = deviceValue(dev, file);
	}
	return value === undefined ? "absent" : { text: `${value}\n` };
}

function deviceValue(dev: NetDevice, file: string): string | number | undefined {
	switch (file) {
		case "address":
			return formatMac(dev.macHi, dev.macLo);
		case "broadcast":
			return dev.loopback ? "00:00:00:00:00:00" : "ff:ff:ff:ff:ff:ff";
		case "addr_len":
			return 6;
		case "mtu":
			return dev.mtu;
		case "operstate":
			return operState(dev).toLowerCase();
		case "carrier":
			return dev.carrier ? 1 : 0;
		case "addr_assign_type":
			return dev.macSet ? 3 : dev.loopback ? 0 : 1;
		case "ifindex":
			return dev.ifindex;
		case "iflink":
			return dev.ifLink;
		case "flags":
			return `0x${sysfsFlags(dev).toString(16)}`;
		case "type":
			return dev.loopback ? 772 : 1;
		case "tx_queue_len":
			return 1000;
		case "speed":
			return dev.kind === "veth" ? 10000 : dev.kind === "bridge" && dev.running ? 10000 : -1;
		case "duplex":
			return dev.kind === "veth" ? "full" : "unknown";
		case "ifalias":
			return "";
	}
	return undefined;
}
/** IFF_UP, BROADCAST, LOOPBACK, NOARP, PROMISC, MULTICAST; not those that the kernel derives from the carrier. */
function sysfsFlags(dev: NetDevice): number {
	const kind = dev.loopback ? 0x8 : 0x1002;
	return (
		kind |
		(dev.up ? 0x1 : 0) |
		(dev.noArp ? 0x80 : 0) |
		(dev.promisc ? 0x100 : 0) |
		(dev.allmulti ? 0x200 : 0)
	);
}

/** Hundredths of a second. */
function hundredths(seconds: number): number {
	return Math.round(seconds * 100);
}

function bridgeValue(bridge: Bridge, file: string): string | number | undefined {
	switch (file) {
		case "bridge_id":
		case "root_id":
			return bridgeId(bridge);
		case "stp_state":
			return bridge.stp ? 1 : 0;
		case "priority":
			return bridge.priority;
		case "ageing_time":
			return Math.round(bridge.fdb.ageing[0]! / 1e7);
		case "forward_delay":
			return hundredths(bridge.forwardDelay);
		case "hello_time":
			return hundredths(bridge.helloTime);
		case "max_age":
			return hundredths(bridge.maxAge);
		case "group_fwd_mask":
			return `0x${bridge.groupFwdMask.toString(16)}`;
		case "multicast_snooping":
			return bridge.mcastSnooping ? 1 : 0;
		case "group_addr":
			return "01:80:c2:00:00:00";
		case "root_port":
		case "root_path_cost":
		case "topology_change":
		case "topology_change_detected":
			return 0;
	}
	return undefined;
}

const PORT_FILES: Readonly<Record<string, number>> = {
	hairpin_mode: PORT_HAIRPIN,
	learning: PORT_LEARNING,
	unicast_flood: PORT_FLOOD,
	multicast_flood: PORT_MCAST_FLOOD,
	broadcast_flood: PORT_BCAST_FLOOD,
	isolated: PORT_ISOLATED,
};
function portValue(port: BridgePort, file: string): string | number | undefined {
	const flag = PORT_FILES[file];
	if (flag !== undefined) return (port.flags & flag) !== 0 ? 1 : 0;
	switch (file) {
		case "port_no":
			return `0x${port.number.toString(16)}`;
		case "port_id":
			return `0x${portId(port).toString(16)}`;
		case "state":
			return portState(port);
		case "path_cost":
			return portSettings(port).cost;
		case "priority":
			return portSettings(port).priority;
	}
	return undefined;
}

/** Flags of ports and the MTU may be written; the rest is for `ip` and `bridge`. */
function writeDevice(ns: Netns, parts: readonly string[], text: string): string | undefined {
	const [name = "", file = "", inner = "", ...more] = parts;
	const dev = ns.device(name);
	if (dev === undefined || more.length > 0) return "Directory nonexistent";
	const path = `/sys/class/net/${parts.join("/")}`;
	const look = lookAtDevice(ns, parts);
	if (look === "directory") return "Is a directory";
	if (look === "absent") return "Permission denied";
	const port = dev.master instanceof Bridge ? dev.master.portOf(dev) : undefined;
	const flag = file === "brport" ? PORT_FILES[inner] : undefined;
	const number = /^\s*(\d+)\s*$/.exec(text)?.[1];
	if (port !== undefined && flag !== undefined) {
		if (text === "") return undefined;
		if (number === undefined) return "Invalid argument";
		port.setFlag(flag, number !== "0");
		return undefined;
	}
	if (port !== undefined && file === "brport" && (inner === "path_cost" || inner === "priority")) {
		if (text === "") return undefined;
		const [min, max] = inner === "path_cost" ? [1, 65535] : [0, 63];
		const value = Number(number);
		if (number === undefined || value < min! || value > max!) return "Invalid argument";
		portSettings(port)[inner === "path_cost" ? "cost" : "priority"] = value;
		return undefined;
	}
	if (file === "brport" && ["state", "port_no", "port_id"].includes(inner)) return "Permission denied";
	if (file === "mtu") {
		if (text === "") return undefined;
		const mtu = Number(number);
		const most = dev.kind === "loopback" ? 0x7fffffff : 65535;
		if (number === undefined || mtu > most || mtu < 68) return "Invalid argument";
		dev.setMtu(mtu);
		return undefined;
	}
	if (
		[
			"operstate",
			"carrier",
			"address",
			"ifindex",
			"iflink",
			"type",
			"addr_assign_type",
			"speed",
			"duplex",
			"statistics",
			"broadcast",
			"addr_len",
		].includes(file)
	)
		return "Permission denied";
	throw new NotSupported(`writing to ${path} is not supported`);
}

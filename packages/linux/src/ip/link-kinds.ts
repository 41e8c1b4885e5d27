/** What stands behind `type KIND` on an `ip link` line: bridge and vxlan options (veth's are link options again). */

import {
	PORT_BCAST_FLOOD,
	PORT_FLOOD,
	PORT_HAIRPIN,
	PORT_ISOLATED,
	PORT_LEARNING,
	PORT_MCAST_FLOOD,
} from "@hookline/engine/device/bridge-port";
import { isMulticast } from "@hookline/engine/wire/ipv4";
import { parseNumber } from "./names.ts";
import { addressValue, numberValue } from "./values.ts";
import { badArgument, fail, IpError, UNKNOWN, unsupported, type Words } from "./words.ts";

export interface BridgeOptions {
	/** Times in 1/100 s. */
	ageing_time?: number;
	forward_delay?: number;
	hello_time?: number;
	max_age?: number;
	priority?: number;
	group_fwd_mask?: number;
	mcast_snooping?: number;
	nf_call_iptables?: number;
	nf_call_arptables?: number;
}
/** Options that the bridge has no part for; their default value changes nothing, another one cannot be had. */
const NEUTRAL: ReadonlyMap<string, number> = new Map([
	["stp_state", 0],
	["vlan_filtering", 0],
	["vlan_default_pvid", 1],
	["vlan_stats_enabled", 0],
	["vlan_stats_per_port", 0],
	["mcast_vlan_snooping", 0],
	["mcast_router", 1],
	["mcast_query_use_ifaddr", 0],
	["mcast_querier", 0],
	["mcast_hash_elasticity", 16],
	["mcast_hash_max", 4096],
	["mcast_last_member_count", 2],
	["mcast_startup_query_count", 2],
	["mcast_last_member_interval", 100],
	["mcast_membership_interval", 26000],
	["mcast_querier_interval", 25500],
	["mcast_query_interval", 12500],
	["mcast_query_response_interval", 1000],
	["mcast_startup_query_interval", 3125],
	["mcast_stats_enabled", 0],
	["mcast_igmp_version", 2],
	["mcast_mld_version", 1],
	["nf_call_ip6tables", 0],
	["no_linklocal_learn", 0],
]);
const KEPT: ReadonlyMap<string, number> = new Map([
	["ageing_time", 0xffffffff],
	["forward_delay", 0xffffffff],
	["hello_time", 0xffffffff],
	["max_age", 0xffffffff],
	["priority", 0xffff],
	["group_fwd_mask", 0xffff],
	["mcast_snooping", 0xff],
	["nf_call_iptables", 0xff],
	["nf_call_arptables", 0xff],
]);
const OTHER_BRIDGE = ["group_address", "vlan_protocol", "fdb_flush", "fdb_max_learned"];

export function parseBridge(words: Words): BridgeOptions {
	const options: BridgeOptions = {};
	while (!words.done) {
		const key = words.keyword();
		const most = KEPT.get(key);
		const neutral = NEUTRAL.get(key);
		if (most !== undefined) {
			const number = numberValue(words.value(), `invalid ${key}`, most, false);
			options[key as keyof BridgeOptions] = number;
		} else if (neutral !== undefined) {
			const word = words.value();
			if (numberValue(word, `invalid ${key}`, 0xffffffff, false) !== neutral && word !== UNKNOWN)
				unsupported(`bridge option ${key} ${word}`);
		} else if (OTHER_BRIDGE.includes(key)) unsupported(`bridge option ${key}`);
		else throw unknownOption("bridge", key);
	}
	return options;
}

export interface VxlanRequest {
	id?: number;
	local?: number;
	remote?: number;
	/** Name of the lower device. */
	dev?: string;
	dstport?: number;
	srcport?: [number, number];
	learning?: boolean;
	/** 0 = of the route */
	ttl?: number;
	tos?: number;
	/** 0 unset, 1 set, 2 inherit */
	df?: number;
	/** Seconds */
	ageing?: number;
	udpcsum?: boolean;
}
/** Flags that the tunnel lives without when they are off, as they are by default. */
const OFF_FLAGS = ["proxy", "rsc", "l2miss", "l3miss", "remcsumtx", "remcsumrx", "external", "vnifilter"];
/** `localbypass` is on, as it is by default. */
const IGNORED_FLAGS = [
	"localbypass",
	"udp6zerocsumtx",
	"udp6zerocsumrx",
	"noudp6zerocsumtx",
	"noudp6zerocsumrx",
];

export interface SlaveOptions {
	/** PORT_* on or off */
	readonly flags: Map<number, boolean>;
	cost?: number;
	priority?: number;
}
const PORT_FLAGS: Readonly<Record<string, number>> = {
	hairpin: PORT_HAIRPIN,
	learning: PORT_LEARNING,
	flood: PORT_FLOOD,
	mcast_flood: PORT_MCAST_FLOOD,
	bcast_flood: PORT_BCAST_FLOOD,
	isolated: PORT_ISOLATED,
};
/** Flags that a port here never has; off is how they are. */
const OFF_PORT_FLAGS = [
	"guard",
	"root_block",
	"fastleave",
	"proxy_arp",
	"proxy_arp_wifi",
	"mcast_to_unicast",
];
const MORE_OFF_PORT_FLAGS = ["group_fwd_mask", "neigh_suppress", "vlan_tunnel", "locked", "mab"];
const OTHER_PORT = ["state", "fdb_flush", "mcast_router", "backup_port", "nobackup_port"];

export function parseBridgeSlave(words: Words): SlaveOptions {
	const options: SlaveOptions = { flags: new Map() };
	while (!words.done) {
		const key = words.keyword();
		const flag = Object.hasOwn(PORT_FLAGS, key) ? PORT_FLAGS[key] : undefined;
		if (flag !== undefined) options.flags.set(flag, switchValue(words.value(), key));
		else if (key === "cost" || key === "priority")
			options[key] = numberValue(
				words.value(),
				`invalid ${key}`,
				key === "cost" ? 0xffffffff : 0xffff,
				false,
			);
		else if (OFF_PORT_FLAGS.includes(key) || MORE_OFF_PORT_FLAGS.includes(key)) {
			const word = words.value();
			if (word !== "0" && word !== UNKNOWN && switchValue(word, key))
				unsupported(`bridge_slave option ${key} ${word}`);
		} else if (OTHER_PORT.includes(key)) unsupported(`bridge_slave option ${key}`);
		else throw unknownOption("bridge_slave", key);
	}
	return options;
}
function switchValue(word: string, key: string): boolean {
	if (word === "on" || word === "off" || word === UNKNOWN) return word !== "off";
	return fail(1, `Error: argument of "${key}" must be one of "off", "on", not "${word}"`);
}

/** How the line is read: does it make a device, is there a device of that name, where does the note about the port go? */
export interface VxlanParse {
	readonly adding: boolean;
	hasDevice(name: string): boolean;
	warn(text: string): void;
}

export function parseVxlan(words: Words, how: VxlanParse): VxlanRequest {
	const o: VxlanRequest = {};
	// without options iproute2 does not even look
	if (words.done) return o;
	let group = false;
	while (!words.done) {
		const key = words.keyword();
		const off = key.startsWith("no") ? key.slice(2) : key;
		if (key === "id" || key === "vni") o.id = numberValue(words.value(), "invalid id", 0xffffff, false);
		else if (key === "group") {
			const word = words.value();
			if (word !== UNKNOWN && !isMulticast(addressValue(word, 0))) badArgument("invalid group address", word);
			group = true;
		} else if (key === "remote") {
			const word = words.value();
			o.remote = addressValue(word, 0);
			if (isMulticast(o.remote)) badArgument("invalid remote address", word);
		} else if (key === "local") {
			const word = words.value();
			o.local = addressValue(word, 0);
			if (isMulticast(o.local)) badArgument("invalid local address", word);
		} else if (key === "dev") {
			o.dev = words.value();
			if (o.dev !== UNKNOWN && !how.hasDevice(o.dev)) fail(255, `Cannot find device "${o.dev}"`);
		} else if (key === "ttl" || key === "hoplimit") o.ttl = ttlValue(words.value());
		else if (key === "tos" || key === "dsfield") {
			const word = words.value();
			o.tos = word === "inherit" ? 1 : numberValue(word, "invalid TOS", 255, false);
		} else if (key === "df") o.df = dfValue(words.value());
		else if (key === "ageing") {
			const word = words.value();
			o.ageing = word === "none" ? 0 : numberValue(word, "ageing timer", 0xffffffff, false);
		} else if (key === "maxaddress") {
			const word = words.value();
			const number = word === "unlimited" ? 0 : numberValue(word, "max addresses", 0xffffffff, false);
			if (number !== 0 && word !== UNKNOWN) unsupported("vxlan option maxaddress");
		} else if (key === "port" || key === "srcport") {
			const min = numberValue(words.value(), "min port", 0xffff, false);
			o.srcport = [min, numberValue(words.value(), "max port", 0xffff, false)];
		} else if (key === "dstport") o.dstport = numberValue(words.value(), "dst port", 0xffff, false);
		else if (key === "learning" || key === "nolearning") o.learning = key === "learning";
		else if (key === "udpcsum" || key === "noudpcsum") o.udpcsum = key === "udpcsum";
		else if (IGNORED_FLAGS.includes(key)) continue;
		else if (OFF_FLAGS.includes(off)) {
			if (key !== off) continue;
			unsupported(`vxlan option ${key}`);
		} else if (["gbp", "gpe", "flowlabel", "label"].includes(key)) unsupported(`vxlan option ${key}`);
		else throw unknownOption("vxlan", key);
	}
	if (group && o.remote !== undefined) fail(1, "vxlan: both group and remote cannot be specified");
	if (group && o.dev === undefined) fail(1, "vxlan: 'group' requires 'dev' to be specified");
	if (group) unsupported("a vxlan group (multicast)");
	if (how.adding && o.id === undefined) fail(1, "vxlan: missing virtual network identifier");
	if (how.adding && o.dstport === undefined) {
		how.warn(
			"vxlan: destination port not specified\nWill use Linux kernel default (non-standard value)\n" +
				"Use 'dstport 4789' to get the IANA assigned value\nUse 'dstport 0' to get default and quiet this message\n",
		);
	}
	return o;
}
function ttlValue(word: string): number {
	if (word === "auto") return 0;
	if (word === "inherit") return unsupported("vxlan option ttl inherit");
	if (word === UNKNOWN) return 0;
	return parseNumber(word, 255) ?? badArgument("TTL must be <= 255", word);
}
function dfValue(word: string): number {
	const at = ["unset", "set", "inherit"].indexOf(word);
	if (at >= 0) return at;
	return word === UNKNOWN ? 0 : badArgument("DF must be 'unset', 'set' or 'inherit'", word);
}
function unknownOption(kind: string, key: string): IpError {
	return new IpError(1, `${kind}: unknown command "${key}"?\n`, `unknown ${kind} option "${key}"`);
}

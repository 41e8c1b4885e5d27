/** The words of `ip link add|set` (iplink_parse of iproute2). */
import type { Mac } from "../mac-text.ts";
import {
	type BridgeOptions,
	parseBridge,
	parseBridgeSlave,
	parseVxlan,
	type SlaveOptions,
	type VxlanRequest,
} from "./link-kinds.ts";
import { type MacvlanRequest, parseMacvlan } from "./link-macvlan.ts";
import { parseNumber } from "./names.ts";
import { isInterfaceName, macValue, numberValue, onOffValue } from "./values.ts";
import {
	abbreviates,
	badArgument,
	fail,
	garbage,
	IpError,
	kernelError,
	UNKNOWN,
	unsupported,
	type Words,
} from "./words.ts";

export interface LinkRequest {
	/** The device as it is called on the line. */
	dev?: string;
	/** `name` */
	name?: string;
	up?: boolean;
	mac?: Mac;
	mtu?: number;
	/** Name or process id of a namespace. */
	netns?: string;
	promisc?: boolean;
	allmulticast?: boolean;
	arp?: boolean;
	/** null = `nomaster` */
	master?: string | null;
	link?: string;
	txqlen?: number;
	type?: string;
	peer?: LinkRequest;
	bridge?: BridgeOptions;
	slave?: SlaveOptions;
	vxlan?: VxlanRequest;
	macvlan?: MacvlanRequest;
}
export interface LinkParse {
	readonly adding: boolean;
	/** Does the namespace have such a device? Always true before the run. */
	hasDevice(name: string): boolean;
	/** Is there such a namespace? */
	hasNetns(name: string): boolean;
	warn(text: string): void;
}
const KINDS_LATER = [
	"dummy",
	"vlan",
	"ipvlan",
	"macvtap",
	"ipvtap",
	"tun",
	"vrf",
	"bond",
	"ifb",
	"gre",
	"gretap",
];
const KINDS_OTHER = [
	"ip6gre",
	"ip6gretap",
	"ip6tnl",
	"ipip",
	"sit",
	"geneve",
	"wireguard",
	"vcan",
	"vxcan",
	"team",
	"vti",
	"erspan",
];
const KINDS_REST = [
	"ip6erspan",
	"vti6",
	"nlmon",
	"netdevsim",
	"xfrm",
	"gtp",
	"hsr",
	"macsec",
	"rmnet",
	"lowpan",
	"ipoib",
	"can",
];

export function parseLink(words: Words, how: LinkParse): LinkRequest {
	const r: LinkRequest = {};
	while (!words.done) {
		const key = words.keyword(r.dev === undefined);
		if (key === "up") r.up = true;
		else if (key === "down") r.up = false;
		else if (key === "name") r.name = nameValue(words.value(), "name");
		else if (abbreviates(key, "index")) unsupported("ip link option index");
		else if (abbreviates(key, "link")) r.link = words.value();
		else if (abbreviates(key, "address")) r.mac = macValue(words.value());
		else if (abbreviates(key, "broadcast") || key === "brd") parseBroadcast(words);
		else if (abbreviates(key, "txqueuelen") || key === "qlen" || key === "txqlen")
			r.txqlen = numberValue(words.value(), 'Invalid "txqueuelen" value');
		else if (key === "mtu") r.mtu = numberValue(words.value(), 'Invalid "mtu" value');
		else if (key === "netns") r.netns = netnsValue(words.value(), how);
		else if (key === "promisc") r.promisc = onOffValue(words.value(), "promisc");
		else if (key === "arp") r.arp = onOffValue(words.value(), "arp");
		else if (key === "allmulticast") r.allmulticast = onOffValue(words.value(), "allmulticast");
		else if (key === "multicast") unsupported(`ip link option ${key}`);
		else if (key === "master") r.master = masterValue(words.value(), how);
		else if (key === "nomaster") r.master = null;
		else if (
			["xdp", "xdpgeneric", "xdpdrv", "xdpoffload", "trailers", "dynamic", "carrier", "vf", "vrf"].includes(
				key,
			)
		)
			unsupported(`ip link option ${key}`);
		else if (abbreviates(key, "type")) {
			r.type = words.value();
			parseKind(r, words, how);
		} else if (["alias", "ifalias", "group", "mode", "state", "addrgenmode", "protodown"].includes(key))
			unsupported(`ip link option ${key}`);
		else if (["numtxqueues", "numrxqueues", "gso_max_size", "gso_max_segs", "gro_max_size"].includes(key))
			unsupported(`ip link option ${key}`);
		else if (["link-netns", "link-netnsid", "protodown_reason", "parentdev"].includes(key))
			unsupported(`ip link option ${key}`);
		else {
			const word = key === "dev" ? words.value() : key;
			if (r.dev !== undefined) garbage("dev", word);
			r.dev = word;
			if (word.length > 127) badArgument('"dev" not a valid ifname', word);
		}
	}
	return r;
}
/** A device called `br` reads as this too, as the real tool has it. */
function parseBroadcast(words: Words): never {
	macValue(words.value());
	return unsupported("ip link option broadcast");
}
function parseKind(r: LinkRequest, words: Words, how: LinkParse): void {
	switch (r.type) {
		case UNKNOWN:
			while (!words.done) words.skip();
			return;
		case "veth":
			if (words.done) return;
			if (words.keyword() !== "peer")
				throw new IpError(
					1,
					"Usage: ip link <options> type veth [peer <options>]\nTo get <options> type 'ip link add help'\n",
				);
			r.peer = parseLink(words, how);
			if (r.peer.type !== undefined) unsupported("type behind veth peer");
			return;
		case "bridge":
			r.bridge = parseBridge(words);
			return;
		case "vxlan":
			r.vxlan = parseVxlan(words, how);
			return;
		case "macvlan":
			r.macvlan = parseMacvlan(words);
			return;
		case "bridge_slave":
			if (how.adding) unsupported("ip link add type bridge_slave");
			r.slave = parseBridgeSlave(words);
			return;
	}
	if ([...KINDS_LATER, ...KINDS_OTHER, ...KINDS_REST].includes(r.type as string))
		unsupported(`link type ${r.type}`);
	if (!words.done) {
		fail(1, `Garbage instead of arguments "${words.head} ...". Try "ip link help".`);
	}
	throw new IpError(2, "Error: Unknown device type.\n", `unknown link type "${r.type}"`);
}
function nameValue(word: string, key: string): string {
	if (word !== UNKNOWN && !isInterfaceName(word)) badArgument(`"${key}" not a valid ifname`, word);
	return word;
}
function netnsValue(word: string, how: LinkParse): string {
	if (word !== UNKNOWN && !how.hasNetns(word)) badArgument('Invalid "netns" value', word, true);
	return word;
}
function masterValue(word: string, how: LinkParse): string {
	if (word !== UNKNOWN && !how.hasDevice(word)) badArgument("Device does not exist", word, true);
	return word;
}
/** What the kernel says about a name that is too long for a new device, or not a name at all. */
export function checkNewName(name: string): void {
	if (name.length > 15) kernelError("Attribute failed policy validation");
	if (name === "" || name === "." || name === ".." || /[/:\s]/.test(name))
		fail(2, "RTNETLINK answers: Invalid argument");
}
/** Is it a process id, as `netns 1`? */
export function isPid(word: string): boolean {
	return parseNumber(word) !== undefined;
}

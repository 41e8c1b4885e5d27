/** The labs that are fuzzed: each kind of device where traffic meets it. */

import {
	MACVLAN_MODE_BRIDGE,
	MACVLAN_MODE_PRIVATE,
	MACVLAN_MODE_VEPA,
} from "../../src/device/macvlan-port.ts";
import type { NetDevice } from "../../src/device/netdev.ts";
import type { DeliveryName } from "../../src/frame/delivery.ts";
import type { Machine } from "../../src/ip/machine.ts";
import type { Netns } from "../../src/ip/netns.ts";
import {
	CT_STATE_ESTABLISHED,
	CT_STATE_INVALID,
	CT_STATE_NEW,
	CT_STATE_RELATED,
	type Match,
	type Rule,
	rule,
	type Target,
} from "../../src/netfilter/rule.ts";
import {
	NF_NAT_RANGE_MAP_IPS,
	NF_NAT_RANGE_PROTO_SPECIFIED,
	REJECT_PORT_UNREACH,
	REJECT_TCP_RESET,
} from "../../src/netfilter/types.ts";
import { ip } from "../wire/bytes.ts";
import {
	address,
	arrive,
	bridge,
	forwarding,
	machine,
	macvlan,
	route,
	transmit,
	vethPair,
	vxlan,
} from "./lab.ts";

export interface Door {
	dev: NetDevice;
	how: (dev: NetDevice, bytes: Uint8Array) => void;
	/** MACs (02:00 + these 4 bytes) that are somebody's behind this door. */
	near: readonly number[];
}
export interface Scene {
	m: Machine;
	/** Where frames are put in: sent out of, or as if from the wire. */
	doors: Door[];
	macs: number[];
	addresses: string[];
	/** What frames must get to, at least one in a thousand. */
	reaches: DeliveryName[];
}

function append(
	ns: Netns,
	table: "raw" | "mangle" | "nat" | "filter",
	chain: string,
	target: Target,
	fields: Partial<Rule> = {},
): void {
	ns.xtables.table(table).edit((d) => d.append(chain, rule({ target, ...fields })));
}
const state = (mask: number): Match => ({ type: "conntrack", state: { mask, not: false } });
const tcpTo = (port: number): Match => ({ type: "tcp", dport: { min: port, max: port, not: false } });
const udpTo = (port: number): Match => ({ type: "udp", dport: { min: port, max: port, not: false } });
const dnat = (to: string, port: number): Target => ({
	type: "DNAT",
	flags: NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED,
	minAddr: ip(to),
	maxAddr: ip(to),
	minPort: port,
	maxPort: port,
	basePort: 0,
});

/** What a container host loads: masquerade, published ports, state, a reject, a mark. */
function rules(ns: Netns, outName: string, inner: string): void {
	append(ns, "nat", "PREROUTING", dnat(inner, 80), { proto: 6, matches: [tcpTo(53)] });
	append(ns, "nat", "PREROUTING", dnat(inner, 9), { proto: 17, matches: [udpTo(53)] });
	append(ns, "nat", "OUTPUT", dnat(inner, 80), { proto: 6, matches: [tcpTo(80)] });
	append(
		ns,
		"nat",
		"POSTROUTING",
		{ type: "MASQUERADE", flags: 0, minPort: 0, maxPort: 0 },
		{ out: { name: outName, not: false } },
	);
	append(ns, "mangle", "PREROUTING", { type: "MARK", value: 5, mask: -1 }, { proto: 1 });
	append(
		ns,
		"mangle",
		"FORWARD",
		{ type: "TCPMSS", mss: 0 },
		{ proto: 6, matches: [{ type: "tcp", flags: { mask: 6, comp: 2, not: false } }] },
	);
	append(ns, "filter", "FORWARD", { type: "DROP" }, { matches: [state(CT_STATE_INVALID)] });
	append(
		ns,
		"filter",
		"FORWARD",
		{ type: "ACCEPT" },
		{ matches: [state(CT_STATE_ESTABLISHED | CT_STATE_RELATED)] },
	);
	append(
		ns,
		"filter",
		"FORWARD",
		{ type: "REJECT", how: REJECT_TCP_RESET },
		{ proto: 6, matches: [tcpTo(9)] },
	);
	append(
		ns,
		"filter",
		"FORWARD",
		{ type: "REJECT", how: REJECT_PORT_UNREACH },
		{ proto: 17, matches: [udpTo(1000), state(CT_STATE_NEW)] },
	);
	append(
		ns,
		"filter",
		"INPUT",
		{ type: "REJECT", how: REJECT_PORT_UNREACH },
		{ proto: 17, matches: [udpTo(80)] },
	);
}

export const SCENES: {
	name: string;
	make: (options: { debug: boolean; small: number; vector?: number }) => Scene;
}[] = [
	{
		name: "veth into a bridge, bridged frames through iptables",
		make(options) {
			const m = machine({ ...options, big: 16 });
			const root = m.root;
			root.lo.setUp(true);
			const ports: NetDevice[] = [];
			const stations: number[] = [];
			const doors: Scene["doors"] = [];
			for (let i = 0; i < 3; i++) {
				const ns = m.addNetns(`c${i}`);
				const [p, e] = vethPair(m, root, `p${i}`, ns, "eth0");
				address(ns, e, `10.0.0.${i + 2}/24`);
				route(ns, "0.0.0.0/0", "10.0.0.1");
				ports.push(p);
				doors.push(
					{ dev: e, how: transmit, near: stations },
					{ dev: p, how: arrive, near: stations },
					{ dev: e, how: arrive, near: [e.macLo] },
				);
			}
			const br = bridge(m, root, "br0", ...ports);
			stations.push(br.macLo, br.macLo, 2, 4, 6);
			address(root, br, "10.0.0.1/24");
			forwarding(root);
			rules(root, "br0", "10.0.0.3");
			doors.push({ dev: br, how: transmit, near: [2, 4, 6] });
			return {
				m,
				doors,
				macs: [1, 2, 3, 4, 5, 6, 7, br.macLo, 99],
				addresses: [
					"10.0.0.1",
					"10.0.0.2",
					"10.0.0.3",
					"10.0.0.4",
					"10.0.0.77",
					"10.0.0.255",
					"8.8.8.8",
					"224.0.0.1",
				],
				reaches: ["arp", "icmp"],
			};
		},
	},
	{
		name: "a router with connection tracking and NAT",
		make(options) {
			const m = machine({ ...options, big: 16 });
			const root = m.root;
			root.lo.setUp(true);
			const a = m.addNetns("a");
			const b = m.addNetns("b");
			const [ae, r1] = vethPair(m, a, "eth0", root, "r1");
			const [r2, be] = vethPair(m, root, "r2", b, "eth0");
			address(a, ae, "10.0.0.2/24");
			address(root, r1, "10.0.0.1/24");
			address(root, r2, "10.1.0.1/24");
			address(b, be, "10.1.0.2/24");
			route(a, "0.0.0.0/0", "10.0.0.1");
			route(b, "0.0.0.0/0", "10.1.0.1");
			r2.setMtu(576);
			forwarding(root);
			rules(root, "r2", "10.1.0.2");
			b.udp.bind({ addr: 0, port: 9, onDatagram() {}, onError() {} });
			return {
				m,
				doors: [
					{ dev: ae, how: transmit, near: [r1.macLo] },
					{ dev: be, how: transmit, near: [r2.macLo] },
					{ dev: r1, how: arrive, near: [r1.macLo] },
					{ dev: r2, how: arrive, near: [r2.macLo] },
					{ dev: be, how: arrive, near: [be.macLo] },
				],
				macs: [1, 2, 3, 4, 99],
				addresses: [
					"10.0.0.1",
					"10.0.0.2",
					"10.1.0.1",
					"10.1.0.2",
					"10.1.0.3",
					"10.0.0.255",
					"192.0.2.1",
					"127.0.0.1",
					"0.0.0.0",
					"255.255.255.255",
				],
				reaches: ["arp", "icmp", "udp-socket"],
			};
		},
	},
	{
		name: "vxlan between two bridges",
		make(options) {
			const m = machine({ ...options, big: 16 });
			const n = m.addNetns("h2");
			const [u1, u2] = vethPair(m, m.root, "u1", n, "u2");
			address(m.root, u1, "192.0.2.1/24");
			address(n, u2, "192.0.2.2/24");
			const doors: Scene["doors"] = [
				{ dev: u1, how: arrive, near: [u1.macLo] },
				{ dev: u2, how: arrive, near: [u2.macLo] },
				{ dev: u1, how: transmit, near: [u2.macLo] },
			];
			for (const [i, ns, remote] of [
				[1, m.root, "192.0.2.2"],
				[2, n, "192.0.2.1"],
			] as const) {
				const vx = vxlan(m, ns, `vx${i}`, remote);
				const c = m.addNetns(`c${i}`);
				const [p, e] = vethPair(m, ns, `p${i}`, c, "eth0");
				address(c, e, `10.0.0.${i}/24`);
				bridge(m, ns, `br${i}`, vx, p);
				doors.push(
					{ dev: e, how: transmit, near: [4, 5, 7, 8] },
					{ dev: vx, how: transmit, near: [4, 5, 7, 8] },
					{ dev: vx, how: arrive, near: [4, 5, 7, 8] },
				);
			}
			return {
				m,
				doors,
				macs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
				addresses: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "192.0.2.1", "192.0.2.2", "192.0.2.3"],
				reaches: ["arp", "icmp"],
			};
		},
	},
	{
		name: "macvlans of every mode on one device",
		make(options) {
			const m = machine({ ...options, big: 16 });
			const n = m.addNetns("n");
			const [lower, far] = vethPair(m, m.root, "eth0", n, "e1");
			address(m.root, lower, "10.0.0.1/24");
			address(n, far, "10.0.0.2/24");
			const doors: Scene["doors"] = [
				{ dev: far, how: transmit, near: [3, 4, 5, 6] },
				{ dev: lower, how: transmit, near: [2] },
			];
			const modes = [MACVLAN_MODE_BRIDGE, MACVLAN_MODE_BRIDGE, MACVLAN_MODE_VEPA, MACVLAN_MODE_PRIVATE];
			modes.forEach((mode, i) => {
				const c = m.addNetns(`c${i}`);
				const dev = macvlan(m, c, "eth0", lower, mode);
				address(c, dev, `10.0.0.${i + 3}/24`);
				doors.push({ dev, how: transmit, near: [2, 3, 4, 5, 6] }, { dev, how: arrive, near: [dev.macLo] });
			});
			return {
				m,
				doors,
				macs: [1, 2, 3, 4, 5, 6, 99],
				addresses: [
					"10.0.0.1",
					"10.0.0.2",
					"10.0.0.3",
					"10.0.0.4",
					"10.0.0.5",
					"10.0.0.6",
					"10.0.0.255",
					"224.0.0.1",
				],
				reaches: ["arp", "icmp"],
			};
		},
	},
	{
		name: "loopback",
		make(options) {
			const m = machine({ ...options, big: 16 });
			const { root } = m;
			const { lo } = root;
			lo.setUp(true);
			const [d] = vethPair(m, root, "d0", m.addNetns("n"), "d1");
			address(root, d, "10.0.0.1/24");
			rules(root, "lo", "127.0.0.1");
			return {
				m,
				doors: [
					{ dev: lo, how: transmit, near: [0] },
					{ dev: lo, how: arrive, near: [0] },
					{ dev: d, how: transmit, near: [2] },
				],
				macs: [0, 1, 2],
				addresses: ["127.0.0.1", "127.0.0.2", "10.0.0.1", "10.0.0.2", "255.255.255.255"],
				reaches: ["icmp"],
			};
		},
	},
];

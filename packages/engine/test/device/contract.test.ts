/**
 * What every kind of device owes: the same suite for each. A new kind needs a row in KINDS and nothing else.
 */
import { describe, expect, test } from "vitest";
import { MACVLAN_MODE_BRIDGE, MACVLAN_MODE_VEPA } from "../../src/device/macvlan-port.ts";
import type { NetDevice } from "../../src/device/netdev.ts";
import { TAP_RX, TAP_TX, TX_DROPPED } from "../../src/device/netdev.ts";
import { DROP } from "../../src/frame/drop.ts";
import type { Machine } from "../../src/ip/machine.ts";
import type { Netns } from "../../src/ip/netns.ts";
import {
	address,
	arrive,
	BROADCAST_MAC,
	bridge,
	expectBalanced,
	expectWhole,
	machine,
	macvlan,
	transmit,
	udpFrame,
	vethPair,
	vxlan,
} from "./lab.ts";

interface Setup {
	m: Machine;
	ns: Netns;
	dev: NetDevice;
	/** Where a frame that `dev` transmits comes out, when it does. */
	far: NetDevice;
	/** Longest frame that gets to `far`, bytes of Ethernet; Infinity: no limit of the device's own. */
	longest: number;
}

const KINDS: { kind: string; make: () => Setup }[] = [
	{
		kind: "veth",
		make() {
			const m = machine();
			const n = m.addNetns("n");
			const [dev, far] = vethPair(m, m.root, "a", n, "b");
			return { m, ns: m.root, dev, far, longest: 1500 + 14 + 4 };
		},
	},
	{
		kind: "loopback",
		make() {
			const m = machine();
			m.root.lo.setUp(true);
			return { m, ns: m.root, dev: m.root.lo, far: m.root.lo, longest: Number.POSITIVE_INFINITY };
		},
	},
	{
		kind: "bridge port",
		make() {
			const m = machine();
			const n = m.addNetns("n");
			const [dev, far] = vethPair(m, m.root, "p1", n, "e1");
			const [p2] = vethPair(m, m.root, "p2", n, "e2");
			bridge(m, m.root, "br0", dev, p2);
			return { m, ns: m.root, dev, far, longest: 1500 + 14 + 4 };
		},
	},
	{
		kind: "bridge",
		make() {
			const m = machine();
			const n = m.addNetns("n");
			const [p1, far] = vethPair(m, m.root, "p1", n, "e1");
			const [p2] = vethPair(m, m.root, "p2", n, "e2");
			const dev = bridge(m, m.root, "br0", p1, p2);
			return { m, ns: m.root, dev, far, longest: 1500 + 14 + 4 };
		},
	},
	{
		kind: "macvlan",
		make() {
			const m = machine();
			const n = m.addNetns("n");
			const [lower, far] = vethPair(m, m.root, "eth0", n, "e1");
			const dev = macvlan(m, m.root, "m0", lower, MACVLAN_MODE_BRIDGE);
			return { m, ns: m.root, dev, far, longest: 1500 + 14 + 4 };
		},
	},
	{
		kind: "macvlan to a sibling",
		make() {
			const m = machine();
			const [lower] = vethPair(m, m.root, "eth0", m.addNetns("n"), "e1");
			const far = macvlan(m, m.addNetns("c"), "m1", lower, MACVLAN_MODE_BRIDGE);
			const dev = macvlan(m, m.root, "m0", lower, MACVLAN_MODE_BRIDGE);
			return { m, ns: m.root, dev, far, longest: 1500 + 14 + 4 };
		},
	},
	{
		kind: "macvlan's lower device",
		make() {
			const m = machine();
			const n = m.addNetns("n");
			const [dev, far] = vethPair(m, m.root, "eth0", n, "e1");
			for (const mode of [MACVLAN_MODE_VEPA, MACVLAN_MODE_BRIDGE]) macvlan(m, n, `m${mode}`, dev, mode);
			return { m, ns: m.root, dev, far, longest: 1500 + 14 + 4 };
		},
	},
	{
		kind: "vxlan",
		make() {
			const m = machine({ small: 600 });
			const n = m.addNetns("n");
			const [u1, u2] = vethPair(m, m.root, "u1", n, "u2");
			address(m.root, u1, "192.0.2.1/24");
			address(n, u2, "192.0.2.2/24");
			const dev = vxlan(m, m.root, "vx1", "192.0.2.2");
			const far = vxlan(m, n, "vx2", "192.0.2.1");
			// the underlay's addresses are resolved before the test counts anything
			transmit(dev, udpFrame(99, BROADCAST_MAC, "198.51.100.1", "198.51.100.2"));
			m.core.runUntil(1e9);
			return { m, ns: m.root, dev, far, longest: Number.POSITIVE_INFINITY };
		},
	},
];

/** A frame for nobody's IP: its end is known whatever the namespace does. */
const frame = (length = 60): Uint8Array =>
	udpFrame(77, BROADCAST_MAC, "198.51.100.1", "198.51.100.2", length);

function tapped(dev: NetDevice): number[] {
	const counts = [0, 0];
	dev.addTap((_f, direction) => counts[direction]++);
	return counts;
}

for (const { kind, make } of KINDS)
	describe(`contract: ${kind}`, () => {
		test("a frame that is transmitted comes out once, and every tap sees it once per direction", () => {
			const { m, dev, far } = make();
			const here = tapped(dev);
			const there = far === dev ? here : tapped(far);
			for (let i = 0; i < 5; i++) transmit(dev, frame());
			m.core.runUntil(m.core.clock[0]);
			expect(here[TAP_TX]).toBe(5);
			expect(there[TAP_RX]).toBe(5);
			if (far !== dev) expect([here[TAP_RX], there[TAP_TX]]).toEqual([0, 0]);
			expectWhole(m);
		});
		test("a frame that arrives is seen once, alone or in a vector, with a tap or without", () => {
			for (const withTap of [true, false])
				for (const n of [1, 7]) {
					const { m, dev } = make();
					let seen = 0;
					if (withTap) dev.addTap((_f, d) => (seen += d === TAP_RX ? 1 : 0));
					const before = m.core.pool.droppedTotal + m.core.pool.deliveredTotal;
					for (let i = 0; i < n; i++) arrive(dev, frame());
					m.core.settle();
					if (withTap) expect(seen).toBe(n);
					expect(m.core.pool.droppedTotal + m.core.pool.deliveredTotal).toBeGreaterThanOrEqual(before + n);
					expectWhole(m);
				}
		});
		test("a tap that is taken off sees nothing more", () => {
			const { m, dev } = make();
			let seen = 0;
			const off = dev.addTap(() => seen++);
			off();
			transmit(dev, frame());
			m.core.settle();
			expect(seen).toBe(0);
			expectWhole(m);
		});
		test("the bytes that leave are the bytes that were sent", () => {
			const { m, dev, far } = make();
			const { pool } = m.core;
			const got: Uint8Array[] = [];
			far.sink = (f) => got.push(pool.bytes.slice(pool.off[f], pool.off[f] + pool.len[f]));
			transmit(dev, frame(333));
			m.core.runUntil(m.core.clock[0]);
			expect(got).toEqual([frame(333)]);
			expectWhole(m);
		});
		test("down: what is transmitted is dropped as DEV_READY, and counted", () => {
			const { m, dev, far } = make();
			dev.setUp(false);
			const there = tapped(far);
			const before = m.core.pool.dropped[DROP.DEV_READY];
			const dropped = dev.stats[TX_DROPPED];
			for (let i = 0; i < 3; i++) transmit(dev, frame());
			m.core.settle();
			expect(m.core.pool.dropped[DROP.DEV_READY]).toBe(before + 3);
			expect(dev.stats[TX_DROPPED]).toBe(dropped + 3);
			expect(there).toEqual([0, 0]);
			expectWhole(m);
		});
		test("up again: it works as before", () => {
			const { m, dev, far } = make();
			dev.setUp(false);
			dev.setUp(true);
			const there = tapped(far);
			transmit(dev, frame());
			m.core.runUntil(m.core.clock[0]);
			expect(there[TAP_RX]).toBe(1);
			expectWhole(m);
		});
		test("MTU: what is too long is dropped as PKT_TOO_BIG, one byte less passes", () => {
			const { m, dev, far, longest } = make();
			const there = tapped(far);
			if (longest === Number.POSITIVE_INFINITY) {
				// no limit of its own: what is longer than the MTU goes on (an underlay may cut it up)
				transmit(dev, frame(1900));
				m.core.runUntil(m.core.clock[0]);
				expect(there[TAP_RX]).toBe(1);
			} else {
				transmit(dev, frame(longest + 1));
				m.core.settle();
				expect(there[TAP_RX]).toBe(0);
				expect(m.core.pool.dropped[DROP.PKT_TOO_BIG]).toBeGreaterThanOrEqual(1);
				transmit(dev, frame(longest));
				m.core.settle();
				expect(there[TAP_RX]).toBe(1);
			}
			expectWhole(m);
		});
		test("no slot left: frames are lost and accounted for, none leaks", () => {
			const { m, dev } = make();
			const { pool } = m.core;
			const hoard: number[] = [];
			for (let f = pool.inject(60); f >= 0; f = pool.inject(60)) hoard.push(f);
			pool.drop(hoard.pop() as number, DROP.NOT_SPECIFIED);
			for (let i = 0; i < 3; i++) {
				transmit(dev, frame());
				arrive(dev, frame());
				m.core.settle();
				expectBalanced(m);
			}
			for (const f of hoard) pool.drop(f, DROP.NOT_SPECIFIED);
			expectWhole(m);
		});
		test("removed with frames in the backlog: they end as DEV_READY or on their way, none leaks, none is seen", () => {
			const { m, ns, dev } = make();
			for (let i = 0; i < 4; i++) {
				arrive(dev, frame());
				transmit(dev, frame());
			}
			m.removeDevice(ns, dev);
			const there = tapped(dev);
			m.core.settle();
			expect(there).toEqual([0, 0]);
			expect(m.core.pool.dropped[DROP.DEV_READY]).toBeGreaterThanOrEqual(4);
			expectWhole(m);
		});
		test("every prefix of a frame, from 14 bytes on, ends somewhere", () => {
			const { m, dev } = make();
			const whole = frame(100);
			for (let n = 14; n <= whole.length; n++) {
				transmit(dev, whole.slice(0, n));
				arrive(dev, whole.slice(0, n));
				m.core.settle();
			}
			expectWhole(m);
		});
		test("moved to another namespace: it is down there, and works once it is up", () => {
			const { m, ns, dev } = make();
			if (dev.loopback) return; // it cannot be moved
			const other = m.addNetns("other");
			m.moveDevice(dev, ns, other);
			expect(dev.up).toBe(false);
			expect(m.core.netnsOf[dev.id]).toBe(other.id);
			dev.setUp(true);
			transmit(dev, frame());
			arrive(dev, frame());
			m.core.settle();
			expectWhole(m);
		});
	});

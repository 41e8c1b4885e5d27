import { DevConf } from "@hookline/engine/ip/sysctl";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NetDevice } from "../../src/device/netdev.ts";
import {
	type Address,
	AddressSet,
	type InDevice,
	inSubnet,
	onLink,
	prefixMask,
	RT_SCOPE_HOST,
	RT_SCOPE_LINK,
	RT_SCOPE_UNIVERSE,
	selectAddress,
} from "../../src/ip/address.ts";
import { RTN_BROADCAST, RTN_LOCAL, RTN_UNICAST } from "../../src/netfilter/types.ts";
import { address, expectWhole, machine, vethPair } from "../device/lab.ts";
import { ipText } from "../netfilter/nf-bench.ts";
import { ip } from "../wire/bytes.ts";

function addr(text: string, fields: Partial<Address> = {}): Address {
	const [a, length] = text.split("/");
	return {
		local: ip(a),
		peer: ip(a),
		prefixLen: Number(length),
		broadcast: 0,
		scope: RT_SCOPE_UNIVERSE,
		label: "eth0",
		secondary: false,
		noPrefixRoute: false,
		metric: 0,
		...fields,
	};
}
const inDevice = (...addresses: Address[]): InDevice =>
	({ addresses, conf: new DevConf(), all: new DevConf() }) as unknown as InDevice;

describe("addresses", () => {
	test("prefixMask", () => {
		expect([0, 1, 8, 24, 31, 32].map((n) => prefixMask(n) >>> 0)).toEqual([
			0, 0x80000000, 0xff000000, 0xffffff00, 0xfffffffe, 0xffffffff,
		]);
	});
	test("inSubnet looks at the peer of a point-to-point address", () => {
		expect(inSubnet(ip("10.0.0.77"), addr("10.0.0.1/24"))).toBe(true);
		expect(inSubnet(ip("10.0.1.77"), addr("10.0.0.1/24"))).toBe(false);
		const p2p = addr("10.0.0.1/32", { peer: ip("192.0.2.9") });
		expect(inSubnet(ip("192.0.2.9"), p2p)).toBe(true);
		expect(inSubnet(ip("10.0.0.1"), p2p)).toBe(false);
	});
	test("selectAddress: the first of the destination's subnet, else the first, never a secondary", () => {
		const d = inDevice(
			addr("10.0.0.1/24"),
			addr("10.1.0.1/24"),
			addr("10.1.0.2/24", { secondary: true }),
			addr("169.254.0.1/16", { scope: RT_SCOPE_LINK }),
		);
		const pick = (to: string, scope = RT_SCOPE_UNIVERSE): string =>
			ipText(selectAddress(d, [d], ip(to), scope));
		expect(pick("10.1.0.9")).toBe("10.1.0.1");
		expect(pick("8.8.8.8")).toBe("10.0.0.1");
		expect(pick("0.0.0.0")).toBe("10.0.0.1");
		expect(pick("169.254.3.3")).toBe("10.0.0.1"); // out of scope
		expect(pick("169.254.3.3", RT_SCOPE_LINK)).toBe("169.254.0.1");
	});
	test("selectAddress falls back to another device, but not to a link-scope address there", () => {
		const none = inDevice(addr("127.0.0.1/8", { scope: RT_SCOPE_HOST }));
		const link = inDevice(addr("169.254.0.1/16", { scope: RT_SCOPE_LINK }));
		const other = inDevice(addr("10.2.0.1/24"));
		expect(ipText(selectAddress(none, [none, link, other], ip("8.8.8.8"), RT_SCOPE_LINK - 1))).toBe(
			"10.2.0.1",
		);
		expect(selectAddress(none, [none, link], ip("8.8.8.8"), RT_SCOPE_UNIVERSE)).toBe(0);
		expect(selectAddress(undefined, [other], 0, RT_SCOPE_UNIVERSE)).toBe(ip("10.2.0.1"));
	});
	test("onLink", () => {
		const d = inDevice(addr("10.0.0.1/24"), addr("10.1.0.1/24"));
		expect(onLink(d, ip("10.0.0.9"), 0)).toBe(true);
		expect(onLink(d, ip("10.0.0.9"), ip("10.0.0.10"))).toBe(true);
		expect(onLink(d, ip("10.0.0.9"), ip("10.1.0.10"))).toBe(false);
	});
	test("AddressSet equals a Set", () => {
		fc.assert(
			fc.property(
				fc.array(
					fc.oneof(fc.integer(), fc.nat(40)).filter((a) => a !== 0),
					{ maxLength: 100 },
				),
				fc.array(fc.nat(60)),
				(members, others) => {
					const set = new AddressSet();
					set.rebuild(members);
					const model = new Set(members);
					for (const a of [...members, ...others]) expect(set.has(a)).toBe(model.has(a));
				},
			),
		);
	});
});

describe("routes of addresses", () => {
	function lab() {
		const m = machine();
		const [dev, peer] = vethPair(m, m.root, "eth0", m.addNetns("n"), "b");
		const show = (dev: NetDevice): string[] =>
			[...m.root.fib.tables.values()]
				.flatMap((t) => t.routes)
				.filter((r) => r.dev === dev)
				.map((r) => {
					const type = r.type === RTN_LOCAL ? "local" : r.type === RTN_BROADCAST ? "broadcast" : "unicast";
					return `${type} ${ipText(r.dst)}/${r.prefixLen} src ${ipText(r.prefsrc)}`;
				})
				.sort();
		return { m, dev, peer, show };
	}
	test("an address makes its local, connected and broadcast routes (ip route show table all)", () => {
		const { m, dev, show } = lab();
		address(m.root, dev, "10.0.0.1/24");
		expect(show(dev)).toEqual([
			"broadcast 10.0.0.255/32 src 10.0.0.1",
			"local 10.0.0.1/32 src 10.0.0.1",
			"unicast 10.0.0.0/24 src 10.0.0.1",
		]);
		expect(m.root.ownAddresses.has(ip("10.0.0.1"))).toBe(true);
		expectWhole(m);
	});
	test("/31 has no broadcast, /32 no connected route", () => {
		const { m, dev, show } = lab();
		address(m.root, dev, "10.0.0.0/31");
		address(m.root, dev, "10.9.9.9/32");
		expect(show(dev)).toEqual([
			"local 10.0.0.0/32 src 10.0.0.0",
			"local 10.9.9.9/32 src 10.9.9.9",
			"unicast 10.0.0.0/31 src 10.0.0.0",
		]);
	});
	test("down: all but the local route go; up: they are back, others are not", () => {
		const { m, dev, show } = lab();
		address(m.root, dev, "10.0.0.1/24");
		const before = show(dev);
		expect(m.root.inet.addRoute({ dst: ip("10.5.0.0"), prefixLen: 16, gw: ip("10.0.0.9") })).toBe(0);
		dev.setUp(false);
		expect(show(dev)).toEqual(["local 10.0.0.1/32 src 10.0.0.1"]);
		dev.setUp(true);
		expect(show(dev)).toEqual(before);
		expect(m.root.fib.lookup(ip("10.0.0.7"), 0, 0, 0, null, -1, "")).toBe(0);
		expect(m.root.fib.type).toBe(RTN_UNICAST);
		expectWhole(m);
	});
	test("a secondary adds no second connected route; the primary takes its secondaries with it", () => {
		const { m, dev, show } = lab();
		address(m.root, dev, "10.0.0.1/24");
		address(m.root, dev, "10.0.0.2/24");
		const inDev = m.root.inDevices[dev.id] as InDevice;
		expect(inDev.addresses.map((a) => a.secondary)).toEqual([false, true]);
		expect(show(dev).filter((r) => r.startsWith("unicast"))).toEqual(["unicast 10.0.0.0/24 src 10.0.0.1"]);
		m.root.inet.removeAddress(dev, inDev.addresses[0]);
		expect(show(dev)).toEqual([]);
		expect(m.root.ownAddresses.has(ip("10.0.0.2"))).toBe(false);
	});
	test("promote_secondaries: the secondary becomes the primary, and the routes are its own", () => {
		const { m, dev, show } = lab();
		m.root.confAll.promote_secondaries = 1;
		address(m.root, dev, "10.0.0.1/24");
		address(m.root, dev, "10.0.0.2/24");
		const inDev = m.root.inDevices[dev.id] as InDevice;
		m.root.inet.removeAddress(dev, inDev.addresses[0]);
		expect(inDev.addresses.map((a) => [ipText(a.local), a.secondary])).toEqual([["10.0.0.2", false]]);
		expect(show(dev)).toEqual([
			"broadcast 10.0.0.255/32 src 10.0.0.2",
			"local 10.0.0.2/32 src 10.0.0.2",
			"unicast 10.0.0.0/24 src 10.0.0.2",
		]);
	});
	test("lo: 127.0.0.1/8 comes with it going up, and goes with it", () => {
		const { m, show } = lab();
		const { lo } = m.root;
		expect(show(lo)).toEqual([]);
		lo.setUp(true);
		expect(show(lo)).toEqual([
			"broadcast 127.255.255.255/32 src 127.0.0.1",
			"local 127.0.0.0/8 src 127.0.0.1",
			"local 127.0.0.1/32 src 127.0.0.1",
		]);
		expect(m.root.fib.isLocal(ip("127.9.9.9"))).toBe(true);
	});
	test("a device that is removed takes everything with it", () => {
		const { m, dev, show } = lab();
		address(m.root, dev, "10.0.0.1/24");
		m.removeDevice(m.root, dev);
		expect(show(dev)).toEqual([]);
		expect(m.root.ownAddresses.has(ip("10.0.0.1"))).toBe(false);
		expectWhole(m);
	});
});

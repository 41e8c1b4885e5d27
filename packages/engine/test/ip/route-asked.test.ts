import { expect, test } from "vitest";
import { ANY_FLOW, FR_ACT_TO_TBL } from "../../src/ip/fib-rules.ts";
import { address, machine, vethPair } from "../device/lab.ts";
import { ip } from "../wire/bytes.ts";

const FAR = ip("10.9.0.1");

/** Two ways out of one namespace, and the route of the same packet, asked for twice: what it is now. */
function lab() {
	const m = machine();
	const ns = m.addNetns("a");
	const other = m.addNetns("b");
	const [x] = vethPair(m, ns, "x", other, "x1");
	const [y] = vethPair(m, ns, "y", other, "y1");
	address(ns, x, "10.0.0.1/24");
	address(ns, y, "10.0.1.1/24");
	const ask = () => {
		const answers = [0, 1].map(() => {
			const error = ns.router.output(FAR, 0, 0, 0, -1);
			const { dev, gw, source, mtu } = ns.router.out;
			return error !== 0
				? `error ${error}`
				: `${dev === x.id ? "x" : "y"} ${gw & 0xff} ${source & 0xffff} ${mtu}`;
		});
		expect(answers[1]).toBe(answers[0]);
		return answers[0];
	};
	return { m, ns, x, y, ask };
}

test("a question that is asked again sees every change", () => {
	const { m, ns, x, y, ask } = lab();
	expect(ask()).toBe("error 101");
	const wide = { dst: ip("10.0.0.0"), prefixLen: 8, dev: x, gw: ip("10.0.0.2") };
	expect(ns.inet.addRoute(wide)).toBe(0);
	expect(ask()).toBe("x 2 1 1500");
	x.setMtu(1400);
	expect(ask()).toBe("x 2 1 1400");
	const narrow = { dst: ip("10.9.0.0"), prefixLen: 16, dev: y, gw: ip("10.0.1.3") };
	expect(ns.inet.addRoute(narrow)).toBe(0);
	expect(ask()).toBe("y 3 257 1500");
	// another question in between
	expect(ns.router.output(ip("10.0.0.7"), 0, 0, 0, -1)).toBe(0);
	expect(ask()).toBe("y 3 257 1500");
	// a question without an answer in between
	expect(ns.router.output(ip("11.0.0.7"), 0, 0, 0, -1)).toBe(101);
	expect(ask()).toBe("y 3 257 1500");
	ns.exceptions.updatePmtu(FAR, 0, 0, 0, 1300);
	expect(ask()).toBe("y 3 257 1300");
	m.core.runUntil(m.core.clock[0] + (ns.conf.mtu_expires + 1) * 1e9);
	expect(ask()).toBe("y 3 257 1500");
	ns.exceptions.flush();
	expect(ask()).toBe("y 3 257 1500");
	const flags = { src: 0, srcLen: 0, dst: 0, dstLen: 0, tos: 0, mark: 0, markMask: 0, iif: "", oif: "" };
	const way = {
		...ANY_FLOW,
		...flags,
		pref: 100,
		action: FR_ACT_TO_TBL,
		table: 100,
		invert: false,
		protocol: 0,
	};
	expect(ns.inet.addRoute({ ...narrow, table: 100, gw: ip("10.0.1.9") })).toBe(0);
	ns.fib.addRule(way);
	expect(ask()).toBe("y 9 257 1500");
	ns.fib.removeRule(way);
	expect(ask()).toBe("y 3 257 1500");
	y.setUp(false);
	expect(ask()).toBe("x 2 1 1400");
	expect(ns.inet.removeRoute(wide)).toBe(0);
	expect(ask()).toBe("error 101");
});

test("the source address of a repeated question is one that is still there", () => {
	const { ns, x, ask } = lab();
	address(ns, x, "10.0.0.5/24");
	expect(ns.inet.addRoute({ dst: ip("10.9.0.0"), prefixLen: 16, dev: x, gw: ip("10.0.0.2") })).toBe(0);
	expect(ask()).toBe("x 2 1 1500");
	const inDev = ns.inDevices[x.id];
	const first = inDev?.addresses[0];
	if (inDev === undefined || first === undefined) throw new Error("no address");
	inDev.conf.promote_secondaries = 1;
	ns.inet.removeAddress(x, first);
	expect(ask()).toBe("x 2 5 1500");
});

import { describe, expect, test } from "vitest";
import type { NetDevice } from "../../src/device/netdev.ts";
import { DROP } from "../../src/frame/drop.ts";
import {
	NeighTable,
	NUD_DELAY,
	NUD_FAILED,
	NUD_INCOMPLETE,
	NUD_PERMANENT,
	NUD_PROBE,
	NUD_REACHABLE,
	NUD_STALE,
} from "../../src/ip/neigh.ts";
import { NeighConf, NetConf } from "../../src/ip/sysctl.ts";
import { truesize } from "../../src/ip/truesize.ts";
import { Core } from "../../src/ring/core.ts";
import {
	address,
	arrive,
	capture,
	expectWhole,
	forwarding,
	machine,
	SECOND,
	udpFrame,
	vethPair,
} from "../device/lab.ts";
import { ip, viewOf } from "../wire/bytes.ts";

const ADDR = ip("10.0.0.2");
const DEV = 5;

function bench(small = 512) {
	const core = new Core({ small, big: 1, debug: true });
	const conf = new NeighConf();
	const net = new NetConf();
	const log: string[] = [];
	const say = (text: string) => log.push(`${core.clock[0] / 1e9} ${text}`);
	const table = new NeighTable(core, {
		solicit: (_e, f, unicast) =>
			say(`${unicast ? "unicast" : "broadcast"} request${f < 0 ? "" : ` for ${core.pool.mark[f]}`}`),
		constructNeighbour: () => {},
		linkFailure: (f) => say(`unreachable ${core.pool.mark[f]}`),
		output: (_e, f) => {
			say(`sent ${core.pool.mark[f]}`);
			core.pool.deliver(f, 6);
			return true;
		},
		neighConf: () => conf,
		gcThresh: net,
		deviceById: () => ({ id: DEV }) as unknown as NetDevice,
	});
	let next = 1;
	const send = (e: number, length = 60): number => {
		const f = core.pool.generate(length);
		core.pool.mark[f] = next++;
		table.output(e, f);
		return f;
	};
	const state = (e: number) => table.currentState(e);
	const done = () => {
		core.runUntilIdle();
		expect(core.pool.inUse).toBe(0);
		expect(core.pool.born[0] + core.pool.born[1]).toBe(core.pool.deliveredTotal + core.pool.droppedTotal);
	};
	return { core, conf, net, log, table, send, state, done };
}

test("a table of thousands of entries keeps every one, whatever goes in between", () => {
	const { table } = bench();
	const PERMANENT = 4096;
	const made = new Map<number, number>();
	for (let i = 0; i < PERMANENT; i++) {
		const addr = (ip("10.1.0.0") + i) | 0;
		const e = table.create(addr, DEV + (i % 3));
		table.setByAdmin(e, 0x0200, i, NUD_PERMANENT);
		made.set(addr, e);
		if (i % 5 !== 4) continue;
		const gone = (addr - 2) | 0;
		table.remove(made.get(gone) as number);
		made.delete(gone);
	}
	for (let i = 0; i < PERMANENT; i++) {
		const addr = (ip("10.1.0.0") + i) | 0;
		const e = made.get(addr) ?? -1;
		expect(table.find(addr, DEV + (i % 3))).toBe(e);
		expect(table.find(addr, DEV + ((i + 1) % 3))).toBe(-1);
		if (e >= 0) expect(table.macLo[e]).toBe(i);
	}
	expect([...table.entries()].sort((a, b) => a - b)).toEqual([...made.values()].sort((a, b) => a - b));
	table.flushDevice(DEV, true);
	expect(table.entries().every((e) => table.dev[e] !== DEV)).toBe(true);
	for (const e of table.entries()) table.remove(e);
	expect(table.entries()).toEqual([]);
});

describe("NeighTable", () => {
	test("INCOMPLETE: three broadcast requests one second apart, then FAILED and host unreachable for each that waits", () => {
		const { core, log, table, send, state, done } = bench();
		const e = table.findOrCreate(ADDR, DEV);
		send(e);
		send(e);
		expect(state(e)).toBe(NUD_INCOMPLETE);
		expect(table.waiting(e)).toBe(2);
		core.runUntil(2.999 * SECOND);
		expect(state(e)).toBe(NUD_INCOMPLETE);
		core.runUntil(3 * SECOND);
		expect(state(e)).toBe(NUD_FAILED);
		expect(log).toEqual([
			"0 broadcast request for 1",
			"1 broadcast request for 2",
			"2 broadcast request for 2",
			"3 unreachable 1",
			"3 unreachable 2",
		]);
		expect(core.pool.dropped[DROP.NEIGH_FAILED]).toBe(2);
		done();
	});
	test("FAILED: the next frame starts the questions again", () => {
		const { core, log, table, send, state, done } = bench();
		const e = table.findOrCreate(ADDR, DEV);
		send(e);
		core.runUntil(10 * SECOND);
		log.length = 0;
		send(e);
		expect(state(e)).toBe(NUD_INCOMPLETE);
		expect(log).toEqual(["10 broadcast request for 2"]);
		done();
	});
	test("a reply sends what waits, in order, and REACHABLE sends at once", () => {
		const { core, log, table, send, state, done } = bench();
		const e = table.findOrCreate(ADDR, DEV);
		for (let i = 0; i < 3; i++) send(e);
		core.runUntil(0.5 * SECOND);
		table.update(e, 0x0200, 9, NUD_REACHABLE, true);
		expect(state(e)).toBe(NUD_REACHABLE);
		send(e);
		core.runUntil(20 * SECOND);
		expect(log.slice(1)).toEqual(["0.5 sent 1", "0.5 sent 2", "0.5 sent 3", "0.5 sent 4"]);
		expect([table.macHi[e], table.macLo[e]]).toEqual([0x0200, 9]);
		done();
	});
	test("REACHABLE without use is STALE after base_reachable_time, and no request is sent for that", () => {
		const { core, log, table, state, done } = bench();
		const e = table.findOrCreate(ADDR, DEV);
		table.update(e, 0x0200, 9, NUD_REACHABLE, true);
		core.runUntil(30 * SECOND);
		expect(state(e)).toBe(NUD_REACHABLE);
		core.runUntil(40 * SECOND);
		expect(state(e)).toBe(NUD_STALE);
		expect(log).toEqual([]);
		done();
	});
	test("STALE: sends at once, DELAY for 5 s, then PROBE: three unicast requests, then FAILED", () => {
		const { core, log, table, send, state, done } = bench();
		const e = table.findOrCreate(ADDR, DEV);
		table.update(e, 0x0200, 9, NUD_STALE, true);
		send(e);
		expect(state(e)).toBe(NUD_DELAY);
		core.runUntil(4.9 * SECOND);
		expect(state(e)).toBe(NUD_DELAY);
		core.runUntil(5 * SECOND);
		expect(state(e)).toBe(NUD_PROBE);
		send(e);
		core.runUntil(8 * SECOND);
		expect(state(e)).toBe(NUD_FAILED);
		expect(log).toEqual([
			"0 sent 1",
			"5 unicast request",
			"5 sent 2",
			"6 unicast request",
			"7 unicast request",
		]);
		done();
	});
	test("PROBE: a reply makes it REACHABLE, and the old timer changes nothing", () => {
		const { core, table, send, state, done } = bench();
		const e = table.findOrCreate(ADDR, DEV);
		table.update(e, 0x0200, 9, NUD_STALE, true);
		send(e);
		core.runUntil(5.5 * SECOND);
		table.update(e, 0x0200, 9, NUD_REACHABLE, true);
		core.runUntil(20 * SECOND);
		expect(state(e)).toBe(NUD_REACHABLE);
		done();
	});
	test("the queue is bounded in truesize bytes, and its oldest goes first", () => {
		const { core, conf, table, send, done } = bench();
		const e = table.findOrCreate(ADDR, DEV);
		const fit = Math.floor(conf.unres_qlen_bytes / truesize(60));
		for (let i = 0; i < fit + 10; i++) send(e);
		expect(table.waiting(e)).toBe(fit);
		expect(core.pool.dropped[DROP.NEIGH_QUEUEFULL]).toBe(10);
		// a longer one displaces as many as it needs
		send(e, 1514);
		expect(table.waiting(e)).toBeLessThan(fit);
		expect(core.pool.dropped[DROP.NEIGH_QUEUEFULL]).toBeGreaterThan(10);
		expect(core.pool.inUse).toBe(table.waiting(e));
		done();
	});
	test("the oldest went: the survivors are the newest, in order", () => {
		const { log, conf, table, send, done } = bench();
		conf.unres_qlen_bytes = 3 * truesize(60);
		const e = table.findOrCreate(ADDR, DEV);
		for (let i = 0; i < 5; i++) send(e);
		table.update(e, 0x0200, 9, NUD_REACHABLE, true);
		expect(log.slice(1)).toEqual(["0 sent 3", "0 sent 4", "0 sent 5"]);
		done();
	});
	test("an entry that is removed drops what waits, and its timer is nobody's", () => {
		const { core, log, table, send, done } = bench();
		const e = table.findOrCreate(ADDR, DEV);
		send(e);
		table.flushDevice(DEV, false);
		expect(table.find(ADDR, DEV)).toBe(-1);
		expect(core.pool.dropped[DROP.NEIGH_DEAD]).toBe(1);
		const again = table.findOrCreate(ip("10.0.0.3"), DEV);
		expect(again).toBe(e); // the row is used again while the old timer is still due
		core.runUntil(10 * SECOND);
		expect(log).toEqual(["0 broadcast request for 1"]);
		done();
	});
	test("permanent entries: no reply changes them, a flush leaves them", () => {
		const { table, state, done } = bench();
		const e = table.findOrCreate(ADDR, DEV);
		table.setByAdmin(e, 0x0200, 7, NUD_PERMANENT);
		table.update(e, 0x0200, 9, NUD_REACHABLE, true);
		expect([state(e), table.macLo[e]]).toEqual([NUD_PERMANENT, 7]);
		table.flushDevice(DEV, false);
		expect(table.find(ADDR, DEV)).toBe(e);
		table.flushDevice(DEV, true);
		expect(table.find(ADDR, DEV)).toBe(-1);
		expect(table.gcEntries).toBe(0);
		done();
	});
	test("gc_thresh3 is the limit; failed entries make room", () => {
		const { core, net, table, send, done } = bench();
		for (let i = 0; i < net.gc_thresh3; i++) expect(table.findOrCreate(i, DEV)).toBeGreaterThanOrEqual(0);
		expect(table.entries().length).toBe(net.gc_thresh3);
		expect(table.findOrCreate(-1, DEV)).toBe(-1);
		for (let i = 0; i < net.gc_thresh3; i++) expect(table.addr[table.find(i, DEV)]).toBe(i);
		send(table.find(0, DEV));
		core.runUntil(20 * SECOND);
		expect(table.findOrCreate(-1, DEV)).toBeGreaterThanOrEqual(0);
		done();
	});
	test("a router says host unreachable to the sender after three unanswered requests", () => {
		const m = machine();
		const host = m.addNetns("host");
		const [h, r1] = vethPair(m, host, "h", m.root, "r1");
		const [r2, far] = vethPair(m, m.root, "r2", m.addNetns("far"), "f");
		address(m.root, r1, "10.0.1.1/24");
		address(m.root, r2, "10.0.2.1/24");
		address(host, h, "10.0.1.2/24");
		forwarding(m.root);
		const asked = capture(far, 0);
		const back = capture(h, 0);
		arrive(r1, udpFrame(1, 2, "10.0.1.2", "10.0.2.9"));
		expectWhole(m);
		expect(asked.length).toBe(3);
		for (const a of asked) expect(viewOf(a).getUint16(12)).toBe(0x0806);
		const errors = back.filter((b) => viewOf(b).getUint16(12) === 0x0800);
		expect(errors.length).toBe(1);
		expect([errors[0][34], errors[0][35]]).toEqual([3, 1]);
	});
});

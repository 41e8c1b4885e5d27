/**
 * Tables of small pure pieces, by benny: `pnpm bench:micro`. For comparing ways to do one thing, not for packets per second; those
 * come from bench/throughput. Each suite returns what it computed, so that nothing is optimised away.
 */
import { Fdb } from "@hookline/engine/device/fdb";
import { FramePool } from "@hookline/engine/frame/pool";
import { FibTable, type Route } from "@hookline/engine/ip/fib";
import { EventQueue } from "@hookline/engine/ring/events";
import { Random } from "@hookline/engine/ring/random";
import { Ring } from "@hookline/engine/ring/ring";
import { checksum, update32 } from "@hookline/engine/wire/checksum";
import b from "benny";

const view = new DataView(new ArrayBuffer(2048));
for (let i = 0; i < 2048; i++) view.setUint8(i, (i * 37) & 255);

await b.suite(
	"checksum",
	b.add("20 bytes from scratch", () => checksum(view, 0, 20)),
	b.add("64 bytes from scratch", () => checksum(view, 0, 64)),
	b.add("1,480 bytes from scratch", () => checksum(view, 0, 1480)),
	b.add("one address, incrementally (RFC 1624)", () => update32(0x1234, 0x0a000001, 0x0a000002)),
	b.cycle(),
	b.complete(),
);

await b.suite(
	"queues",
	b.add("ring: push and take one", () => {
		const ring = new Ring();
		const out = new Int32Array(256);
		return () => {
			ring.push(1, 2);
			return ring.shiftRun(out, 256);
		};
	}),
	b.add("ring: push and take 256", () => {
		const ring = new Ring();
		const out = new Int32Array(256);
		return () => {
			for (let i = 0; i < 256; i++) ring.push(1, i);
			return ring.shiftRun(out, 256);
		};
	}),
	b.add("event queue: schedule and fire, 1,000 waiting", () => {
		const events = new EventQueue();
		let fired = 0;
		const handler = events.register({ onTimer: () => fired++ });
		for (let i = 0; i < 1000; i++) events.schedule(i, handler, i);
		let t = 1000;
		return () => {
			events.schedule(t++, handler, 0);
			events.fire();
			return fired;
		};
	}),
	b.add("frame: take a slot and give it back", () => {
		const pool = new FramePool();
		return () => {
			const f = pool.inject(64);
			pool.deliver(f, 0);
			return f;
		};
	}),
	b.cycle(),
	b.complete(),
);

function fdbOf(n: number): () => number {
	const fdb = new Fdb(new Float64Array(1));
	const random = new Random(1);
	const macs = Array.from({ length: n }, () => random.i32());
	for (const lo of macs) fdb.set(0x0242, lo, 1, 0);
	let i = 0;
	return () => fdb.find(0x0242, macs[i++ % n]);
}
function fibOf(n: number): () => Route | undefined {
	const table = new FibTable(254);
	const random = new Random(1);
	const route = (dst: number, prefixLen: number): Route => ({
		dst,
		prefixLen,
		tos: 0,
		metric: 0,
		type: 1,
		scope: 0,
		protocol: 3,
		prefsrc: 0,
		table: 254,
		dev: null,
		gw: 0,
		onlink: false,
		nhScope: 0,
		mtu: 0,
		mtuLock: false,
		exceptions: null,
		dead: false,
	});
	const nets = [...new Set(Array.from({ length: n }, () => random.i32() & 0xffffff00))];
	for (const net of nets) table.insert(route(net, 24));
	let i = 0;
	return () => table.lookup(nets[i++ % nets.length] | 7, 0, -1, 0);
}

await b.suite(
	"tables",
	b.add("fdb: find among 1,000", () => fdbOf(1000)),
	b.add("fdb: find among 100,000", () => fdbOf(100_000)),
	b.add("fib: longest prefix of 8 (linear)", () => fibOf(8)),
	b.add("fib: longest prefix of 1,000 (16-8-8)", () => fibOf(1000)),
	b.cycle(),
	b.complete(),
);

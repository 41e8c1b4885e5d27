/** TCP tracking against the answers of a real kernel (record-tcp.py) for the same segments. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DELIVERED } from "../../src/frame/delivery.ts";
import {
	IP_CT_NEW,
	IPS_ASSURED,
	IPS_SEEN_REPLY,
	NF_INET_POST_ROUTING,
	NF_INET_PRE_ROUTING,
} from "../../src/netfilter/types.ts";
import { bench, ip, ipText, tcpPacket } from "./nf-bench.ts";

interface Step {
	dir: number;
	flags: number;
	seq: number;
	ack: number;
	win: number;
	options: string;
	len: number;
	verdict: string;
	entries: { timeout: number; state: string; src: string; unreplied: boolean; assured: boolean }[];
}
interface Recording {
	kernel: string;
	scenarios: { loose: number; liberal: number; steps: Step[] }[];
}
const recording = JSON.parse(readFileSync(new URL("tcp-kernel.json", import.meta.url), "utf8")) as Recording;

describe("TCP states, windows and time-outs are the kernel's", () => {
	it.each(recording.scenarios.map((s, i) => [i, s] as const))("scenario %i", (_, scenario) => {
		const { core, pool, host, conntrack, nf } = bench();
		nf.ctGet();
		const net = conntrack.net(host.id);
		expect(net.set("nf_conntrack_tcp_loose", scenario.loose)).toBe(true);
		expect(net.set("nf_conntrack_tcp_be_liberal", scenario.liberal)).toBe(true);
		const ends = [ip("10.1.0.1"), ip("10.2.0.2")];
		const ports = [10_000, 80];
		scenario.steps.forEach((step, i) => {
			core.clock[0] += 10e6;
			const d = step.dir;
			const options = Uint8Array.from(step.options.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16));
			let f = tcpPacket(pool, ends[d], ports[d], ends[1 - d], ports[1 - d], { ...step, options });
			f = nf.hook(NF_INET_PRE_ROUTING, f, 1, -1);
			expect(f).toBeGreaterThanOrEqual(0);
			const verdict = pool.ct[f] === 0 ? "INVALID" : pool.ctinfo[f] === IP_CT_NEW ? "NEW" : "ESTABLISHED";
			f = nf.hook(NF_INET_POST_ROUTING, f, -1, 2);
			pool.deliver(f, DELIVERED.sink);
			const entries = conntrack.list(host.id).map((c) => ({
				state: c.state,
				src: ipText(c.original.src),
				unreplied: (c.status & IPS_SEEN_REPLY) === 0,
				assured: (c.status & IPS_ASSURED) !== 0,
				timeout: c.timeout,
			}));
			const where = `step ${i}`;
			expect({ where, verdict, entries: entries.map(({ timeout, ...rest }) => rest) }).toEqual({
				where,
				verdict: step.verdict,
				entries: step.entries.map(({ timeout, ...rest }) => rest),
			});
			// the kernel's clock went on between segment and listing
			entries.forEach((e, k) => {
				expect(Math.abs(e.timeout - step.entries[k].timeout), `${where} time-out`).toBeLessThanOrEqual(1);
			});
		});
		expect(pool.inUse).toBe(0);
	});
});

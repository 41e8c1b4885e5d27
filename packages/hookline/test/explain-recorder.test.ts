/** Recording a lab to a trace file and printing it from the file alone. */
import { Veth } from "@hookline/engine/device/veth";
import { TracePrinter, TraceReader, type TraceRecord } from "@hookline/scenario";
import { expect, test } from "vitest";
import { packetFor } from "../src/packet-for.ts";
import { TraceRecorder } from "../src/trace-recorder.ts";
import { parsePacketWords } from "../src/words.ts";
import { balanced, dockerLab } from "./explain-lab.ts";

test("what the file says is what happened", () => {
	const lab = dockerLab();
	const chunks: Uint8Array[] = [];
	const recorder = new TraceRecorder(lab, { sink: (c) => chunks.push(c), seed: 1, file: "lab.sh" });
	const at = lab.device("c1:eth0");
	recorder.start();
	expect(() => recorder.start()).toThrow("traced already");
	for (let i = 0; i < 50; i++) {
		at.transmit(packetFor(lab, at, parsePacketWords(`udp 172.17.0.2:${4000 + i} > 192.168.0.1:9`)));
		recorder.drain();
		expect(lab.machine.core.trace.length).toBe(0);
	}
	// a device that appears while recording is in the file
	const [late, other] = Veth.pair(lab.machine.core, "late0", 0x0242, 0x7001, "late1", 0x0242, 0x7002);
	for (const d of [late, other]) {
		lab.machine.root.attach(d);
		d.setUp(true);
	}
	lab
		.device(".:late0")
		.transmit(packetFor(lab, lab.device(".:late0"), parsePacketWords("icmp 10.9.9.9 > 10.9.9.8")));
	recorder.stop();
	expect(lab.machine.core.trace.on).toBe(0);
	expect(balanced(lab)).toBe(true);

	const records: TraceRecord[] = [];
	const lines: string[] = [];
	let printer: TracePrinter | undefined;
	const reader = new TraceReader({
		onHeader: (h) => {
			expect(h).toMatchObject({ version: 1, seed: 1, lab: "lab.sh" });
			printer = new TracePrinter(h.names);
		},
		onNames: (n) => printer?.learn(n),
		onRecord: (r) => {
			records.push(r);
			lines.push(printer?.line(r) ?? "");
		},
	});
	for (const c of chunks) reader.push(c);
	reader.end();
	expect(records.length).toBe(recorder.records);
	expect(reader.records).toBe(recorder.records);
	expect(
		lines.filter((l) => l.endsWith("rule filter FORWARD 1: -p udp -m udp --dport 9 -j DROP -> drop")).length,
	).toBe(50);
	expect(lines.some((l) => / {2}late1 +rx 46 bytes/.test(l))).toBe(true);
});

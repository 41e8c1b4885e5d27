/** What the other programs print, read. The lines are theirs. */
import { framesAsPcap } from "@hookline/bench/peers/flow-capture";
import { parseKernel } from "@hookline/bench/peers/kernel-peer";
import { parseOvs } from "@hookline/bench/peers/ovs-peer";
import { parseTightC } from "@hookline/bench/peers/tight-c";
import { pathNamed } from "@hookline/bench/throughput/labs";
import { readCapture } from "@hookline/pcap";
import { expect, test } from "vitest";

const KERNEL = `{"good":1000,"bad":0}
{"sent":100000,"refused":0,"processNs":129534957,"softirqNs":2009618,"interruptNs":60000000}
{"sent":100000,"refused":0,"processNs":1068942210,"softirqNs":15088730,"interruptNs":500000000}
`;
test("kernel: the sender's time is in, and apart", () => {
	const { ns, senderNs } = parseKernel(`${KERNEL}{"counted":100003,"sink":"clsact"}\n`);
	expect(ns).toBeCloseTo(10840.3, 1);
	expect(senderNs).toBeCloseTo(1315.4, 1);
});
test("kernel: where softirqs are not counted with the process, they are added", () => {
	expect(parseKernel(`${KERNEL}{"counted":100000,"sink":"clsact"}`, true).ns).toBeCloseTo(15689.4, 1);
});
test("kernel: a lost frame is no figure", () => {
	expect(() => parseKernel(`${KERNEL}{"counted":99998,"sink":"no"}`)).toThrow("2 of 100000 frames lost");
	expect(() => parseKernel("")).toThrow("four lines");
});
test("Open vSwitch", () => {
	expect(parseOvs('{"received":16254208,"sent":16254300,"busyNs":1281782788}').ns).toBeCloseTo(78.86, 2);
	expect(() => parseOvs('{"received":100,"sent":50,"busyNs":1}')).toThrow("50 of 100 packets lost");
	expect(() => parseOvs('{"received":0,"sent":0,"busyNs":1}')).toThrow("no packet");
});
test("tight C", () => {
	expect(parseTightC('{"nsPerPacket":72.902,"count":3000000}\n')).toBe(72.902);
	expect(() => parseTightC("{}")).toThrow("no figure");
});
test("the frames for Open vSwitch are the sender's: one of each flow, ports in its order", () => {
	const { records, error } = readCapture(framesAsPcap(pathNamed("nat"), 64, 50_002));
	expect([error, records.length]).toEqual([undefined, 50_002]);
	const ports = [0, 1, 49_999, 50_000, 50_001].map((i) => {
		const { data } = records[i];
		const v = new DataView(data.buffer, data.byteOffset, data.length);
		return [v.getUint16(34), v.getUint16(36)];
	});
	expect(ports).toEqual([
		[1024, 5000],
		[1025, 5000],
		[51_023, 5000],
		[1024, 5001],
		[1025, 5001],
	]);
});

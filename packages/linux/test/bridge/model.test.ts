import type { Bridge } from "@hookline/engine/device/bridge";
import { PORT_FLOOD, PORT_HAIRPIN, PORT_ISOLATED, PORT_LEARNING } from "@hookline/engine/device/bridge-port";
import type { Vxlan } from "@hookline/engine/device/vxlan";
import { Machine } from "@hookline/engine/ip/machine";
import { describe, expect, test } from "vitest";
import { LabHost } from "../../src/lab-host.ts";
import { parseRate, parseTime, printRate, printTime } from "../../src/tc/units.ts";

const where = { file: "lab.sh", line: 1 };
function lab(...lines: string[]): { machine: Machine; run(line: string): string } {
	const machine = new Machine();
	const host = new LabHost(machine);
	const run = (line: string): string => {
		let text = "";
		const io = { stdin: "", out: (t: string) => void (text += t), err: (t: string) => void (text += t) };
		const status = host.run(line.split(" "), io, where);
		return `${text}${status === 0 ? "" : `[exit ${status}]`}`;
	};
	for (const line of lines) expect(run(line)).toBe("");
	return { machine, run };
}

test("port flags of bridge link set reach the port", () => {
	const { machine } = lab(
		"brctl addbr br0",
		"ip link add v0 type veth peer name v1",
		"brctl addif br0 v0",
		"bridge link set dev v0 hairpin on learning off flood off isolated on",
	);
	const port = (machine.root.device("br0") as Bridge).ports[0]!;
	expect(port.flags & (PORT_HAIRPIN | PORT_ISOLATED | PORT_LEARNING | PORT_FLOOD)).toBe(
		PORT_HAIRPIN | PORT_ISOLATED,
	);
});

test("vxlan remotes stand in the order in which they were appended", () => {
	const { machine } = lab(
		"ip link add vx0 type vxlan id 42 dstport 4789 local 10.0.0.1",
		"bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.2",
		"bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.3 port 4789 vni 42",
		"bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.2",
	);
	const vx = machine.root.device("vx0") as Vxlan;
	expect(vx.fdb.find(0, 0)!.remotes).toEqual([
		{ addr: 0x0a000002, port: 0, vni: -1, dev: -1 },
		{ addr: 0x0a000003, port: 0, vni: -1, dev: -1 },
	]);
});

describe("tc netem", () => {
	test("delay, rate and limit reach the wire", () => {
		const { machine, run } = lab(
			"ip link add v0 type veth peer name v1",
			"tc qdisc add dev v0 root netem delay 5ms rate 1gbit",
		);
		expect(machine.root.device("v0")!.netem).toMatchObject({ delay: 5e6, rate: 1e9, limit: 1000 });
		expect(run("tc qdisc add dev v0 root netem delay 1ms")).toMatch(/Exclusivity flag on.*\n\[exit 2\]/);
		expect(run("tc qdisc replace dev v0 root netem delay 1500us limit 10")).toBe("");
		expect(run("tc qdisc show dev v0")).toBe("qdisc netem 8001: root refcnt 2 limit 10 delay 1.5ms\n");
		expect(run("tc qdisc del dev v0 root")).toBe("");
		expect(machine.root.device("v0")!.netem).toBeNull();
	});
	// tc(8), UNITS
	test.each([
		["100", 1e5],
		["5ms", 5e6],
		["1.5s", 1.5e9],
		["20usecs", 2e4],
		["7ns", 7],
		["5h", undefined],
		["ms", undefined],
	])("time %s", (text, ns) => expect(parseTime(text)).toBe(ns));
	test.each([
		["1gbit", 1e9],
		["100Mbit", 1e8],
		["1kibit", 1024],
		["1mbps", 8e6],
		["2kibps", 16384],
		["5000", 5000],
		["fast", undefined],
	])("rate %s", (text, bits) => expect(parseRate(text)).toBe(bits));
	test("printing", () => {
		expect([5e6, 1.5e6, 2e9, 7, 12345].map(printTime)).toEqual(["5ms", "1.5ms", "2s", "7ns", "12.3us"]);
		expect([1e9, 1.5e6, 1500, 100].map(printRate)).toEqual(["1Gbit", "1500Kbit", "1500bit", "100bit"]);
	});
	test("what there is not is refused", () => {
		const host = new LabHost(new Machine());
		const check = (line: string) => host.check(line.split(" "), where);
		expect(check("tc qdisc add dev v0 root netem delay 5ms 1ms")).toEqual([
			"tc netem delay with a jitter is not supported",
		]);
		expect(check("tc qdisc add dev v0 root netem loss 1%").length).toBeGreaterThan(0);
		expect(check("tc qdisc add dev v0 root tbf rate 1mbit")).toEqual(["tc qdisc add … tbf is not supported"]);
		expect(check("tc class add dev v0")).toEqual(["tc class is not supported"]);
		expect(check("bridge vlan show")).toEqual(["bridge vlan is not supported"]);
		expect(check("ip netns exec c1 nft list ruleset")).toEqual(["nft is not supported"]);
		expect(check("frobnicate")).toEqual(["unknown command frobnicate"]);
		expect(check("ip netns exec c1 sh -c ping").map(String)).toEqual([
			"lab.sh:1: ping: ping is not supported",
		]);
	});
});

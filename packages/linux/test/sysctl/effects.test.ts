import { Machine } from "@hookline/engine/ip/machine";
import { expect, test } from "vitest";
import { LabHost } from "../../src/lab-host.ts";
import { sysctlName, sysctlPath } from "../../src/sysctl/command.ts";
import { findSysctl, sysctlPaths } from "../../src/sysctl/model.ts";

const where = { file: "lab.sh", line: 3 };
function host(): { host: LabHost; run(line: string): { status: number | undefined; text: string } } {
	const lab = new LabHost(new Machine());
	return {
		host: lab,
		run(line) {
			let text = "";
			const io = { stdin: "", out: (t: string) => void (text += t), err: (t: string) => void (text += t) };
			return { status: lab.run(line.split(" "), io, where), text };
		},
	};
}

test("each namespace has its own forwarding switch, and it reaches the engine's settings", () => {
	const { host: lab, run } = host();
	run("ip netns add r");
	run("ip netns exec r sysctl -qw net.ipv4.ip_forward=1");
	const r = lab.machine.netns("r")!;
	expect(r.confAll.forwarding).toBe(1);
	expect(r.inDevices[r.lo.id]!.conf.forwarding).toBe(1);
	expect(lab.machine.root.confAll.forwarding).toBe(0);
});

test("the settings of the neighbour table's size and of conntrack's are the first namespace's, and hold for all", () => {
	const { host: lab, run } = host();
	run("ip netns add r");
	expect(run("ip netns exec r sysctl net.ipv4.neigh.default.gc_thresh3=9").status).toBe(1);
	expect(run("sysctl -q net.ipv4.neigh.default.gc_thresh3=9 net.nf_conntrack_max=77").status).toBe(0);
	const r = lab.machine.netns("r")!;
	expect([r.conf.gc_thresh3, r.conf.nf_conntrack_max, r.conntrackMax]).toEqual([9, 77, 77]);
});

test("what would change packets and is not built is refused with its place", () => {
	const { host: lab, run } = host();
	expect(() => run("sysctl -w net.ipv4.ip_nonlocal_bind=1")).toThrow(/ip_nonlocal_bind = 1 is not supported/);
	expect(() => run("sysctl -w net.ipv6.conf.all.use_tempaddr=1")).toThrow(/not supported/);
	expect(lab.check(["sysctl", "-w", "net.ipv6.conf.all.use_tempaddr=1"], where)).toEqual([
		"net.ipv6.conf.all.use_tempaddr = 1 is not supported",
	]);
	expect(lab.check(["sysctl", "-w", "net.ipv6.conf.all.disable_ipv6=1", "vm.swappiness=1"], where)).toEqual([
		"sysctl vm.swappiness is not supported",
	]);
	expect(run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1")).toEqual({ status: 0, text: "" });
});

test("every listed path is there, and its printed name leads back to it", () => {
	const { host: lab, run } = host();
	run("brctl addbr br.5");
	const { machine } = lab;
	for (const path of sysctlPaths(machine, machine.root)) {
		expect(findSysctl(machine, machine.root, path), path).toBeDefined();
		expect(sysctlPath(sysctlName(path))).toBe(path);
	}
});

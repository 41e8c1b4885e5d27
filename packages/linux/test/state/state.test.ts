import { Machine } from "@hookline/engine/ip/machine";
import { In6Table } from "@hookline/engine/ring/in6";
import { expect, test } from "vitest";
import { LabHost } from "../../src/lab-host.ts";
import { connectionLine } from "../../src/state/conntrack.ts";
import { stateText } from "../../src/state/state.ts";

test("sections come for the root first, then by name", () => {
	const machine = new Machine();
	const host = new LabHost(machine);
	const io = { stdin: "", out: () => {}, err: () => {} };
	for (const line of ["ip netns add b", "ip netns add a", "ip link set lo up"])
		expect(host.run(line.split(" "), io, { file: "lab.sh", line: 1 })).toBe(0);
	expect(stateText(machine).slice(0, 14)).toEqual([
		"== root: bridge fdb",
		"== root: ip neigh",
		"== root: conntrack",
		"== root: iptables-save -c",
		"== root: ip6tables-save -c",
		"== root: links",
		"lo mac=00:00:00:00:00:00 mtu=65536 state=UNKNOWN rx=0/0B err=0 drop=0 tx=0/0B err=0 drop=0",
		"== a: bridge fdb",
		"== a: ip neigh",
		"== a: conntrack",
		"== a: iptables-save -c",
		"== a: ip6tables-save -c",
		"== a: links",
		"lo mac=00:00:00:00:00:00 mtu=65536 state=DOWN rx=0/0B err=0 drop=0 tx=0/0B err=0 drop=0",
	]);
});

// lines that conntrack 1.4.7 printed
test("connections read as conntrack prints them", () => {
	const tuple = (src: number, dst: number, sport: number, dport: number) => ({ src, dst, sport, dport });
	const in6 = new In6Table();
	const base = { ct: 1, mark: 0, masqueradeDevice: -1, state: "" };
	expect(
		connectionLine(
			{
				...base,
				ipv6: false,
				protocol: 17,
				status: 8,
				timeout: 99,
				original: tuple(0x0a090001, 0x0a090002, 1000, 53),
				reply: tuple(0x0a090002, 0x0a090001, 53, 1000),
			},
			in6,
		),
	).toBe(
		"udp      17 99 src=10.9.0.1 dst=10.9.0.2 sport=1000 dport=53 [UNREPLIED] src=10.9.0.2 dst=10.9.0.1 sport=53 dport=1000 mark=0 use=1",
	);
	expect(
		connectionLine(
			{
				...base,
				ipv6: false,
				protocol: 6,
				state: "ESTABLISHED",
				status: 2 | 4 | 8,
				timeout: 99,
				original: tuple(0x0a090001, 0x0a090002, 1001, 80),
				reply: tuple(0x0a090002, 0x0a090001, 80, 1001),
			},
			in6,
		),
	).toBe(
		"tcp      6 99 ESTABLISHED src=10.9.0.1 dst=10.9.0.2 sport=1001 dport=80 src=10.9.0.2 dst=10.9.0.1 sport=80 dport=1001 [ASSURED] mark=0 use=1",
	);
	expect(
		connectionLine(
			{
				...base,
				ipv6: false,
				protocol: 1,
				mark: 5,
				status: 2 | 8,
				timeout: 29,
				original: tuple(0x0a010002, 0x0a020002, 7, 8 << 8),
				reply: tuple(0x0a020002, 0x0a010002, 7, 0),
			},
			in6,
		),
	).toBe(
		"icmp     1 29 src=10.1.0.2 dst=10.2.0.2 type=8 code=0 id=7 src=10.2.0.2 dst=10.1.0.2 type=0 code=0 id=7 mark=5 use=1",
	);
});

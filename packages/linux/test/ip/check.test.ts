import { expect, test } from "vitest";
import { formatAddress, isIpv6, parseAddress, parsePrefix } from "../../src/address-text.ts";
import { checkIp } from "../../src/ip/command.ts";
import { formatMac, isUnicast, parseMac } from "../../src/mac-text.ts";
import { LabError } from "../../src/shell/errors.ts";
import { SESSIONS } from "./lines.ts";
import { Model } from "./model.ts";

/** `?` stands for a word that is known only at run time. */
const check = (line: string) => checkIp(line.split(" ").map((word) => (word === "?" ? undefined : word)));

test.each([
	["ip frob", 'unknown object "frob" of ip'],
	["ip -Q link", 'unknown option "-Q" of ip'],
	["ip tunnel add t0 mode gre", "ip tunnel is not supported"],
	["ip link frob", 'unknown command "frob" of ip link'],
	["ip link add x type frob", 'unknown link type "frob"'],
	["ip link add x type dummy", "link type dummy is not supported"],
	["ip link add ? type dummy", "link type dummy is not supported"],
	["ip link add br0 type bridge vlan_filtering 1", "bridge option vlan_filtering 1 is not supported"],
	["ip link add br0 type bridge frob 1", 'unknown bridge option "frob"'],
	[
		"ip link add v type vxlan id 1 dstport 4789 group 239.1.1.1 dev d0",
		"a vxlan group (multicast) is not supported",
	],
	["ip link set d0 group 3", "ip link option group is not supported"],
	["ip link set d0 up frob", 'unexpected word "frob"'],
	["ip addr add 2001:db8::1/64 dev d0 mngtmpaddr", "ip address option mngtmpaddr is not supported"],
	["ip -6 route add default via fe80::1 advmss 9", "ip -6 route option advmss is not supported"],
	[
		"ip route add ? nexthop via 10.0.0.1 nexthop via 10.0.0.2",
		"a route with several next hops (nexthop) is not supported",
	],
	["ip -batch file", "ip option -batch is not supported"],
	["ip -j link", "ip option -j is not supported"],
])("%s: %s", (line, problem) => {
	expect(check(line)).toEqual([problem]);
});

test("a mistake of values and names is the run's, not the check's", () => {
	for (const line of [
		"ip link set nosuch up",
		"ip addr add 10.0.0.300/24 dev d0",
		"ip route add 10.0.0.0/8 via 10.0.0.1 metric x",
		"ip link add br0 type bridge vlan_filtering 0",
		"ip -6 addr show",
		"ip ? ? ?",
		"ip link set ? master ?",
		"ip netns add",
	])
		expect([line, check(line)]).toEqual([line, []]);
});

test("what runs without being refused as unknown is passed by the check", () => {
	for (const { lines } of SESSIONS)
		for (const line of lines) {
			const unknown = /\b(frob|lin foo|macvlan foo)\b|10\.0\.0\.2\/24 dev d0$/.test(line);
			if (!unknown) expect([line, check(line)]).toEqual([line, []]);
		}
});

test("the command behind ip netns exec is checked", () => {
	const seen: unknown[] = [];
	const inner = (argv: readonly (string | undefined)[]) => {
		seen.push(argv);
		return ["its problem"];
	};
	const where = { file: "lab.sh", line: 3 };
	for (const head of ["ip netns exec a", "ip -n b netns exec a", "ip -all netns exec"]) {
		expect(checkIp([...head.split(" "), "tool", undefined], where, inner)).toEqual(["its problem"]);
	}
	expect(seen).toEqual([1, 2, 3].map(() => ["tool", undefined]));
});

test("what is not supported stops the run and changes nothing", () => {
	const model = new Model();
	expect(() => model.run("ip link add x type dummy")).toThrow(LabError);
	expect(() => model.run("ip link add x type veth peer name y master lo")).toThrow(LabError);
	expect(model.run("ip link show x").status).toBe(1);
	expect(model.run("ip link show y").status).toBe(1);
});

test("a drawn MAC is local and unicast, and the same for the same seed", () => {
	const line = () => {
		const model = new Model();
		model.run("ip link add type veth");
		return model.run("ip link show veth0").out;
	};
	expect(line()).toMatch(/link\/ether [0-9a-f][26ae]:/);
	expect(line()).toBe(line());
});

test("addresses and MACs as text", () => {
	expect(parseAddress("10.0.0.1")).toBe(0x0a000001);
	expect(parseAddress("255.255.255.255")).toBe(-1);
	expect([parseAddress("10.0.0"), parseAddress("10.0.0.256"), parseAddress("10.0.0.1/8")]).toEqual([
		undefined,
		undefined,
		undefined,
	]);
	expect(parsePrefix("172.17.0.1/16")).toEqual({ addr: 0xac110001 | 0, length: 16 });
	expect(parsePrefix("10.0.0.1")).toEqual({ addr: 0x0a000001, length: 32 });
	expect([parsePrefix("10.0.0.1/33"), parsePrefix("10.0.0.1/8/8")]).toEqual([undefined, undefined]);
	expect(formatAddress(-1062731775)).toBe("192.168.0.1");
	expect([isIpv6("fe80::1"), isIpv6("10.0.0.1"), isIpv6("a:b")]).toEqual([true, false, false]);
	expect(parseMac("02:42:AC:11:00:2")).toEqual({ hi: 0x0242, lo: 0xac110002 | 0 });
	expect([parseMac("02:42:ac:11:00"), parseMac("02:42:ac:11:00:zz")]).toEqual([undefined, undefined]);
	expect(formatMac(0x0242, 0xac110002 | 0)).toBe("02:42:ac:11:00:02");
	expect(
		[
			{ hi: 0, lo: 0 },
			{ hi: 0x0100, lo: 1 },
			{ hi: 0x0200, lo: 1 },
		].map(isUnicast),
	).toEqual([false, false, true]);
});

/** Packets between two stations share a way, whatever their addresses and ports; what hangs on a packet's own bytes, or on whose it is, stays its own. */
import { Lab, type LabOptions } from "hookline";
import { describe, expect, it } from "vitest";
import { ethernet, ip4, udp, viewOf } from "../kernel/fuzz/frames.ts";

/** Two stations behind bridge br0 of host h1, two behind that of h2. */
const HOSTS = `
for h in 1 2; do
  ip netns add h$h
  ip -n h$h link add br0 address 02:00:00:00:0d:0$h type bridge
  ip -n h$h link set br0 up
  for n in 1 2; do
    ip netns add c$h$n
    ip -n h$h link add p$n address 02:00:00:00:3$h:0$n type veth peer name eth0 netns c$h$n address 02:00:00:00:0$h:0$n
    ip -n h$h link set p$n master br0
    ip -n h$h link set p$n up
    ip -n c$h$n link set eth0 up
  done
done
`;
/** The bridges joined by a VXLAN. */
const TUNNEL = `
ip -n h1 link add u0 address 02:00:00:00:05:01 type veth peer name u0 netns h2 address 02:00:00:00:05:02
for h in 1 2; do
  ip -n h$h addr add 192.168.5.$h/24 dev u0
  ip -n h$h link set u0 up
  ip -n h$h link add vx0 address 02:00:00:00:06:0$h type vxlan id 7 dstport 4789 local 192.168.5.$h OPTIONS
  ip -n h$h link set vx0 master br0
  ip -n h$h link set vx0 up
done
ip netns exec h1 bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.5.2
ip netns exec h2 bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.5.1
ip -n h1 neigh add 192.168.5.2 lladdr 02:00:00:00:05:02 dev u0 nud permanent
ip -n h2 neigh add 192.168.5.1 lladdr 02:00:00:00:05:01 dev u0 nud permanent
`;
const station = (h: number, n: number): string => `02:00:00:00:0${h}:0${n}`;
const EVERYBODY = "ff:ff:ff:ff:ff:ff";
const SETTINGS: readonly LabOptions[] = (["off", "on", "eager"] as const).flatMap((flowCache) =>
	[1, 7, 256].map((vector) => ({ flowCache, vector })),
);

/** The `k`th of many packets, no two with the same addresses, ports or length. */
function frame(dst: string, src: string, k: number): Uint8Array {
	const [saddr, daddr] = [`10.${k}.1.1`, `10.1.${k}.7`];
	const segment = udp(saddr, daddr, 1000 + 7 * k, 53 + k, new Uint8Array(100 - k).fill(0x5a + k));
	return ethernet(dst, src, 0x0800, ip4({ src: saddr, dst: daddr, protocol: 17 }, segment));
}
const frames = (dst: string, src: string, count: number): Uint8Array[] =>
	Array.from({ length: count }, (_, k) => frame(dst, src, k));

function labOf(text: string, options: LabOptions): { lab: Lab; said: string[] } {
	const said: string[] = [];
	const lab = new Lab({ ...options, out: (t) => said.push(t), err: (t) => said.push(t) });
	expect(lab.run(text, { errexit: true }), said.join("")).toBe(0);
	return { lab, said };
}
function expectShortWays(lab: Lab, { flowCache }: LabOptions): void {
	expect(lab.machine.core.flows.served > 0).toBe(flowCache !== "off");
}
/** What a receiver computes over words of 16 bits (RFC 1071): 0xffff when all is well. */
function onesSum(bytes: Uint8Array): number {
	let s = 0;
	for (let i = 0; i < bytes.length; i++) s += bytes[i]! << (i % 2 === 0 ? 8 : 0);
	while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
	return s;
}
/** Of a UDP packet without IP options in an Ethernet frame: the pseudo header of RFC 768 and the segment. */
function udpSum(frameBytes: Uint8Array): number {
	const ip = frameBytes.subarray(14);
	const segment = ip.subarray(20, viewOf(ip).getUint16(2));
	return onesSum(
		Uint8Array.from([
			...ip.subarray(12, 20),
			0,
			ip[9]!,
			segment.length >> 8,
			segment.length & 255,
			...segment,
		]),
	);
}

describe.each(SETTINGS)("flow cache $flowCache, vectors of $vector", (options) => {
	it.each(["", "udpcsum", "noudpcsum"])("into a tunnel %s: each packet's own outer checksum", (csum) => {
		const { lab } = labOf(HOSTS + TUNNEL.replace("OPTIONS", csum), options);
		const outer: Uint8Array[] = [];
		lab.device("h1:u0").tap((f) => outer.push(f.copy()));
		const [one, other] = [lab.device("c11:eth0"), lab.device("c21:eth0")];
		one.transmit(frame(EVERYBODY, station(1, 1), 0));
		other.transmit(frame(EVERYBODY, station(2, 1), 0));
		one.transmitBurst(frames(station(2, 1), station(1, 1), 40));
		other.transmitBurst(frames(station(1, 1), station(2, 1), 40));
		expect(outer.length).toBe(82);
		for (const f of outer) {
			const check = viewOf(f).getUint16(40);
			if (csum === "noudpcsum") expect(check).toBe(0);
			else expect([check !== 0, udpSum(f)]).toEqual([true, 0xffff]);
		}
		expectShortWays(lab, options);
	});

	// br_nf_pre_routing drops a bad header before br_handle_frame_finish refreshes the entry
	it.each([
		["right header stays", 0, true],
		["wrong header ages out", 1, false],
	])("a station whose packets have a %s", (_, wrong, stays) => {
		const { lab, said } = labOf(
			`${HOSTS}ip netns exec h1 sysctl -qw net.bridge.bridge-nf-call-iptables=1\n`,
			options,
		);
		const one = lab.device("c11:eth0");
		lab.device("c12:eth0").transmit(frame(EVERYBODY, station(1, 2), 0));
		one.transmitBurst(frames(station(1, 2), station(1, 1), 20));
		for (let i = 0; i < 4; i++) {
			lab.runFor(90e9);
			const sent = frames(station(1, 2), station(1, 1), 20);
			for (const f of sent) f[24]! ^= wrong;
			one.transmitBurst(sent);
		}
		lab.run("ip netns exec h1 bridge fdb show br br0");
		expect(said.join("").includes(`${station(1, 1)} dev p1`)).toBe(stays);
		expect(lab.counters().droppedBy["IP_CSUM"] ?? 0).toBe(80 * wrong);
		expectShortWays(lab, options);
	});

	// vxlan_snoop finds the entry by the inner source
	it.each([1, 2])("behind a tunnel: station %i of two falls silent, and ages out", (silent) => {
		const { lab, said } = labOf(HOSTS + TUNNEL.replace("OPTIONS", ""), options);
		const talks = 3 - silent;
		for (const n of [1, 2]) lab.device(`c2${n}:eth0`).transmit(frame(EVERYBODY, station(2, n), 0));
		lab.device("c11:eth0").transmitBurst(frames(station(2, 1), station(1, 1), 3));
		for (const n of [talks, silent])
			lab.device(`c2${n}:eth0`).transmitBurst(frames(station(1, 1), station(2, n), 20));
		for (let i = 0; i < 4; i++) {
			lab.runFor(90e9);
			lab.device(`c2${talks}:eth0`).transmitBurst(frames(station(1, 1), station(2, talks), 1));
		}
		lab.run("ip netns exec h1 bridge fdb show dev vx0");
		const text = said.join("");
		expect(text).toContain(`${station(2, talks)} dst 192.168.5.2 self`);
		expect(text).toContain(`${station(2, talks)} master br0`);
		expect(text).not.toContain(station(2, silent));
		expectShortWays(lab, options);
	});

	// enqueue_to_backlog: a frame is dropped when more than netdev_max_backlog wait in the input queue
	it("the backlog's bound falls below what waits: no frame more is taken, and none is lost", () => {
		const { lab } = labOf(HOSTS, options);
		const [one, other] = [lab.device("c11:eth0"), lab.device("c12:eth0")];
		for (const [n, dev] of [one, other].entries()) dev.transmit(frame(EVERYBODY, station(1, n + 1), 0));
		let arrived = 0;
		other.tap(() => arrived++);
		const send = (count: number): void => {
			for (const f of frames(station(1, 2), station(1, 1), count)) one.enqueueTransmit(f);
		};
		send(20);
		lab.machine.core.settle();
		expect(arrived).toBe(20);
		const watcher = lab.device("c21:eth0");
		watcher.sink(() => {
			lab.machine.core.ring.maxBacklog = 20;
		});
		// 60 have crossed the bridge and wait at its other side when the bound falls
		send(60);
		watcher.enqueueReceive(frame(EVERYBODY, station(2, 1), 0));
		send(30);
		lab.machine.core.settle();
		expect(arrived).toBe(80);
		expect(lab.counters().droppedBy["CPU_BACKLOG"]).toBe(30);
		send(20);
		lab.machine.core.settle();
		expect(arrived).toBe(100);
		expectShortWays(lab, options);
	});
});

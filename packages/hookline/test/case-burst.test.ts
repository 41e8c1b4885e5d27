/** Entries of a case keep their gap, but those of bursts go in back to back, those of several ports mixed by their stamps. */
import { runCase } from "hookline/case";
import { expect, test } from "vitest";

const LAB = `
ip link add br0 type bridge
ip link set br0 address 02:42:00:00:00:01 up
ip netns add a
ip netns add b
ip netns add c
ip link add pa address 02:00:00:00:03:01 type veth peer name eth0 netns a address 02:00:00:00:00:01
ip link add pb address 02:00:00:00:03:02 type veth peer name eth0 netns b address 02:00:00:00:00:02
ip link add pc address 02:00:00:00:03:03 type veth peer name eth0 netns c address 02:00:00:00:00:03
ip link set pa master br0 up
ip link set pb master br0 up
ip link set pc master br0 up
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec c ip link set eth0 up
`;

/** When which station's frame reached the third one: [µs, station]. */
function arrivals(
	stamps: Readonly<Record<"a" | "b", readonly number[]>>,
	burst: boolean,
): [number, number][] {
	const inject = (["a", "b"] as const).map((netns) => ({
		netns,
		dev: "eth0",
		pcap: `in/${netns}.pcap`,
		burst,
	}));
	const { captures } = runCase({
		lab: LAB,
		file: "lab.sh",
		definition: { observe: [{ netns: "c", dev: "eth0" }], inject },
		capture(path) {
			const netns = path[3] as "a" | "b";
			const station = netns === "a" ? 1 : 2;
			const bytes = new Uint8Array(60);
			bytes.set([2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, station, 0x88, 0xb5]);
			return stamps[netns].map((time) => ({ time, bytes }));
		},
	});
	return captures.get("c.eth0.rx")!.map((f) => [f.time / 1e3, f.bytes[11]]);
}

test("without burst, 2 ms lie between two frames", () => {
	expect(arrivals({ a: [0, 2], b: [1, 3] }, false)).toEqual([
		[0, 1],
		[2000, 2],
		[4000, 1],
		[6000, 2],
	]);
});

test("the frames of a burst come at their stamps, and a later stamp begins the next burst", () => {
	expect(arrivals({ a: [0, 2, 9e6], b: [1, 3, 9e6] }, true)).toEqual([
		[0, 1],
		[0.001, 2],
		[0.002, 1],
		[0.003, 2],
		[9000, 1],
		[9000, 2],
	]);
});

/**
 * What a vector of bridged frames does to the stations' entries: nothing more than the frames would one by one. Expected values are the kernel's
 * order of things: br_handle_frame looks at the source, the hooks look at the header, and then br_handle_frame_finish refreshes the entry.
 */
import { Lab } from "hookline";
import { describe, expect, it } from "vitest";

const STATION = "02:00:00:00:00:01";
const OTHER = "02:00:00:00:00:02";
const LAB = `
ip link add br0 address 02:00:00:00:01:00 type bridge
ip link set br0 up
for n in 1 2; do
  ip netns add c$n
  ip link add p$n address 02:00:00:00:05:0$n type veth peer name eth0 netns c$n address 02:00:00:00:00:0$n
  ip link set p$n master br0
  ip link set p$n up
  ip netns exec c$n ip link set eth0 up
done
bridge fdb replace ${OTHER} dev p2 master static
`;

/** A UDP packet of 20 + 8 + 8 bytes with a right IP header. */
function frame(source: string, destination: string): Uint8Array {
	const hex = `${destination}${source}`.replaceAll(":", "");
	return Uint8Array.from(
		Buffer.from(`${hex}08004500002400010000401166c60a0000010a00000213881389001000000102030405060708`, "hex"),
	);
}
function lab(
	vector: number,
	more: string,
): { lab: Lab; text: () => string; burst: (frames: Uint8Array[]) => void } {
	let said = "";
	const made = new Lab({ vector, out: (t) => (said += t), err: (t) => (said += t) });
	expect(made.run(LAB + more, { errexit: true }), said).toBe(0);
	return {
		lab: made,
		text: () => said,
		burst(frames) {
			for (const f of frames) made.device("c1:eth0").enqueueTransmit(f);
			made.machine.core.settle();
		},
	};
}
const twenty = (f: Uint8Array): Uint8Array[] => Array.from({ length: 20 }, () => f.slice());

describe.each([1, 2, 256])("vectors of %i", (vector) => {
	it("a frame whose IP header the hooks drop keeps no station alive", () => {
		const { lab: made, text, burst } = lab(vector, "sysctl -qw net.bridge.bridge-nf-call-iptables=1\n");
		burst(twenty(frame(STATION, OTHER)));
		made.run("bridge fdb show br br0");
		expect(text()).toContain(`${STATION} dev p1`);
		const bad = frame(STATION, OTHER);
		bad[24] ^= 1;
		for (let i = 0; i < 4; i++) {
			made.runFor(100e9);
			burst(twenty(bad));
		}
		made.run("bridge fdb show br br0");
		expect(text().split(STATION).length - 1).toBe(1);
		expect(made.counters().droppedBy["IP_CSUM"]).toBe(80);
	});
	it("what comes from a group is dropped, even from one that a user put behind the port", () => {
		const group = "03:00:00:00:00:01";
		const { lab: made, burst } = lab(vector, `bridge fdb add ${group} dev p1 master static\n`);
		burst(twenty(frame(group, OTHER)));
		expect(made.counters().droppedBy).toEqual({ MAC_INVALID_SOURCE: 20 });
	});
	it("where nothing ages nothing is refreshed", () => {
		const {
			lab: made,
			text,
			burst,
		} = lab(vector, `bridge fdb replace ${STATION} dev p1 master static\nbrctl setageing br0 0\n`);
		made.runFor(5e9);
		burst(twenty(frame(STATION, OTHER)));
		made.runFor(1e9);
		made.run("bridge -s fdb show br br0");
		expect(text()).toMatch(new RegExp(`${STATION} dev p1 used 6/6 `));
	});
});

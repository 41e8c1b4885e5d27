/** What a split lab refuses, and that one part's failure ends all of them with what happened. */
import { LabError } from "hookline";
import { afterEach, expect, test } from "vitest";
import { type SplitLab, type SplitOptions, splitLab } from "../src/split.ts";

const LAB = `
ip netns add a
ip netns add b
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name eth0 netns b address 02:00:00:00:00:02
for h in a b; do
  ip netns exec $h tc qdisc add dev eth0 root netem delay 1ms limit 5000
  ip netns exec $h ip link set eth0 up
done
`;
const BROADCAST = new Uint8Array(1000).fill(0xff);

const open: SplitLab[] = [];
afterEach(async () => {
	for (const lab of open.splice(0)) await lab.close();
});
async function split(text: string, options: SplitOptions): Promise<SplitLab> {
	const lab = await splitLab(text, options);
	open.push(lab);
	return lab;
}

test("a lab that cannot run, and one that fails", async () => {
	const error = await splitLab(`${LAB}frobnicate\n`, { threads: 2, file: "x.sh" }).catch((e) => e);
	expect(error).toBeInstanceOf(LabError);
	expect(error).toMatchObject({ file: "x.sh", line: 9 });
	await expect(splitLab(`${LAB}ip netns add a\n`, { threads: 2, file: "x.sh" })).rejects.toThrow(
		"x.sh failed with 1: Cannot create namespace file",
	);
});
test("a split that tears a host apart names what joins it", async () => {
	const joined = LAB.replace("for h in a b", "for h in a");
	await expect(splitLab(joined, { threads: 2 })).rejects.toThrow(
		/falls into 1 hosts.*b:eth0 sends to a:eth0/,
	);
	await expect(splitLab(joined, { threads: 2, parts: [["a"], ["b"]] })).rejects.toThrow(
		"a split must go through wires with delay: b:eth0 sends to a:eth0 without delay",
	);
});
test("numbers out of range, devices that are not there", async () => {
	await expect(splitLab(LAB, { threads: 0 })).rejects.toThrow(RangeError);
	await expect(splitLab(LAB, { threads: 2, ringBytes: 10 })).rejects.toThrow(RangeError);
	const lab = await split(LAB, { threads: 2 });
	expect(() => lab.inject({ at: "a:eth1", bytes: BROADCAST })).toThrow('no device "a:eth1"; there are: .:lo');
	expect(() => lab.observe("c:eth0")).toThrow('no device "c:eth0"');
	await lab.runFor(5e6);
	expect(lab.now).toBe(5e6);
	expect(() => lab.inject({ at: "a:eth0", bytes: BROADCAST, time: 4e6 })).toThrow(RangeError);
	expect(() => lab.inject({ at: "a:eth0", bytes: BROADCAST, count: 2 })).toThrow('"every" is missing');
	await expect(lab.runUntil(Number.NaN)).rejects.toThrow(RangeError);
	lab.inject({ at: "a:eth0", bytes: new Uint8Array(2000) });
	await lab.runFor(1e6);
	expect(await lab.refused()).toEqual(["a:eth0 at 5000000 ns, frame 0: EMSGSIZE"]);
});
test("a part that fails ends the lab, and says why to everybody who asks", async () => {
	// the wire holds more frames than a part has slots
	const lab = await split(LAB, { threads: 2, frames: 64 });
	for (const at of ["a:eth0", "b:eth0"])
		lab.inject({ at, bytes: Array<Uint8Array>(40).fill(BROADCAST), time: 0 });
	const why = /part [01] of the lab has no room for a frame that comes from another part: give it more/;
	await expect(lab.runFor(10e6)).rejects.toThrow(why);
	await expect(lab.counters()).rejects.toThrow(/no room for a frame|another part of the lab has failed/);
});
test("a closed lab answers no more, and closing one that runs ends it", async () => {
	const lab = await split(LAB, { threads: 2 });
	lab.inject({ at: "a:eth0", bytes: BROADCAST, every: 10, count: 1e9 });
	const run = lab.runFor(1e12);
	await lab.close();
	await expect(run).rejects.toThrow("the lab is closed");
	await expect(lab.runFor(1)).rejects.toThrow("the lab is closed");
});
test("what one thread would share is doubted when it was near its limit", async () => {
	const lab = await split(LAB, { threads: 2 });
	for (const at of ["a:eth0", "b:eth0"])
		lab.inject({ at, bytes: Array<Uint8Array>(600).fill(BROADCAST), time: 0 });
	await lab.runFor(1e7);
	expect(await lab.doubts()).toEqual([
		"the backlogs of the parts held up to 2002 frames together: one thread has one backlog of 1000 for all hosts",
	]);
});

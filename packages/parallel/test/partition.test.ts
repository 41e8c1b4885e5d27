/** Where a lab can be cut, and what is said where it cannot. */
import { Lab } from "hookline";
import { describe, expect, test } from "vitest";
import { partition } from "../src/partition.ts";

/** Namespaces by name, and wires `a-b`, with delays in ms on either end, 0 for none. */
function lab(names: string, wires: readonly (readonly [string, string, number, number])[], more = ""): Lab {
	const delay = (ns: string, dev: string, ms: number): string =>
		ms > 0 ? `ip netns exec ${ns} tc qdisc add dev ${dev} root netem delay ${ms}ms\n` : "";
	let text = "";
	for (const n of names.split(" ")) text += `ip netns add ${n}\n`;
	for (const [a, b, ab, ba] of wires) {
		text += `ip link add to-${b} netns ${a} type veth peer name to-${a} netns ${b}\n`;
		text += delay(a, `to-${b}`, ab) + delay(b, `to-${a}`, ba);
	}
	let errors = "";
	const made = new Lab({ frames: 64, bigFrames: 0, err: (t) => (errors += t) });
	expect(made.run(text + more), errors).toBe(0);
	return made;
}
const CHAIN = [
	["a", "b", 1, 1],
	["b", "c", 2, 3],
	["c", "d", 4, 4],
] as const;

describe("partition", () => {
	test("hosts in order of making, about as many devices in each part; the root without devices is anywhere", () => {
		const { machine } = lab("a b c d", CHAIN);
		expect(partition(machine, 2).parts).toEqual([
			[".", "a", "b"],
			["c", "d"],
		]);
		expect(partition(machine, 4).parts).toEqual([[".", "a"], ["b"], ["c"], ["d"]]);
		expect(partition(machine, 1)).toMatchObject({ parts: [[".", "a", "b", "c", "d"]], lookAhead: Infinity });
	});
	test("how soon one part feels another: the shortest way over the wires, with q = p the shortest way round", () => {
		const { machine } = lab("a b c d", CHAIN);
		const { reach, lookAhead } = partition(machine, 3, [["a"], ["b", "c"], ["d"]]);
		expect(lookAhead).toBe(1e6);
		// from b to c takes no time here, for they are one part
		expect([...reach].map((x) => x / 1e6)).toEqual([2, 1, 5, 1, 2, 4, 5, 4, 8]);
		expect(
			partition(machine, 2, [
				["a", "c"],
				["b", "d"],
			]).reach[1],
		).toBe(1e6);
	});
	test("a wire without delay in one direction makes one host of two", () => {
		const { machine } = lab("a b c", [
			["a", "b", 1, 0],
			["b", "c", 1, 1],
		]);
		expect(partition(machine, 2).parts).toEqual([[".", "a", "b"], ["c"]]);
		expect(() => partition(machine, 2, [["a"], ["b", "c"]])).toThrow(
			"a split must go through wires with delay: b:to-a sends to a:to-b without delay (tc qdisc add dev to-a root netem delay …)",
		);
		expect(() => partition(machine, 3)).toThrow(
			/falls into 2 hosts, too few for 3 parts.*b:to-a sends to a:to-b/,
		);
	});
	test("so do a macvlan above another namespace's device, and a tunnel that was moved", () => {
		const { machine } = lab(
			"a b c d",
			[
				["a", "b", 1, 1],
				["b", "c", 1, 1],
				["c", "d", 1, 1],
			],
			`ip netns exec a ip link add m0 link to-b type macvlan mode bridge
ip netns exec a ip link set m0 netns b
ip netns exec d ip link add vx0 type vxlan id 1 dstport 4789 dev to-c
ip netns exec d ip link set vx0 netns c
`,
		);
		expect(partition(machine, 2).parts).toEqual([
			[".", "a", "b"],
			["c", "d"],
		]);
		expect(() => partition(machine, 2, [["a"], ["b", "c", "d"]])).toThrow("b:m0 is a macvlan above to-b");
		expect(() => partition(machine, 2, [["a", "b", "c"], ["d"]])).toThrow("c:vx0 is a tunnel");
	});
	test("a split of one's own names every namespace once", () => {
		const { machine } = lab("a b c d", CHAIN);
		expect(() => partition(machine, 2, [["a", "b"], ["c"]])).toThrow('"d" is in no part');
		expect(() =>
			partition(machine, 2, [
				["a", "b"],
				["b", "c", "d"],
			]),
		).toThrow('"b" is in part 0 and in part 1');
		expect(() => partition(machine, 2, [["a", "x"], ["b"]])).toThrow('part 0: no network namespace "x"');
		expect(() => partition(machine, 3, [["a"], ["b"]])).toThrow(
			'3 threads, but 2 lists of namespaces in "parts"',
		);
	});
});

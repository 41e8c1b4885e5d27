import { describe, expect, test } from "vitest";
import { labelOf } from "../../src/ip6/source.ts";
import { vethPair } from "../device/lab.ts";
import { address6, handle, in6, machine6 } from "./lab6.ts";

/** What the namespace takes as source for `daddr` out of its first device. */
function choose(daddr: string, own: readonly string[], deprecated: readonly string[] = []): string {
	const m = machine6();
	const [dev] = vethPair(m, m.root, "v0", m.addNetns("peer"), "v1");
	for (const text of own) address6(m.root, dev, text, deprecated.includes(text) ? 0 : undefined);
	const h = m.root.ip6.source.select(dev, in6(daddr));
	return own.find((t) => handle(m.root, t.split("/")[0] as string) === h) ?? "none";
}

describe("source address selection", () => {
	// RFC 6724 §10.1
	test.each([
		["2001:db8:1::1", ["2001:db8:3::1/64", "fe80::1/64"], "2001:db8:3::1/64"],
		["ff05::1", ["2001:db8:3::1/64", "fe80::1/64"], "2001:db8:3::1/64"],
		["2001:db8:1::1", ["2001:db8:1::1/64", "2001:db8:2::1/64"], "2001:db8:1::1/64"],
		["fe80::1", ["fe80::2/64", "2001:db8:1::1/64"], "fe80::2/64"],
		["2001:db8:1::1", ["2001:db8:1::2/64", "2001:db8:3::2/64"], "2001:db8:1::2/64"],
		[
			"2002:c633:6401::1",
			["2002:c633:6401::d5e3:7953:13eb:22e8/64", "2001:db8:1::2/64"],
			"2002:c633:6401::d5e3:7953:13eb:22e8/64",
		],
	])("to %s of %j: %s", (daddr, own, expected) => {
		expect(choose(daddr, own)).toBe(expected);
		expect(choose(daddr, [...own].reverse())).toBe(expected);
	});
	test("what is deprecated comes after what is not (rule 3), but before a scope that is too small", () => {
		expect(choose("2001:db8:1::1", ["2001:db8:1::2/64", "2001:db8:3::2/64"], ["2001:db8:1::2/64"])).toBe(
			"2001:db8:3::2/64",
		);
		expect(choose("2001:db8:1::1", ["2001:db8:1::2/64", "fe80::1/64"], ["2001:db8:1::2/64"])).toBe(
			"2001:db8:1::2/64",
		);
	});
	test("without an address there is none", () => expect(choose("2001:db8::1", [])).toBe("none"));
	// net/ipv6/addrlabel.c's table; RFC 6724 §2.1 has the same but for the numbers
	test.each([
		["::1", 0],
		["2001:db8::1", 1],
		["2002::1", 2],
		["::1.2.3.4".replace("1.2.3.4", "102:304"), 3],
		["::ffff:102:304", 4],
		["fd00::1", 5],
		["2001::1", 6],
		["2001:10::1", 7],
	])("label of %s is %i", (text, label) => expect(labelOf(in6(text))).toBe(label));
});

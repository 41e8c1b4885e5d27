import { describe, expect, it } from "vitest";
import { checkIptables } from "../../src/iptables/check.ts";
import { describeRule } from "../../src/iptables/print.ts";
import { model, run } from "./model.ts";

describe("checkIptables", () => {
	const check = (line: string) => checkIptables(line.split(" ").map((w) => (w === "$X" ? undefined : w)));
	it("names what the real tool has and we have not", () => {
		expect(check("-A INPUT -m string --algo bm -j TEE")).toEqual([
			"match string is not supported",
			"target TEE is not supported",
		]);
		expect(check("-t raw -A OUTPUT -j CT --zone 5")).toEqual(["option --zone is not supported"]);
		expect(check("-A INPUT -p sctp --dport 80")).toEqual(["match sctp is not supported"]);
	});
	it("leaves mistakes and unknown words to the run", () => {
		expect(check("-A INPUT -m nosuch -j nosuch --foo")).toEqual([]);
		expect(check("-A $X -m $X -j $X")).toEqual([]);
		expect(check("-A INPUT -p sctp -m multiport --dports 80 -j ACCEPT")).toEqual([]);
		expect(check("-A INPUT -p sctp -j ACCEPT")).toEqual([]);
	});
});

it("says so when it meets them all the same", () => {
	const m = model();
	expect(run(m, ["iptables", "-A", "INPUT", "-m", "u32", "--u32", "0=1"])).toEqual({
		text: "iptables: match u32 is not supported by this emulation\n",
		status: 2,
	});
	expect(m.plugged).toEqual([]);
});
it("loads a table when it is first used, and holds connection tracking while rules need it", () => {
	const m = model();
	run(m, ["iptables", "-t", "nat", "-A", "POSTROUTING", "-j", "MASQUERADE"]);
	run(m, ["iptables", "-A", "FORWARD", "-m", "conntrack", "--ctstate", "NEW", "-j", "ACCEPT"]);
	expect([m.plugged, m.users, m.tables.loaded()]).toEqual([["nat", "filter"], 2, ["filter", "nat"]]);
	run(m, ["iptables", "-t", "nat", "-F"]);
	expect(m.users).toBe(1);
});
it("prints the rule that a trace record names", () => {
	const m = model();
	run(m, ["iptables", "-N", "WEB"]);
	run(m, ["iptables", "-A", "WEB", "-p", "tcp", "--dport", "80", "-j", "ACCEPT"]);
	expect(describeRule(m.tables, 3, 3, 1)).toBe("-A WEB -p tcp -m tcp --dport 80 -j ACCEPT");
	expect(describeRule(m.tables, 3, 3, 2)).toBeUndefined();
	expect(describeRule(m.tables, 2, 0, 1)).toBeUndefined();
});

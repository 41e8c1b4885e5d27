/** Exit statuses and error lines of the command line itself. */
import { describe, expect, it } from "vitest";
import { capture, dir, file, hookline, shell } from "./run-cli.ts";

const lab = file("ok.sh", "ip netns add c1\nip link add v1 type veth peer name eth0 netns c1\necho built\n");
const broken = file(
	"broken.sh",
	"ip netns add c1\nfrobnicate --all\nip link add x type gretap9\nwhile true; do :; done\n",
);

describe("usage", () => {
	it.each([
		[],
		["frobnicate"],
		["--frobnicate"],
		["run"],
		["run", "--frobnicate", "x.sh"],
		["run", "/nonexistent/x.sh"],
		["run", lab, "another"],
		["run", lab, "--vector", "257"],
		["run", lab, "--seed", "-1"],
		["check"],
		["check", lab, "/nonexistent/x.sh"],
		["replay", lab],
		["replay", lab, "--in", "c1=x.pcap"],
		["replay", lab, "--in", "c1:eth0:up=x.pcap"],
		["replay", lab, "--in", "c1:eth0="],
		["replay", lab, "--in", "c1:eth0=/nonexistent.pcap"],
		["replay", lab, "--in", `c1:eth0=${dir}`],
		["replay", lab, "--in", `c1:eth9=${capture("zeek-ipv4.pcap")}`],
		["replay", lab, "--in", `c9:eth0=${capture("zeek-ipv4.pcap")}`],
		["replay", lab, "--in", `c1:eth0=${capture("zeek-ipv4.pcap")}`, "--out", "c1:eth0=x.txt"],
		[
			"replay",
			lab,
			"--in",
			`c1:eth0=${capture("zeek-ipv4.pcap")}`,
			"--out",
			`c1:eth0=${capture("zeek-ipv4.pcap")}`,
		],
		["replay", lab, "--in", `c1:eth0=${capture("zeek-ipv4.pcap")}`, "--speed", "fast"],
		["replay", lab, "--in", `c1:eth0=${capture("zeek-ipv4.pcap")}`, "--map", "1.1.1.1"],
		["explain", lab, "udp 1.1.1.1:1 > 2.2.2.2:2"],
		["explain", lab, "--at", "c1:eth0"],
		["explain", lab, "--at", "c1:eth0", "nonsense"],
		["explain", lab, "--at", "c1:eth0", `${capture("zeek-ipv4.pcap")}#96`],
		["trace"],
		["trace", "/nonexistent"],
		["case", dir],
		["demo", "--out", "x.txt"],
		["bench", "--path", "moon"],
		["bench", "--frame", "1"],
		["bench", "--rules", "0"],
		["bench", "--against", "moon"],
		["bench", "--steady", "--runs"],
		["shell"],
		["transcript", dir],
	])("%s %s %s %s %s %s: status 2 and one line", async (...args) => {
		const { status, out, err } = await hookline(...args.filter((a) => a !== undefined));
		expect(err).toMatch(/^hookline.*\n$/);
		expect(err).toMatch(/usage: hookline/);
		expect(out.replace("built\n", "")).toBe("");
		expect(status).toBe(2);
	});
	it("has help for all and for each", async () => {
		const all = await hookline("--help");
		expect(all.status).toBe(0);
		const names = [...all.out.matchAll(/^ {2}([a-z]+) /gm)].map((m) => m[1]);
		expect(names).toEqual("run check replay explain trace case demo bench shell transcript".split(" "));
		for (const name of names) {
			const one = await hookline(name, "--help");
			expect([name, one.status, one.err]).toEqual([name, 0, ""]);
			expect(one.out).toMatch(`usage: hookline ${name} `);
		}
	});
	it("knows its version", async () => {
		expect(await hookline("--version")).toMatchObject({
			status: 0,
			out: expect.stringMatching(/^hookline \d+\.\d+\.\d+\n$/),
		});
	});
});

describe("run and check", () => {
	it("run prints what the lab prints, and gives its status", async () => {
		expect(await hookline("run", lab)).toEqual({ status: 0, out: "built\n", err: "" });
		const failing = file("failing.sh", "set -e\necho one\nfalse\necho two\n");
		expect(await hookline("run", failing)).toEqual({ status: 1, out: "one\n", err: "" });
		const exits = file("exits.sh", "ip netns add c1\nip netns add c1\n");
		expect((await hookline("run", exits)).status).not.toBe(0);
	});
	it("check names every problem, one line each, and runs nothing", async () => {
		const { status, out, err } = await hookline("check", lab, broken);
		expect([status, out]).toEqual([2, ""]);
		const lines = err.trimEnd().split("\n");
		expect(lines.map((l) => l.slice(0, broken.length + 2))).toEqual([2, 3, 4].map((n) => `${broken}:${n}`));
		for (const line of lines) expect(line).toMatch(/^.*:\d+: .+: .+/);
		expect(await hookline("check", lab)).toEqual({ status: 0, out: "", err: "" });
	});
	it("run of such a file says the same and has run nothing", async () => {
		const { status, out, err } = await hookline("run", broken);
		expect([status, out]).toEqual([2, ""]);
		expect(err.split("\n").filter((l) => l.startsWith(broken))).toHaveLength(3);
	});
});

describe("the process", () => {
	it("does not mind a reader that goes away", () => {
		const loud = file("loud.sh", `${"echo 0123456789012345678901234567890123456789\n".repeat(8000)}`);
		const { err, out } = shell(`$HOOKLINE run ${loud} | head -1`);
		expect([err, out]).toEqual(["", "0123456789012345678901234567890123456789\n"]);
	});
	it("gives the status to the shell", () => {
		expect(shell(`$HOOKLINE run ${file("status.sh", "exit 7\n")}`).status).toBe(7);
		expect(shell("$HOOKLINE frobnicate")).toMatchObject({ status: 2, out: "" });
	});
});

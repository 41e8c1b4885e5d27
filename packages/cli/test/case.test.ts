/** case: the recorder's layout, exit statuses, and recorded cases when they are there. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PcapWriter, readCapture } from "@hookline/pcap";
import { describe, expect, it } from "vitest";
import { CASES, dir, hookline } from "./run-cli.ts";

function makeCase(name: string, lab: string): string {
	const path = join(dir, "cases", name);
	mkdirSync(join(path, "in"), { recursive: true });
	writeFileSync(join(path, "lab.sh"), lab);
	const definition = {
		about: name,
		observe: [
			{ netns: "a", dev: "eth0" },
			{ netns: ".", dev: "v1" },
		],
		settle_ms: 10,
		inject: [{ at_ns: 5000, netns: "a", dev: "eth0", pcap: "in/x.pcap" }],
	};
	writeFileSync(join(path, "case.json"), JSON.stringify(definition));
	const pieces: Uint8Array[] = [];
	const writer = new PcapWriter((b) => void pieces.push(b));
	writer.writePacket({
		timestampNs: 1000,
		data: Uint8Array.from({ length: 60 }, (_, i) => (i === 12 ? 0x88 : i)),
	});
	writeFileSync(join(path, "in", "x.pcap"), Buffer.concat(pieces));
	return path;
}
const LAB =
	"ip netns add a\nip link add v1 type veth peer name eth0 netns a\nip link set v1 up\nip netns exec a ip link set eth0 up\n";

describe("case", () => {
	it("writes rx and tx of every port as little-endian ns pcap, and the state", async () => {
		const root = join(dir, "out");
		const r = await hookline("case", makeCase("fine", LAB), "--out", root);
		expect(r).toMatchObject({ status: 0, err: "" });
		expect(r.out).toMatch(/^fine: 2 frames at 2 ports, .*\n$/);
		const rx = readFileSync(join(root, "fine", "root.v1.rx.pcap"));
		expect(rx.subarray(0, 4).toString("hex")).toBe("4d3cb2a1");
		const { records } = readCapture(rx);
		expect(records.map((x) => [x.tsHigh, x.tsLow, x.data.length])).toEqual([[0, 6000, 60]]);
		for (const name of ["root.v1.tx", "a.eth0.rx"])
			expect(readCapture(readFileSync(join(root, "fine", `${name}.pcap`))).records).toEqual([]);
		expect(readFileSync(join(root, "fine", "state.txt"), "utf8")).toMatch(/[^\n]\n$/);
	});
	it("status 2 for a lab that cannot run here, with its line; the others run", async () => {
		const root = join(dir, "out2");
		const bad = makeCase("bad", `${LAB}frobnicate\n`);
		const failing = makeCase("failing", `${LAB}ip netns add a\n`);
		const fine = makeCase("fine", LAB);
		const r = await hookline("case", failing, bad, fine, "--out", root);
		expect(r.status).toBe(2);
		expect(r.err).toContain(`${join(bad, "lab.sh")}:5: frobnicate`);
		expect(r.out).toMatch(/failing: failed\nbad: not run\nfine: 2 frames/);
		expect((await hookline("case", failing, "--out", root)).status).toBe(1);
	});
	it("gives the same with several at a time, in the same order", async () => {
		const dirs = [
			makeCase("one", LAB),
			makeCase("failing", `${LAB}ip netns add a\n`),
			makeCase("two", LAB),
			makeCase("bad", `${LAB}frobnicate\n`),
			makeCase("three", LAB),
		];
		const run = async (jobs: string) => {
			const root = join(dir, `jobs${jobs}`);
			const { status, out, err } = await hookline("case", ...dirs, "--out", root, "--jobs", jobs);
			const files = ["one", "two", "three"].flatMap((name) =>
				["a.eth0.tx.pcap", "root.v1.rx.pcap", "state.txt"].map((f) =>
					readFileSync(join(root, name, f)).toString("hex"),
				),
			);
			return { status, out: out.replaceAll(/\d+ ms/g, "ms"), err, files };
		};
		const alone = await run("1");
		expect(alone.status).toBe(2);
		expect(await run("3")).toEqual(alone);
		expect((await hookline("case", dirs[0], "--jobs", "0")).err).toContain("--jobs 0");
	});
	it.each(["veth-pair", "docker-publish", "vxlan-static"])("agrees with the kernel on %s", async (name) => {
		const path = join(CASES, "cases", name);
		if (!existsSync(path)) {
			console.warn(`no recorded case at ${path}: not compared with the kernel`);
			return;
		}
		const root = join(dir, "oracle");
		expect(await hookline("case", path, "--out", root)).toMatchObject({ status: 0, err: "" });
		const judged = spawnSync(join(CASES, "compare"), [join(path, "golden"), join(root, name)], {
			encoding: "utf8",
		});
		expect([judged.status, judged.stdout, judged.stderr]).toEqual([0, expect.any(String), ""]);
	});
});

/** The recorder records what was recorded before: its frames and states are those of the stored cases. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CASES } from "../case-files.ts";
import { differences } from "./difference.ts";
import { type LabCase, readCase, readRecording, writeCase, writeRecording } from "./lab-case.ts";
import { compareCase, recordLive, unavailable } from "./live.ts";
import { report } from "./report.ts";

const why = unavailable();
if (why.length > 0) console.warn(`SKIPPED: live recordings, because ${why.join("; ")}`);

/** One of each: injection and sockets, NAT, answers to frames of the kernel's own, VXLAN, commands in the middle. */
const NAMES = ["docker-publish", "snat-clash", "vxlan-2vni", "bridge-host", "p2p-32"];

const PAIR: LabCase = {
	name: "pair",
	labText: [
		"ip netns add a",
		"ip netns add b",
		"ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name eth0 netns b address 02:00:00:00:00:02",
		"ip netns exec a ip link set eth0 up",
		"ip netns exec b ip link set eth0 up",
		"ip netns exec b ip addr add 10.0.0.2/24 dev eth0",
		"",
	].join("\n"),
	caseJson: {
		observe: [{ netns: "a", dev: "eth0" }],
		inject: [{ netns: "a", dev: "eth0", pcap: "in/a.pcap" }],
	},
	inputs: {
		"in/a.pcap": [
			// who has 10.0.0.2, tell 10.0.0.1
			{
				time: 0,
				bytes: Uint8Array.from(
					Buffer.from(
						"ffffffffffff02000000000108060001080006040001020000000001" +
							"0a000001" +
							"000000000000" +
							"0a000002",
						"hex",
					),
				),
			},
		],
	},
};

// a kernel's timers may come late when the machine is busy
describe.skipIf(why.length > 0)("on this machine's kernel", { retry: 2 }, () => {
	it.concurrent.each(NAMES)("%s is recorded as it was", async (name) => {
		const dir = join(CASES, name);
		const golden = readRecording(join(dir, "golden"))!;
		const live = await recordLive(readCase(dir), { settle: "early" });
		expect(report(differences(golden, live))).toBe("");
	});

	it("finds by three runs what a kernel draws", async () => {
		const golden = readRecording(join(CASES, "docker-publish", "golden"))!;
		const live = await recordLive(readCase(join(CASES, "docker-publish")), { runs: 3, settle: "early" });
		expect(live.unstable).toEqual([]);
		expect(live.random).toEqual(golden.random);
		expect(live.stateText).toBe(golden.stateText);
	});

	it("records a lab from memory, and compares it", async () => {
		const result = await compareCase(PAIR);
		expect(report(result.differences)).toBe("");
		expect(result.kernel.captures.get("a.eth0.rx")).toHaveLength(1);
	});

	it("says why a lab cannot be recorded", async () => {
		await expect(recordLive({ ...PAIR, labText: "ip link set nothing up\n" })).rejects.toThrow(
			/pair: lab\.sh failed with 1: Cannot find device "nothing"/,
		);
		const elsewhere = { ...PAIR.caseJson, observe: [{ netns: "a", dev: "eth9" }] };
		await expect(recordLive({ ...PAIR, caseJson: elsewhere })).rejects.toThrow(/eth9/);
	});

	it("finds a difference, and shows it", async () => {
		const result = await compareCase({ ...PAIR, labText: `${PAIR.labText}\nsleep 0\n` });
		const captures = new Map(result.hookline.captures);
		const [frame] = captures.get("a.eth0.rx")!;
		const changed = frame.bytes.slice();
		changed[11] = 0x77;
		captures.set("a.eth0.rx", [{ ...frame, bytes: changed }]);
		const text = report(differences(result.kernel, { ...result.hookline, captures }));
		expect(text).toContain("eth.src (bytes 6 to 11): 020000000002 | 020000000077");
	});
});

it("a case and a recording are the same after writing and reading them", () => {
	const dir = mkdtempSync(join(tmpdir(), "hookline-case-"));
	try {
		writeCase(dir, PAIR);
		expect(readCase(dir)).toEqual({ ...PAIR, name: dir.slice(dir.lastIndexOf("/") + 1) });
		const recording = readRecording(join(CASES, "docker-publish", "golden"))!;
		writeRecording(join(dir, "golden"), recording);
		expect(readRecording(join(dir, "golden"))).toEqual(recording);
	} finally {
		rmSync(dir, { recursive: true });
	}
});

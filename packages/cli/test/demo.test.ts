/** demo: as a user runs it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dir, hookline, shell } from "./run-cli.ts";

describe("demo", () => {
	const file = join(dir, "demo.pcapng");
	it("brings every frame to both ends in a few seconds", () => {
		const began = Date.now();
		const r = shell(`$HOOKLINE demo --out ${file}`);
		expect([r.status, r.err]).toEqual([0, ""]);
		expect(Date.now() - began).toBeLessThan(20_000);
		expect(r.out).toMatch(
			/published.*\n +client in c1 +sent +46 +arrived in c2 +46\n +server in c2 +sent +33 +arrived in c1 +33\n/,
		);
		// MASQUERADE on host1, DNAT on host2
		expect(r.out).toMatch(
			/host1 .*src=172\.17\.0\.2 dst=192\.168\.50\.2 sport=50003 dport=21 src=192\.168\.50\.2 dst=192\.168\.50\.1 sport=21 dport=50003/,
		);
		expect(r.out).toMatch(
			/host2 .*src=192\.168\.50\.1 dst=192\.168\.50\.2 sport=50003 dport=21 src=172\.17\.0\.2 dst=192\.168\.50\.1 sport=21 dport=50003/,
		);
		const [, ...n] =
			/injected ([\d,]+) \+ generated ([\d,]+) = delivered ([\d,]+) \+ dropped ([\d,]+) \+ held ([\d,]+)/.exec(
				r.out,
			) ?? [];
		const [injected, generated, delivered, dropped, held] = n.map((x) => Number(x.replaceAll(",", "")));
		expect(injected).toBe(79 + 94);
		expect(injected + generated).toBe(delivered + dropped + held);
		expect(r.out).toMatch(/Mpps/);
	});
	it("writes a capture that tshark and capinfos read without complaint, VXLAN inside", () => {
		if (spawnSync("tshark", ["--version"]).error !== undefined) {
			console.warn("no tshark here: the demo's capture is not read by it");
			return;
		}
		const read = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: "utf8" });
		const info = read("capinfos", file);
		expect([info.status, info.stderr.replace(/^Running as user.*\n/gm, "")]).toEqual([0, ""]);
		expect(info.stdout).toContain("Number of interfaces in file: 10");
		const bad = read(
			"tshark",
			"-r",
			file,
			"-o",
			"tcp.check_checksum:TRUE",
			"-o",
			"ip.check_checksum:TRUE",
			"-Y",
			"_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0",
		);
		expect([bad.status, bad.stdout]).toEqual([0, ""]);
		const vxlan = read(
			"tshark",
			"-r",
			file,
			"-Y",
			"vxlan.vni == 4097",
			"-T",
			"fields",
			"-e",
			"frame.interface_name",
		);
		expect(new Set(vxlan.stdout.trim().split("\n"))).toEqual(new Set(["host1:eth0", "host2:eth0"]));
	});
	it("writes out/demo.pcapng where nothing else is said", async () => {
		expect((await hookline("demo", "--help")).out).toContain("out/demo.pcapng");
	});
});

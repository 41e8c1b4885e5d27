/**
 * The session files were recorded from iproute2 6.1 on Linux 6.18 in a fresh namespace with two ends of a veth pair, IPv6 on and its automatics
 * off: each command stands behind "+ ", then what it printed, errors too.
 */
import { readFileSync } from "node:fs";
import { Machine } from "@hookline/engine/ip/machine";
import { LabHost } from "@hookline/linux/lab-host";
import { expect, test } from "vitest";

const SETUP = [
	"ip link set lo up",
	"ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02",
	"ip link set v0 up",
	"ip link set v1 up",
];

test.each(["session.txt", "session-proxies.txt"])("ip -6 prints and refuses as the real tool: %s", (file) => {
	const host = new LabHost(new Machine({ ipv6: true }));
	let printed = "";
	const io = { out: (t: string) => (printed += t), err: (t: string) => (printed += t), stdin: "" };
	const run = (line: string): string => {
		printed = "";
		host.run(line.split(" "), io as never, { file: "session", line: 1 });
		return printed;
	};
	for (const line of SETUP) expect(run(line)).toBe("");
	const text = readFileSync(new URL(file, import.meta.url), "utf8");
	for (const step of text.split(/^\+ /m).slice(1)) {
		const [command = "", ...output] = step.split("\n");
		// the kernel shows neighbours in the order of a hash that is drawn at boot
		const order = (t: string): string => (/neigh/.test(command) ? t.split("\n").sort().join("\n") : t);
		expect(`+ ${command}\n${order(run(command))}`).toBe(`+ ${command}\n${order(output.join("\n"))}`);
	}
});

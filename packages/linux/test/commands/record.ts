/** Asks the real tools, in a network namespace of its own: as root, `tsx -C source packages/linux/test/commands/record.ts > recorded.txt`. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readSessions, type Session, writeSession } from "./session-file.ts";

const PREPARE = `
mount -t sysfs none /sys
ip link set lo up
for c in all default; do echo 1 > /proc/sys/net/ipv6/conf/$c/disable_ipv6; done
echo 0 > /proc/sys/net/ipv4/ip_forward
export COLUMNS=80 LC_ALL=C
`;

/** The same session with the real answers; undefined when this system cannot be asked. */
export function askReal(session: Session): Session | undefined {
	const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
	const asks = session.answers.map(
		({ command }) =>
			// link states settle behind the kernel's back
			`echo '@@@'; sh -c ${quote(command)} sh 2>&1; s=$?; if [ $s -ne 0 ]; then echo "[exit $s]"; fi${/^ip link|^brctl|state/.test(command) ? "; sleep 0.15" : ""}`,
	);
	const script = [PREPARE, ...session.lab, ...asks].join("\n");
	const done = spawnSync("unshare", ["-n", "-m", "sh", "-c", script], { encoding: "utf8", input: "" });
	if (done.error !== undefined || done.status === null || !done.stdout.includes("@@@")) return undefined;
	const texts = done.stdout.split("@@@\n").slice(1);
	return {
		...session,
		answers: session.answers.map(({ command }, i) => ({
			command,
			// a command that ends without a line feed
			answer: texts[i] === "" || texts[i]!.endsWith("\n") ? texts[i]! : `${texts[i]}\n`,
		})),
	};
}

if (process.argv[1]?.endsWith("record.ts")) {
	const sessions = readSessions(readFileSync(new URL("./sessions.txt", import.meta.url), "utf8"));
	for (const session of sessions) {
		const real = askReal(session);
		if (real === undefined)
			throw new Error("needs root, unshare, iproute2, bridge-utils, procps, conntrack, ethtool");
		process.stdout.write(writeSession(real));
	}
}

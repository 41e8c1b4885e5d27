/** Sessions run by the real `ip` in namespaces of their own. */
import { spawnSync } from "node:child_process";
import type { Session } from "./lines.ts";

export interface Answer {
	readonly line: string;
	readonly status: number;
	readonly out: string;
	readonly err: string;
}

/** Why the real tool cannot be asked here; undefined when it can. */
export function whyNoRealIp(): string | undefined {
	if (process.platform !== "linux" || process.getuid?.() !== 0) return "not root on Linux";
	const probe = spawnSync("unshare", ["-n", "-m", "ip", "-V"], { encoding: "utf8" });
	if (probe.status !== 0) return "no unshare or no ip";
	return probe.stdout.includes("iproute2-6.1.0")
		? undefined
		: `not iproute2 6.1.0 but ${probe.stdout.trim()}`;
}
const SETUP = `mount -t tmpfs none /run && mkdir -p /run/netns
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up
`;

export function realAnswers(session: Session): Answer[] {
	const quote = (line: string): string => `'${line.replaceAll("'", "'\\''")}'`;
	let changed = false;
	const script = session.lines.map((line) => {
		// the kernel brings carrier and state together at most once a second (linkwatch)
		const wait =
			changed && /^ip( -\S+( [ab])?)* (link|addr|a|l)( show.*)?$|netns exec . ip link show/.test(line);
		changed = wait ? false : changed || / (up|down|master|nomaster|del|netns)\b/.test(line);
		return `${wait ? "sleep 1.1; " : ""}sh -c ${quote(line)} >/tmp/o 2>/tmp/e; s=$?; printf '%s\\0%s\\0%s\\0' "$s" "$(cat /tmp/o; echo .)" "$(cat /tmp/e; echo .)"`;
	});
	const text = `mount -t tmpfs none /tmp; ${SETUP}${script.join("\n")}\n`;
	const run = spawnSync("unshare", ["-n", "-m", "sh", "-c", text], {
		encoding: "utf8",
		env: { ...process.env, LC_ALL: "C" },
	});
	const parts = run.stdout.split("\0");
	return session.lines.map((line, i) => ({
		line,
		status: Number(parts[3 * i]),
		out: (parts[3 * i + 1] ?? ".").slice(0, -1),
		err: (parts[3 * i + 2] ?? ".").slice(0, -1),
	}));
}

/** What a recording needs of this machine, and the helper program, compiled at its first use. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [SOURCE, ...PARTS] = ["packets.c", "namespace.c", "namespace.h"].map((name) =>
	fileURLToPath(new URL(name, import.meta.url)),
);
/** Where compiled helpers and live recordings go: `out/` of the checkout. */
export const OUT: string = fileURLToPath(new URL("../../../out/", import.meta.url));

/** Path of a command, also where only root's PATH looks; undefined when there is none. */
export function which(command: string): string | undefined {
	for (const dir of `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`.split(":")) {
		const path = join(dir || ".", command);
		try {
			accessSync(path, constants.X_OK);
			return path;
		} catch {}
	}
	return undefined;
}

/** Why nothing can be recorded here, in words for people; empty when it can. Tries a private network namespace. */
export function missing(): string[] {
	if (process.platform !== "linux") return [`this is ${process.platform}, not Linux`];
	if (process.getuid?.() !== 0) return ["not root: private network namespaces need it"];
	const lacking: string[] = [];
	const packages: readonly (readonly [string, string])[] = [
		["unshare", "util-linux"],
		["ip", "iproute2"],
		["bridge", "iproute2"],
		["iptables", "iptables"],
		["conntrack", "conntrack"],
	];
	for (const [command, debian] of packages)
		if (which(command) === undefined) lacking.push(`no command ${command} (Debian package ${debian})`);
	if (compiler() === undefined && !existsSync(helperPath()))
		lacking.push("no C compiler cc for the helper program (Debian packages gcc, libc6-dev)");
	if (lacking.length > 0) return lacking;
	const tried = spawnSync(which("unshare")!, ["-n", "-m", "-p", "-f", "-u", "--mount-proc", "true"], {
		encoding: "utf8",
	});
	return tried.status === 0 ? [] : [`no private namespaces: ${tried.stderr.trim()}`];
}

function compiler(): string | undefined {
	return which(process.env["CC"] ?? "cc") ?? which("gcc");
}
function helperPath(): string {
	const hash = createHash("sha256").update(process.arch);
	for (const part of [SOURCE, ...PARTS]) hash.update(readFileSync(part));
	return join(OUT, "recorder", `packets-${hash.digest("hex").slice(0, 16)}`);
}

/** The compiled helper. Throws Error when there is no compiler or it refuses. */
export function helper(): string {
	const path = helperPath();
	if (existsSync(path)) return path;
	const cc = compiler();
	if (cc === undefined)
		throw new Error(`${SOURCE} needs a C compiler: install cc (Debian: apt-get install gcc libc6-dev)`);
	mkdirSync(join(OUT, "recorder"), { recursive: true });
	const made = `${path}.${process.pid}`;
	const result = spawnSync(cc, ["-O2", "-o", made, SOURCE, ...PARTS.filter((p) => p.endsWith(".c"))], {
		encoding: "utf8",
	});
	if (result.status !== 0)
		throw new Error(`${cc} could not compile ${SOURCE}:\n${result.error?.message ?? result.stderr}`);
	// another process may compile at the same time: each takes its own file's place at once
	renameSync(made, path);
	return path;
}

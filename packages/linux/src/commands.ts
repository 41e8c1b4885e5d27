/** The commands of the machine by their words. */
import type { NfFamily } from "@hookline/engine/netfilter/types";
import { checkBrctl, runBrctl } from "./brctl/command.ts";
import { checkBridge, runBridge } from "./bridge/command.ts";
import type { CommandContext } from "./context.ts";
import { lookAt, readFile } from "./files.ts";
import { checkIp, runIp } from "./ip/command.ts";
import { checkIpset, runIpset } from "./ipset/command.ts";
import { checkIptables } from "./iptables/check.ts";
import { linkLayerProblem } from "./iptables/link-layer.ts";
import { runIptablesRestore } from "./iptables/restore.ts";
import { type IptablesModel, runIptables } from "./iptables/run.ts";
import { runIptablesSave } from "./iptables/save.ts";
import { NotSupported } from "./not-supported.ts";
import { LabError } from "./shell/errors.ts";
import type { Where } from "./shell/host.ts";
import { checkConntrack, runConntrack } from "./state/conntrack-command.ts";
import { checkSysctl, runSysctl } from "./sysctl/command.ts";
import { checkTc, runTc } from "./tc/command.ts";

/** A word of a command line; undefined when known only at run time. */
export type Word = string | undefined;

/** Checks a command of another namespace, as `ip netns exec` needs it. */
export type CheckInner = (argv: readonly Word[], where: Where) => (string | LabError)[];

export interface Command {
	/** argv[0] is the command word. Returns the exit status. */
	run(argv: readonly string[], ctx: CommandContext): number;
	/** Static problems; may be empty. */
	check(argv: readonly Word[], where: Where, inner: CheckInner): (string | LabError)[];
}

const ip: Command = { run: runIp, check: checkIp };
/** The three commands on the tables of a family. */
function tableCommands(
	tables: (ns: CommandContext["ns"]) => IptablesModel,
	family: NfFamily,
): Readonly<Record<"change" | "save" | "restore", Command>> {
	return {
		change: {
			run: (argv, { ns, io }) => runIptables(argv.slice(1), tables(ns), io),
			check: (argv) => checkIptables(argv.slice(1), family),
		},
		save: { run: (argv, { ns, io }) => runIptablesSave(argv.slice(1), tables(ns), io), check: () => [] },
		restore: {
			run: (argv, { machine, ns, io }) =>
				runIptablesRestore(argv.slice(1), tables(ns), {
					// read once, and only when the tool reads it
					get stdin() {
						return io.stdin;
					},
					out: (text) => io.out(text),
					err: (text) => io.err(text),
					readFile: (path) => readFile(machine, ns, path),
				}),
			check: () => [],
		},
	};
}
const iptables = tableCommands((ns) => ns.xtables, 4);
const ip6tables = tableCommands((ns) => ns.xtables6, 6);

/** Offloads do not exist here: every packet is whole and its sums are done, which is what switching them off asks for. */
const ethtool: Command = {
	run: (argv, { ns, io }) => {
		const problems = checkEthtool(argv);
		if (problems[0] !== undefined) throw new NotSupported(problems[0]);
		const [, , name = "", ...features] = argv;
		if (features.length % 2 !== 0) {
			io.err("ethtool (-K): flag '(null)' for parameter '(null)' is not followed by 'on' or 'off'\n");
			return 1;
		}
		if (ns.device(name) !== undefined) return 0;
		io.err("netlink error: no device matches name (offset 24)\nnetlink error: No such device\n");
		return 92;
	},
	check: checkEthtool,
};
function checkEthtool(argv: readonly Word[]): string[] {
	const [, option, , ...features] = argv;
	if (option === undefined && argv.length > 1) return [];
	if (option !== "-K" && option !== "--features" && option !== "--offload")
		return [`ethtool ${option ?? "without -K"} is not supported`];
	return features.flatMap((word, i) =>
		word === undefined || i % 2 === 0 || word === "on" || word === "off"
			? []
			: [`ethtool -K … ${word} is not supported`],
	);
}

const cat: Command = {
	run: (argv, ctx) => {
		const { machine, ns, io } = ctx;
		let status = 0;
		const paths = argv.slice(1).filter((word) => word !== "--");
		for (const path of paths.length === 0 ? ["-"] : paths) {
			if (path === "-") {
				io.out(io.stdin);
				continue;
			}
			if (path === "/dev/null") continue;
			const look = lookAt(machine, ns, path);
			if (typeof look !== "string") io.out(look.text);
			else {
				status = 1;
				const why = {
					directory: "Is a directory",
					absent: "No such file or directory",
					invalid: "Invalid argument",
				};
				io.err(`cat: ${path}: ${why[look]}\n`);
			}
		}
		return status;
	},
	check: (argv) =>
		argv
			.slice(1)
			.flatMap((word) =>
				word !== undefined && /^-[^-]|^--./.test(word) ? [`the option ${word} of cat is not supported`] : [],
			),
};

const hostname: Command = {
	run: (argv, ctx) => {
		if (argv.length > 1) throw new NotSupported("hostname with arguments is not supported");
		ctx.io.out(readFile(ctx.machine, ctx.ns, "/etc/hostname") ?? "");
		return 0;
	},
	check: (argv) => (argv.length > 1 ? ["hostname with arguments is not supported"] : []),
};

/** ebtables, arptables */
const LINK_LAYER_TABLES: Command = {
	run: (argv) => {
		throw new NotSupported(linkLayerProblem(argv));
	},
	check: (argv) => [linkLayerProblem(argv)],
};

/** Without its directory, so that /sbin/ip is ip. */
const DIRECTORY = /^\/(?:usr\/)?(?:local\/)?s?bin\//;

const COMMANDS: ReadonlyMap<string, Command> = new Map([
	["ip", ip],
	["bridge", { run: runBridge, check: (argv) => checkBridge(argv) }],
	["brctl", { run: runBrctl, check: (argv) => checkBrctl(argv) }],
	["iptables", iptables.change],
	["iptables-legacy", iptables.change],
	["iptables-save", iptables.save],
	["iptables-legacy-save", iptables.save],
	["iptables-restore", iptables.restore],
	["iptables-legacy-restore", iptables.restore],
	["ip6tables", ip6tables.change],
	["ip6tables-legacy", ip6tables.change],
	["ip6tables-save", ip6tables.save],
	["ip6tables-legacy-save", ip6tables.save],
	["ip6tables-restore", ip6tables.restore],
	["ip6tables-legacy-restore", ip6tables.restore],
	[
		"sysctl",
		{
			run: (argv, ctx) => runSysctl(argv, ctx, (path) => readFile(ctx.machine, ctx.ns, path)),
			check: (argv) => checkSysctl(argv),
		},
	],
	["tc", { run: runTc, check: (argv) => checkTc(argv) }],
	["ethtool", ethtool],
	["conntrack", { run: runConntrack, check: (argv) => checkConntrack(argv) }],
	[
		"ipset",
		{
			run: (argv, { machine, ns, io }) =>
				runIpset(argv.slice(1), ns.xtables.lists.sets, {
					get stdin() {
						return io.stdin;
					},
					out: (text) => io.out(text),
					err: (text) => io.err(text),
					readFile: (path) => readFile(machine, ns, path),
					random: () => ns.core.random.i32(),
				}),
			check: (argv) => checkIpset(argv),
		},
	],
	["cat", cat],
	["hostname", hostname],
	["ebtables", LINK_LAYER_TABLES],
	["arptables", LINK_LAYER_TABLES],
] satisfies [string, Command][]);

/** Programs that real hosts have and that a lab file may well name; each is refused by name, never passed over. */
const NOT_SUPPORTED: ReadonlySet<string> = new Set([
	"arp",
	"arping",
	"awk",
	"bash",
	"chmod",
	"cp",
	"curl",
	"cut",
	"dhclient",
	"dig",
	"dnsmasq",
	"docker",
	"etcd",
	"etcdctl",
	"flanneld",
	"grep",
	"head",
	"ifconfig",
	"iptables-nft",
	"ip6tables-nft",
	"ls",
	"lxc-attach",
	"mkdir",
	"modprobe",
	"mount",
	"nc",
	"ncat",
	"netstat",
	"nft",
	"nsenter",
	"ovs-vsctl",
	"pidof",
	"ping",
	"ping6",
	"pipework",
	"python",
	"python3",
	"rm",
	"route",
	"sed",
	"socat",
	"ss",
	"systemctl",
	"tail",
	"tcpdump",
	"tee",
	"touch",
	"traceroute",
	"tracepath",
	"tunctl",
	"uname",
	"unshare",
	"wc",
	"weave",
	"wget",
	"xargs",
]);

/** The command of this word, also by its path; undefined when there is none. */
export function findCommand(word: string): Command | undefined {
	const name = word.replace(DIRECTORY, "");
	return COMMANDS.get(name) ?? (NOT_SUPPORTED.has(name) ? refused(name) : undefined);
}

function refused(name: string): Command {
	const message = `${name} is not supported`;
	return {
		run: () => {
			throw new NotSupported(message);
		},
		check: () => [message],
	};
}

/** Runs a command; undefined when there is no such command. What the machine does not have becomes a `LabError`. */
export function runCommand(argv: readonly string[], ctx: CommandContext): number | undefined {
	const command = findCommand(argv[0] ?? "");
	if (command === undefined) return undefined;
	try {
		return command.run(argv, ctx);
	} catch (error) {
		if (!(error instanceof NotSupported)) throw error;
		const { file, line } = ctx.where;
		throw new LabError(file, line, argv.join(" "), error.message);
	}
}

/** Static problems of a command line. */
export function checkCommand(argv: readonly Word[], where: Where, inner: CheckInner): (string | LabError)[] {
	const word = argv[0];
	if (word === undefined) return [];
	const command = findCommand(word);
	return command === undefined ? [`unknown command ${word}`] : command.check(argv, where, inner);
}

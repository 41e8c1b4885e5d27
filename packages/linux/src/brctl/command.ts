/** `brctl` of bridge-utils 1.7.1. */
import { Bridge } from "@hookline/engine/device/bridge";
import { PORT_HAIRPIN } from "@hookline/engine/device/bridge-port";
import type { NetDevice } from "@hookline/engine/device/netdev";
import type { Netns } from "@hookline/engine/ip/netns";
import { portSettings } from "../bridge/port-settings.ts";
import type { CommandContext } from "../context.ts";
import { NotSupported } from "../not-supported.ts";
import { show, showMacs, showStp } from "./show.ts";
import { BrctlError, integer, seconds } from "./words.ts";

type Word = string | undefined;

interface Command {
	readonly name: string;
	/** How many words must follow; `show` takes any number, `addif` and `delif` more. */
	readonly words: number;
	readonly usage: string;
	run(args: readonly string[], ctx: CommandContext): void;
}

/** Longest name of a device. */
const IFNAMSIZ = 15;

const COMMANDS: readonly Command[] = [
	{
		name: "addbr",
		words: 1,
		usage: "<bridge>\t\tadd bridge",
		run: ([name = ""], ctx) => addBridge(name, ctx),
	},
	{
		name: "delbr",
		words: 1,
		usage: "<bridge>\t\tdelete bridge",
		run: ([name = ""], ctx) => delBridge(name, ctx),
	},
	{
		name: "addif",
		words: 2,
		usage: "<bridge> <device>\tadd interface to bridge",
		run: ([name = "", ...ports], ctx) => addPorts(name, ports, ctx),
	},
	{
		name: "delif",
		words: 2,
		usage: "<bridge> <device>\tdelete interface from bridge",
		run: ([name = "", ...ports], ctx) => delPorts(name, ports, ctx),
	},
	{
		name: "hairpin",
		words: 3,
		usage: "<bridge> <port> {on|off}\tturn hairpin on/off",
		run: ([bridge = "", port = "", how = ""], ctx) => hairpin(bridge, port, how, ctx),
	},
	{
		name: "setageing",
		words: 2,
		usage: "<bridge> <time>\t\tset ageing time",
		run: (args, ctx) => setTime("ageing", args, ctx),
	},
	{
		name: "setbridgeprio",
		words: 2,
		usage: "<bridge> <prio>\t\tset bridge priority",
		run: ([name = "", text = ""], ctx) => {
			const value = integer(text);
			if (value === undefined) throw new BrctlError("bad priority");
			settingsOf(ctx.ns, name, "set bridge priority failed").priority = value & 0xffff;
		},
	},
	{
		name: "setfd",
		words: 2,
		usage: "<bridge> <time>\t\tset bridge forward delay",
		run: (args, ctx) => setTime("forward", args, ctx),
	},
	{
		name: "sethello",
		words: 2,
		usage: "<bridge> <time>\t\tset hello time",
		run: (args, ctx) => setTime("hello", args, ctx),
	},
	{
		name: "setmaxage",
		words: 2,
		usage: "<bridge> <time>\t\tset max message age",
		run: (args, ctx) => setTime("maxage", args, ctx),
	},
	{
		name: "setpathcost",
		words: 3,
		usage: "<bridge> <port> <cost>\tset path cost",
		run: (args, ctx) => setPort("path cost", args, ctx),
	},
	{
		name: "setportprio",
		words: 3,
		usage: "<bridge> <port> <prio>\tset port priority",
		run: (args, ctx) => setPort("port priority", args, ctx),
	},
	{
		name: "show",
		words: 0,
		usage: "[ <bridge> ]\t\tshow a list of bridges",
		run: (args, ctx) => void show(ctx.ns, args, (text) => ctx.io.out(text)),
	},
	{
		name: "showmacs",
		words: 1,
		usage: "<bridge>\t\tshow a list of mac addrs",
		run: ([name = ""], ctx) => showMacs(ctx.ns, name, (text) => ctx.io.out(text)),
	},
	{
		name: "showstp",
		words: 1,
		usage: "<bridge>\t\tshow bridge stp info",
		run: ([name = ""], ctx) => showStp(ctx.ns, name, (text) => ctx.io.out(text)),
	},
	{
		name: "stp",
		words: 2,
		usage: "<bridge> {on|off}\tturn stp on/off",
		run: ([name = "", how = ""], ctx) => stp(name, how, ctx),
	},
];

function usage(): string {
	const lines = COMMANDS.map(({ name, usage }) => `\t${name.padEnd(10)}\t${usage}\n`);
	return `Usage: brctl [commands]\ncommands:\n${lines.join("")}`;
}

/** Runs `brctl`; argv[0] is the command word. Throws `NotSupported`. */
export function runBrctl(argv: readonly string[], ctx: CommandContext): number {
	const [, name, ...args] = argv;
	const { io } = ctx;
	const option = argv.find((word, i) => i > 0 && /^-./.test(word) && !/^-(h|V|-help|-version)$/.test(word));
	if (option !== undefined) {
		// getopt_long finds options everywhere
		const what = option.startsWith("--")
			? `unrecognized option '${option}'`
			: `invalid option -- '${option[1]}'`;
		io.err(`brctl: ${what}\nUnknown option '?'\n${usage()}`);
		return 1;
	}
	if (name === undefined) {
		io.err(usage());
		return 1;
	}
	if (name === "-h" || name === "--help") {
		io.out(usage());
		return 0;
	}
	if (name === "-V" || name === "--version") {
		io.out("bridge-utils, 1.7\n");
		return 0;
	}
	const command = COMMANDS.find((c) => c.name === name);
	if (command === undefined) {
		io.err(`never heard of command [${name}]\n${usage()}`);
		return 1;
	}
	if (args.length < command.words) {
		io.err(`Incorrect number of arguments for command\nUsage: brctl ${name} ${command.usage}\n`);
		return 1;
	}
	try {
		command.run(args, ctx);
		return 0;
	} catch (error) {
		if (!(error instanceof BrctlError)) throw error;
		io.err(`${error.message}\n`);
		return 1;
	}
}

function addBridge(given: string, ctx: CommandContext): void {
	const { ns } = ctx;
	const name = given.slice(0, IFNAMSIZ);
	if (ns.device(name) !== undefined)
		throw new BrctlError(`device ${given} already exists; can't create bridge with the same name`);
	if (name === "" || name === "." || name === ".." || /[/:\s]/.test(name))
		throw new BrctlError("add bridge failed: Invalid argument");
	const { random } = ns.core;
	const bridge = new Bridge(ns.core, name, (random.i32() & 0xfeff) | 0x0200, random.i32());
	ns.attach(bridge);
}

function delBridge(name: string, ctx: CommandContext): void {
	const dev = ctx.ns.device(name);
	if (dev === undefined) throw new BrctlError(`bridge ${name} doesn't exist; can't delete it`);
	if (!(dev instanceof Bridge)) throw new BrctlError(`can't delete bridge ${name}: Operation not permitted`);
	if (dev.up) throw new BrctlError(`bridge ${name} is still up; can't delete it`);
	ctx.machine.removeDevice(ctx.ns, dev);
}

function addPorts(name: string, ports: readonly string[], ctx: CommandContext): void {
	for (const port of ports) {
		const dev = ctx.ns.device(port);
		const bridge = ctx.ns.device(name);
		if (dev === undefined) throw new BrctlError(`interface ${port} does not exist!`);
		if (bridge === undefined) throw new BrctlError(`bridge ${name} does not exist!`);
		if (!(bridge instanceof Bridge))
			throw new BrctlError(`can't add ${port} to bridge ${name}: Operation not supported`);
		if (dev.master !== null || dev.rxHandler !== null)
			throw new BrctlError(`device ${port} is already a member of a bridge; can't add it to bridge ${name}.`);
		if (dev instanceof Bridge)
			throw new BrctlError(
				`device ${port} is a bridge device itself; can't add a bridge device to a bridge device.`,
			);
		if (dev.loopback) throw new BrctlError(`can't add ${port} to bridge ${name}: Invalid argument`);
		bridge.addPort(dev);
	}
}

function delPorts(name: string, ports: readonly string[], ctx: CommandContext): void {
	for (const port of ports) {
		const dev = ctx.ns.device(port);
		const bridge = ctx.ns.device(name);
		if (dev === undefined) throw new BrctlError(`interface ${port} does not exist!`);
		if (bridge === undefined) throw new BrctlError(`bridge ${name} does not exist!`);
		if (!(bridge instanceof Bridge))
			throw new BrctlError(`can't delete ${port} from ${name}: Operation not supported`);
		if (dev.master !== bridge) throw new BrctlError(`device ${port} is not a port of ${name}`);
		bridge.removePort(dev);
	}
}

function onOff(text: string): boolean {
	if (["on", "yes", "1"].includes(text)) return true;
	if (["off", "no", "0"].includes(text)) return false;
	throw new BrctlError("expect on/off for argument");
}

function hairpin(name: string, portName: string, how: string, ctx: CommandContext): void {
	const on = onOff(how);
	const dev = ctx.ns.device(portName);
	if (dev === undefined) throw new BrctlError(`interface ${portName} does not exist!`);
	const bridge = ctx.ns.device(name);
	if (bridge === undefined) throw new BrctlError(`bridge ${name} does not exist!`);
	const port = dev.master === bridge && bridge instanceof Bridge ? bridge.portOf(dev) : undefined;
	if (port === undefined)
		throw new BrctlError(`can't set ${portName} to hairpin on bridge ${name}: No such file or directory`);
	port.setFlag(PORT_HAIRPIN, on);
}

/** The bridge whose settings are written; what is no bridge has no such files. */
function settingsOf(ns: Netns, name: string, failed: string): Bridge {
	const dev: NetDevice | undefined = ns.device(name);
	if (dev === undefined) throw new BrctlError(`${failed}: No such device`);
	if (!(dev instanceof Bridge)) throw new BrctlError(`${failed}: Operation not supported`);
	return dev;
}

function setTime(
	what: "ageing" | "forward" | "hello" | "maxage",
	args: readonly string[],
	ctx: CommandContext,
): void {
	const [name = "", text = ""] = args;
	const [bad, failed] = {
		ageing: ["bad ageing time value", "set ageing time failed"],
		forward: ["bad forward delay value", "set forward delay failed"],
		hello: ["bad hello timer value", "set hello timer failed"],
		maxage: ["bad max age value", "set max age failed"],
	}[what] as [string, string];
	const time = seconds(text);
	if (time === undefined) throw new BrctlError(bad);
	const bridge = settingsOf(ctx.ns, name, failed);
	const range = {
		hello: [1, 10],
		maxage: [6, 40],
		forward: bridge.stp ? [2, 30] : undefined,
		ageing: undefined,
	}[what];
	if (range !== undefined && (time < range[0]! || time > range[1]!))
		throw new BrctlError(`${failed}: Numerical result out of range`);
	if (what === "ageing") bridge.fdb.setAgeing(Math.round(time * 100) * 1e7);
	else if (what === "forward") bridge.forwardDelay = time;
	else if (what === "hello") bridge.helloTime = time;
	else bridge.maxAge = time;
	ctx.ns.core.generation++;
}

function setPort(what: "path cost" | "port priority", args: readonly string[], ctx: CommandContext): void {
	const [name = "", portName = "", text = ""] = args;
	const value = integer(text);
	if (value === undefined)
		throw new BrctlError(what === "path cost" ? "bad path cost value" : "bad path priority value");
	const bridge = ctx.ns.device(name);
	const dev = ctx.ns.device(portName);
	const port = bridge instanceof Bridge && dev !== undefined ? bridge.portOf(dev) : undefined;
	if (port === undefined)
		throw new BrctlError(
			`set ${what} failed: ${dev === undefined || bridge === undefined ? "No such device" : "No such file or directory"}`,
		);
	const [min, max] = what === "path cost" ? [1, 65535] : [0, 63];
	if (value < min! || value > max!) throw new BrctlError(`set ${what} failed: Numerical result out of range`);
	if (what === "path cost") portSettings(port).cost = value;
	else portSettings(port).priority = value;
}

function stp(name: string, how: string, ctx: CommandContext): void {
	const on = onOff(how);
	const bridge = settingsOf(ctx.ns, name, "set stp status failed");
	if (on && bridge.up) throw new NotSupported("spanning tree on a bridge that is up is not supported");
	bridge.stp = on;
	ctx.ns.core.generation++;
}

/** What a lab file asks of brctl and cannot get. */
export function checkBrctl(_argv: readonly Word[]): string[] {
	return [];
}

/** `ip netns`: namespaces by name. */
import type { Netns } from "@hookline/engine/ip/netns";
import type { CommandContext } from "../context.ts";
import { forgetNetns, netnsId, netnsIds } from "./link-state.ts";
import { fail, kernelError, UNKNOWN, unknownCommand, unsupported, type Words } from "./words.ts";

/** The namespace of this name, or what `ip -n` and `ip netns exec` say when there is none. */
export function openNetns(ctx: CommandContext, name: string): Netns {
	const ns = ctx.machine.named.get(name);
	return ns ?? fail(255, `Cannot open network namespace "${name}": No such file or directory`);
}
function needName(words: Words): string {
	if (words.done) fail(1, "No netns name specified");
	return words.value();
}
/** get_command of `ip netns`: a name that would leave the directory is refused for any verb that takes one. */
function checkName(name: string): string {
	if (name !== UNKNOWN && (name === "" || name.includes("/") || name === "." || name === ".."))
		fail(255, `Invalid netns name "${name}"`);
	return name;
}

/** `ctx` null: only check the words. */
export function runNetns(words: Words, ctx: CommandContext | null, all: boolean): number {
	if (words.done) return list(ctx);
	const verb = words.keyword();
	if (all && (verb === "exec" || verb === "del" || verb === "delete"))
		return inAll(words, ctx, verb === "exec");
	switch (verb) {
		case "list":
		case "show":
		case "lst":
		case "ls":
			return list(ctx);
		case "add": {
			const name = checkName(needName(words));
			if (ctx === null) return 0;
			if (ctx.machine.named.has(name))
				fail(1, `Cannot create namespace file "/run/netns/${name}": File exists`);
			ctx.machine.addNetns(name);
			return 0;
		}
		case "delete":
		case "del": {
			const name = checkName(needName(words));
			if (ctx === null) return 0;
			const ns = ctx.machine.named.get(name);
			if (ns === undefined)
				return fail(1, `Cannot remove namespace file "/run/netns/${name}": No such file or directory`);
			forgetNetns(ctx.machine, ns);
			ctx.machine.removeNetns(name);
			return 0;
		}
		case "exec": {
			const name = needName(words);
			if (words.done) return fail(1, "No command specified");
			if (ctx === null) return 0;
			return exec(ctx, openNetns(ctx, name), words.rest);
		}
		case "set": {
			const name = checkName(needName(words));
			if (words.done) return fail(255, "No netns nsid specified");
			const id = words.value();
			return ctx === null ? 0 : setId(ctx, name, id);
		}
		case "list-id":
			if (!words.done) unsupported("ip netns list-id with a selection");
			return ctx === null ? 0 : listId(ctx);
		case "identify":
			if (!words.done) unsupported("ip netns identify PID");
			ctx?.io.out(`${ctx.ns === ctx.machine.root ? "" : ctx.ns.name}\n`);
			return 0;
		case "pids": {
			const name = needName(words);
			// nothing runs on in an emulated namespace
			if (ctx !== null && !ctx.machine.named.has(name))
				fail(1, "Cannot open network namespace: No such file or directory");
			return 0;
		}
		case "monitor":
		case "attach":
			return unsupported(`ip netns ${verb}`);
		default:
			return unknownCommand(verb, "netns");
	}
}
/** `ip -all netns exec|del` */
function inAll(words: Words, ctx: CommandContext | null, run: boolean): number {
	if (run && words.done) return fail(1, "No command specified");
	if (ctx === null) return 0;
	for (const ns of [...ctx.machine.named.values()].reverse()) {
		if (run) {
			ctx.io.out(`\nnetns: ${ns.name}\n`);
			exec(ctx, ns, words.rest);
			continue;
		}
		forgetNetns(ctx.machine, ns);
		ctx.machine.removeNetns(ns.name);
	}
	return 0;
}
function exec(ctx: CommandContext, ns: Netns, argv: readonly string[]): number {
	const status = ctx.invoke(argv, ns, ctx.io, ctx.where);
	return status ?? fail(1, `exec of "${argv[0]}" failed: No such file or directory`);
}
function list(ctx: CommandContext | null): number {
	if (ctx === null) return 0;
	// newest first, as the directory is read
	for (const ns of [...ctx.machine.named.values()].reverse()) {
		const id = [...netnsIds(ctx.ns)].find(([, known]) => known === ns)?.[0];
		ctx.io.out(id === undefined ? `${ns.name}\n` : `${ns.name} (id: ${id})\n`);
	}
	return 0;
}
function setId(ctx: CommandContext, name: string, word: string): number {
	const ns = ctx.machine.named.get(name);
	if (ns === undefined) return fail(1, `Cannot open network namespace "${name}": No such file or directory`);
	const ids = netnsIds(ctx.ns);
	if (word !== "auto" && !/^\d+$/.test(word))
		fail(255, `Error: argument "${word}" is wrong: Invalid "netnsid" value\n`);
	if ([...ids.values()].includes(ns)) kernelError("Peer netns already has a nsid assigned");
	if (word === "auto") netnsId(ctx.ns, ns);
	else if (ids.has(Number(word))) kernelError("The specified nsid is already used");
	else ids.set(Number(word), ns);
	return 0;
}
function listId(ctx: CommandContext): number {
	for (const [id, ns] of [...netnsIds(ctx.ns)].sort(([a], [b]) => a - b)) {
		const name = ctx.machine.named.has(ns.name) ? `(iproute2 netns name: ${ns.name})` : "";
		ctx.io.out(`nsid ${id} ${name}\n`);
	}
	return 0;
}

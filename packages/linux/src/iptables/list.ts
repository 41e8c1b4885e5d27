/** `iptables -L`, and the line that `-v` prints about a rule. */
import { type TableDraft, XtError } from "@hookline/engine/netfilter/chain";
import { type AddrMask, type IfaceSpec, isAnyMask, type Rule } from "@hookline/engine/netfilter/rule";
import type { XtTable } from "@hookline/engine/netfilter/table";
import { NF_DROP } from "@hookline/engine/netfilter/types";
import type { Command } from "./command-table.ts";
import { listMatch, listTarget } from "./list-match.ts";
import { protocolName } from "./names.ts";
import { familyOf } from "./print.ts";
import type { IptablesIo } from "./run.ts";
import { hostName, isHostMask, printAddress, printMask } from "./values.ts";

/** A number with five figures at most, then K, M, G, T in steps of 1000, rounded as the tool rounds. */
function kilo(n: number, width: number): string {
	let units = "";
	let value = n;
	if (n > 99_999) {
		for (const unit of "KMGT") {
			value = Math.floor((value + 500) / 1000);
			units = unit;
			if (value <= 9999) break;
		}
	}
	return `${value}${units}`.padStart(width);
}
function address(a: AddrMask, numeric: boolean): string {
	if (isAnyMask(a.mask)) return !numeric ? "anywhere" : typeof a.mask === "number" ? "0.0.0.0/0" : "::/0";
	if (!numeric && typeof a.addr !== "number" && isAnyMask(a.addr)) return "anywhere";
	const name = numeric ? undefined : hostName(a.addr);
	return (name ?? printAddress(a.addr)) + (isHostMask(a.mask) ? "" : printMask(a.mask));
}
function iface(i: IfaceSpec, numeric: boolean): string {
	const name = i.name === "" ? (numeric ? "*" : "any") : i.name;
	return (i.not ? "!" : "") + name;
}
function targetName(r: Rule): string {
	const t = r.target;
	if (t.type === "none") return "";
	return t.type === "jump" ? t.chain : t.type;
}
function tail(r: Rule, numeric: boolean): string {
	const goto = r.target.type === "jump" && r.target.goto ? "[goto] " : "";
	return (
		goto +
		r.matches.map((m) => listMatch(m, r, numeric)).join("") +
		listTarget(r.target, numeric, familyOf(r))
	);
}
const bang = (inverted: boolean): string => (inverted ? "!" : " ");
function fragments(r: Rule): string {
	if (familyOf(r) === 6) return "--";
	return `${r.frag.on && r.frag.not ? "!" : "-"}${r.frag.on ? "f" : "-"}`;
}

/** What `-v` prints about a rule that is added or deleted. */
export function ruleLine(r: Rule): string {
	return (
		`${targetName(r)} ${bang(r.protoNot)}${protocolWord(r, false)} opt ${fragments(r)} in ${iface(r.in, true)} out ${iface(r.out, true)} ` +
		`${bang(r.src.not)}${address(r.src, true)} ${bang(r.dst.not)}-> ${address(r.dst, true)}  ${tail(r, true)}\n`
	);
}
function protocolWord(r: Rule, numeric: boolean): string {
	return numeric ? String(r.proto) : r.proto === 0 ? "all" : protocolName(r.proto);
}

export function listTable(command: Command, draft: TableDraft, table: XtTable, io: IptablesIo): void {
	const { verbose, numeric, exact, lineNumbers, chain: only } = command;
	const count = (n: number) => `${exact ? String(n).padStart(8) : kilo(n, 5)} `.replace(/^( *\S+) $/, "$1 ");
	const chains = draft.chains.filter((c) => only === undefined || c.name === only);
	if (chains.length === 0) throw new XtError("list", "ENOENT", `no chain ${only}`);
	let first = true;
	for (const c of chains) {
		if (!first) io.out("\n");
		first = false;
		if (command.number === 0) {
			let head = `${draft.references(c.name)} references`;
			if (c.hook >= 0) {
				head = `policy ${c.policy === NF_DROP ? "DROP" : "ACCEPT"}`;
				const { packets, bytes } = table.counters(c);
				const num = (n: number) => (exact ? String(n) : kilo(n, 0));
				if (verbose) head += ` ${num(packets)} packets, ${num(bytes)} bytes`;
			}
			io.out(`Chain ${c.name} (${head})\n`);
			io.out(header(verbose, exact, lineNumbers));
		}
		c.entries.forEach((e, i) => {
			if (command.number !== 0 && command.number !== i + 1) return;
			const r = e.rule;
			let row = lineNumbers ? `${String(i + 1).padEnd(4)} ` : "";
			if (verbose) {
				const { packets, bytes } = table.counters(e);
				row += count(packets) + count(bytes);
			}
			row += `${targetName(r).padEnd(9)} ${bang(r.protoNot)}${protocolWord(r, numeric).padEnd(4)} ${fragments(r)} `;
			if (verbose) row += ` ${iface(r.in, numeric).padEnd(6)} ${iface(r.out, numeric).padEnd(6)} `;
			row += `${bang(r.src.not)}${address(r.src, numeric).padEnd(19)} `;
			row += `${bang(r.dst.not)}${address(r.dst, numeric).padEnd(19)} `;
			io.out(`${row}${tail(r, numeric)}\n`);
		});
	}
}
function header(verbose: boolean, exact: boolean, lineNumbers: boolean): string {
	const counts = !verbose ? "" : exact ? "    pkts      bytes " : " pkts bytes ";
	const via = verbose ? " in     out    " : "";
	return `${lineNumbers ? "num  " : ""}${counts}target     prot opt${via} source               destination         \n`;
}

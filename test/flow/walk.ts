/**
 * Random walks: a lab and a program of bursts, commands and waits, drawn from a seed, and all that can be seen of running it. What is seen must
 * not depend on whether packets take short ways, or on how many frames are handled in one visit.
 */
import { Bridge } from "@hookline/engine/device/bridge";
import { Vxlan } from "@hookline/engine/device/vxlan";
import { ROW } from "@hookline/engine/trace/trace";
import { formatMac } from "@hookline/linux/mac-text";
import { connectionLine } from "@hookline/linux/state/conntrack";
import { stateText } from "@hookline/linux/state/state";
import { Lab, type LabOptions, type TapFrame } from "hookline";
import { Draw } from "../kernel/fuzz/draw.ts";

/** Frames that one device sends. */
export interface Burst {
	readonly at: string;
	readonly frames: readonly Uint8Array[];
}
/** How the traffic of one walk is, burst for burst. */
export interface Traffic {
	/** Most bytes behind the transport header. */
	readonly longest: number;
	/** Mostly one pair of stations, so that many packets share a way. */
	readonly few: boolean;
}
/** A kind of lab, and what may happen in it. Its texts have choices, see `chosen`. */
export interface Ground {
	readonly lab: string;
	/** Where a walk looks at frames: one of these. */
	readonly views: readonly (readonly string[])[];
	/** Where somebody looks now and then. */
	readonly visited: readonly string[];
	/** By which all stations are known. */
	readonly hello: readonly Burst[];
	command(d: Draw): string;
	burst(d: Draw, traffic: Traffic): Burst;
}
type Step =
	| { readonly kind: "bursts"; readonly bursts: readonly Burst[] }
	| { readonly kind: "command"; readonly text: string }
	| { readonly kind: "wait"; readonly ns: number }
	| { readonly kind: "trace"; readonly on: boolean }
	| { readonly kind: "tap"; readonly at: string; readonly on: boolean };

export interface Walk {
	readonly lab: string;
	readonly view: readonly string[];
	readonly options: LabOptions;
	/** Bursts wait for the next wait or command, several together. */
	readonly loose: boolean;
	readonly steps: readonly Step[];
}
export interface Walked {
	readonly lines: readonly string[];
	/** Packets that went a short way. */
	readonly served: number;
}

const COMMAND = "$ ";
/** Neighbours, stations, connections and learned tunnel ends go stale or age in the longer ones. */
const WAITS = [1e3, 1e6, 3e6, 1e9, 7e9, 40e9, 310e9];
const SHORT_WAITS = WAITS.slice(0, 4);

/** A text with choices: in `ip link set p<k> <up|down>` names in `values` stand for these, all else is one of several words. Choices may be nested. */
export function chosen(d: Draw, text: string, values: Readonly<Record<string, number>> = {}): string {
	const next = text.replace(/<([^<>]*)>/g, (_, choice: string) =>
		String(values[choice] ?? d.pick(choice.split("|"))),
	);
	return next === text ? text : chosen(d, next, values);
}

export function drawWalk(seed: number, ground: Ground): Walk {
	const d = new Draw(seed);
	const lab = chosen(d, ground.lab);
	const traffic = { longest: d.chance(30) ? 1480 : 300, few: d.chance(70) };
	const options: LabOptions = d.chance(15) ? { frames: d.int(16, 75) } : { debug: d.chance(15) };
	const steps: Step[] = [{ kind: "bursts", bursts: ground.hello }];
	for (let left = d.int(20, 44); left > 0; left--) steps.push(drawStep(d, ground, traffic));
	return { lab, view: d.pick(ground.views), options, loose: d.chance(40), steps };
}
function drawStep(d: Draw, ground: Ground, traffic: Traffic): Step {
	const x = d.below(100);
	if (x < 17) return { kind: "command", text: ground.command(d) };
	if (x < 19) return { kind: "trace", on: d.chance(50) };
	if (x < 21) return { kind: "tap", at: d.pick(ground.visited), on: d.chance(50) };
	if (x < 41) return { kind: "wait", ns: d.pick(d.chance(30) ? WAITS : SHORT_WAITS) };
	return { kind: "bursts", bursts: Array.from({ length: d.int(1, 4) }, () => ground.burst(d, traffic)) };
}

/** What is seen of the walk with these settings. A command that the lab has not got throws. */
export function take(walk: Walk, settings: LabOptions): Walked {
	const seen: string[] = [];
	const say = (text: string): void => void seen.push(text);
	const lab = new Lab({ ...walk.options, ...settings, out: say, err: say });
	if (lab.run(walk.lab, { errexit: true }) !== 0) throw new Error(`the lab: ${seen.join("")}`);
	const { trace } = lab.machine.core;
	const look = (at: string): (() => void) =>
		lab
			.device(at)
			.tap((f: TapFrame) => say(`${at} ${f.direction} ${f.time} ${Buffer.from(f.bytes).toString("hex")}`));
	for (const at of walk.view) look(at);
	const visits = new Map<string, () => void>();
	const stopTrace = (): void => {
		if (trace.on === 0) return;
		trace.stop();
		for (let i = 0; i < trace.length; i++)
			say(`trace ${trace.times[i]} ${trace.rows.subarray(ROW * i, ROW * (i + 1)).join(" ")}`);
		trace.clear();
	};
	for (const step of walk.steps)
		switch (step.kind) {
			case "bursts":
				for (const { at, frames } of step.bursts)
					for (const f of frames) {
						const refused = lab.device(at).enqueueTransmit(f);
						if (refused !== undefined) say(`${at} refused ${refused}`);
					}
				if (!walk.loose) lab.machine.core.settle();
				break;
			case "command":
				say(`${COMMAND}${step.text}`);
				say(`status ${lab.run(step.text)}`);
				say(JSON.stringify(lab.counters()));
				break;
			case "wait":
				lab.runFor(step.ns);
				say(JSON.stringify(lab.counters()));
				break;
			case "trace":
				if (step.on) trace.start();
				else stopTrace();
				break;
			case "tap":
				visits.get(step.at)?.();
				visits.delete(step.at);
				if (step.on) visits.set(step.at, look(step.at));
		}
	lab.runFor(10e9);
	stopTrace();
	seen.push(...stateText(lab.machine), ...agesText(lab), JSON.stringify(lab.counters()));
	return { lines: seen, served: lab.machine.core.flows.served };
}
/** What `stateText` leaves out, to the ns: when stations and tunnel ends were met, when connections expire. */
function agesText({ machine }: Lab): string[] {
	const out: string[] = [];
	for (const ns of machine.all()) {
		for (const dev of ns.devices) {
			const where = `${ns.name}:${dev.name}`;
			if (dev instanceof Bridge)
				for (const r of dev.fdb.rows())
					out.push(
						`${where} ${formatMac(dev.fdb.hi[r], dev.fdb.lo[r])} ${dev.fdb.port[r]} ${dev.fdb.updated[r]} ${dev.fdb.used[r]}`,
					);
			else if (dev instanceof Vxlan)
				for (const e of dev.fdb.list()) out.push(`${where} ${formatMac(e.hi, e.lo)} ${e.updated} ${e.used}`);
		}
		for (const c of machine.conntrack.list(ns.id))
			out.push(
				`${ns.name} ${connectionLine(c, machine.core.in6)} expires ${machine.conntrack.expiresIn(c.ct)}`,
			);
	}
	return out;
}

/** In words, where what is seen begins to differ; undefined: nowhere. */
export function difference(expected: readonly string[], got: readonly string[]): string | undefined {
	const length = Math.max(expected.length, got.length);
	let i = 0;
	while (i < length && expected[i] === got[i]) i++;
	if (i === length) return undefined;
	const before = expected.slice(0, i).filter((line) => line.startsWith(COMMAND));
	const [a, b] = [expected[i] ?? "(nothing more)", got[i] ?? "(nothing more)"];
	let at = 0;
	while (at < a.length && a[at] === b[at]) at++;
	const part = (line: string): string =>
		at < 160 ? line.slice(0, 320) : `${line.slice(0, 60)} … ${line.slice(at - 40, at + 200)}`;
	return [
		`line ${i} of ${expected.length} / ${got.length}, character ${at}, after`,
		...before.slice(-4),
		`expected: ${part(a)}`,
		`     got: ${part(b)}`,
	].join("\n");
}

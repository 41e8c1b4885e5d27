/**
 * The netfilter of one namespace and family: what stands at each hook, in order of priority (include/uapi/linux/netfilter_ipv4.h,
 * netfilter_ipv6.h). What depends on the network header is in hooks4.ts and hooks6.ts.
 *
 *      priority       PREROUTING   INPUT        FORWARD      OUTPUT       POSTROUTING
 *      -400 defrag    defrag                                 defrag
 *      -300 raw       raw                                    raw
 *      -200 conntrack conntrack                              conntrack
 *      -150 mangle    mangle       mangle       mangle       mangle       mangle
 *      -100 dstnat    nat                                    nat
 *         0 filter                 filter       filter       filter
 *        50 security               security     security     security
 *       100 srcnat                 nat                                    nat
 *       max confirm                confirm                                confirm
 *
 * defrag, conntrack, nat and confirm stand there only while some rule needs connections; a table only while it is plugged in.
 * A hook with nothing at it has `active` 0, and the caller need not call.
 */
import { DROP } from "../frame/drop.ts";
import type { FramePool } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import { T_HOOK } from "../trace/kinds.ts";
import { LEARNING, type Trace } from "../trace/trace.ts";
import type { Conntrack } from "./conntrack.ts";
import { C_DST, C_REPLY, C_SRC, REC } from "./ct-table.ts";
import type { NatCore } from "./nat.ts";
import {
	ctDir,
	IP_CT_UNTRACKED,
	NF_ACCEPT,
	NF_DROP,
	NF_INET_FORWARD,
	NF_INET_LOCAL_IN,
	NF_INET_LOCAL_OUT,
	NF_INET_NUMHOOKS,
	NF_INET_POST_ROUTING,
	NF_INET_PRE_ROUTING,
	NF_STOLEN,
	type NfFamily,
	type NfHost,
	type TableRunner,
} from "./types.ts";

export type TableName = "raw" | "mangle" | "nat" | "filter" | "security";

const PRE = 1 << NF_INET_PRE_ROUTING;
const IN = 1 << NF_INET_LOCAL_IN;
const FWD = 1 << NF_INET_FORWARD;
const OUT = 1 << NF_INET_LOCAL_OUT;
const POST = 1 << NF_INET_POST_ROUTING;

const EPERM = 1;
export const STEP_DEFRAG = 0;
const STEP_RAW = 1;
const STEP_CONNTRACK = 2;
const STEP_MANGLE = 3;
const STEP_DSTNAT = 4;
const STEP_FILTER = 5;
const STEP_SECURITY = 6;
const STEP_SRCNAT = 7;
export const STEP_CONFIRM = 8;
const STEP_NAMES: readonly string[] = [
	"defrag",
	"raw",
	"conntrack",
	"mangle",
	"nat",
	"filter",
	"security",
	"nat",
	"confirm",
];
/** Hooks of each step: the map above, column by column. */
const STEP_HOOKS: readonly number[] = [
	PRE | OUT,
	PRE | OUT,
	PRE | OUT,
	PRE | IN | FWD | OUT | POST,
	PRE | OUT,
	IN | FWD | OUT,
	IN | FWD | OUT,
	IN | POST,
	IN | POST,
];

/** IP_DEFRAG_CONNTRACK_*: who asks for reassembly, so that queues do not mix. */
const DEFRAG_CONNTRACK_IN = 0;
const DEFRAG_CONNTRACK_OUT = 1;
const DEFRAG_CONNTRACK_BRIDGE_IN = 2;

export abstract class HookList {
	abstract readonly family: NfFamily;
	/** 1 where anything stands at the hook (NF_INET_*). */
	readonly active: Uint8Array = new Uint8Array(NF_INET_NUMHOOKS);
	readonly conntrack: Conntrack;
	readonly nat: NatCore;
	protected readonly core: Core;
	protected readonly pool: FramePool;
	private readonly trace: Trace;
	protected readonly host: NfHost;
	protected readonly steps: Uint8Array[] = [];
	protected raw: TableRunner | null = null;
	protected mangle: TableRunner | null = null;
	protected natTable: TableRunner | null = null;
	protected filter: TableRunner | null = null;
	protected security: TableRunner | null = null;
	protected ctUsers = 0;
	/** Why `hook` last returned -1: the errno that the sender of the frame gets, 0 if the frame was taken and not dropped. */
	error = 0;
	private routeError = 0;

	constructor(core: Core, host: NfHost, conntrack: Conntrack, nat: NatCore) {
		this.core = core;
		this.pool = core.pool;
		this.trace = core.trace;
		this.host = host;
		this.conntrack = conntrack;
		this.nat = nat;
		for (let hook = 0; hook < NF_INET_NUMHOOKS; hook++) this.steps.push(new Uint8Array(0));
	}

	/** Plug a table in, or out with null. */
	setTable(name: TableName, runner: TableRunner | null): void {
		if (name === "raw") this.raw = runner;
		else if (name === "mangle") this.mangle = runner;
		else if (name === "nat") this.natTable = runner;
		else if (name === "filter") this.filter = runner;
		else this.security = runner;
		this.rebuild();
	}
	/** One more rule needs connections (nf_ct_netns_get). */
	ctGet(): void {
		if (this.ctUsers++ > 0) return;
		this.conntrack.fixup(this.host.id, this.family);
		this.rebuild();
	}
	/** One rule fewer needs connections (nf_ct_netns_put). Throws when there was none. */
	ctPut(): void {
		if (this.ctUsers === 0) throw new Error("ctPut without ctGet");
		if (--this.ctUsers === 0) this.rebuild();
	}
	/** Is conntrack on? */
	get tracking(): boolean {
		return this.ctUsers > 0;
	}
	/** What stands at a hook, in order: for printing. */
	list(hook: number): string[] {
		return Array.from(this.steps[hook], (step) => STEP_NAMES[step]);
	}

	/**
	 * Pass the frame through a hook. `nh` and `th` are set and the IP header is checked; devices are ids or -1. Returns the frame
	 * to go on with, another one after reassembly, or -1: it was dropped or has another owner.
	 */
	hook(hook: number, f: number, inDev: number, outDev: number): number {
		const steps = this.steps[hook];
		const pool = this.pool;
		if (this.trace.on !== 0 && steps.length > 0) this.noteHook(hook, f, inDev, outDev);
		for (let i = 0; i < steps.length; i++) {
			let verdict = NF_ACCEPT;
			switch (steps[i]) {
				case STEP_DEFRAG:
					f = this.defrag(hook, f);
					if (f < 0) {
						this.error = 0;
						return -1;
					}
					break;
				case STEP_CONNTRACK:
					verdict = this.track(hook, f);
					break;
				case STEP_CONFIRM:
					verdict = this.conntrack.confirm(this.host, f);
					break;
				default:
					verdict = this.step(steps[i], hook, f, inDev, outDev);
			}
			if (verdict === NF_ACCEPT) continue;
			this.error = 0;
			if (verdict !== NF_STOLEN) {
				this.error = this.routeError !== 0 ? this.routeError : EPERM;
				this.routeError = 0;
				pool.drop(f, DROP.NETFILTER_DROP);
			}
			return -1;
		}
		return f;
	}

	private noteHook(hook: number, f: number, inDev: number, outDev: number): void {
		if (this.trace.on !== LEARNING) {
			this.trace.add(T_HOOK, f, this.pool.dev[f], hook, inDev, outDev, 0);
			return;
		}
		this.core.flows.recorder.ruled = true;
	}
	/**
	 * Enter the frame's connection into the table before clones of it go several ways (br_nf_local_in). False: the frame was
	 * dropped, its connection could not be entered.
	 */
	confirmBeforeSharing(f: number): boolean {
		if (this.conntrack.confirm(this.host, f) === NF_ACCEPT) return true;
		this.pool.drop(f, DROP.NETFILTER_DROP);
		return false;
	}

	/** What a step does to a whole packet. */
	protected step(step: number, hook: number, f: number, inDev: number, outDev: number): number {
		switch (step) {
			case STEP_RAW:
				return this.raw!.run(hook, f, inDev, outDev);
			case STEP_CONNTRACK:
				return this.track(hook, f);
			case STEP_MANGLE:
				if (hook === NF_INET_LOCAL_OUT) return this.mangleOut(f, inDev, outDev);
				return this.mangle!.run(hook, f, inDev, outDev);
			case STEP_DSTNAT:
				return this.dstnat(hook, f, inDev, outDev);
			case STEP_FILTER:
				return this.filter!.run(hook, f, inDev, outDev);
			case STEP_SECURITY:
				return this.security!.run(hook, f, inDev, outDev);
			default:
				return this.nat.run(hook, f, inDev, outDev, this.natTable);
		}
	}

	/** nf_conntrack_in for a frame at PRE_ROUTING or LOCAL_OUT. */
	protected abstract track(hook: number, f: number): number;
	/** Is the packet a fragment, to be put together before it is tracked? */
	protected abstract isFragment(f: number): boolean;
	/** The mangle table at LOCAL_OUT: route again when a rule changed what the route depends on. */
	protected abstract mangleOut(f: number, inDev: number, outDev: number): number;
	/** Destination NAT: a new destination needs a new route. */
	protected abstract dstnat(hook: number, f: number, inDev: number, outDev: number): number;
	/** ipv4_conntrack_defrag, ipv6_defrag */
	private defrag(hook: number, f: number): number {
		const pool = this.pool;
		if (pool.ct[f] !== 0 || pool.ctinfo[f] === IP_CT_UNTRACKED || !this.isFragment(f)) return f;
		let user = DEFRAG_CONNTRACK_OUT;
		if (hook === NF_INET_PRE_ROUTING)
			user = pool.physIn[f] >= 0 ? DEFRAG_CONNTRACK_BRIDGE_IN : DEFRAG_CONNTRACK_IN;
		return this.host.defrag(f, user);
	}
	/** ip_route_me_harder, ip6_route_me_harder; its error goes to the sender (NF_DROP_ERR). */
	protected routeAgain(f: number): number {
		this.routeError = this.host.routeAgain(f);
		return this.routeError === 0 ? NF_ACCEPT : NF_DROP;
	}
	/** nf_nat_ipv4_local_fn, nf_nat_ipv6_local_fn: a local packet with a new destination needs a new route. */
	protected routeTranslated(f: number): number {
		const ct = this.pool.ct[f];
		if (ct === 0) return NF_ACCEPT;
		const dir = ctDir(this.pool.ctinfo[f]);
		const rec = this.conntrack.table.rec;
		const to = rec[ct * REC + dir * C_REPLY + C_DST];
		if (to === rec[ct * REC + (1 - dir) * C_REPLY + C_SRC]) return NF_ACCEPT;
		return this.routeAgain(f);
	}
	private rebuild(): void {
		const on: boolean[] = [];
		const tracking = this.ctUsers > 0;
		on[STEP_DEFRAG] = tracking;
		on[STEP_RAW] = this.raw !== null;
		on[STEP_CONNTRACK] = tracking;
		on[STEP_MANGLE] = this.mangle !== null;
		on[STEP_DSTNAT] = tracking && this.natTable !== null;
		on[STEP_FILTER] = this.filter !== null;
		on[STEP_SECURITY] = this.security !== null;
		on[STEP_SRCNAT] = on[STEP_DSTNAT];
		on[STEP_CONFIRM] = tracking;
		const tables: readonly (TableRunner | null)[] = [
			null,
			this.raw,
			null,
			this.mangle,
			null,
			this.filter,
			this.security,
		];
		for (let hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
			const steps: number[] = [];
			for (let step = 0; step < STEP_HOOKS.length; step++) {
				const table = tables[step] ?? null;
				if (!on[step] || ((STEP_HOOKS[step] >> hook) & 1) === 0) continue;
				if (table !== null && ((table.hookMask >> hook) & 1) === 0) continue;
				steps.push(step);
			}
			this.steps[hook] = Uint8Array.from(steps);
			this.active[hook] = steps.length > 0 ? 1 : 0;
		}
	}
}

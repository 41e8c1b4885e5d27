/** The commands of `ip` that are about IPv6 alone: by the option `-6`, or by an address in the line. */
import { isIpv6 } from "../address-text.ts";
import { type Call, CHANGE_VERBS, isShow, out, pick, ROUTE_VERBS } from "../ip/verbs.ts";
import { abbreviates, unsupported } from "../ip/words.ts";
import { changeAddress6, parseAddress6Change } from "./address.ts";
import { changeRoute6, flushRoutes6 } from "./route.ts";
import { parseRoute6, parseRoute6Filter } from "./route-parse.ts";
import { getRoute6, parseRoute6Get, showRoutes6 } from "./route-show.ts";

/** Is the line for IPv6 alone? */
export function isSix({ options, words }: Call): boolean {
	return options.family === 6 || (options.family === 0 && words.rest.some((word) => isIpv6(word)));
}
/** The exit status; undefined when the line is not for IPv6 alone, or its command is one that knows both families. */
export function runSix(object: "address" | "route", verb: string, call: Call): number | undefined {
	if (!isSix(call)) return undefined;
	return object === "address" ? runAddress(verb, call) : runRoute(verb, call);
}

function runAddress(verb: string, { words, ctx }: Call): number | undefined {
	const change = pick(verb, CHANGE_VERBS);
	if (change === undefined) return undefined;
	const request = parseAddress6Change(words);
	if (ctx !== null) changeAddress6(ctx, change, request);
	return 0;
}
function runRoute(verb: string, call: Call): number | undefined {
	const { words, ctx, options } = call;
	const change = pick(verb, ROUTE_VERBS);
	if (change !== undefined) {
		if (abbreviates(verb, "test")) unsupported("ip route test");
		if (words.done) return undefined;
		const request = parseRoute6(words);
		if (ctx !== null) changeRoute6(ctx.ns, change, request);
		return 0;
	}
	if (isShow(verb)) {
		const filter = parseRoute6Filter(words);
		return out(call, ({ ns }) => showRoutes6(ns, filter, options.details));
	}
	if (abbreviates(verb, "get")) {
		const request = parseRoute6Get(words);
		if (request.note !== undefined) ctx?.io.err(request.note);
		return out(call, ({ ns }) => getRoute6(ns, request, options.details));
	}
	if (!abbreviates(verb, "flush") || words.done) return undefined;
	const filter = parseRoute6Filter(words);
	if (ctx !== null) flushRoutes6(ctx.ns, filter);
	return 0;
}

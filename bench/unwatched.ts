/**
 * The engine without the places where taps and the trace listen, to measure what they cost while nobody does. Their tests are made `false` as the
 * source is bundled; the code behind them is then dead. What the flow cache learns from stays.
 */
import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";

/** The flow cache hears of rules and connections by these. */
const LEARNED_FROM = /[\\/]netfilter[\\/](table|hooks|conntrack)\.ts$/;
/** So many places there are at least; with fewer the names have changed, and the figure would be a lie. */
const PLACES = 40;

export function unwatched(): Plugin {
	return {
		name: "unwatched",
		setup(build) {
			let places = 0;
			build.onLoad({ filter: /[\\/]engine[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
				const source = readFileSync(path, "utf8");
				if (LEARNED_FROM.test(path)) return { contents: source, loader: "ts" };
				const contents = source.replace(/\b[\w.]*trace\.on !== 0|\bthis\.tapped\b(?! =)/g, () => {
					places++;
					return "false";
				});
				return { contents, loader: "ts" };
			});
			build.onEnd(() => {
				if (places < PLACES) throw new Error(`only ${places} places to listen at were found in the engine`);
			});
		},
	};
}

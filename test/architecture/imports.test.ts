/** Imports go one way: between the rooms of the engine, between packages, and out of the project not at all where that is promised. */
import { builtinModules } from "node:module";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, PACKAGES, packageJson, packageOf, SOURCES, type Source } from "./sources.ts";

/** Each may import what stands to its left. */
const ENGINE_ROOMS = ["wire", "frame", "trace", "flow", "ring", "netfilter", "device", "ip"];
/** Packages that each may import, as folders; a package that is not here has not been given its place. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
	engine: [],
	pcap: [],
	scenario: ["engine", "pcap"],
	linux: ["engine", "pcap", "scenario"],
	docker: ["engine", "pcap", "scenario", "linux"],
	overlay: ["engine", "pcap", "scenario", "linux", "docker"],
	hookline: ["engine", "pcap", "scenario", "linux", "docker", "overlay"],
	parallel: ["engine", "pcap", "scenario", "linux", "docker", "overlay", "hookline"],
	bench: ["engine", "pcap", "hookline", "parallel"],
	vitest: ["engine", "pcap", "scenario", "linux", "docker", "overlay", "hookline"],
	web: ["engine", "pcap", "scenario", "linux", "docker", "overlay", "hookline"],
	cli: ["engine", "pcap", "scenario", "linux", "docker", "overlay", "hookline", "parallel", "bench"],
};

const at = (s: Source, line: number, what: string): string => `${s.path}:${line} ${what}`;
const isNode = (specifier: string): boolean =>
	specifier.startsWith("node:") || builtinModules.includes(packageOf(specifier) ?? "");
const folderOf = new Map([...PACKAGES, "bench"].map((pkg) => [packageJson(pkg).name, pkg]));

/** A room of the engine by the path below its src; undefined for a file at the top (its door). */
function room(path: string): string | undefined {
	const [first, rest] = path.split("/", 2);
	if (rest === undefined) return undefined;
	// one room in two folders: a namespace holds both, and IPv6 shares what is not IPv4's alone
	return first === "ip6" ? "ip" : first;
}

test("the parser sees every kind of import", () => {
	const text = `import a from "1"; import type { B } from "2"; export * from "3"; export type { C } from "4";
		import "5"; const d = await import("6"); type E = import("7").F; const g = require("8"); import h = require("9");
		// import "not";
		const s = 'import "neither"';`;
	expect(importsOf("x.ts", text).map((i) => i.specifier)).toEqual([
		"1",
		"2",
		"3",
		"4",
		"5",
		"6",
		"7",
		"8",
		"9",
	]);
});

describe("engine", () => {
	const engine = SOURCES.filter((s) => s.pkg === "engine");

	test("there is something to look at", () => expect(engine.length).toBeGreaterThan(50));
	test("every room is known", () => {
		const rooms = new Set(engine.map((s) => room(s.path.slice("packages/engine/src/".length))));
		rooms.delete(undefined);
		expect([...rooms].filter((r) => !ENGINE_ROOMS.includes(r as string))).toEqual([]);
	});
	test(`rooms import to the left only: ${ENGINE_ROOMS.join(" → ")}`, () => {
		const wrong: string[] = [];
		for (const s of engine) {
			const own = room(s.path.slice("packages/engine/src/".length));
			if (own === undefined) continue;
			for (const { specifier, line } of s.imports) {
				if (!specifier.startsWith(".")) continue;
				const target = posix.join(posix.dirname(s.path), specifier).slice("packages/engine/src/".length);
				const other = room(target);
				if (other === undefined || ENGINE_ROOMS.indexOf(other) > ENGINE_ROOMS.indexOf(own))
					wrong.push(at(s, line, `${own} imports ${target}`));
			}
		}
		expect(wrong).toEqual([]);
	});
});

describe("packages", () => {
	test("each has its place in the order", () => {
		expect([...PACKAGES, "bench"].filter((p) => MAY_IMPORT[p] === undefined)).toEqual([]);
	});
	test("imports between packages go one way", () => {
		const wrong: string[] = [];
		for (const s of SOURCES)
			for (const { specifier, line } of s.imports) {
				const folder = folderOf.get(packageOf(specifier) ?? "");
				if (folder !== undefined && folder !== s.pkg && !MAY_IMPORT[s.pkg].includes(folder))
					wrong.push(at(s, line, `${s.pkg} imports ${specifier}`));
			}
		expect(wrong).toEqual([]);
	});
	test("package.json asks for no package that may not be imported", () => {
		const wrong: string[] = [];
		for (const pkg of [...PACKAGES, "bench"])
			for (const name of Object.keys(packageJson(pkg).dependencies ?? {})) {
				const folder = folderOf.get(name);
				if (folder !== undefined && !MAY_IMPORT[pkg].includes(folder))
					wrong.push(`${pkg} depends on ${name}`);
			}
		expect(wrong).toEqual([]);
	});
	test("what is imported stands in package.json", () => {
		const wrong: string[] = [];
		for (const s of SOURCES.filter((x) => x.pkg !== "bench")) {
			const known = packageJson(s.pkg).dependencies ?? {};
			for (const { specifier, line } of s.imports) {
				const name = packageOf(specifier);
				if (name === undefined || isNode(specifier)) continue;
				if (known[name] === undefined) wrong.push(at(s, line, specifier));
			}
		}
		expect(wrong).toEqual([]);
	});
	test("no file reaches into another package by a relative path, and none imports itself by name", () => {
		const wrong: string[] = [];
		for (const s of SOURCES) {
			const home = s.pkg === "bench" ? "bench/" : `packages/${s.pkg}/src/`;
			for (const { specifier, line } of s.imports) {
				if (specifier.startsWith(".") && !posix.join(posix.dirname(s.path), specifier).startsWith(home))
					wrong.push(at(s, line, specifier));
				if (s.pkg !== "bench" && packageOf(specifier) === packageJson(s.pkg).name)
					wrong.push(at(s, line, specifier));
			}
		}
		expect(wrong).toEqual([]);
	});
	test("relative imports carry .ts", () => {
		const wrong = SOURCES.flatMap((s) =>
			s.imports
				.filter((i) => i.specifier.startsWith(".") && !/\.(ts|js|json)$/.test(i.specifier))
				.map((i) => at(s, i.line, i.specifier)),
		);
		expect(wrong).toEqual([]);
	});
});

describe("engine and pcap stand alone", () => {
	for (const pkg of ["engine", "pcap"]) {
		test(`${pkg} has no dependency`, () => {
			expect(Object.keys(packageJson(pkg).dependencies ?? {})).toEqual([]);
		});
		test(`${pkg} imports nothing of Node and nothing from outside`, () => {
			const wrong = SOURCES.filter((s) => s.pkg === pkg).flatMap((s) =>
				s.imports.filter((i) => !i.specifier.startsWith(".")).map((i) => at(s, i.line, i.specifier)),
			);
			expect(wrong).toEqual([]);
		});
	}
	test("the packages that run in a browser import nothing of Node", () => {
		const wrong = SOURCES.filter((s) => ["scenario", "linux", "hookline"].includes(s.pkg)).flatMap((s) =>
			s.imports.filter((i) => isNode(i.specifier)).map((i) => at(s, i.line, i.specifier)),
		);
		expect(wrong).toEqual([]);
	});
	test("engine and linux know no wall clock and no chance of their own", () => {
		const wrong = SOURCES.filter((s) => ["engine", "linux", "pcap"].includes(s.pkg)).flatMap((s) =>
			s.text
				.split("\n")
				.flatMap((line, i) =>
					/\b(Date\.now|Math\.random|performance\.now|new Date\()/.test(line)
						? [at(s, i + 1, line.trim())]
						: [],
				),
		);
		expect(wrong).toEqual([]);
	});
});
